output "name" {
  description = "Name of the budget."
  value       = aws_budgets_budget.this.name
}

output "arn" {
  description = "ARN of the budget."
  value       = aws_budgets_budget.this.arn
}

output "configuration" {
  description = "What the budget was given, for the checks of the root that composes it: limit (US dollars), filters (user:KEY$VALUE), notifications (kind and amount), topic_arns and email_addresses (who is told)."
  value = {
    limit           = tonumber(aws_budgets_budget.this.limit_amount)
    filters         = flatten([for filter in aws_budgets_budget.this.cost_filter : filter.values])
    notifications   = toset([for notification in aws_budgets_budget.this.notification : "${notification.notification_type} ${notification.threshold}"])
    topic_arns      = toset(flatten([for notification in aws_budgets_budget.this.notification : notification.subscriber_sns_topic_arns]))
    email_addresses = toset(flatten([for notification in aws_budgets_budget.this.notification : notification.subscriber_email_addresses]))
  }
}
