data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  place     = "${local.region}:${local.account}"

  # Written out instead of read from the resources, so that every plan shows whole policies and templates.
  function_arns = { for key, function in var.functions : key => "arn:${local.partition}:lambda:${local.place}:function:${function.name}" }
  subnet_arns   = [for id in flatten(var.subnets[*].ids) : "arn:${local.partition}:ec2:${local.place}:subnet/${id}"]
  vpc_arns      = [for subnets in var.subnets[*] : "arn:${local.partition}:ec2:${local.place}:vpc/${subnets.vpc_id}"]
  log_group_arn = "arn:${local.partition}:logs:${local.place}:log-group:${local.log_group_name}"
  bucket_arn    = "arn:${local.partition}:s3:::${local.bucket_name}"
  location_arn  = "${local.bucket_arn}/${local.folder}/"
  role_arn      = "arn:${local.partition}:iam::${local.account}:role/${local.role_name}"

  bucket_name    = "${var.name}-${local.account}-${local.region}" # unique in all of AWS
  folder         = "faults"
  role_name      = "${var.name}-experiments"
  log_group_name = "/aws/vendedlogs/fis/${var.name}" # this prefix keeps the account's log resource policy short

  duration = "PT${var.minutes}M"
}

# ---------------------------------------------------------------------------------------------------------------------
# Experiments
# ---------------------------------------------------------------------------------------------------------------------

locals {
  # What can happen to a call: it fails before anything is done, it fails although all is done, it takes too long.
  function_experiments = merge([for key, function in var.functions : {
    "${key}-fails" = {
      description = "Calls of ${function.name} fail before its code runs."
      action      = "aws:lambda:invocation-error"
      parameters  = { duration = local.duration, invocationPercentage = tostring(var.percent), preventExecution = "true" }
      target      = { key = "Functions", type = "aws:lambda:function", arns = [local.function_arns[key]] }
    }
    "${key}-loses-answers" = {
      description = "Calls of ${function.name} do their work, and fail nevertheless: what is done is done again."
      action      = "aws:lambda:invocation-error"
      parameters  = { duration = local.duration, invocationPercentage = tostring(var.percent), preventExecution = "false" }
      target      = { key = "Functions", type = "aws:lambda:function", arns = [local.function_arns[key]] }
    }
    "${key}-times-out" = {
      description = "Calls of ${function.name} wait for longer than its timeout."
      action      = "aws:lambda:invocation-add-delay"
      parameters = {
        duration                 = local.duration
        invocationPercentage     = tostring(var.percent)
        startupDelayMilliseconds = tostring(1000 * (function.timeout_seconds + 2))
      }
      target = { key = "Functions", type = "aws:lambda:function", arns = [local.function_arns[key]] }
    }
  }]...)

  kinesis_experiments = { for key, caller in var.kinesis_callers : "${key}-throttled" => {
    description = "Kinesis throttles ${key}: ${join(", ", caller.operations)}."
    action      = "aws:fis:inject-api-throttle-error"
    parameters = {
      duration   = local.duration
      service    = "kinesis"
      operations = join(",", caller.operations)
      percentage = tostring(var.percent)
    }
    target = { key = "Roles", type = "aws:iam:role", arns = [caller.role_arn] }
  } }

  network_experiments = { for service in flatten(var.subnets[*].from) : "network-without-${service}" => {
    description = "The private subnets do not reach ${service}."
    action      = "aws:network:disrupt-connectivity"
    parameters  = { duration = local.duration, scope = service }
    target      = { key = "Subnets", type = "aws:ec2:subnet", arns = local.subnet_arns }
  } }

  # As text, since the parameters differ from action to action.
  experiments = {
    for key, experiment in merge(local.function_experiments, local.kinesis_experiments, local.network_experiments) :
    key => jsonencode({
      Description = experiment.description
      RoleArn     = local.role_arn
      Tags        = { Name = "${var.name}-${key}" } # what the console shows
      Targets = {
        targets = {
          ResourceType  = experiment.target.type
          ResourceArns  = experiment.target.arns
          SelectionMode = "ALL"
        }
      }
      Actions = {
        faults = {
          ActionId   = experiment.action
          Parameters = experiment.parameters
          Targets    = { (experiment.target.key) = "targets" }
        }
      }
      StopConditions = [for arn in var.stop_alarm_arns : { Source = "aws:cloudwatch:alarm", Value = arn }]
      LogConfiguration = {
        LogSchemaVersion            = 2
        CloudWatchLogsConfiguration = { LogGroupArn = "${local.log_group_arn}:*" }
      }
      ExperimentOptions = { AccountTargeting = "single-account", EmptyTargetResolutionMode = "fail" }
    })
  }
}

