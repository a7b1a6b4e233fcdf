data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # Built from the name, not read from the queue: so the queue can carry its policy from the moment it exists,
  # and a dead-letter queue can name its source queue before that one is made.
  queue_arn = join(":", [
    "arn", data.aws_partition.current.partition, "sqs",
    data.aws_region.current.name, data.aws_caller_identity.current.account_id, var.queue_name,
  ])
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "DenyPlainHttp"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [local.queue_arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  dynamic "statement" {
    for_each = var.senders

    content {
      sid       = "AllowSendFrom${replace(title(replace(statement.key, "/[^A-Za-z0-9]/", " ")), " ", "")}"
      effect    = "Allow"
      actions   = ["sqs:SendMessage"]
      resources = [local.queue_arn]

      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }

      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = [statement.value.source_arn]
      }
    }
  }
}

locals {
  alarm = {
    namespace           = "AWS/SQS"
    dimensions          = { QueueName = var.queue_name }
    statistic           = "Maximum"
    period_seconds      = 60
    evaluation_periods  = 1
    comparison_operator = "GreaterThanThreshold"
    # An idle queue stops reporting after six hours: silence is health.
    treat_missing_data = "notBreaching"
  }
}
