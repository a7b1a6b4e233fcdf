output "arn" {
  description = "ARN of the topic."
  value       = aws_sns_topic.this.arn
}

output "name" {
  description = "Name of the topic, as in the TopicName dimension of its metrics."
  value       = aws_sns_topic.this.name
}

output "alarms" {
  description = "What should alarm about the topic, for the argument alarms of the module monitoring: undelivered (a subscriber did not get a message). A topic without subscribers fails at nothing, so no alarm tells of that."
  value = {
    undelivered = {
      description         = "A message of the topic ${aws_sns_topic.this.name} did not reach a subscriber."
      namespace           = "AWS/SNS"
      metric_name         = "NumberOfNotificationsFailed"
      dimensions          = { TopicName = aws_sns_topic.this.name }
      statistic           = "Sum"
      period_seconds      = 300
      evaluation_periods  = 1
      threshold           = 0
      comparison_operator = "GreaterThanThreshold"
      treat_missing_data  = "notBreaching"
    }
  }
}

output "configuration" {
  description = "What the topic was given, for the checks of the root that composes it: name, kms_key_arn, subscriptions (protocol of each, by its address), publishers (services that its policy lets in, each with the ARNs that it is held to)."
  value = {
    name          = aws_sns_topic.this.name
    kms_key_arn   = aws_sns_topic.this.kms_master_key_id
    subscriptions = { for subscription in aws_sns_topic_subscription.email : subscription.endpoint => subscription.protocol }
    publishers = {
      for statement in data.aws_iam_policy_document.this.statement : one(one(statement.principals).identifiers) => flatten([
        for condition in statement.condition : tolist(condition.values) if condition.variable == "aws:SourceArn"
      ]) if statement.sid != "OnlyOverTls"
    }
  }
}