# aws_fis_experiment_template of the provider's version 5 refuses functions as targets (decision 31).
resource "aws_cloudformation_stack" "experiment" {
  #checkov:skip=CKV_AWS_124:Terraform waits for the stack and tells what went wrong; a topic would tell people who did nothing.
  for_each = local.experiments

  name = "${var.name}-${each.key}"
  template_body = jsonencode({
    Description = "An experiment of AWS FIS, made by Terraform"
    Resources   = { Experiment = { Type = "AWS::FIS::ExperimentTemplate", Properties = jsondecode(each.value) } }
    Outputs     = { Id = { Value = { Ref = "Experiment" } } }
  })

  depends_on = [aws_iam_role_policy.this, aws_cloudwatch_log_group.this, aws_cloudwatch_log_resource_policy.this]
}

# ---------------------------------------------------------------------------------------------------------------------
# Role
# ---------------------------------------------------------------------------------------------------------------------

data "aws_iam_policy_document" "assume_role" {
  statement {
    sid     = "ExperimentsAssumeTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["fis.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:fis:${local.place}:experiment/*"]
    }
  }
}

data "aws_iam_policy_document" "permissions" {
  # checkov:skip=CKV_AWS_111:Log delivery knows no narrower resource; network ACLs are held to FIS's own by their tag
  # checkov:skip=CKV_AWS_356:Log delivery, GetResources and the ec2 Describe actions know no narrower resource; all others are named
  statement {
    sid       = "SendTheLog"
    actions   = ["logs:CreateLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies"]
    resources = ["*"] # AWS offers nothing narrower.
  }

  dynamic "statement" {
    for_each = local.extended

    content {
      sid       = "TellFaults"
      actions   = ["s3:DeleteObject", "s3:PutObject"]
      resources = ["${local.location_arn}*"]
    }
  }

  dynamic "statement" {
    for_each = local.extended

    content {
      sid       = "EncryptWhatIsTold"
      actions   = ["kms:GenerateDataKey"]
      resources = [var.kms_key_arn]
    }
  }

  dynamic "statement" {
    for_each = local.extended

    content {
      sid       = "InspectFunctions"
      actions   = ["lambda:GetFunction"]
      resources = values(local.function_arns)
    }
  }

  dynamic "statement" {
    for_each = local.extended

    content {
      sid       = "FindFunctions"
      actions   = ["tag:GetResources"]
      resources = ["*"] # AWS offers nothing narrower; it reveals ARNs and tags.
    }
  }

  dynamic "statement" {
    for_each = length(var.kinesis_callers) > 0 ? ["this"] : []

    content {
      sid       = "ThrottleKinesis"
      actions   = ["fis:InjectApiThrottleError"]
      resources = ["arn:${local.partition}:fis:${local.place}:experiment/*"]

      condition {
        test     = "StringEquals"
        variable = "fis:Service"
        values   = ["kinesis"]
      }

      condition {
        test     = "ForAllValues:StringEquals"
        variable = "fis:Targets"
        values   = [for caller in var.kinesis_callers : caller.role_arn]
      }
    }
  }

  # FIS puts a copy of the subnets' network ACL in its place for the time, marks the copy, and may touch no other.
  dynamic "statement" {
    for_each = local.vpc_arns

    content {
      sid       = "MarkTheCopy"
      actions   = ["ec2:CreateTags"]
      resources = ["arn:${local.partition}:ec2:${local.place}:network-acl/*"]

      condition {
        test     = "StringEquals"
        variable = "ec2:CreateAction"
        values   = ["CreateNetworkAcl"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:RequestTag/managedByFIS"
        values   = ["true"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.vpc_arns

    content {
      sid       = "MakeTheCopy"
      actions   = ["ec2:CreateNetworkAcl"]
      resources = ["arn:${local.partition}:ec2:${local.place}:network-acl/*"]

      condition {
        test     = "StringEquals"
        variable = "aws:RequestTag/managedByFIS"
        values   = ["true"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.vpc_arns

    content {
      sid       = "MakeTheCopyInTheNetwork"
      actions   = ["ec2:CreateNetworkAcl"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local.vpc_arns

    content {
      sid       = "ChangeTheCopy"
      actions   = ["ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAcl"]
      resources = ["arn:${local.partition}:ec2:${local.place}:network-acl/*"]

      condition {
        test     = "StringEquals"
        variable = "aws:ResourceTag/managedByFIS"
        values   = ["true"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.vpc_arns

    content {
      sid       = "PutTheCopyInItsPlaceAndBack"
      actions   = ["ec2:ReplaceNetworkAclAssociation"]
      resources = concat(local.subnet_arns, ["arn:${local.partition}:ec2:${local.place}:network-acl/*"])

      condition {
        test     = "ArnEquals"
        variable = "ec2:Vpc"
        values   = [statement.value]
      }
    }
  }

  dynamic "statement" {
    for_each = local.vpc_arns

    content {
      sid       = "ReadAddressesOfServices"
      actions   = ["ec2:GetManagedPrefixListEntries"]
      resources = ["arn:${local.partition}:ec2:${local.region}:aws:prefix-list/*"] # the lists are AWS's own
    }
  }

  dynamic "statement" {
    for_each = local.vpc_arns

    content {
      sid       = "SeeTheNetwork"
      actions   = ["ec2:DescribeManagedPrefixLists", "ec2:DescribeNetworkAcls", "ec2:DescribeSubnets", "ec2:DescribeVpcs"]
      resources = ["*"] # AWS offers nothing narrower.
    }
  }
}

resource "aws_iam_role" "this" {
  name               = local.role_name
  description        = "What the experiments ${var.name} of AWS FIS may do"
  assume_role_policy = data.aws_iam_policy_document.assume_role.json
}

resource "aws_iam_role_policy" "this" {
  name   = "permissions"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.permissions.json
}

# ---------------------------------------------------------------------------------------------------------------------
# Log
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338:How long the log is kept is the caller's choice (argument log_retention_days, a year by default)
  name              = local.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

data "aws_iam_policy_document" "log_delivery" {
  statement {
    sid       = "FisLogDelivery"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group_arn}:*"] # the group's streams, whose names FIS makes up

    principals {
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:logs:${local.place}:*"] # a delivery of this account, whose name AWS makes up
    }
  }
}

# Without it, the role would have to change the account's log policies.
resource "aws_cloudwatch_log_resource_policy" "this" {
  policy_name     = var.name
  policy_document = data.aws_iam_policy_document.log_delivery.json
}

# ---------------------------------------------------------------------------------------------------------------------
# Functions: their extension, and where it is told what to inject
# ---------------------------------------------------------------------------------------------------------------------

locals {
  extended = length(var.functions) > 0 ? toset(["this"]) : toset([])
}

# AWS publishes the newest version of the extension in each region; another one shows as a change in the next plan.
data "aws_ssm_parameter" "extension" {
  for_each = local.extended

  name = "/aws/service/fis/lambda-extension/AWS-FIS-extension-arm64/1.x.x"
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:Object access is CloudTrail's to record (data events); server access logs are delivered late and not always.
  #checkov:skip=CKV_AWS_21:What lies here counts for the minutes of an experiment; old versions would be worth nothing.
  #checkov:skip=CKV_AWS_144:What lies here counts for the minutes of an experiment, in this region.
  #checkov:skip=CKV2_AWS_62:The extension asks for what is new; a notification would have no reader.
  for_each = local.extended

  bucket        = local.bucket_name
  force_destroy = true # without experiments, what is left is worth nothing
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  # FIS clears up behind itself; this is for what it could not.
  rule {
    id     = "leftovers"
    status = "Enabled"

    filter {}

    expiration {
      days = 1
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id
  policy = data.aws_iam_policy_document.bucket.json

  # S3 refuses two changes to a bucket's access at the same time.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "DenyPlainHttp"
    effect    = "Deny"
    actions   = ["s3:*"] # a denial is to leave nothing out
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

  # Whoever writes here decides which calls fail.
  statement {
    sid       = "OnlyExperimentsTellFaults"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "ArnNotEquals"
      variable = "aws:PrincipalArn"
      values   = [local.role_arn]
    }
  }
}
