data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  partition  = data.aws_partition.current.partition
  place      = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
  bucket_arn = "arn:${local.partition}:s3:::${var.lake_bucket}"

  job_names = { for key in keys(var.jobs) : key => "${var.name}-${replace(key, "_", "-")}" }

  # Who proposes thresholds has to know those in force.
  policies = { for key in keys(var.jobs) : key => [for parameter in var.policy_parameter[*] : parameter.arn if key == "fraud_pattern_analysis"] }

  # A key follows from the content: a run that has begun never finds half of another version.
  code_prefix = "code/spark/"
  code = merge(
    { for key in keys(var.jobs) : key => "${key}.py" },
    { lake_jobs = "lake_jobs.zip" },
  )

  log_group_prefix = "/aws-glue/${var.name}"

  # A file system that is none asks for the parents of a folder, too.
  prefixes = { for key, job in var.jobs : key => distinct(concat(job.reads, job.writes)) }
  parents = {
    for key, prefixes in local.prefixes : key => distinct(flatten([
      for prefix in prefixes : [
        for depth in range(1, length(split("/", prefix))) : join("/", slice(split("/", prefix), 0, depth))
      ]
    ]))
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Code
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_s3_object" "code" {
  for_each = local.code

  bucket     = var.lake_bucket
  key        = "${local.code_prefix}${filesha256("${var.packages_folder}/${each.value}")}/${each.value}"
  source     = "${var.packages_folder}/${each.value}"
  kms_key_id = var.kms_key_arn
}

# ---------------------------------------------------------------------------------------------------------------------
# Roles
# ---------------------------------------------------------------------------------------------------------------------

