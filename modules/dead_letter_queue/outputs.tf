output "arn" {
  description = "ARN of the queue, for the on_failure_arn of a stream's consumer."
  value       = aws_sqs_queue.this.arn
}

output "url" {
  description = "URL of the queue."
  value       = aws_sqs_queue.this.url
}

output "name" {
  description = "Name of the queue."
  value       = aws_sqs_queue.this.name
}

output "alarm" {
  description = "Definition of the queue's alarm for the monitoring module: any message."
  value       = module.safeguards.depth_alarm
}
