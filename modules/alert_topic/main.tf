data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  place     = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"

  # Written out instead of read from the topic, so that every plan shows the whole policy.
  topic_arn = "arn:${local.partition}:sns:${local.place}:${var.name}"

  # Services that publish in their own name, each as narrowly as it can be held to.
  publishers = merge(
    length(var.publishers.alarm_names) == 0 ? {} : {
      AlarmsOfThisAccountPublish = {
        service     = "cloudwatch.amazonaws.com"
        source_arns = [for name in var.publishers.alarm_names : "arn:${local.partition}:cloudwatch:${local.place}:alarm:${name}"]
      }
    },
    var.publishers.event_rules ? { RulesOfThisAccountPublish = { service = "events.amazonaws.com", source_arns = [] } } : {},
    var.publishers.budgets ? {
      BudgetsOfThisAccountPublish = {
        service     = "budgets.amazonaws.com"
        source_arns = ["arn:${local.partition}:budgets::${data.aws_caller_identity.current.account_id}:*"]
      }
    } : {},
  )
}

resource "aws_sns_topic" "this" {
  name              = var.name
  display_name      = var.display_name
  kms_master_key_id = var.kms_key_arn
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [local.topic_arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  dynamic "statement" {
    for_each = local.publishers

    content {
      sid       = statement.key
      actions   = ["sns:Publish"]
      resources = [local.topic_arn]

      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [data.aws_caller_identity.current.account_id]
      }

      dynamic "condition" {
        for_each = length(statement.value.source_arns) > 0 ? [statement.value.source_arns] : []

        content {
          test     = "ArnLike"
          variable = "aws:SourceArn"
          values   = condition.value
        }
      }
    }
  }
}

resource "aws_sns_topic_policy" "this" {
  arn    = aws_sns_topic.this.arn
  policy = data.aws_iam_policy_document.this.json
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.email_subscriptions

  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = each.value
}
