output "queue_arn" {
  description = "ARN of the queue."
  value       = aws_sqs_queue.this.arn
}

output "queue_url" {
  description = "URL of the queue."
  value       = aws_sqs_queue.this.url
}

output "queue_name" {
  description = "Name of the queue."
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
  description = "Name of the dead-letter queue."
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

output "configuration" {
  description = "What the queues were given, for the checks of the root that composes it: visibility_timeout_seconds, message_retention_seconds, max_receive_count, dead_letter_retention_seconds, kms_key_arn, dead_letter_kms_key_arn, fifo."
  value = {
    visibility_timeout_seconds    = aws_sqs_queue.this.visibility_timeout_seconds
    message_retention_seconds     = aws_sqs_queue.this.message_retention_seconds
    max_receive_count             = jsondecode(aws_sqs_queue.this.redrive_policy).maxReceiveCount
    dead_letter_retention_seconds = aws_sqs_queue.dead_letter.message_retention_seconds
    kms_key_arn                   = aws_sqs_queue.this.kms_master_key_id
    dead_letter_kms_key_arn       = aws_sqs_queue.dead_letter.kms_master_key_id
    fifo                          = aws_sqs_queue.this.fifo_queue == true
  }
}
