output "trail_arn" {
  description = "ARN of the trail."
  value       = aws_cloudtrail.this.arn
}

output "trail_name" {
  description = "Name of the trail."
  value       = aws_cloudtrail.this.name
}

output "bucket_name" {
  description = "Name of the bucket of log files, account id and region included."
  value       = aws_s3_bucket.this.bucket
}

output "bucket_arn" {
  description = "ARN of the bucket of log files."
  value       = aws_s3_bucket.this.arn
}

output "log_group_name" {
  description = "Name of the log group that gets the same events."
  value       = aws_cloudwatch_log_group.this.name
}

output "log_group_arn" {
  description = "ARN of the log group, for who may search it (logs:FilterLogEvents, logs:StartQuery)."
  value       = aws_cloudwatch_log_group.this.arn
}

output "alarms" {
  description = "Definitions of the alarms for the monitoring module: root-use, unauthorised-calls, console-login-without-mfa, iam-policy-change, trail-change, key-disabled-or-deleted, config-change, backup-protection-change."
  value       = local.alarms
}

output "configuration" {
  description = "What the trail was given, for the checks of the root that composes it: multi_region, log_file_validation, kms_key_arn, data_events (ARNs and prefixes that are watched), watched (names of the metrics), object_lock (mode or null), config_rules (names), findings_topic_arn (null: nobody is told)."
  value = {
    multi_region        = aws_cloudtrail.this.is_multi_region_trail
    log_file_validation = aws_cloudtrail.this.enable_log_file_validation
    kms_key_arn         = aws_cloudtrail.this.kms_key_id
    data_events         = toset(flatten([for selector in local.data_selectors : concat(selector.arns, selector.prefixes)]))
    watched             = toset(keys(aws_cloudwatch_log_metric_filter.this))
    object_lock         = try(var.object_lock.mode, null)
    config_rules        = toset(keys(aws_config_config_rule.this))
    findings_topic_arn  = one([for target in aws_cloudwatch_event_target.noncompliant : target.arn])
  }
}
