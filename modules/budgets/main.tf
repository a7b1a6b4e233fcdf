locals {
  kinds = concat(var.notify.actual ? ["ACTUAL"] : [], var.notify.forecast ? ["FORECASTED"] : [])

  notifications = flatten([
    for amount in var.amounts : [for kind in local.kinds : { amount = amount, kind = kind }]
  ])
}

# One budget with several absolute amounts: the first two budgets of an account are free, each further one is not.
resource "aws_budgets_budget" "this" {
  name         = var.name
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_unit   = "USD"
  limit_amount = format("%.1f", max(var.amounts...)) # as AWS gives it back

  dynamic "cost_filter" {
    for_each = var.cost_tag == null ? [] : [var.cost_tag]

    content {
      name   = "TagKeyValue"
      values = [for value in sort(cost_filter.value.values) : format("user:%s$%s", cost_filter.value.key, value)]
    }
  }

  dynamic "notification" {
    for_each = local.notifications

    content {
      notification_type          = notification.value.kind
      comparison_operator        = "GREATER_THAN"
      threshold_type             = "ABSOLUTE_VALUE"
      threshold                  = notification.value.amount
      subscriber_sns_topic_arns  = var.topic_arn == null ? [] : [var.topic_arn]
      subscriber_email_addresses = var.email_addresses
    }
  }
}

# Bills know a tag only from the day on which it was made a cost allocation tag.
resource "aws_ce_cost_allocation_tag" "this" {
  for_each = var.cost_tag != null && var.activate_cost_tag ? toset([var.cost_tag.key]) : toset([])

  tag_key = each.value
  status  = "Active"
}
