data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  account   = data.aws_caller_identity.current.account_id
  region    = data.aws_region.current.name
  suffix    = data.aws_partition.current.dns_suffix

  serverless  = var.kind == "serverless" ? toset(["this"]) : toset([])
  provisioned = var.kind == "provisioned" ? toset(["this"]) : toset([])

  # The one that there is. An ARN of a workgroup holds an id that only AWS knows; that of a cluster does not.
  workgroup_name     = one([for workgroup in aws_redshiftserverless_workgroup.this : workgroup.workgroup_name])
  cluster_identifier = one([for cluster in aws_redshift_cluster.this : cluster.cluster_identifier])
  arn = one(concat(
    [for workgroup in aws_redshiftserverless_workgroup.this : workgroup.arn],
    [for cluster in aws_redshift_cluster.this : "arn:${local.partition}:redshift:${local.region}:${local.account}:cluster:${var.name}"],
  ))
  admin_secret_arn = one(concat(
    [for namespace in aws_redshiftserverless_namespace.this : namespace.admin_password_secret_arn],
    [for cluster in aws_redshift_cluster.this : cluster.master_password_secret_arn],
  ))

  log_types = toset(["connectionlog", "useractivitylog", "userlog"])
}

# ---------------------------------------------------------------------------------------------------------------------
# Serverless
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_redshiftserverless_namespace" "this" {
  for_each = local.serverless

  namespace_name = var.name
  db_name        = var.database.name
  kms_key_id     = var.kms_key_arn

  # Redshift makes the password and rotates it; Terraform never sees it.
  admin_username                   = var.database.admin_username
  manage_admin_password            = true
  admin_password_secret_kms_key_id = var.kms_key_arn

  iam_roles            = [aws_iam_role.lake.arn]
  default_iam_role_arn = aws_iam_role.lake.arn
  log_exports          = local.log_types

  # Where a log group is missing Redshift makes one, without a key and for ever.
  depends_on = [aws_cloudwatch_log_group.this]
}

resource "aws_redshiftserverless_workgroup" "this" {
  for_each = local.serverless

  workgroup_name = var.name
  namespace_name = aws_redshiftserverless_namespace.this[each.key].namespace_name

  base_capacity = var.serverless.base_capacity
  max_capacity  = var.serverless.max_capacity

  subnet_ids           = var.network.subnet_ids
  security_group_ids   = var.network.security_group_ids
  enhanced_vpc_routing = var.network.enhanced_vpc_routing
  publicly_accessible  = false

  # All that AWS has by default are written out: it gives them back, and a plan would take the rest away.
  dynamic "config_parameter" {
    for_each = {
      auto_mv                          = "true"
      datestyle                        = "ISO, MDY"
      enable_case_sensitive_identifier = "false"
      enable_user_activity_logging     = "true"
      max_query_execution_time         = tostring(var.statement_timeout_seconds)
      query_group                      = "default"
      require_ssl                      = "true"
      search_path                      = "$user, public"
      use_fips_ssl                     = "false"
    }

    content {
      parameter_key   = config_parameter.key
      parameter_value = config_parameter.value
    }
  }
}

resource "aws_redshiftserverless_usage_limit" "this" {
  for_each = var.kind == "serverless" ? var.serverless.usage_limits : {}

  resource_arn  = aws_redshiftserverless_workgroup.this["this"].arn
  usage_type    = "serverless-compute"
  amount        = each.value.rpu_hours
  period        = each.key
  breach_action = each.value.breach_action
}

# ---------------------------------------------------------------------------------------------------------------------
# Provisioned
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_redshift_subnet_group" "this" {
  for_each = local.provisioned

  name        = var.name
  description = "Subnets of the warehouse ${var.name}"
  subnet_ids  = var.network.subnet_ids
}

resource "aws_redshift_parameter_group" "this" {
  for_each = local.provisioned

  name        = var.name
  description = "Parameters of the warehouse ${var.name}"
  family      = "redshift-1.0"

  parameter {
    name  = "require_ssl"
    value = "true"
  }

  parameter {
    name  = "enable_user_activity_logging"
    value = "true"
  }

  parameter {
    name  = "statement_timeout"
    value = tostring(var.statement_timeout_seconds * 1000)
  }
}

