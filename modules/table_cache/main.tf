data "aws_region" "current" {}

data "aws_partition" "current" {}

resource "aws_dax_cluster" "this" {
  cluster_name                     = var.name
  description                      = "Cache before the tables of ${var.name}"
  iam_role_arn                     = aws_iam_role.this.arn
  node_type                        = var.nodes.type
  replication_factor               = var.nodes.count
  subnet_group_name                = aws_dax_subnet_group.this.name
  security_group_ids               = var.network.security_group_ids
  parameter_group_name             = aws_dax_parameter_group.this.name
  maintenance_window               = var.maintenance_window
  notification_topic_arn           = var.notification_topic_arn
  cluster_endpoint_encryption_type = "TLS"

  server_side_encryption {
    enabled = true
  }

  depends_on = [aws_iam_role_policy.this]
}

resource "aws_dax_subnet_group" "this" {
  name        = var.name
  description = "Private subnets of the cache ${var.name}"
  subnet_ids  = var.network.subnet_ids
}

resource "aws_dax_parameter_group" "this" {
  name        = var.name
  description = "How long ${var.name} keeps what it read"

  parameters {
    name  = "record-ttl-millis"
    value = tostring(var.keep_seconds.items * 1000)
  }

  parameters {
    name  = "query-ttl-millis"
    value = tostring(var.keep_seconds.queries * 1000)
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Role: what the cluster may do at the tables, for whoever its clients are
# ---------------------------------------------------------------------------------------------------------------------

locals {
  actions = {
    read_only = [
      "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query",
      "dynamodb:Scan",
    ]
    read_write = [
      "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem",
      "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
    ]
  }
}

data "aws_iam_policy_document" "assume_role" {
  statement {
    sid     = "DaxAssumesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["dax.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "permissions" {
  statement {
    sid       = "UseTheTables"
    actions   = local.actions[var.access]
    resources = flatten([for arn in sort(var.table_arns) : [arn, "${arn}/index/*"]])
  }

  dynamic "statement" {
    for_each = length(var.table_key_arns) > 0 ? [sort(var.table_key_arns)] : []

    content {
      sid       = "ReadWhatTheKeysEncrypt"
      actions   = ["kms:Decrypt"]
      resources = statement.value

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["dynamodb.${data.aws_region.current.name}.${data.aws_partition.current.dns_suffix}"]
      }
    }
  }
}

resource "aws_iam_role" "this" {
  name               = "${var.name}-table-cache"
  description        = "Reads the tables for the cache ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.assume_role.json
}

resource "aws_iam_role_policy" "this" {
  name   = "permissions"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.permissions.json
}
