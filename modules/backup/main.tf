data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  place     = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"

  # Written out instead of read from the resources, so that every plan shows the whole policy.
  vault_arn = "arn:${local.partition}:backup:${local.place}:backup-vault:${var.name}"

  cold_storage_after_days = var.retention.cold_storage_after_days > 0 ? var.retention.cold_storage_after_days : null

  # Whose data is read, and which key the copies are locked with.
  key_arns = sort(setunion(var.source_key_arns, [var.kms_key_arn]))
}

# ---------------------------------------------------------------------------------------------------------------------
# Vault
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_backup_vault" "this" {
  name          = var.name
  kms_key_arn   = var.kms_key_arn
  force_destroy = var.force_destroy
}

# What was backed up stays until its time is over, whoever asks: to delete by hand, this policy has to be taken away first,
# and that is seen.
data "aws_iam_policy_document" "vault" {
  statement {
    sid       = "NobodyDeletesOrShortens"
    effect    = "Deny"
    actions   = ["backup:DeleteRecoveryPoint", "backup:DisassociateRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"]
    resources = ["*"] # in a vault's policy: the recovery points in it

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}

resource "aws_backup_vault_policy" "this" {
  for_each = var.protect_backups ? toset(["this"]) : toset([])

  backup_vault_name = aws_backup_vault.this.name
  policy            = data.aws_iam_policy_document.vault.json
}

resource "aws_backup_vault_lock_configuration" "this" {
  for_each = var.vault_lock == null ? {} : { this = var.vault_lock }

  backup_vault_name   = aws_backup_vault.this.name
  min_retention_days  = each.value.min_retention_days
  max_retention_days  = each.value.max_retention_days
  changeable_for_days = each.value.changeable_for_days
}

# ---------------------------------------------------------------------------------------------------------------------
# Plan
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_backup_plan" "this" {
  name = var.name

  rule {
    rule_name         = "tables"
    target_vault_name = aws_backup_vault.this.name
    schedule          = var.schedule.expression
    start_window      = var.schedule.start_window_minutes
    completion_window = var.schedule.completion_window_minutes

    lifecycle {
      cold_storage_after = local.cold_storage_after_days
      delete_after       = var.retention.delete_after_days
    }

    dynamic "copy_action" {
      for_each = var.copy == null ? [] : [var.copy]

      content {
        destination_vault_arn = copy_action.value.vault_arn

        lifecycle {
          cold_storage_after = copy_action.value.cold_storage_after_days > 0 ? copy_action.value.cold_storage_after_days : null
          delete_after       = copy_action.value.delete_after_days
        }
      }
    }
  }
}

# By ARN, not by tag: a forgotten tag would be a table without a backup, and nobody would notice.
resource "aws_backup_selection" "tables" {
  name         = "tables"
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = sort(var.table_arns)

  depends_on = [aws_iam_role_policy.backup]
}

# ---------------------------------------------------------------------------------------------------------------------
# Roles. AWS's managed policies for them hold for everything in the account that AWS Backup can copy, and for all keys.
# These hold the part of them that is about DynamoDB, for the given tables and keys.
# ---------------------------------------------------------------------------------------------------------------------

data "aws_iam_policy_document" "assume_role" {
  statement {
    sid     = "AwsBackupAssumesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "backup" {
  # checkov:skip=CKV_AWS_356:tag:GetResources and backup:CopyFromBackupVault know no narrower resource than a source that is named by no ARN here; all else is named
  # checkov:skip=CKV_AWS_111:CreateGrant is held to AWS's own resources by a condition and to the given keys
  statement {
    sid       = "BackUpTheTables"
    actions   = ["dynamodb:CreateBackup", "dynamodb:DescribeTable", "dynamodb:ListTagsOfResource", "dynamodb:StartAwsBackupJob"]
    resources = sort(var.table_arns)
  }

  statement {
    sid       = "FollowAndDeleteTheirBackups"
    actions   = ["dynamodb:DeleteBackup", "dynamodb:DescribeBackup"]
    resources = [for arn in sort(var.table_arns) : "${arn}/backup/*"]
  }

  statement {
    sid       = "FillTheVaults"
    actions   = ["backup:CopyIntoBackupVault", "backup:DescribeBackupVault"]
    resources = concat([local.vault_arn], var.copy == null ? [] : [var.copy.vault_arn])
  }

  statement {
    sid       = "TagTheBackups"
    actions   = ["backup:TagResource"]
    resources = ["arn:${local.partition}:backup:${local.place}:recovery-point:*"]
  }

  dynamic "statement" {
    for_each = var.copy == null ? [] : ["copy"]

    content {
      sid       = "CopyOutOfTheVault"
      actions   = ["backup:CopyFromBackupVault"]
      resources = ["*"] # a recovery point, whose ARN is not known before it is made
    }
  }

  statement {
    sid       = "FindResources"
    actions   = ["tag:GetResources"]
    resources = ["*"] # AWS offers nothing narrower; it reveals ARNs and tags, not data.
  }

  statement {
    sid       = "ReadAndEncryptThroughDynamoDb"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = local.key_arns

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["dynamodb.${data.aws_region.current.name}.${data.aws_partition.current.dns_suffix}"]
    }
  }

  statement {
    sid       = "DescribeTheKeys"
    actions   = ["kms:DescribeKey"]
    resources = local.key_arns
  }

  # AWS Backup encrypts what it copies later in its own name: by a grant.
  statement {
    sid       = "LetAwsUseTheKeys"
    actions   = ["kms:CreateGrant"]
    resources = local.key_arns

    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }
  }
}