resource "aws_redshift_cluster" "this" {
  #checkov:skip=CKV_AWS_71:Its logs go to CloudWatch by aws_redshift_logging below; the check knows only the block that the provider has given up.
  for_each = local.provisioned

  cluster_identifier = var.name
  database_name      = var.database.name
  node_type          = var.provisioned.node_type
  cluster_type       = var.provisioned.nodes == 1 ? "single-node" : "multi-node"
  number_of_nodes    = var.provisioned.nodes

  encrypted  = true
  kms_key_id = var.kms_key_arn

  master_username                   = var.database.admin_username
  manage_master_password            = true
  master_password_secret_kms_key_id = var.kms_key_arn

  cluster_parameter_group_name = aws_redshift_parameter_group.this[each.key].name
  cluster_subnet_group_name    = aws_redshift_subnet_group.this[each.key].name
  vpc_security_group_ids       = var.network.security_group_ids
  enhanced_vpc_routing         = var.network.enhanced_vpc_routing
  publicly_accessible          = false

  iam_roles            = [aws_iam_role.lake.arn]
  default_iam_role_arn = aws_iam_role.lake.arn

  automated_snapshot_retention_period = var.provisioned.snapshot_retention_days
  preferred_maintenance_window        = var.provisioned.maintenance_window
  allow_version_upgrade               = true
  skip_final_snapshot                 = var.force_destroy
  final_snapshot_identifier           = var.force_destroy ? null : "${var.name}-final"
}

resource "aws_redshift_logging" "this" {
  for_each = local.provisioned

  cluster_identifier   = aws_redshift_cluster.this[each.key].cluster_identifier
  log_destination_type = "cloudwatch"
  log_exports          = local.log_types

  depends_on = [aws_cloudwatch_log_group.this]
}

resource "aws_redshift_usage_limit" "spectrum" {
  for_each = var.kind == "provisioned" ? var.provisioned.spectrum_limits : {}

  cluster_identifier = aws_redshift_cluster.this["this"].cluster_identifier
  feature_type       = "spectrum"
  limit_type         = "data-scanned"
  amount             = each.value.terabytes
  period             = each.key
  breach_action      = each.value.breach_action
}

# ---------------------------------------------------------------------------------------------------------------------
# Logs
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:How long logs are kept is the caller's choice (argument log_retention_days, a year by default).
  for_each = local.log_types

  name              = var.kind == "serverless" ? "/aws/redshift/${var.name}/${each.key}" : "/aws/redshift/cluster/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# ---------------------------------------------------------------------------------------------------------------------
# Role under which Redshift reads the lake (Spectrum and COPY)
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_iam_role" "lake" {
  name               = "${var.name}-lake"
  description        = "Lets the warehouse ${var.name} read the lake"
  assume_role_policy = data.aws_iam_policy_document.lake_assume_role.json
}

# Redshift documents one condition only, the names of database users, which every new user would have to be added to.
data "aws_iam_policy_document" "lake_assume_role" {
  statement {
    sid     = "RedshiftAssumesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = var.kind == "serverless" ? ["redshift-serverless.amazonaws.com", "redshift.amazonaws.com"] : ["redshift.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "lake" {
  statement {
    sid       = "FindTheObjects"
    actions   = ["s3:ListBucket"]
    resources = [var.lake.bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = sort(flatten([for prefix in var.lake.prefixes : [prefix, "${prefix}/*"]]))
    }
  }

  # No condition fits: the call names no prefix.
  statement {
    sid       = "FindTheBucket"
    actions   = ["s3:GetBucketLocation"]
    resources = [var.lake.bucket_arn]
  }

  statement {
    sid       = "ReadTheObjects"
    actions   = ["s3:GetObject"]
    resources = sort([for prefix in var.lake.prefixes : "${var.lake.bucket_arn}/${prefix}/*"])
  }

  statement {
    sid = "ReadTheCatalogue"
    actions = [
      "glue:BatchGetPartition",
      "glue:GetDatabase",
      "glue:GetDatabases",
      "glue:GetPartition",
      "glue:GetPartitions",
      "glue:GetTable",
      "glue:GetTables",
    ]
    resources = concat(
      [
        "arn:${local.partition}:glue:${local.region}:${local.account}:catalog",
        "arn:${local.partition}:glue:${local.region}:${local.account}:database/${var.lake.database_name}",
      ],
      sort([for table in var.lake.tables : "arn:${local.partition}:glue:${local.region}:${local.account}:table/${var.lake.database_name}/${table}"]),
    )
  }

  statement {
    sid       = "DecryptTheObjects"
    actions   = ["kms:Decrypt"]
    resources = [var.lake.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.${local.suffix}"]
    }
  }
}

resource "aws_iam_role_policy" "lake" {
  name   = "read-the-lake"
  role   = aws_iam_role.lake.id
  policy = data.aws_iam_policy_document.lake.json
}

# ---------------------------------------------------------------------------------------------------------------------
# Loads: a schedule calls a procedure by the Data API
# ---------------------------------------------------------------------------------------------------------------------

locals {
  calls = merge(
    { for key, load in var.loads : key => { expression = load.expression, sql = "CALL warehouse.load_lake(${load.lookback_days})" } },
    {
      partitions = {
        expression = var.partition_check.expression
        sql        = "CALL warehouse.require_partitions(${var.partition_check.days_ahead})"
      }
    },
  )
}

resource "aws_scheduler_schedule_group" "this" {
  name = var.name
}

resource "aws_scheduler_schedule" "this" {
  #checkov:skip=CKV_AWS_297:A schedule holds the call of a procedure with a number of days, and no data.
  for_each = local.calls

  name                         = "${var.name}-${each.key}"
  group_name                   = aws_scheduler_schedule_group.this.name
  description                  = each.value.sql
  schedule_expression          = each.value.expression
  schedule_expression_timezone = "UTC" # the lake's days are UTC
  state                        = var.loads_enabled ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:${local.partition}:scheduler:::aws-sdk:redshiftdata:batchExecuteStatement"
    role_arn = aws_iam_role.loader.arn

    input = jsonencode({ for key, value in {
      Database          = var.database.name
      WorkgroupName     = local.workgroup_name
      ClusterIdentifier = local.cluster_identifier
      Sqls              = [each.value.sql]
      StatementName     = "${var.name}-${each.key}"
      WithEvent         = true # or nobody would hear of a failure
      # The same for each attempt of one run: what was already taken is not run twice.
      ClientToken = "<aws.scheduler.execution-id>"
    } : key => value if value != null })

    retry_policy {
      maximum_event_age_in_seconds = 1800 # the next run does what this one would have done
      maximum_retry_attempts       = 5
    }

    dead_letter_config {
      arn = module.dead_letter_queue.arn
    }
  }

  # EventBridge Scheduler tries the role at creation.
  depends_on = [aws_iam_role_policy.loader]
}

# Calls that the Data API did not take. One that it took and that failed is told by an event.
module "dead_letter_queue" {
  source = "../dead_letter_queue"

  name        = "${var.name}-loads-dead-letter"
  kms_key_arn = var.kms_key_arn
}

resource "aws_iam_role" "loader" {
  name               = "${var.name}-loader"
  description        = "Lets the schedules of ${var.name} call procedures of the warehouse"
  assume_role_policy = data.aws_iam_policy_document.loader_assume_role.json
}

data "aws_iam_policy_document" "loader_assume_role" {
  statement {
    sid     = "SchedulesOfThisGroupAssumeTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:scheduler:${local.region}:${local.account}:schedule-group/${var.name}"]
    }
  }
}

