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

output "configuration" {
  description = "What the queue was given, for the checks of the root that composes it: message_retention_seconds, kms_key_arn."
  value = {
    message_retention_seconds = aws_sqs_queue.this.message_retention_seconds
    kms_key_arn               = aws_sqs_queue.this.kms_master_key_id
  }
}
