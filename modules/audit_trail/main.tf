data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  account   = data.aws_caller_identity.current.account_id
  region    = data.aws_region.current.name

  # Written out instead of read from the resources, so that every plan shows the whole policy.
  trail_arn      = "arn:${local.partition}:cloudtrail:${local.region}:${local.account}:trail/${var.name}"
  bucket_name    = "${var.name}-${local.account}-${local.region}"
  bucket_arn     = "arn:${local.partition}:s3:::${local.bucket_name}"
  log_group_name = "/aws/cloudtrail/${var.name}"
  log_group_arn  = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${local.log_group_name}"
}

# ---------------------------------------------------------------------------------------------------------------------
# Trail
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_cloudtrail" "this" {
  # checkov:skip=CKV_AWS_67:All regions are the default; whether they are is the caller's choice (argument multi_region), which checkov cannot follow
  # checkov:skip=CKV_AWS_252:A message for each log file, every few minutes, would be read by nobody; alarms tell what matters
  name                          = var.name
  s3_bucket_name                = aws_s3_bucket.this.id
  is_multi_region_trail         = var.multi_region
  include_global_service_events = true
  enable_log_file_validation    = true
  kms_key_id                    = var.kms_key_arn
  cloud_watch_logs_group_arn    = "${aws_cloudwatch_log_group.this.arn}:*" # CloudTrail wants the streams in it
  cloud_watch_logs_role_arn     = aws_iam_role.logs.arn

  advanced_event_selector {
    name = "Changes and looks at the account's resources"

    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
  }

  # Reads only: the trail's own deliveries would be events that are delivered, and so on.
  advanced_event_selector {
    name = "Who reads the trail"

    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }

    field_selector {
      field  = "resources.type"
      equals = ["AWS::S3::Object"]
    }

    field_selector {
      field       = "resources.ARN"
      starts_with = ["${local.bucket_arn}/"]
    }

    field_selector {
      field  = "readOnly"
      equals = ["true"]
    }
  }

  dynamic "advanced_event_selector" {
    for_each = local.data_selectors

    content {
      name = advanced_event_selector.key

      field_selector {
        field  = "eventCategory"
        equals = ["Data"]
      }

      field_selector {
        field  = "resources.type"
        equals = [advanced_event_selector.value.type]
      }

      field_selector {
        field       = "resources.ARN"
        equals      = length(advanced_event_selector.value.arns) > 0 ? advanced_event_selector.value.arns : null
        starts_with = length(advanced_event_selector.value.prefixes) > 0 ? advanced_event_selector.value.prefixes : null
      }

      dynamic "field_selector" {
        for_each = length(local.excepted_sessions) > 0 ? [local.excepted_sessions] : []

        content {
          field           = "userIdentity.arn"
          not_starts_with = field_selector.value
        }
      }
    }
  }

  depends_on = [aws_s3_bucket_policy.this, aws_iam_role_policy.logs]
}

locals {
  data_selectors = {
    for name, selector in {
      "Who touches the objects of the given buckets" = {
        type     = "AWS::S3::Object"
        arns     = tolist([])
        prefixes = [for arn in sort(var.data_events.bucket_arns) : "${arn}/"]
      }
      "Who touches the items of the given tables" = {
        type     = "AWS::DynamoDB::Table"
        arns     = sort(var.data_events.table_arns)
        prefixes = tolist([])
      }
    } : name => selector if length(selector.arns) + length(selector.prefixes) > 0
  }

  # The slash ends the role's name: what begins alike is another role.
  excepted_sessions = [
    for role in sort(var.data_events.except_roles) : "arn:${local.partition}:sts::${local.account}:assumed-role/${role}/"
  ]
}

