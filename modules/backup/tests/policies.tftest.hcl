# The real provider computes the JSON of the policies; nothing here reaches AWS.
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "offline"
  secret_key                  = "offline"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  name               = "txn-test"
  kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  source_key_arns    = ["arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555"]
  table_arns         = ["arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-transactions"]
  failures_topic_arn = "arn:aws:sns:eu-west-1:123456789012:txn-test-processing-failures"
}

run "nobody_deletes_a_backup_or_shortens_its_life" {
  command = plan

  assert {
    condition = jsondecode(aws_backup_vault_policy.this["this"].policy).Statement == jsondecode(jsonencode([{
      Sid       = "NobodyDeletesOrShortens"
      Effect    = "Deny"
      Action    = ["backup:UpdateRecoveryPointLifecycle", "backup:DisassociateRecoveryPoint", "backup:DeleteRecoveryPoint"]
      Resource  = "*"
      Principal = { AWS = "*" }
    }]))
    error_message = "The vault's policy must deny it to everybody."
  }
}

run "only_aws_backup_takes_the_roles" {
  command = plan

  assert {
    condition = alltrue([
      for role in [aws_iam_role.backup, aws_iam_role.restore] :
      jsondecode(role.assume_role_policy).Statement[0].Principal == { Service = "backup.amazonaws.com" }
    ])
    error_message = "The roles are for AWS Backup."
  }
}

run "the_backing_role_reaches_the_given_tables_and_no_other" {
  command = plan

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.backup.policy).Statement : statement.Resource
      if anytrue([for action in flatten([statement.Action]) : startswith(action, "dynamodb:")])
      ])) == toset([
      "arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-transactions",
      "arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-transactions/backup/*",
    ])
    error_message = "Tables and their backups must be named."
  }
}

run "the_backing_role_cannot_read_items_by_itself" {
  command = plan

  assert {
    condition = length(setintersection(
      flatten([for statement in jsondecode(aws_iam_role_policy.backup.policy).Statement : statement.Action]),
      ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"],
    )) == 0
    error_message = "DynamoDB makes the backup itself; the role needs no items."
  }
}

run "both_roles_use_only_the_given_keys" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for policy in [aws_iam_role_policy.backup.policy, aws_iam_role_policy.restore.policy] : [
        for statement in jsondecode(policy).Statement :
        toset(flatten([statement.Resource])) == toset(concat(tolist(var.source_key_arns), [var.kms_key_arn]))
        if anytrue([for action in flatten([statement.Action]) : startswith(action, "kms:")])
      ]
    ]))
    error_message = "Keys must be named: the vault's and the tables'."
  }
}

run "grants_of_keys_are_for_aws_alone" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.backup.policy).Statement : statement.Condition if statement.Action == "kms:CreateGrant"
    ] == [{ Bool = { "kms:GrantIsForAWSResource" = "true" } }]
    error_message = "A grant to anybody else would hand the data out."
  }
}

run "the_restoring_role_writes_only_into_tables_named_after_the_given_ones" {
  command = plan

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.restore.policy).Statement : statement.Resource
      if contains(flatten([statement.Action]), "dynamodb:RestoreTableFromAwsBackup")
      ])) == toset([
      "arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-transactions",
      "arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-transactions-*",
    ])
    error_message = "A restore must not be able to write into a foreign table."
  }
}

run "without_a_copy_nothing_is_copied_out_of_the_vault" {
  command = plan

  assert {
    condition     = !contains(flatten([for statement in jsondecode(aws_iam_role_policy.backup.policy).Statement : statement.Action]), "backup:CopyFromBackupVault")
    error_message = "Copying out of the vault is a right for those who copy."
  }
}

run "a_copy_is_written_to_the_named_vault_only" {
  command = plan

  variables {
    copy = { vault_arn = "arn:aws:backup:eu-central-1:123456789012:backup-vault:txn-test-copy" }
  }

  assert {
    condition = toset(one([
      for statement in jsondecode(aws_iam_role_policy.backup.policy).Statement : statement.Resource if statement.Sid == "FillTheVaults"
      ])) == toset([
      "arn:aws:backup:eu-west-1:123456789012:backup-vault:txn-test",
      "arn:aws:backup:eu-central-1:123456789012:backup-vault:txn-test-copy",
    ])
    error_message = "The role must fill its vault and the named copy."
  }
}
