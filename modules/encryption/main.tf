data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  suffix    = data.aws_partition.current.dns_suffix

  read_write = ["kms:Decrypt", "kms:GenerateDataKey"]

  # All that can be done with a symmetric key of one region. PutKeyPolicy among it keeps the key in the account's hands.
  everything = [
    "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:CreateGrant", "kms:Decrypt", "kms:DeleteAlias", "kms:DescribeKey",
    "kms:DisableKey", "kms:DisableKeyRotation", "kms:EnableKey", "kms:EnableKeyRotation", "kms:Encrypt",
    "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus",
    "kms:ListGrants", "kms:ListKeyPolicies", "kms:ListKeyRotations", "kms:ListResourceTags", "kms:PutKeyPolicy",
    "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:RetireGrant", "kms:RevokeGrant", "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
  ]

  # One row for each use that an AWS service makes of the key in its own name: who, what, and for which of this
  # account's resources. KMS gets the resource from the service in the encryption context, so that a service which
  # acts for another account never matches.
  uses = {
    log_groups = {
      principal = "logs.${local.region}.${local.suffix}"
      actions = [
        "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom", "kms:ReEncryptTo",
      ]
      context  = "aws:logs:arn"
      resource = "logs:${local.region}:${local.account}:*"
    }
    log_delivery = {
      principal = "delivery.logs.amazonaws.com"
      actions   = local.read_write
      context   = "SourceArn"
      resource  = "logs:${local.region}:${local.account}:*"
    }
    event_buses = {
      principal = "events.amazonaws.com"
      actions   = concat(local.read_write, ["kms:ReEncryptFrom", "kms:ReEncryptTo"])
      context   = "aws:events:event-bus:arn"
      resource  = "events:${local.region}:${local.account}:event-bus/*"
    }
    events_to_queues = {
      principal = "events.amazonaws.com"
      actions   = local.read_write
      context   = "aws:sqs:arn"
      resource  = "sqs:${local.region}:${local.account}:*"
    }
    events_to_topics = {
      principal = "events.amazonaws.com"
      actions   = local.read_write
      context   = "aws:sns:topicArn"
      resource  = "sns:${local.region}:${local.account}:*"
    }
    topics_to_queues = {
      principal = "sns.amazonaws.com"
      actions   = local.read_write
      context   = "aws:sqs:arn"
      resource  = "sqs:${local.region}:${local.account}:*"
    }
    alarms_to_topics = {
      principal = "cloudwatch.amazonaws.com"
      actions   = local.read_write
      context   = "aws:sns:topicArn"
      resource  = "sns:${local.region}:${local.account}:*"
    }
    budgets_to_topics = {
      principal = "budgets.amazonaws.com"
      actions   = local.read_write
      context   = "aws:sns:topicArn"
      resource  = "sns:${local.region}:${local.account}:*"
    }
    trails = {
      principal = "cloudtrail.amazonaws.com"
      actions   = ["kms:GenerateDataKey"] # readers decrypt with rights of their own
      context   = "aws:cloudtrail:arn"
      resource  = "cloudtrail:${local.region}:${local.account}:trail/*"
    }
  }

  # DescribeKey carries no encryption context, and what AWS Config encrypts, S3 does for it: there, the account is all that
  # a statement can be held to.
  uses_by_account = {
    event_buses     = { sid = "EventBusesDescribeKey", principal = "events.amazonaws.com", actions = ["kms:DescribeKey"] }
    trails          = { sid = "TrailsDescribeKey", principal = "cloudtrail.amazonaws.com", actions = ["kms:DescribeKey"] }
    config_delivery = { sid = "ConfigDelivery", principal = "config.amazonaws.com", actions = local.read_write }
  }
}

resource "aws_kms_key" "this" {
  description             = "Encrypts the data of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_days
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}

# In a key policy the resource "*" means this key and no other.
data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:The account's administrators must be able to manage the key; without this statement nobody could, for good.
  #checkov:skip=CKV_AWS_111:A key policy is attached to one key: the resource "*" is that key.
  #checkov:skip=CKV_AWS_356:A key policy is attached to one key: the resource "*" is that key, and AWS accepts nothing else.

  # Hands the decision to the account's IAM policies, as AWS recommends: a role uses the key only if its own policy says so.
  statement {
    sid       = "AccountAdministration"
    actions   = local.everything
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  dynamic "statement" {
    for_each = { for use, grant in local.uses : use => grant if contains(var.uses, use) }

    content {
      sid       = replace(title(replace(statement.key, "_", " ")), " ", "")
      actions   = statement.value.actions
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = [statement.value.principal]
      }

      condition {
        test     = "ArnLike"
        variable = "kms:EncryptionContext:${statement.value.context}"
        values   = ["arn:${local.partition}:${statement.value.resource}"]
      }
    }
  }

  dynamic "statement" {
    for_each = { for use, grant in local.uses_by_account : use => grant if contains(var.uses, use) }

    content {
      sid       = statement.value.sid
      actions   = statement.value.actions
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = [statement.value.principal]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }
    }
  }

  # Any principal of this account, but only through a service that has let the principal in already.
  dynamic "statement" {
    for_each = length(var.via_services) > 0 ? ["via_services"] : []

    content {
      sid = "AccountThroughServices"
      actions = [
        "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo",
      ]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = ["*"]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:CallerAccount"
        values   = [local.account]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [for service in var.via_services : "${service}.${local.region}.${local.suffix}"]
      }
    }
  }
}
