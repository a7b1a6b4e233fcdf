# Lake, Spark jobs, reports.
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
  target = module.stream_dead_letters.aws_sqs_queue.this
  values = { arn = "arn:aws:sqs:eu-west-1:123456789012:stream-given-up", url = "https://sqs.eu-west-1.amazonaws.com/123456789012/stream-given-up" }
}

override_resource {
  target = module.lake_dead_letters.aws_sqs_queue.this
  values = { arn = "arn:aws:sqs:eu-west-1:123456789012:lake-dead-letter", url = "https://sqs.eu-west-1.amazonaws.com/123456789012/lake-dead-letter" }
}

run "the_lake_is_filled_from_the_tables_stream" {
  command = apply

  assert {
    condition     = values(module.functions["lake"].configuration.event_sources)[*].arn == [module.tables["transactions"].stream_arn] && module.functions["lake"].configuration.environment.LAKE_BUCKET == module.lake.name
    error_message = "The function lake must read the stream of the table, and write into the lake."
  }
}

run "many_transactions_are_one_object_of_the_lake" {
  command = plan

  assert {
    condition     = module.functions["lake"].configuration.event_sources.transactions.batch_size == 1000 && var.lake.batching_window_seconds == 60
    error_message = "An object must wait a minute for up to 1,000 lines."
  }
}

run "what_the_lake_does_not_take_reaches_a_queue_that_alarms" {
  command = plan

  assert {
    condition     = module.functions["lake"].configuration.event_sources.transactions.failure_destination_arn == module.lake_dead_letters.arn
    error_message = "What is given up must go to the dead-letter queue of the lake."
  }

  assert {
    condition     = module.monitoring.configuration.alarms["lake-dead-letter"].dimensions == tomap({ QueueName = module.lake_dead_letters.name }) && module.monitoring.configuration.alarms["lake-dead-letter"].threshold == 0
    error_message = "It must alarm."
  }
}

run "the_lake_costs_nothing_that_was_not_asked_for" {
  command = plan

  assert {
    condition     = !var.lake.transfer_acceleration && !var.lake.storage_class_analysis && var.lake.replication == null && module.lake.replication_role_arn == null
    error_message = "Acceleration, analysis and replication must be asked for."
  }
}

run "the_lake_can_be_copied_to_another_region" {
  command = plan
  variables { lake = { replication = { bucket_arn = "arn:aws:s3:::copy", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555" } } }

  override_resource {
    target          = module.lake.aws_iam_role.replication
    override_during = plan
    values          = { arn = "arn:aws:iam::123456789012:role/replication" }
  }

  assert {
    condition     = module.lake.replication_role_arn == "arn:aws:iam::123456789012:role/replication"
    error_message = "The copy must be written by a role of its own."
  }
}

run "both_spark_jobs_run_by_the_clock" {
  command = plan

  assert {
    condition     = module.spark_jobs.configuration.schedules == { daily_transaction_aggregation = "cron(0 2 * * ? *)", fraud_pattern_analysis = "cron(0 4 ? * SUN *)" }
    error_message = "The daily job must run at 02:00 UTC, the weekly one on Sundays."
  }
}

run "spark_jobs_give_back_workers_that_they_do_not_need" {
  command = plan

  assert {
    condition     = alltrue([for arguments in module.spark_jobs.configuration.arguments : arguments["--enable-auto-scaling"] == "true"])
    error_message = "The jobs must scale by themselves."
  }
}

run "the_weekly_job_proposes_thresholds_beside_the_policy_in_force" {
  command = plan

  assert {
    condition = { for key, arguments in module.spark_jobs.configuration.arguments : key => lookup(arguments, "--policy_document", "none") } == {
      daily_transaction_aggregation = "none"
      fraud_pattern_analysis        = module.policy_parameter.arn
    }
    error_message = "The weekly job, and no other, must be told where the policy is."
  }
}

run "the_report_has_a_gigabyte_and_a_quarter_of_an_hour" {
  command = plan

  assert {
    condition     = module.functions["report"].configuration.memory_mb == 1024 && module.functions["report"].configuration.timeout_seconds == 900
    error_message = "report must have 1,024 MB and 900 seconds."
  }
}

run "the_report_is_made_every_day_after_the_spark_job" {
  command = plan

  assert {
    condition     = var.report_schedule == "cron(0 5 * * ? *)"
    error_message = "The report must be made at 05:00 UTC."
  }
}

run "a_report_is_locked_for_seven_years" {
  command = plan

  assert {
    condition     = module.reports.retention_days == 2555 && var.report_retention.mode == "GOVERNANCE"
    error_message = "Reports must be locked for seven years."
  }

  assert {
    condition     = module.functions["report"].configuration.environment.REPORT_RETENTION_DAYS == "2555" && module.functions["report"].configuration.environment.REPORTS_BUCKET == module.reports.name
    error_message = "The function must lock what it writes."
  }
}

run "the_five_documented_queries_are_kept_in_athena" {
  command = plan

  assert {
    condition     = toset(keys(output.named_queries)) == toset(["customer_history", "daily_volume", "fraud_trend", "reconciliation", "top_merchants"])
    error_message = "The five named queries must be there."
  }
}

run "what_costs_extra_at_the_lake_can_be_asked_for" {
  command = plan
  variables { lake = { transfer_acceleration = true, storage_class_analysis = true } }

  assert {
    condition     = var.lake.transfer_acceleration && var.lake.storage_class_analysis
    error_message = "Acceleration and analysis must be choices."
  }
}
