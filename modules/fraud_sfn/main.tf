data "aws_partition" "current" {}

data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

locals {
  definition = templatefile("${path.module}/definition.asl.json", {
    partition              = data.aws_partition.current.partition
    functions              = var.functions
    review_queue           = var.review_queue
    review_timeout_seconds = var.review_timeout_seconds
    alerts_topic_arn       = var.alerts_topic_arn
    event_bus              = var.event_bus
  })
}

resource "aws_sfn_state_machine" "this" {
  #checkov:skip=CKV_AWS_285:The check wants inputs and outputs in the log. They tell about people: the execution's history keeps them for 90 days under IAM, and the log gets every step without them.

  name       = var.name
  type       = "STANDARD" # a case waits for people, and only STANDARD has task tokens
  role_arn   = aws_iam_role.this.arn
  definition = local.definition

  logging_configuration {
    level                  = "ALL"
    include_execution_data = false # inputs and outputs tell about people; the execution's history keeps them under IAM
    log_destination        = "${aws_cloudwatch_log_group.this.arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  # Step Functions checks at creation that the role may deliver logs.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/vendedlogs/states/${var.name}" # this prefix keeps the account's log resource policy short
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role" "this" {
  name               = "${var.name}-role"
  description        = "What the case workflow ${var.name} may do"
  assume_role_policy = data.aws_iam_policy_document.assume_role.json
}

resource "aws_iam_role_policy" "this" {
  name   = "workflow"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.this.json
}

data "aws_iam_policy_document" "assume_role" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values = [
        "arn:${data.aws_partition.current.partition}:states:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:stateMachine:${var.name}",
      ]
    }
  }
}

data "aws_iam_policy_document" "this" {
  #checkov:skip=CKV_AWS_111:The actions on log deliveries and X-Ray take no resource: AWS offers nothing narrower than "*" for them.
  #checkov:skip=CKV_AWS_356:The actions on log deliveries and X-Ray take no resource: AWS offers nothing narrower than "*" for them.

  statement {
    sid       = "RunTheTasks"
    actions   = ["lambda:InvokeFunction"]
    resources = values(var.functions)
  }

  statement {
    sid       = "AskAnalysts"
    actions   = ["sqs:SendMessage"]
    resources = [var.review_queue.arn]
  }

  statement {
    sid       = "Alert"
    actions   = ["sns:Publish"]
    resources = [var.alerts_topic_arn]
  }

  statement {
    sid       = "Announce"
    actions   = ["events:PutEvents"]
    resources = [var.event_bus.arn]
  }

  statement {
    sid       = "SendEncrypted"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arn]
  }

  statement {
    sid = "DeliverLogs"
    actions = [
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
    ]
    resources = ["*"] # these actions take no resource
  }

  statement {
    sid = "Trace"
    actions = [
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]
    resources = ["*"] # these actions take no resource
  }
}
