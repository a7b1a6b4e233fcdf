output "arn" {
  description = "ARN of the web ACL, for the argument web_acl of rest_api."
  value       = aws_wafv2_web_acl.this.arn
}

output "name" {
  description = "Name of the web ACL, as in the WebACL dimension of its metrics."
  value       = aws_wafv2_web_acl.this.name
}

output "counted_rules" {
  description = "Managed rules that only count, each with the reason why."
  value       = local.counted_rules
}

output "log_group_name" {
  description = "Name of the log group; null where nothing is logged."
  value       = one([for group in aws_cloudwatch_log_group.this : group.name])
}

output "alarms" {
  description = "Definitions of the web ACL's alarms for the monitoring module: many blocked requests, which is an attack, or a rule that takes honest clients for one."
  value = {
    blocked-requests = {
      description         = "The web ACL ${var.name} has blocked more than ${var.alarms.blocked_requests} requests in 5 minutes."
      namespace           = "AWS/WAFV2"
      metric_name         = "BlockedRequests"
      dimensions          = { WebACL = var.name, Rule = "ALL", Region = local.region }
      statistic           = "Sum"
      period_seconds      = 300
      evaluation_periods  = 1
      threshold           = var.alarms.blocked_requests
      comparison_operator = "GreaterThanThreshold"
      # WAF reports nothing while it blocks nothing.
      treat_missing_data = "notBreaching"
    }
  }
}

output "configuration" {
  description = "What the web ACL was given, for the checks of the root that composes it: scope, managed_rule_groups (AWS's names, sorted), requests_per_ip, logs_enabled."
  value = {
    scope = aws_wafv2_web_acl.this.scope
    managed_rule_groups = [
      for name in sort(flatten([for rule in aws_wafv2_web_acl.this.rule : rule.statement[0].managed_rule_group_statement[*].name])) : name
    ]
    requests_per_ip = one(flatten([
      for rule in aws_wafv2_web_acl.this.rule : rule.statement[0].rate_based_statement[*].limit
    ]))
    logs_enabled = length(aws_wafv2_web_acl_logging_configuration.this) > 0
  }
}
