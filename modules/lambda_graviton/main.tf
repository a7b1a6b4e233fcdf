data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  # Actions without a resource of their own in AWS's catalogue.
  unscopable = ["ce:GetCostAndUsage", "cloudwatch:GetMetricData"]

  # Callers use the alias where versions are kept warm, because provisioned concurrency belongs to a version.
  alias      = one(values(aws_lambda_alias.live))
  qualifier  = local.alias == null ? null : local.alias.name
  target_arn = local.alias == null ? aws_lambda_function.this.arn : local.alias.arn
  invoke_arn = local.alias == null ? aws_lambda_function.this.invoke_arn : local.alias.invoke_arn

  # Lambda keeps names that begin with AWS_ for itself and for what it works with, such as the FIS extension. The wait is
  # AWS's advice: a call that comes while the extension asks for faults waits for the answer instead of slipping through.
  environment = merge(var.environment, [
    for faults in var.fault_injection[*] : {
      AWS_FIS_CONFIGURATION_LOCATION     = faults.location_arn
      AWS_FIS_POLL_MAX_WAIT_MILLISECONDS = "2000"
      AWS_LAMBDA_EXEC_WRAPPER            = "/opt/aws-fis/bootstrap"
    }
  ]...)

  # Written out instead of read from the resources, so that every plan shows the whole policy.
  partition     = data.aws_partition.current.partition
  place         = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
  log_group_arn = "arn:${local.partition}:logs:${local.place}:log-group:/aws/lambda/${var.name}"
  function_arn  = "arn:${local.partition}:lambda:${local.place}:function:${var.name}"

  # What Lambda itself needs of each kind of source, to be read with the function's role.
  source_actions = {
    sqs      = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    dynamodb = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    kinesis = [
      "kinesis:DescribeStream",
      "kinesis:DescribeStreamSummary",
      "kinesis:GetRecords",
      "kinesis:GetShardIterator",
      "kinesis:ListShards",
      "kinesis:SubscribeToShard",
    ]
  }
  source_arns_by_kind = {
    for kind in keys(local.source_actions) :
    kind => [for source in var.event_sources : source.arn if source.kind == kind]
  }

  # What Lambda needs of the role to attach the function to a network. The running code is denied all of it.
  network_changes = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
  ]
  network_views = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]

  # What it takes to hand something over, by the service in the receiver's ARN.
  delivery_actions = {
    events = "events:PutEvents"
    lambda = "lambda:InvokeFunction"
    sns    = "sns:Publish"
    sqs    = "sqs:SendMessage"
  }
  delivery_arns = concat(
    var.destinations == null ? [] : [for arn in [var.destinations.on_success_arn, var.destinations.on_failure_arn] : arn if arn != null],
    [for source in var.event_sources : source.on_failure_arn if source.kind != "sqs"],
  )
}

# ---------------------------------------------------------------------------------------------------------------------
# Role
# ---------------------------------------------------------------------------------------------------------------------