data "aws_iam_policy_document" "assume_role" {
  statement {
    sid     = "GlueAssumesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["glue.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "permissions" {
  # checkov:skip=CKV_AWS_111:PutMetricData knows no resource, so its namespace is held fast; all others are named
  # checkov:skip=CKV_AWS_356:PutMetricData knows no resource, so its namespace is held fast; all others are named
  for_each = var.jobs

  statement {
    sid       = "FindObjects"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]

    # If it exists: a look at an object that is not there names no prefix, and must be told so instead of refused.
    condition {
      test     = "StringLikeIfExists"
      variable = "s3:prefix"
      values = concat(
        [for prefix in concat(local.prefixes[each.key], [local.code_prefix]) : "${prefix}*"],
        flatten([for parent in local.parents[each.key] : [parent, "${parent}/"]]),
      )
    }
  }

  statement {
    sid       = "ReadObjects"
    actions   = ["s3:GetObject"]
    resources = [for prefix in concat(local.prefixes[each.key], [local.code_prefix]) : "${local.bucket_arn}/${prefix}*"]
  }

  statement {
    sid     = "ReplaceObjects"
    actions = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"]
    resources = concat(
      [for prefix in each.value.writes : "${local.bucket_arn}/${prefix}*"],
      # What Glue's file system writes for an empty folder, beside it.
      distinct(flatten([
        for prefix in each.value.writes : [
          for depth in range(1, length(split("/", prefix))) : "${local.bucket_arn}/${join("/", slice(split("/", prefix), 0, depth))}_$folder$"
        ]
      ])),
    )
  }

  dynamic "statement" {
    for_each = [for arns in [concat(each.value.parameters, local.policies[each.key])] : arns if length(arns) > 0]

    content {
      sid       = "ReadParameters"
      actions   = ["ssm:GetParameter"]
      resources = statement.value
    }
  }

  statement {
    sid       = "UseTheKey"
    actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arn]
  }

  # Glue derives the names of log groups from the security configuration, too, and gives them its key.
  statement {
    sid       = "WriteLogs"
    actions   = ["logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.place}:log-group:/aws-glue/*"]
  }

  statement {
    sid       = "WriteMetrics"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"] # AWS offers nothing narrower.

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = ["Glue"]
    }
  }

  dynamic "statement" {
    for_each = each.value.bookmarks ? [1] : []

    content {
      sid       = "RememberWhatWasRead"
      actions   = ["glue:GetJobBookmark", "glue:ResetJobBookmark"]
      resources = ["arn:${local.partition}:glue:${local.place}:job/${local.job_names[each.key]}"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = var.jobs

  name               = local.job_names[each.key]
  description        = "Role of the Spark job ${local.job_names[each.key]}"
  assume_role_policy = data.aws_iam_policy_document.assume_role.json
}

resource "aws_iam_role_policy" "this" {
  for_each = var.jobs

  name   = "permissions"
  role   = aws_iam_role.this[each.key].name
  policy = data.aws_iam_policy_document.permissions[each.key].json
}

# ---------------------------------------------------------------------------------------------------------------------
# Jobs
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_glue_security_configuration" "this" {
  name = var.name

  encryption_configuration {
    cloudwatch_encryption {
      cloudwatch_encryption_mode = "SSE-KMS"
      kms_key_arn                = var.kms_key_arn
    }

    job_bookmarks_encryption {
      job_bookmarks_encryption_mode = "CSE-KMS"
      kms_key_arn                   = var.kms_key_arn
    }

    s3_encryption {
      s3_encryption_mode = "SSE-KMS"
      kms_key_arn        = var.kms_key_arn
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338:How long logs are kept is the caller's choice (argument log_retention_days, a year by default)
  for_each = toset(["error", "output"])

  name              = "${local.log_group_prefix}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_glue_job" "this" {
  for_each = var.jobs

  name                   = local.job_names[each.key]
  description            = each.value.description
  role_arn               = aws_iam_role.this[each.key].arn
  glue_version           = "5.0"
  worker_type            = "G.1X"
  number_of_workers      = each.value.maximum_workers
  timeout                = each.value.timeout_minutes
  max_retries            = each.value.retries
  security_configuration = aws_glue_security_configuration.this.name

  command {
    name            = "glueetl"
    python_version  = "3"
    script_location = "s3://${var.lake_bucket}/${aws_s3_object.code[each.key].key}"
  }

  # Two runs that replace the same day would each delete what the other writes.
  execution_property {
    max_concurrent_runs = 1
  }

  default_arguments = merge(
    { for arn in local.policies[each.key] : "--policy_document" => arn },
    { for name, value in each.value.arguments : "--${name}" => value },
    {
      "--lake"                             = "s3://${var.lake_bucket}"
      "--extra-py-files"                   = "s3://${var.lake_bucket}/${aws_s3_object.code["lake_jobs"].key}"
      "--enable-auto-scaling"              = "true"
      "--enable-metrics"                   = "true"
      "--enable-observability-metrics"     = "true"
      "--enable-continuous-cloudwatch-log" = "true"
      "--custom-logGroup-prefix"           = local.log_group_prefix
      "--job-bookmark-option"              = each.value.bookmarks ? "job-bookmark-enable" : "job-bookmark-disable"
    },
  )

  # A run may begin as soon as the job is there.
  depends_on = [aws_iam_role_policy.this, aws_cloudwatch_log_group.this]
}

resource "aws_glue_trigger" "this" {
  for_each = var.jobs

  name              = local.job_names[each.key]
  description       = "Runs ${local.job_names[each.key]}: ${each.value.schedule}"
  type              = "SCHEDULED"
  schedule          = each.value.schedule
  enabled           = var.schedules_enabled
  start_on_creation = var.schedules_enabled

  actions {
    job_name = aws_glue_job.this[each.key].name
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Failures
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_event_rule" "failed" {
  name        = "${var.name}-spark-job-failed"
  description = "An attempt of a Spark job of ${var.name} failed, or took too long."

  event_pattern = jsonencode({
    source      = ["aws.glue"]
    detail-type = ["Glue Job State Change"]
    detail = {
      jobName = values(local.job_names)
      state   = ["ERROR", "FAILED", "TIMEOUT"]
    }
  })
}

resource "aws_cloudwatch_event_target" "failed" {
  rule      = aws_cloudwatch_event_rule.failed.name
  target_id = "failures-topic"
  arn       = var.failures_topic_arn
}