# What the role may do inside the database stands in sql/80_access.sql: it is the user IAMR:<its name> there.
data "aws_iam_policy_document" "loader" {
  statement {
    sid       = "CallProcedures"
    actions   = ["redshift-data:BatchExecuteStatement"]
    resources = [local.arn]
  }

  statement {
    sid       = "BeAUserOfTheDatabase"
    actions   = [var.kind == "serverless" ? "redshift-serverless:GetCredentials" : "redshift:GetClusterCredentialsWithIAM"]
    resources = [var.kind == "serverless" ? local.arn : "arn:${local.partition}:redshift:${local.region}:${local.account}:dbname:${var.name}/${var.database.name}"]
  }

  statement {
    sid       = "KeepWhatWasNotTaken"
    actions   = ["sqs:SendMessage"]
    resources = [module.dead_letter_queue.arn]
  }

  statement {
    sid       = "EncryptWhatWasNotTaken"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["sqs.${local.region}.${local.suffix}"]
    }
  }
}

resource "aws_iam_role_policy" "loader" {
  name   = "call-procedures"
  role   = aws_iam_role.loader.id
  policy = data.aws_iam_policy_document.loader.json
}

# ---------------------------------------------------------------------------------------------------------------------
# Failures
# ---------------------------------------------------------------------------------------------------------------------

# The Data API tells the default bus; it has no other.
resource "aws_cloudwatch_event_rule" "failed" {
  name        = "${var.name}-load-failed"
  description = "A load or check of the warehouse ${var.name} failed"

  event_pattern = jsonencode({
    source      = ["aws.redshift-data"]
    detail-type = ["Redshift Data Statement Status Change"]
    detail = {
      state         = ["ABORTED", "FAILED"]
      statementName = [for key in keys(local.calls) : "${var.name}-${key}"]
    }
  })
}

resource "aws_cloudwatch_event_target" "failed" {
  rule      = aws_cloudwatch_event_rule.failed.name
  target_id = "failures-topic"
  arn       = var.failure_topic_arn

  input_transformer {
    input_paths = {
      id    = "$.detail.statementId"
      name  = "$.detail.statementName"
      state = "$.detail.state"
      time  = "$.time"
    }
    input_template = "\"The warehouse's <name> is <state> since <time>. Why: aws redshift-data describe-statement --id <id>\""
  }

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 24
  }
}
