output "arn" {
  description = "ARN of the topic."
  value       = aws_sns_topic.this.arn
}

output "name" {
  description = "Name of the topic, as in the TopicName dimension of its metrics."
  value       = aws_sns_topic.this.name
}

output "configuration" {
  description = "What the topic was given, for the checks of the root that composes it: kms_key_arn, subscriptions (protocol of each, by its address), publishers (services that its policy lets in, each with the ARNs that it is held to)."
  value = {
    kms_key_arn   = aws_sns_topic.this.kms_master_key_id
    subscriptions = { for subscription in aws_sns_topic_subscription.email : subscription.endpoint => subscription.protocol }
    publishers = {
      for statement in data.aws_iam_policy_document.this.statement : one(one(statement.principals).identifiers) => flatten([
        for condition in statement.condition : tolist(condition.values) if condition.variable == "aws:SourceArn"
      ]) if statement.sid != "OnlyOverTls"
    }
  }
}
