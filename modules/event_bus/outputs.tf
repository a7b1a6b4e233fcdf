output "name" {
  description = "Name of the bus."
  value       = aws_cloudwatch_event_bus.this.name
}

output "arn" {
  description = "ARN of the bus."
  value       = aws_cloudwatch_event_bus.this.arn
}

output "archive_arn" {
  description = "ARN of the archive, to start replays from."
  value       = aws_cloudwatch_event_archive.this.arn
}

output "rule_arns" {
  description = "ARNs of the rules by rule name."
  value       = { for name, rule in aws_cloudwatch_event_rule.this : name => rule.arn }
}

output "rule_arn_prefix" {
  description = "What the ARN of every rule begins with; \"<prefix>/<rule name>\" is the rule's ARN. For the senders of a queue that is itself a target: it depends on no rule, so there is no cycle."
  value       = local.rule_arn_prefix
}

output "dead_letter_queue_arn" {
  description = "ARN of the queue of undelivered events."
  value       = aws_sqs_queue.dead_letter.arn
}

output "dead_letter_queue_url" {
  description = "URL of the queue of undelivered events."
  value       = aws_sqs_queue.dead_letter.url
}

output "dead_letter_queue_name" {
  description = "Name of the queue of undelivered events."
  value       = aws_sqs_queue.dead_letter.name
}

output "alarms" {
  description = "Definitions of the bus's alarms for the monitoring module: failed invocations and lost events of each rule, and any undelivered event."
  value = merge(
    {
      for alarm in setproduct(keys(var.rules), keys(local.rule_alarms)) : "${alarm[0]}-${alarm[1]}" => {
        description         = "Rule ${alarm[0]} of ${var.name} ${local.rule_alarms[alarm[1]].what}"
        namespace           = "AWS/Events"
        metric_name         = local.rule_alarms[alarm[1]].metric_name
        dimensions          = { EventBusName = var.name, RuleName = alarm[0] }
        statistic           = "Sum"
        period_seconds      = 60
        evaluation_periods  = 1
        threshold           = 0
        comparison_operator = "GreaterThanThreshold"
        # EventBridge reports these metrics only when they are not zero.
        treat_missing_data = "notBreaching"
      }
    },
    { undelivered = module.dead_letter_safeguards.depth_alarm },
  )
}

locals {
  rule_alarms = {
    failed-invocations = { metric_name = "FailedInvocations", what = "has given up on delivering an event to a target." }
    lost-events        = { metric_name = "InvocationsFailedToBeSentToDlq", what = "could not even keep an undelivered event: it is lost to the target." }
  }
}
