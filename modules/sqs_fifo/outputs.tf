output "queue_arn" {
  description = "ARN of the queue."
  value       = aws_sqs_queue.this.arn
}

output "queue_url" {
  description = "URL of the queue."
  value       = aws_sqs_queue.this.url
}

output "queue_name" {
  description = "Name of the queue, with .fifo."
  value       = aws_sqs_queue.this.name
}

output "dead_letter_queue_arn" {
  description = "ARN of the dead-letter queue."
  value       = aws_sqs_queue.dead_letter.arn
}

output "dead_letter_queue_url" {
  description = "URL of the dead-letter queue."
  value       = aws_sqs_queue.dead_letter.url
}

output "dead_letter_queue_name" {
  description = "Name of the dead-letter queue, with .fifo."
  value       = aws_sqs_queue.dead_letter.name
}

output "alarms" {
  description = "Definitions of the queue's alarms for the monitoring module: backlog (depth), delay (oldest message), dead-letter (any message)."
  value = {
    backlog     = module.safeguards.depth_alarm
    delay       = module.safeguards.delay_alarm
    dead-letter = module.dead_letter_safeguards.depth_alarm
  }
}
