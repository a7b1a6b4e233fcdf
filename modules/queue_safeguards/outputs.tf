output "queue_arn" {
  description = "ARN that the queue of this name has or will have in this account and region."
  value       = local.queue_arn
}

output "policy" {
  description = "The queue's resource policy as JSON: nothing over plain HTTP, and each given sender may send."
  value       = data.aws_iam_policy_document.this.json
}

output "depth_alarm" {
  description = "Alarm definition: more visible messages than depth_messages."
  value = merge(local.alarm, {
    description = (
      var.depth_messages == 0
      ? "A message waits in ${var.queue_name}."
      : "More than ${var.depth_messages} messages wait in ${var.queue_name}."
    )
    metric_name = "ApproximateNumberOfMessagesVisible"
    threshold   = var.depth_messages
  })
}

output "delay_alarm" {
  description = "Alarm definition: the oldest message is older than oldest_age_seconds."
  value = merge(local.alarm, {
    description = "The oldest message in ${var.queue_name} has waited for more than ${var.oldest_age_seconds} seconds."
    metric_name = "ApproximateAgeOfOldestMessage"
    threshold   = var.oldest_age_seconds
  })
}
