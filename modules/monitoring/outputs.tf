# ---------------------------------------------------------------------------------------------------------------------
# Topics
# ---------------------------------------------------------------------------------------------------------------------

output "processing_failures_topic_arn" {
  description = "ARN of the topic for processing failures and alarms."
  value       = aws_sns_topic.this["processing_failures"].arn
}

output "fraud_alerts_topic_arn" {
  description = "ARN of the topic for suspected fraud."
  value       = aws_sns_topic.this["fraud_alerts"].arn
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
  value       = "https://${local.region}.${lookup(local.console_domains, local.partition, local.console_domains.aws)}/cloudwatch/home?region=${local.region}#dashboards/dashboard/${var.name}"
}
