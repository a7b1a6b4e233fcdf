# ---------------------------------------------------------------------------------------------------------------------
# Topics
# ---------------------------------------------------------------------------------------------------------------------

output "processing_failures_topic_arn" {
  description = "ARN of the topic for processing failures and alarms."
  value       = local.failures_topic_arn
}

output "fraud_alerts_topic_arn" {
  description = "ARN of the topic for suspected fraud."
  value       = local.fraud_topic_arn
}

# ---------------------------------------------------------------------------------------------------------------------
# Alarms
# ---------------------------------------------------------------------------------------------------------------------

output "alarm_names" {
  description = "Names of all alarms but the composite one, sorted."
  value = sort(concat(
    [for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.error_rate : alarm.alarm_name],
    [aws_cloudwatch_metric_alarm.fraud_rate.alarm_name],
  ))
}

output "composite_alarm_name" {
  description = "Name of the composite alarm: is anything critical? Null where nothing is watched."
  value       = one([for alarm in aws_cloudwatch_composite_alarm.critical : alarm.alarm_name])
}

output "composite_alarm_arn" {
  description = "ARN of the composite alarm. Null where nothing is watched."
  value       = one([for alarm in aws_cloudwatch_composite_alarm.critical : alarm.arn])
}

# ---------------------------------------------------------------------------------------------------------------------
# Dashboard
# ---------------------------------------------------------------------------------------------------------------------

output "dashboard_name" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "dashboard_url" {
  description = "Address of the dashboard in the console."
  value       = "https://${local.region}.${lookup(local.console_domains, local.partition, local.console_domains.aws)}/cloudwatch/home?region=${local.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.this.dashboard_name}"
}

# ---------------------------------------------------------------------------------------------------------------------
# For tests
# ---------------------------------------------------------------------------------------------------------------------

output "configuration" {
  description = "What the resources were given, for the checks of the root that composes it: topics (the configuration of each that is made here), alarms (metric, dimensions, statistic, period_seconds, evaluation_periods, threshold, comparison_operator and topic_arns of each of the argument alarms and of those that follow from functions), error_rate_alarms (threshold_percent, period_seconds and topic_arns of each function's), fraud_rate_alarm (topic_arns), critical_alarm (rule and topic_arns; null where nothing is watched), dashboard_metrics and dashboard_queue_metrics (names of the metrics that the dashboard shows of each function and queue)."
  value = {
    topics = { for key, topic in module.topic : key => topic.configuration }
    alarms = {
      for key, alarm in aws_cloudwatch_metric_alarm.this : key => {
        metric              = "${alarm.namespace} ${alarm.metric_name}"
        dimensions          = alarm.dimensions
        statistic           = try(coalesce(alarm.statistic, alarm.extended_statistic), null) # the local AWS gives back neither
        period_seconds      = alarm.period
        evaluation_periods  = alarm.evaluation_periods
        threshold           = alarm.threshold
        comparison_operator = alarm.comparison_operator
        topic_arns          = alarm.alarm_actions
      }
    }
    error_rate_alarms = {
      for key, alarm in aws_cloudwatch_metric_alarm.error_rate : key => {
        threshold_percent = alarm.threshold
        period_seconds    = one(distinct(flatten([for query in alarm.metric_query : query.metric[*].period])))
        topic_arns        = alarm.alarm_actions
      }
    }
    fraud_rate_alarm = { topic_arns = aws_cloudwatch_metric_alarm.fraud_rate.alarm_actions }
    critical_alarm = one([
      for alarm in aws_cloudwatch_composite_alarm.critical : { rule = alarm.alarm_rule, topic_arns = alarm.alarm_actions }
    ])
    dashboard_metrics = {
      for key, function in var.functions : key => [for metric in sort([for shown in local.shown_metrics : shown.metric if shown.of == "AWS/Lambda ${function.name}"]) : metric]
    }
    dashboard_queue_metrics = {
      for key, name in var.dashboard.queues : key => [for metric in sort([for shown in local.shown_metrics : shown.metric if shown.of == "AWS/SQS ${name}"]) : metric]
    }
  }
}

locals {
  # What the dashboard shows of one thing, read back from it: namespace, metric, dimension, value. An expression has no value.
  shown_metrics = flatten([
    for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [
      for metric in try(widget.properties.metrics, []) : { metric = metric[1], of = "${metric[0]} ${metric[3]}" } if can(metric[3])
    ]
  ])
}
