mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/txn-test" }
  }

  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-1:123456789012:rule/txn-test" }
  }

  mock_resource "aws_backup_vault" {
    defaults = { arn = "arn:aws:backup:eu-west-1:123456789012:backup-vault:txn-test" }
  }
}

variables {
  name        = "txn-test"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  table_arns = [
    "arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-transactions",
    "arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-accounts",
  ]
  failures_topic_arn = "arn:aws:sns:eu-west-1:123456789012:txn-test-processing-failures"
}

# --- vault -----------------------------------------------------------------------------------------------------------

run "the_customer_key_encrypts_the_vault" {
  command = plan

  assert {
    condition     = aws_backup_vault.this.kms_key_arn == var.kms_key_arn
    error_message = "The vault must be encrypted with kms_key_arn."
  }
}

run "a_vault_with_backups_stops_terraform_destroy_unless_told_otherwise" {
  command = plan

  assert {
    condition     = !aws_backup_vault.this.force_destroy
    error_message = "Backups must outlive a mistaken destroy."
  }
}

run "an_environment_can_be_made_destroyable" {
  command = plan

  variables {
    force_destroy = true
  }

  assert {
    condition     = aws_backup_vault.this.force_destroy
    error_message = "force_destroy must be passed on."
  }
}

run "the_policy_can_be_left_out_where_there_are_none" {
  command = plan

  variables {
    protect_backups = false
  }

  assert {
    condition     = length(aws_backup_vault_policy.this) == 0 && !output.configuration.protected
    error_message = "protect_backups must be passed on, and be told."
  }
}

run "there_is_no_lock_unless_asked_for" {
  command = plan

  assert {
    condition     = length(aws_backup_vault_lock_configuration.this) == 0
    error_message = "A lock cannot be taken back everywhere: none by default."
  }
}

run "a_lock_holds_its_retention_and_can_be_taken_away_unless_told_otherwise" {
  command = plan

  variables {
    vault_lock = { min_retention_days = 30, max_retention_days = 400 }
  }

  assert {
    condition = (
      aws_backup_vault_lock_configuration.this["this"].min_retention_days == 30 &&
      aws_backup_vault_lock_configuration.this["this"].max_retention_days == 400 &&
      aws_backup_vault_lock_configuration.this["this"].changeable_for_days == null
    )
    error_message = "Without changeable_for_days the lock must stay one that a privileged person can remove."
  }
}

run "a_lock_for_good_has_its_days_of_grace" {
  command = plan

  variables {
    vault_lock = { changeable_for_days = 3 }
  }

  assert {
    condition     = aws_backup_vault_lock_configuration.this["this"].changeable_for_days == 3 && aws_backup_vault_lock_configuration.this["this"].min_retention_days == 7
    error_message = "changeable_for_days must be passed on."
  }
}

# --- plan ------------------------------------------------------------------------------------------------------------

run "backups_are_made_weekly_unless_told_otherwise" {
  command = plan

  assert {
    condition     = one(aws_backup_plan.this.rule).schedule == "cron(0 3 ? * SUN *)"
    error_message = "The default must be once a week."
  }

  assert {
    condition     = one(aws_backup_plan.this.rule).start_window == 60 && one(aws_backup_plan.this.rule).completion_window == 480
    error_message = "A backup must begin within an hour and end within eight."
  }
}

run "a_schedule_of_ones_own_counts" {
  command = plan

  variables {
    schedule = { expression = "cron(0 5 * * ? *)", start_window_minutes = 120, completion_window_minutes = 600 }
  }

  assert {
    condition     = one(aws_backup_plan.this.rule).schedule == "cron(0 5 * * ? *)" && one(aws_backup_plan.this.rule).start_window == 120
    error_message = "schedule must be passed on."
  }
}

run "a_backup_goes_to_cold_storage_after_30_days_and_away_after_a_year" {
  command = plan

  assert {
    condition     = one(one(aws_backup_plan.this.rule).lifecycle).cold_storage_after == 30 && one(one(aws_backup_plan.this.rule).lifecycle).delete_after == 365
    error_message = "The defaults must be 30 and 365 days."
  }
}

run "backups_can_stay_warm" {
  command = plan

  variables {
    retention = { cold_storage_after_days = 0, delete_after_days = 14 }
  }

  assert {
    condition     = one(one(aws_backup_plan.this.rule).lifecycle).cold_storage_after == null && one(one(aws_backup_plan.this.rule).lifecycle).delete_after == 14
    error_message = "Without cold storage a backup may be kept for two weeks."
  }
}

run "every_given_table_is_backed_up_and_nothing_else" {
  command = apply

  assert {
    condition     = toset(aws_backup_selection.tables.resources) == var.table_arns
    error_message = "The selection must be the given ARNs."
  }

  assert {
    condition     = aws_backup_selection.tables.iam_role_arn == aws_iam_role.backup.arn && aws_backup_selection.tables.plan_id == aws_backup_plan.this.id
    error_message = "The selection must use the backup's own role and plan."
  }
}

run "there_is_no_second_copy_unless_asked_for" {
  command = plan

  assert {
    condition     = length(one(aws_backup_plan.this.rule).copy_action) == 0
    error_message = "A copy costs money: none by default."
  }
}