resource "aws_iam_role" "backup" {
  name               = "${var.name}-backup"
  description        = "Backs up the tables of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.assume_role.json
}

resource "aws_iam_role_policy" "backup" {
  name   = "permissions"
  role   = aws_iam_role.backup.name
  policy = data.aws_iam_policy_document.backup.json
}

# Restores into tables that are named like the given ones: the same name, or the name, a hyphen and more.
data "aws_iam_policy_document" "restore" {
  # checkov:skip=CKV_AWS_111:Writes go to the given tables and to those named after them; CreateGrant is held to AWS's own resources and to the given keys
  statement {
    sid = "RestoreIntoTablesOfTheseNames"
    actions = [
      "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem",
      "dynamodb:Query", "dynamodb:RestoreTableFromAwsBackup", "dynamodb:Scan", "dynamodb:UpdateItem",
    ]
    resources = flatten([for arn in sort(var.table_arns) : [arn, "${arn}-*"]])
  }

  statement {
    sid       = "RestoreFromTheirBackups"
    actions   = ["dynamodb:RestoreTableFromBackup"]
    resources = [for arn in sort(var.table_arns) : "${arn}/backup/*"]
  }

  statement {
    sid = "UseTheKeysThroughDynamoDb"
    actions = [
      "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
      "kms:ReEncryptFrom", "kms:ReEncryptTo",
    ]
    resources = local.key_arns

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["dynamodb.${data.aws_region.current.name}.${data.aws_partition.current.dns_suffix}"]
    }
  }

  statement {
    sid       = "DescribeTheKeys"
    actions   = ["kms:DescribeKey"]
    resources = local.key_arns
  }

  statement {
    sid       = "LetAwsUseTheKeys"
    actions   = ["kms:CreateGrant"]
    resources = local.key_arns

    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }
  }
}

resource "aws_iam_role" "restore" {
  name               = "${var.name}-restore"
  description        = "Restores the tables of ${var.name} from their backups"
  assume_role_policy = data.aws_iam_policy_document.assume_role.json
}

resource "aws_iam_role_policy" "restore" {
  name   = "permissions"
  role   = aws_iam_role.restore.name
  policy = data.aws_iam_policy_document.restore.json
}

# ---------------------------------------------------------------------------------------------------------------------
# What failed tells the topic. AWS Backup sends these events to the default bus, and cannot be told another.
# ---------------------------------------------------------------------------------------------------------------------

locals {
  # Copies and restores call their state by another word than backups do.
  failures = {
    backup = {
      detail_type = "Backup Job State Change"
      detail      = { state = ["ABORTED", "EXPIRED", "FAILED"], backupVaultName = [var.name] }
      text        = "A backup into ${var.name} failed, or did not begin in time."
    }
    copy = {
      detail_type = "Copy Job State Change"
      detail      = { state = ["FAILED"], sourceBackupVaultArn = [local.vault_arn] }
      text        = "A backup of ${var.name} was not copied to the other vault."
    }
    restore = {
      detail_type = "Restore Job State Change"
      detail      = { status = ["ABORTED", "FAILED"] }
      text        = "A restore failed."
    }
  }
}

resource "aws_cloudwatch_event_rule" "failed" {
  for_each = local.failures

  name        = "${var.name}-${each.key}-failed"
  description = each.value.text
  event_pattern = jsonencode({
    source      = ["aws.backup"]
    detail-type = [each.value.detail_type]
    detail      = each.value.detail
  })
}

resource "aws_cloudwatch_event_target" "failed" {
  for_each = local.failures

  rule      = aws_cloudwatch_event_rule.failed[each.key].name
  target_id = "topic"
  arn       = var.failures_topic_arn
}