data "aws_iam_policy_document" "assume_role" {
  statement {
    sid     = "LambdaAssumesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "permissions" {
  # checkov:skip=CKV_AWS_111:X-Ray's write actions and a VPC function's network interfaces know no narrower resource; all others are named
  # checkov:skip=CKV_AWS_356:X-Ray, ListStreams and the ec2 Describe actions know no narrower resource; all others are named
  statement {
    sid       = "WriteToOwnLogGroup"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group_arn}:*"] # the group's streams: each environment of the function makes its own
  }

  statement {
    sid       = "SendTraces"
    actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    resources = ["*"] # AWS offers nothing narrower for these two.
  }

  statement {
    sid       = "Decrypt"
    actions   = ["kms:Decrypt"]
    resources = distinct(concat([var.kms_key_arn], tolist(var.decrypt_key_arns)))
  }

  dynamic "statement" {
    for_each = { for kind, arns in local.source_arns_by_kind : kind => arns if length(arns) > 0 }

    content {
      sid       = "ReadFrom${title(statement.key)}"
      actions   = local.source_actions[statement.key]
      resources = distinct(statement.value)
    }
  }

  dynamic "statement" {
    for_each = length(local.source_arns_by_kind.dynamodb) > 0 ? [1] : []

    content {
      sid       = "FindTableStreams"
      actions   = ["dynamodb:ListStreams"]
      resources = ["*"] # AWS offers nothing narrower; it reveals names, not data.
    }
  }

  dynamic "statement" {
    for_each = local.delivery_arns

    content {
      sid       = "Deliver${statement.key}"
      actions   = [local.delivery_actions[split(":", statement.value)[2]]]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = length(local.delivery_arns) > 0 ? [1] : []

    content {
      sid       = "EncryptWhatIsDelivered"
      actions   = ["kms:GenerateDataKey"]
      resources = [var.kms_key_arn]
    }
  }

  dynamic "statement" {
    for_each = var.vpc == null ? [] : [1]

    content {
      sid     = "AttachToTheNetwork"
      actions = local.network_changes
      # Lambda refuses the role if DeleteNetworkInterface is limited to a kind of resource or to an id.
      resources = ["arn:${local.partition}:ec2:${local.place}:*/*"]
    }
  }

  dynamic "statement" {
    for_each = var.vpc == null ? [] : [1]

    content {
      sid       = "SeeTheNetwork"
      actions   = local.network_views
      resources = ["*"] # AWS offers nothing narrower.
    }
  }

  dynamic "statement" {
    for_each = var.vpc == null ? [] : [1]

    content {
      sid       = "NetworkIsForLambdaNotForTheCode"
      effect    = "Deny"
      actions   = concat(local.network_changes, local.network_views)
      resources = ["*"]

      # Set on calls made by the running code, whatever its version, and never on those that attach the function.
      condition {
        test     = "ArnEquals"
        variable = "lambda:SourceFunctionArn"
        values   = [local.function_arn]
      }
    }
  }

  dynamic "statement" {
    for_each = var.fault_injection[*]

    content {
      sid       = "FindFaults"
      actions   = ["s3:ListBucket"]
      resources = [split("/", statement.value.location_arn)[0]]

      condition {
        test     = "StringLike"
        variable = "s3:prefix"
        values   = ["${regex("/(.*)$", statement.value.location_arn)[0]}*"]
      }
    }
  }

  dynamic "statement" {
    for_each = var.fault_injection[*]

    content {
      sid       = "ReadFaults"
      actions   = ["s3:GetObject"]
      resources = ["${statement.value.location_arn}*"]
    }
  }

  dynamic "statement" {
    for_each = var.policy_statements

    content {
      sid       = replace(title(replace(statement.key, "_", " ")), " ", "")
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.conditions

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_iam_role" "this" {
  name               = coalesce(var.role_name, var.name)
  description        = "Execution role of the function ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.assume_role.json
}

resource "aws_iam_role_policy" "this" {
  name   = "permissions"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.permissions.json
}

# ---------------------------------------------------------------------------------------------------------------------
# Function
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338:How long logs are kept is the caller's choice (argument log_retention_days, a year by default)
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_115:Reserved concurrency is the caller's choice: reserving for every function would use up the account's shared pool
  # checkov:skip=CKV_AWS_116:Asynchronous failures go to a destination (argument destinations), which keeps the error beside the event; dead_letter_config would not
  # checkov:skip=CKV_AWS_117:The network is the caller's choice (argument vpc); a function that talks to AWS services only gains a cold start and no protection from one
  # checkov:skip=CKV_AWS_272:Packages are built reproducibly and pinned by their SHA-256; code signing would need a signing profile in every account
  function_name                  = var.name
  description                    = var.description
  role                           = aws_iam_role.this.arn
  filename                       = var.package_path
  source_code_hash               = filebase64sha256(var.package_path)
  handler                        = var.handler
  runtime                        = var.runtime
  architectures                  = ["arm64"]
  layers                         = var.fault_injection == null ? null : [var.fault_injection.layer_arn]
  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency == null ? -1 : var.reserved_concurrency
  publish                        = var.provisioned_concurrency != null

  # Lambda forgets the key of a function without variables, which would show as a change in every plan.
  kms_key_arn = length(local.environment) > 0 ? var.kms_key_arn : null

  dynamic "environment" {
    for_each = length(local.environment) > 0 ? [1] : []

    content {
      variables = local.environment
    }
  }

  logging_config {
    # Only JSON can be filtered. The code's lines are JSON already, and pass as they are.
    log_format            = "JSON"
    system_log_level      = var.log_levels.system
    application_log_level = var.log_levels.application
    log_group             = aws_cloudwatch_log_group.this.name
  }

  tracing_config {
    # PassThrough takes part in traces that are there. A stream carries none, so its consumers would begin their own.
    mode = var.begins_traces ? "Active" : "PassThrough"
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  # Lambda checks the role's permissions when it attaches a function to a network or to a source.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_lambda_alias" "live" {
  for_each = var.provisioned_concurrency == null ? toset([]) : toset(["live"])

  name             = each.key
  description      = "The version that callers use"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_lambda_provisioned_concurrency_config" "live" {
  for_each = aws_lambda_alias.live

  function_name                     = each.value.function_name
  qualifier                         = each.value.name
  provisioned_concurrent_executions = var.provisioned_concurrency
}

# ---------------------------------------------------------------------------------------------------------------------
# Asynchronous calls
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_lambda_function_event_invoke_config" "this" {
  for_each = var.destinations == null ? {} : { this = var.destinations }

  function_name                = aws_lambda_function.this.function_name
  qualifier                    = local.qualifier
  maximum_event_age_in_seconds = 21600
  maximum_retry_attempts       = 2

  destination_config {
    dynamic "on_success" {
      for_each = each.value.on_success_arn == null ? [] : [each.value.on_success_arn]

      content {
        destination = on_success.value
      }
    }

    dynamic "on_failure" {
      for_each = each.value.on_failure_arn == null ? [] : [each.value.on_failure_arn]

      content {
        destination = on_failure.value
      }
    }
  }

  depends_on = [aws_iam_role_policy.this]
}

# ---------------------------------------------------------------------------------------------------------------------
# Event sources
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_lambda_event_source_mapping" "this" {
  for_each = var.event_sources

  function_name                      = local.target_arn
  event_source_arn                   = each.value.arn
  enabled                            = each.value.enabled
  batch_size                         = each.value.batch_size
  maximum_batching_window_in_seconds = each.value.batching_window_seconds
  function_response_types            = ["ReportBatchItemFailures"]

  starting_position              = each.value.kind == "sqs" ? null : each.value.starting_position
  bisect_batch_on_function_error = each.value.kind == "sqs" ? null : true
  maximum_retry_attempts         = each.value.kind == "sqs" ? null : each.value.maximum_retries
  maximum_record_age_in_seconds  = each.value.kind == "sqs" ? null : each.value.maximum_age_seconds
  parallelization_factor         = each.value.kind == "sqs" ? null : each.value.parallelization_factor

  dynamic "scaling_config" {
    for_each = each.value.maximum_concurrency == null ? [] : [each.value.maximum_concurrency]

    content {
      maximum_concurrency = scaling_config.value
    }
  }

  dynamic "destination_config" {
    for_each = each.value.kind == "sqs" ? [] : [each.value.on_failure_arn]

    content {
      on_failure {
        destination_arn = destination_config.value
      }
    }
  }

  dynamic "filter_criteria" {
    for_each = length(each.value.filters) > 0 ? [each.value.filters] : []

    content {
      dynamic "filter" {
        for_each = filter_criteria.value

        content {
          pattern = filter.value
        }
      }
    }
  }

  depends_on = [aws_iam_role_policy.this]
}

# ---------------------------------------------------------------------------------------------------------------------
# Schedules
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_event_rule" "schedule" {
  for_each = var.schedules

  name                = "${var.name}-${each.key}"
  description         = "Calls the function ${var.name}: ${each.value}"
  schedule_expression = each.value
}

resource "aws_cloudwatch_event_target" "schedule" {
  for_each = var.schedules

  rule      = aws_cloudwatch_event_rule.schedule[each.key].name
  target_id = "function"
  arn       = local.target_arn
}

resource "aws_lambda_permission" "schedule" {
  for_each = var.schedules

  statement_id  = "schedule-${each.key}"
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  function_name = aws_lambda_function.this.function_name
  qualifier     = local.qualifier
  source_arn    = aws_cloudwatch_event_rule.schedule[each.key].arn
}
