data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account    = data.aws_caller_identity.current.account_id
  arn_prefix = "arn:${data.aws_partition.current.partition}:events:${data.aws_region.current.name}:${local.account}"

  bus_arn         = "${local.arn_prefix}:event-bus/${var.name}"
  rule_arn_prefix = "${local.arn_prefix}:rule/${var.name}"

  dead_letter_queue_name = "${var.name}-undelivered"

  targets = merge([
    for rule_key, rule in var.rules : {
      for target_key, target in rule.targets : "${rule_key}/${target_key}" => merge(target, { rule = rule_key, id = target_key })
    }
  ]...)

  lambda_targets        = { for key, target in local.targets : key => target if target.kind == "lambda" }
  state_machine_targets = { for key, target in local.targets : key => target if target.kind == "state_machine" }

  # One role for all state machines, and none without.
  start_workflow = length(local.state_machine_targets) > 0 ? toset(["this"]) : toset([])
}

resource "aws_cloudwatch_event_bus" "this" {
  name               = var.name
  kms_key_identifier = var.kms_key_arn

  # For events that EventBridge may not encrypt or decrypt, e.g. after a change of the key's policy.
  dead_letter_config {
    arn = aws_sqs_queue.dead_letter.arn
  }
}

resource "aws_cloudwatch_event_archive" "this" {
  name             = var.name
  description      = "Every event of ${var.name}, for replay"
  event_source_arn = aws_cloudwatch_event_bus.this.arn
  retention_days   = var.archive_retention_days
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = var.rules

  name           = each.key
  description    = each.value.description
  event_bus_name = aws_cloudwatch_event_bus.this.name
  event_pattern  = each.value.pattern
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.targets

  rule           = aws_cloudwatch_event_rule.this[each.value.rule].name
  event_bus_name = aws_cloudwatch_event_bus.this.name
  target_id      = each.value.id
  arn            = each.value.arn
  input_path     = each.value.input_path
  role_arn       = each.value.kind == "state_machine" ? aws_iam_role.start_workflow["this"].arn : null

  retry_policy {
    maximum_event_age_in_seconds = each.value.maximum_event_age_seconds
    maximum_retry_attempts       = each.value.maximum_retry_attempts
  }

  dead_letter_config {
    arn = coalesce(each.value.dead_letter_queue_arn, aws_sqs_queue.dead_letter.arn)
  }
}

resource "aws_lambda_permission" "invoke" {
  for_each = local.lambda_targets

  statement_id = "${var.name}-${replace(each.key, "/", "-")}"
  action       = "lambda:InvokeFunction"
  # An ARN may name an alias in its eighth part; the permission wants that apart.
  function_name = join(":", slice(split(":", each.value.arn), 0, 7))
  qualifier     = try(split(":", each.value.arn)[7], null)
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.this[each.value.rule].arn
}

resource "aws_iam_role" "start_workflow" {
  for_each = local.start_workflow

  name               = "${var.name}-start-workflow"
  description        = "Lets the rules of ${var.name} start their state machines"
  assume_role_policy = data.aws_iam_policy_document.assume_role.json
}

data "aws_iam_policy_document" "assume_role" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local.rule_arn_prefix}/*"]
    }
  }
}

resource "aws_iam_role_policy" "start_workflow" {
  for_each = local.start_workflow

  name   = "start-workflow"
  role   = aws_iam_role.start_workflow[each.key].name
  policy = data.aws_iam_policy_document.start_workflow[each.key].json
}

data "aws_iam_policy_document" "start_workflow" {
  for_each = local.start_workflow

  statement {
    actions   = ["states:StartExecution"]
    resources = distinct([for target in values(local.state_machine_targets) : target.arn])
  }
}

# One plain queue, not a queue with a dead-letter queue of its own: to look at what is in it must never move it on.
resource "aws_sqs_queue" "dead_letter" {
  #checkov:skip=TXN_2:It is a dead-letter queue itself, of a bus, which has no queue in front of it

  name                      = local.dead_letter_queue_name
  message_retention_seconds = 1209600 # 14 days, the most that SQS offers
  kms_master_key_id         = var.kms_key_arn
  policy                    = module.dead_letter_safeguards.policy
}

module "dead_letter_safeguards" {
  source = "../queue_safeguards"

  queue_name = local.dead_letter_queue_name

  senders = {
    rules = { service = "events.amazonaws.com", source_arn = "${local.rule_arn_prefix}/*" }
    bus   = { service = "events.amazonaws.com", source_arn = local.bus_arn }
  }
}