# ---------------------------------------------------------------------------------------------------------------------
# Bucket
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:Who reads the bucket is in the trail itself (a selector of its own); server access logs are delivered late and not always.
  #checkov:skip=CKV_AWS_144:A copy in a second region is a decision of the deployment, with a cost of its own, not of this module.
  #checkov:skip=CKV2_AWS_62:Nothing reacts to a new log file; alarms read the same events from the log group.
  bucket              = local.bucket_name
  force_destroy       = var.force_destroy
  object_lock_enabled = var.object_lock != null
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  for_each = var.object_lock == null ? {} : { this = var.object_lock }

  bucket = aws_s3_bucket.this.id

  rule {
    default_retention {
      mode = each.value.mode
      days = each.value.days
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "cold-then-gone"
    status = "Enabled"

    filter {}

    transition {
      days          = var.retention.cold_after_days
      storage_class = "GLACIER"
    }

    expiration {
      days = var.retention.delete_after_days
    }
  }

  rule {
    id     = "leftovers"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 90
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # S3 accepts a rule for noncurrent versions before versioning is on, but it would do nothing.
  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.bucket.json

  # S3 refuses two changes to a bucket's access at the same time.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "DenyPlainHttp"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket_arn, "${local.bucket_arn}/*"]

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

  # Only for this very trail: another account's trail must not be able to fill the bucket.
  statement {
    sid       = "TheTrailLooksWhoseTheBucketIs"
    actions   = ["s3:GetBucketAcl"]
    resources = [local.bucket_arn]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }

  statement {
    sid       = "TheTrailWrites"
    actions   = ["s3:PutObject"]
    resources = ["${local.bucket_arn}/AWSLogs/${local.account}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }

  dynamic "statement" {
    for_each = var.manage_config_recorder ? ["look"] : []

    content {
      sid       = "ConfigLooksWhoseTheBucketIs"
      actions   = ["s3:GetBucketAcl", "s3:ListBucket"]
      resources = [local.bucket_arn]

      principals {
        type        = "Service"
        identifiers = ["config.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }
    }
  }

  dynamic "statement" {
    for_each = var.manage_config_recorder ? ["write"] : []

    content {
      sid       = "ConfigWrites"
      actions   = ["s3:PutObject"]
      resources = ["${local.bucket_arn}/AWSLogs/${local.account}/Config/*"]

      principals {
        type        = "Service"
        identifiers = ["config.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "s3:x-amz-acl"
        values   = ["bucket-owner-full-control"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }
    }
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Log group: the same events within minutes, for alarms
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338:The bucket keeps the events for years; how long the log group does is the caller's choice (log_retention_days, a year by default)
  name              = local.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

data "aws_iam_policy_document" "logs_assume_role" {
  statement {
    sid     = "TheTrailAssumesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }
}

data "aws_iam_policy_document" "logs" {
  statement {
    sid       = "WriteToOwnStreams"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group_arn}:log-stream:${local.account}_CloudTrail_${local.region}*"]
  }
}

resource "aws_iam_role" "logs" {
  name               = "${var.name}-logs"
  description        = "Writes the events of the trail ${var.name} to its log group"
  assume_role_policy = data.aws_iam_policy_document.logs_assume_role.json
}

resource "aws_iam_role_policy" "logs" {
  name   = "permissions"
  role   = aws_iam_role.logs.name
  policy = data.aws_iam_policy_document.logs.json
}

# ---------------------------------------------------------------------------------------------------------------------
# What must not happen unseen. Patterns as the CIS AWS Foundations Benchmark has them, where it has one.
# ---------------------------------------------------------------------------------------------------------------------

locals {
  watched = {
    root-use = {
      text    = "Somebody used the account's root user."
      pattern = "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }"
    }
    unauthorised-calls = {
      text    = "More calls than usual were refused for want of permission: somebody tries, or something was deployed without its rights."
      pattern = "{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") }"
    }
    console-login-without-mfa = {
      text    = "Somebody signed in to the console with a password alone."
      pattern = "{ ($.eventName = \"ConsoleLogin\") && ($.additionalEventData.MFAUsed != \"Yes\") && ($.userIdentity.type = \"IAMUser\") && ($.responseElements.ConsoleLogin = \"Success\") }"
    }
    iam-policy-change = {
      text = "A policy of IAM was written, deleted, attached or detached."
      pattern = format("{ ($.eventSource = \"iam.amazonaws.com\") && (%s) }", join(" || ", [
        for name in [
          "AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy", "CreatePolicy", "CreatePolicyVersion",
          "DeleteGroupPolicy", "DeletePolicy", "DeletePolicyVersion", "DeleteRolePolicy", "DeleteUserPolicy",
          "DetachGroupPolicy", "DetachRolePolicy", "DetachUserPolicy", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy",
          "SetDefaultPolicyVersion", "UpdateAssumeRolePolicy",
        ] : "($.eventName = \"${name}\")"
      ]))
    }
    trail-change = {
      text = "The trail itself, or what it records, was changed or stopped."
      pattern = format("{ ($.eventSource = \"cloudtrail.amazonaws.com\") && (%s) }", join(" || ", [
        for name in ["CreateTrail", "DeleteTrail", "PutEventSelectors", "StartLogging", "StopLogging", "UpdateTrail"] :
        "($.eventName = \"${name}\")"
      ]))
    }
    key-disabled-or-deleted = {
      text    = "A KMS key was disabled, or its deletion was scheduled: what it encrypts cannot be read any more."
      pattern = "{ ($.eventSource = \"kms.amazonaws.com\") && (($.eventName = \"DisableKey\") || ($.eventName = \"ScheduleKeyDeletion\")) }"
    }
    config-change = {
      text = "The recorder of AWS Config, or its delivery, was changed or stopped."
      pattern = format("{ ($.eventSource = \"config.amazonaws.com\") && (%s) }", join(" || ", [
        for name in ["DeleteConfigurationRecorder", "DeleteDeliveryChannel", "PutConfigurationRecorder", "PutDeliveryChannel", "StopConfigurationRecorder"] :
        "($.eventName = \"${name}\")"
      ]))
    }
    backup-protection-change = {
      text = "What guards the backups was changed: a vault's policy, its lock, the vault or the plan itself."
      pattern = format("{ ($.eventSource = \"backup.amazonaws.com\") && (%s) }", join(" || ", [
        for name in [
          "DeleteBackupPlan", "DeleteBackupSelection", "DeleteBackupVault", "DeleteBackupVaultAccessPolicy",
          "DeleteBackupVaultLockConfiguration", "PutBackupVaultAccessPolicy", "UpdateBackupPlan",
        ] : "($.eventName = \"${name}\")"
      ]))
    }
  }

  metric_namespace = "AuditTrail/${var.name}"
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  for_each = local.watched

  name           = "${var.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = each.value.pattern

  metric_transformation {
    name      = each.key
    namespace = local.metric_namespace
    value     = "1"
  }
}

locals {
  alarms = {
    for name, watched in local.watched : name => {
      description         = watched.text
      namespace           = local.metric_namespace
      metric_name         = name
      dimensions          = {}
      statistic           = "Sum"
      period_seconds      = 300
      evaluation_periods  = 1
      threshold           = name == "unauthorised-calls" ? var.unauthorised_calls_threshold : 0
      comparison_operator = "GreaterThanThreshold"
      treat_missing_data  = "notBreaching"
    }
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# AWS Config: what resources are like, and whether that is as it should be
# ---------------------------------------------------------------------------------------------------------------------

locals {
  recorder = var.manage_config_recorder ? toset(["this"]) : toset([])

  # AWS's managed rules that are about what this project makes.
  known_rules = {
    api-gw-associated-with-waf               = "API_GW_ASSOCIATED_WITH_WAF"
    api-gw-execution-logging-enabled         = "API_GW_EXECUTION_LOGGING_ENABLED"
    cloud-trail-encryption-enabled           = "CLOUD_TRAIL_ENCRYPTION_ENABLED"
    cloud-trail-log-file-validation-enabled  = "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED"
    cloudwatch-log-group-encrypted           = "CLOUDWATCH_LOG_GROUP_ENCRYPTED"
    cmk-backing-key-rotation-enabled         = "CMK_BACKING_KEY_ROTATION_ENABLED"
    dynamodb-in-backup-plan                  = "DYNAMODB_IN_BACKUP_PLAN"
    dynamodb-pitr-enabled                    = "DYNAMODB_PITR_ENABLED"
    dynamodb-table-encrypted-kms             = "DYNAMODB_TABLE_ENCRYPTED_KMS"
    iam-root-access-key-check                = "IAM_ROOT_ACCESS_KEY_CHECK"
    kinesis-stream-encrypted                 = "KINESIS_STREAM_ENCRYPTED"
    kms-cmk-not-scheduled-for-deletion       = "KMS_CMK_NOT_SCHEDULED_FOR_DELETION"
    lambda-function-public-access-prohibited = "LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED"
    lambda-inside-vpc                        = "LAMBDA_INSIDE_VPC"
    multi-region-cloudtrail-enabled          = "MULTI_REGION_CLOUD_TRAIL_ENABLED"
    redshift-cluster-public-access-check     = "REDSHIFT_CLUSTER_PUBLIC_ACCESS_CHECK"
    root-account-mfa-enabled                 = "ROOT_ACCOUNT_MFA_ENABLED"
    s3-bucket-level-public-access-prohibited = "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED"
    s3-bucket-server-side-encryption-enabled = "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED"
    s3-bucket-ssl-requests-only              = "S3_BUCKET_SSL_REQUESTS_ONLY"
    s3-bucket-versioning-enabled             = "S3_BUCKET_VERSIONING_ENABLED"
    sns-encrypted-kms                        = "SNS_ENCRYPTED_KMS"
    vpc-default-security-group-closed        = "VPC_DEFAULT_SECURITY_GROUP_CLOSED"
    vpc-flow-logs-enabled                    = "VPC_FLOW_LOGS_ENABLED"
    vpc-sg-open-only-to-authorized-ports     = "VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS"
  }

  config_rules = coalesce(var.config_rules, var.manage_config_recorder ? setsubtract(keys(local.known_rules), ["api-gw-associated-with-waf", "lambda-inside-vpc"]) : [])
}

resource "aws_config_configuration_recorder" "this" {
  for_each = local.recorder

  name     = var.name
  role_arn = "arn:${local.partition}:iam::${local.account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"

  # Global resources, such as roles, are recorded where this is on. One region is enough: this one.
  recording_group {
    all_supported                 = true
    include_global_resource_types = true
  }
}

resource "aws_config_delivery_channel" "this" {
  for_each = local.recorder

  name           = var.name
  s3_bucket_name = aws_s3_bucket.this.id
  s3_kms_key_arn = var.kms_key_arn

  snapshot_delivery_properties {
    delivery_frequency = "TwentyFour_Hours"
  }

  depends_on = [aws_config_configuration_recorder.this, aws_s3_bucket_policy.this]
}

resource "aws_config_configuration_recorder_status" "this" {
  for_each = local.recorder

  name       = aws_config_configuration_recorder.this[each.key].name
  is_enabled = true

  depends_on = [aws_config_delivery_channel.this]
}

resource "aws_config_config_rule" "this" {
  for_each = local.config_rules

  name        = "${var.name}-${each.key}"
  description = "AWS's managed rule ${each.key}"

  source {
    owner             = "AWS"
    source_identifier = local.known_rules[each.key]
  }

  # AWS refuses rules where nothing is recorded.
  depends_on = [aws_config_configuration_recorder_status.this]
}

# Without this, findings are for whoever opens the console.
resource "aws_cloudwatch_event_rule" "noncompliant" {
  for_each = var.findings_topic == null || length(local.config_rules) == 0 ? toset([]) : toset(["this"])

  name        = "${var.name}-noncompliant"
  description = "A rule of AWS Config found a resource that is not as it should be."
  event_pattern = jsonencode({
    source      = ["aws.config"]
    detail-type = ["Config Rules Compliance Change"]
    detail = {
      configRuleName      = [{ prefix = "${var.name}-" }]
      newEvaluationResult = { complianceType = ["NON_COMPLIANT"] }
    }
  })
}

resource "aws_cloudwatch_event_target" "noncompliant" {
  for_each = aws_cloudwatch_event_rule.noncompliant

  rule      = each.value.name
  target_id = "topic"
  arn       = var.findings_topic.arn
}