run "a_copy_goes_to_the_other_regions_vault" {
  command = plan

  variables {
    copy = { vault_arn = "arn:aws:backup:eu-central-1:123456789012:backup-vault:txn-test-copy", delete_after_days = 90 }
  }

  assert {
    condition = (
      one(one(aws_backup_plan.this.rule).copy_action).destination_vault_arn == "arn:aws:backup:eu-central-1:123456789012:backup-vault:txn-test-copy" &&
      one(one(one(aws_backup_plan.this.rule).copy_action).lifecycle).delete_after == 90
    )
    error_message = "Each backup must be copied to copy.vault_arn, for its own retention."
  }
}

# --- failures --------------------------------------------------------------------------------------------------------

run "a_failed_expired_or_aborted_backup_tells_the_topic" {
  command = plan

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.failed["backup"].event_pattern) == jsondecode(jsonencode({
      source      = ["aws.backup"]
      detail-type = ["Backup Job State Change"]
      detail      = { state = ["ABORTED", "EXPIRED", "FAILED"], backupVaultName = ["txn-test"] }
    }))
    error_message = "Every way in which a backup ends badly must match, for this vault only."
  }

  assert {
    condition     = alltrue([for target in aws_cloudwatch_event_target.failed : target.arn == var.failures_topic_arn])
    error_message = "All failures must go to the topic."
  }
}

run "failed_copies_and_restores_tell_the_topic_too" {
  command = plan

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.failed["copy"].event_pattern).detail == jsondecode(jsonencode({ state = ["FAILED"], sourceBackupVaultArn = ["arn:aws:backup:eu-west-1:123456789012:backup-vault:txn-test"] }))
    error_message = "A copy that failed must match."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.failed["restore"].event_pattern).detail == jsondecode(jsonencode({ status = ["ABORTED", "FAILED"] }))
    error_message = "A restore that failed must match; its events say status instead of state."
  }
}

# --- outputs ---------------------------------------------------------------------------------------------------------

run "the_configuration_tells_what_the_backup_was_given" {
  command = plan

  assert {
    condition = output.configuration == {
      kms_key_arn             = var.kms_key_arn
      schedule                = "cron(0 3 ? * SUN *)"
      delete_after_days       = 365
      cold_storage_after_days = 30
      tables                  = var.table_arns
      copies                  = []
      protected               = true
      lock                    = false
    }
    error_message = "Everything must be told as it was given."
  }
}

# --- refusals --------------------------------------------------------------------------------------------------------

run "a_name_over_50_characters_is_refused" {
  command = plan
  variables {
    name = join("", [for i in range(51) : "a"])
  }
  expect_failures = [var.name]
}

run "an_alias_in_place_of_a_key_is_refused" {
  command = plan
  variables {
    kms_key_arn = "alias/txn"
  }
  expect_failures = [var.kms_key_arn]
}

run "a_plan_without_tables_is_refused" {
  command = plan
  variables {
    table_arns = []
  }
  expect_failures = [var.table_arns]
}

run "a_wildcard_in_place_of_a_table_is_refused" {
  command = plan
  variables {
    table_arns = ["arn:aws:dynamodb:eu-west-1:123456789012:table/*"]
  }
  expect_failures = [var.table_arns]
}

run "a_source_key_that_is_none_is_refused" {
  command = plan
  variables {
    source_key_arns = ["alias/aws/dynamodb"]
  }
  expect_failures = [var.source_key_arns]
}

run "a_schedule_that_is_no_cron_expression_is_refused" {
  command = plan
  variables {
    schedule = { expression = "rate(7 days)" }
  }
  expect_failures = [var.schedule]
}

run "a_start_window_below_an_hour_is_refused" {
  command = plan
  variables {
    schedule = { start_window_minutes = 30 }
  }
  expect_failures = [var.schedule]
}

run "a_completion_window_inside_the_start_window_is_refused" {
  command = plan
  variables {
    schedule = { start_window_minutes = 600 }
  }
  expect_failures = [var.schedule]
}

run "less_than_90_days_of_cold_storage_are_refused" {
  command = plan
  variables {
    retention = { cold_storage_after_days = 30, delete_after_days = 119 }
  }
  expect_failures = [var.retention]
}

run "a_retention_of_over_a_hundred_years_is_refused" {
  command = plan
  variables {
    retention = { delete_after_days = 36501 }
  }
  expect_failures = [var.retention]
}

run "a_lock_that_would_refuse_every_backup_is_refused" {
  command = plan
  variables {
    vault_lock = { min_retention_days = 366 }
  }
  expect_failures = [var.vault_lock]
}

run "a_lock_with_less_than_three_days_of_grace_is_refused" {
  command = plan
  variables {
    vault_lock = { changeable_for_days = 2 }
  }
  expect_failures = [var.vault_lock]
}

run "a_copy_to_what_is_no_vault_is_refused" {
  command = plan
  variables {
    copy = { vault_arn = "arn:aws:s3:::bucket" }
  }
  expect_failures = [var.copy]
}

run "a_copy_with_less_than_90_days_of_cold_storage_is_refused" {
  command = plan
  variables {
    copy = { vault_arn = "arn:aws:backup:eu-central-1:123456789012:backup-vault:txn-test-copy", delete_after_days = 90, cold_storage_after_days = 30 }
  }
  expect_failures = [var.copy]
}

run "a_topic_that_is_none_is_refused" {
  command = plan
  variables {
    failures_topic_arn = "arn:aws:sqs:eu-west-1:123456789012:queue"
  }
  expect_failures = [var.failures_topic_arn]
}
