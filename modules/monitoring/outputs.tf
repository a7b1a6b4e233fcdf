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

output "alarm_arns" {
  description = "ARNs of the alarms of the argument alarms and of those that follow from functions (throttles, duration), by their name there."
  value       = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.arn }
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
# Dashboards
# ---------------------------------------------------------------------------------------------------------------------

output "dashboard_name" {
  description = "Name of the dashboard of operations."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "dashboard_url" {
  description = "Address of the dashboard of operations in the console."
  value       = "${local.dashboards_url}${aws_cloudwatch_dashboard.this.dashboard_name}"
}

output "dashboard_urls" {
  description = "Addresses of all dashboards in the console: operations, and business and cost where they are asked for."
  value = merge(
    { operations = "${local.dashboards_url}${aws_cloudwatch_dashboard.this.dashboard_name}" },
    { for key, dashboard in aws_cloudwatch_dashboard.further : key => "${local.dashboards_url}${dashboard.dashboard_name}" },
  )
}

locals {
  dashboards_url = "https://${local.region}.${lookup(local.console_domains, local.partition, local.console_domains.aws)}/cloudwatch/home?region=${local.region}#dashboards/dashboard/"
}

# ---------------------------------------------------------------------------------------------------------------------
# For tests
# ---------------------------------------------------------------------------------------------------------------------

output "configuration" {
  description = "What the resources were given, for the checks of the root that composes it: topics (the configuration of each that is made here), alarms (metric, dimensions, statistic, period_seconds, evaluation_periods, threshold, comparison_operator, treat_missing_data and topic_arns of each of the argument alarms and of those that follow from functions), error_rate_alarms (threshold_percent, period_seconds and topic_arns of each function's), error_rate_periods (in a row, of each function's), fraud_rate_alarm (topic_arns), fraud_rate (metrics, percent, minutes and minimum_decisions), critical_alarm (rule and topic_arns; null where nothing is watched), dashboard_metrics and dashboard_queue_metrics (names of the metrics that the dashboard of operations shows of each function and queue), dashboards (titles of the graphs of each)."
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
        treat_missing_data  = alarm.treat_missing_data
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
    error_rate_periods = var.thresholds.error_rate_periods
    fraud_rate = {
      metrics           = sort([for query in aws_cloudwatch_metric_alarm.fraud_rate.metric_query : "${query.metric[0].namespace} ${query.metric[0].metric_name}" if length(query.metric) > 0])
      percent           = aws_cloudwatch_metric_alarm.fraud_rate.threshold
      minutes           = var.thresholds.fraud_rate_minutes
      minimum_decisions = var.thresholds.fraud_minimum_decisions
    }
    fraud_rate_alarm = { topic_arns = aws_cloudwatch_metric_alarm.fraud_rate.alarm_actions }
    critical_alarm = one([
      for alarm in aws_cloudwatch_composite_alarm.critical : { rule = alarm.alarm_rule, topic_arns = alarm.alarm_actions }
    ])
    dashboard_metrics = {
      for key, function in var.functions : key => [for metric in sort([for shown in local.shown_metrics : shown.metric if shown.of == "AWS/Lambda ${function.name}"]) : metric]
    }
    dashboards = {
      for key, dashboard in merge({ operations = aws_cloudwatch_dashboard.this }, aws_cloudwatch_dashboard.further) :
      key => [for widget in jsondecode(dashboard.dashboard_body).widgets : widget.properties.title if widget.type == "metric"]
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
