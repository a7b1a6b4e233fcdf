# Backups, budget, audit trail.
# The first run applies, so that the others know what is only known then (ARNs).

mock_provider "aws" {
  source = "../mocks"
}

# Told apart from others of their kind, so that a wrong connection shows.
override_resource {
  target = module.tables["transactions"].aws_dynamodb_table.this
  values = {
    arn        = "arn:aws:dynamodb:eu-west-1:123456789012:table/transactions"
    stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/transactions/stream/2026-01-01T00:00:00.000"
  }
}

override_resource {
  target = module.tables["customers"].aws_dynamodb_table.this
  values = {
    arn        = "arn:aws:dynamodb:eu-west-1:123456789012:table/customers"
    stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/customers/stream/2026-01-01T00:00:00.000"
  }
}

override_resource {
  target = module.tables["transaction-ids"].aws_dynamodb_table.this
  values = {
    arn        = "arn:aws:dynamodb:eu-west-1:123456789012:table/transaction-ids"
    stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/transaction-ids/stream/2026-01-01T00:00:00.000"
  }
}

override_resource {
  target = module.tables["fraud-insights"].aws_dynamodb_table.this
  values = {
    arn        = "arn:aws:dynamodb:eu-west-1:123456789012:table/fraud-insights"
    stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/fraud-insights/stream/2026-01-01T00:00:00.000"
  }
}

override_resource {
  target = module.lake.aws_s3_bucket.this
  values = { arn = "arn:aws:s3:::lake" }
}

override_resource {
  target = module.reports.aws_s3_bucket.this
  values = { arn = "arn:aws:s3:::reports" }
}

override_resource {
  target = module.audit_trail["this"].aws_s3_bucket.this
  values = { arn = "arn:aws:s3:::trail" }
}

run "every_table_is_backed_up_every_week" {
  command = apply

  assert {
    condition     = module.backup["this"].configuration.schedule == "cron(0 3 ? * SUN *)" && module.backup["this"].configuration.delete_after_days == 365 && module.backup["this"].configuration.kms_key_arn == output.kms_key_arn
    error_message = "A backup must be made every week, kept for a year, encrypted with the key."
  }

  assert {
    condition     = toset(module.backup["this"].configuration.tables) == toset([for table in module.tables : table.arn])
    error_message = "Each table must be backed up."
  }
}

run "the_weekly_backup_can_be_left_out" {
  command = plan
  variables { backup = false }

  assert {
    condition     = length(module.backup) == 0
    error_message = "Without backup there must be no vault."
  }
}

run "spending_is_told_at_100_200_and_500_dollars" {
  command = plan

  assert {
    condition     = module.budget.configuration.limit == 500 && toset([for amount in [100, 200, 500] : contains(module.budget.configuration.notifications, "ACTUAL ${amount}")]) == toset([true])
    error_message = "The budget must be 500 dollars, told at 100, 200 and 500."
  }

  assert {
    condition     = length(module.budget.configuration.email_addresses) == 0 && module.budget.configuration.topic_arns == toset([module.events_topic.arn])
    error_message = "It must be told to the topic alone: its addresses would hear of it twice."
  }

  assert {
    condition     = join(",", module.budget.configuration.filters) == "user:Project$SecureBank"
    error_message = "It must count what bears the project's tag."
  }
}

run "what_is_done_is_recorded_in_all_regions_and_validated" {
  command = plan

  assert {
    condition     = module.audit_trail["this"].configuration.multi_region && module.audit_trail["this"].configuration.log_file_validation && module.audit_trail["this"].configuration.kms_key_arn == output.kms_key_arn
    error_message = "The trail must be multi-region, validated and encrypted with the key."
  }
}

run "who_touches_data_is_recorded" {
  command = plan

  assert {
    condition = alltrue([
      for watched in [module.tables["transactions"].arn, module.tables["customers"].arn, "${module.lake.arn}/", "${module.reports.arn}/"] : contains(module.audit_trail["this"].configuration.data_events, watched)
    ])
    error_message = "Data events of the tables and the buckets must be recorded."
  }
}

run "the_report_reads_the_trail" {
  command = plan

  assert {
    condition     = module.functions["report"].configuration.environment.TRAIL_BUCKET == module.audit_trail["this"].bucket_name
    error_message = "The report must know who touched data."
  }
}

run "an_account_with_a_trail_of_its_own_needs_none" {
  command = plan
  variables { audit_trail = null }

  assert {
    condition     = length(module.audit_trail) == 0 && !contains(keys(module.functions["report"].configuration.environment), "TRAIL_BUCKET")
    error_message = "Null must make no trail, and the report must not look for one."
  }
}

run "the_recorder_of_config_is_the_accounts_by_default" {
  command = plan

  assert {
    condition     = length(module.audit_trail["this"].configuration.config_rules) == 0
    error_message = "A region has one recorder: it must be asked for."
  }
}

run "the_recorder_of_config_can_be_made_here" {
  command = plan
  variables { audit_trail = { manage_config_recorder = true } }

  assert {
    condition     = module.audit_trail["this"].configuration.findings_topic_arn == module.events_topic.arn
    error_message = "What the rules find must be told."
  }

  assert {
    condition     = contains(module.audit_trail["this"].configuration.config_rules, "dynamodb-pitr-enabled") && contains(module.audit_trail["this"].configuration.config_rules, "kinesis-stream-encrypted")
    error_message = "The rules must be there."
  }
}
