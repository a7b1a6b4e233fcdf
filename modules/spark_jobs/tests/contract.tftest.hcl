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
    defaults = { arn = "arn:aws:iam::123456789012:role/bank-test-job" }
  }
}

variables {
  name               = "bank-test"
  kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  lake_bucket        = "bank-test-lake-123456789012-eu-west-1"
  packages_folder    = "tests/packages"
  failures_topic_arn = "arn:aws:sns:eu-west-1:123456789012:bank-test-failures"
}

# ---------------------------------------------------------------------------------------------------------------------
# Jobs
# ---------------------------------------------------------------------------------------------------------------------

run "the_two_documented_jobs_are_there" {
  command = plan

  assert {
    condition = { for key, job in aws_glue_job.this : key => job.name } == {
      daily_transaction_aggregation = "bank-test-daily-transaction-aggregation"
      fraud_pattern_analysis        = "bank-test-fraud-pattern-analysis"
    }
    error_message = "daily-transaction-aggregation and fraud-pattern-analysis."
  }
}

run "jobs_run_on_glue_5_with_two_g1x_workers" {
  command = plan

  assert {
    condition = alltrue([
      for job in aws_glue_job.this :
      job.glue_version == "5.0" && job.worker_type == "G.1X" && job.number_of_workers == 2 && one(job.command).name == "glueetl"
    ])
    error_message = "Glue 5.0, G.1X, 2 workers, Spark."
  }
}

run "jobs_shed_workers_that_they_do_not_need" {
  command = plan

  assert {
    condition     = alltrue([for job in aws_glue_job.this : job.default_arguments["--enable-auto-scaling"] == "true"])
    error_message = "Auto-scaling must be on."
  }
}

run "a_job_can_grow_to_more_workers" {
  command = plan

  variables {
    jobs = {
      fraud_pattern_analysis = {
        description     = "Larger."
        schedule        = "cron(0 4 ? * SUN *)"
        reads           = ["raw/transactions/"]
        writes          = ["processed/fraud-patterns/"]
        maximum_workers = 10
        timeout_minutes = 120
        retries         = 0
      }
    }
  }

  assert {
    condition     = aws_glue_job.this["fraud_pattern_analysis"].number_of_workers == 10 && aws_glue_job.this["fraud_pattern_analysis"].timeout == 120 && aws_glue_job.this["fraud_pattern_analysis"].max_retries == 0
    error_message = "The given workers, timeout and retries must count."
  }
}

run "a_run_ends_after_an_hour_and_is_tried_once_more" {
  command = plan

  assert {
    condition     = alltrue([for job in aws_glue_job.this : job.timeout == 60 && job.max_retries == 1])
    error_message = "Glue's own timeout of two days would be paid for."
  }
}

run "two_runs_never_replace_a_day_at_once" {
  command = plan

  assert {
    condition     = alltrue([for job in aws_glue_job.this : one(job.execution_property).max_concurrent_runs == 1])
    error_message = "One run of a job at a time."
  }
}

run "bookmarks_are_off_because_a_rerun_must_read_the_whole_day_again" {
  command = plan

  assert {
    condition     = alltrue([for job in aws_glue_job.this : job.default_arguments["--job-bookmark-option"] == "job-bookmark-disable"])
    error_message = "A bookmark would hide what an earlier run has read, and the rerun would replace the day with less."
  }
}

run "a_job_that_only_ever_adds_can_have_bookmarks" {
  command = plan

  variables {
    jobs = {
      fraud_pattern_analysis = {
        description = "Adds only."
        schedule    = "cron(0 4 ? * SUN *)"
        reads       = ["raw/transactions/"]
        writes      = ["processed/fraud-patterns/"]
        bookmarks   = true
      }
    }
  }

  assert {
    condition     = aws_glue_job.this["fraud_pattern_analysis"].default_arguments["--job-bookmark-option"] == "job-bookmark-enable"
    error_message = "The switch must turn them on."
  }
}

run "jobs_get_the_lake_and_their_own_arguments" {
  command = plan

  variables {
    jobs = {
      daily_transaction_aggregation = {
        description = "With arguments."
        schedule    = "cron(0 2 * * ? *)"
        reads       = ["raw/transactions/"]
        writes      = ["processed/daily-aggregates/"]
        arguments   = { history_days = "28" }
      }
    }
  }

  assert {
    condition     = aws_glue_job.this["daily_transaction_aggregation"].default_arguments["--lake"] == "s3://bank-test-lake-123456789012-eu-west-1" && aws_glue_job.this["daily_transaction_aggregation"].default_arguments["--history_days"] == "28"
    error_message = "--lake, and what the caller gives."
  }
}

run "thresholds_are_proposed_only_where_the_policy_in_force_is_given" {
  command = plan

  assert {
    condition     = alltrue([for job in aws_glue_job.this : !contains(keys(job.default_arguments), "--policy_document")])
    error_message = "Without a policy there is nothing to propose against."
  }
}

run "the_weekly_job_gets_the_policy_in_force" {
  command = plan
  variables { policy_parameter = { arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/bank-test/policy" } }

  assert {
    condition = { for key, job in aws_glue_job.this : key => lookup(job.default_arguments, "--policy_document", "none") } == {
      daily_transaction_aggregation = "none"
      fraud_pattern_analysis        = "arn:aws:ssm:eu-west-1:123456789012:parameter/bank-test/policy"
    }
    error_message = "The job that proposes thresholds must be told where the policy is, and no other."
  }
}

run "logs_are_written_while_a_job_runs_and_metrics_with_them" {
  command = plan

  assert {
    condition = alltrue([
      for job in aws_glue_job.this : alltrue([
        job.default_arguments["--enable-continuous-cloudwatch-log"] == "true",
        job.default_arguments["--enable-metrics"] == "true",
        job.default_arguments["--enable-observability-metrics"] == "true",
        job.default_arguments["--custom-logGroup-prefix"] == "/aws-glue/bank-test",
      ])
    ])
    error_message = "Continuous logs in the system's own groups, and metrics."
  }

  assert {
    condition     = { for key, group in aws_cloudwatch_log_group.this : key => [group.name, group.retention_in_days, group.kms_key_id == var.kms_key_arn] } == { error = ["/aws-glue/bank-test/error", 365, true], output = ["/aws-glue/bank-test/output", 365, true] }
    error_message = "Encrypted, and not kept for ever."
  }
}

run "the_customer_key_encrypts_data_logs_and_bookmarks" {
  command = plan

  assert {
    condition = alltrue([
      one(one(aws_glue_security_configuration.this.encryption_configuration).s3_encryption).s3_encryption_mode == "SSE-KMS",
      one(one(aws_glue_security_configuration.this.encryption_configuration).s3_encryption).kms_key_arn == var.kms_key_arn,
      one(one(aws_glue_security_configuration.this.encryption_configuration).cloudwatch_encryption).cloudwatch_encryption_mode == "SSE-KMS",
      one(one(aws_glue_security_configuration.this.encryption_configuration).cloudwatch_encryption).kms_key_arn == var.kms_key_arn,
      one(one(aws_glue_security_configuration.this.encryption_configuration).job_bookmarks_encryption).job_bookmarks_encryption_mode == "CSE-KMS",
      one(one(aws_glue_security_configuration.this.encryption_configuration).job_bookmarks_encryption).kms_key_arn == var.kms_key_arn,
    ])
    error_message = "All three with the given key."
  }

  assert {
    condition     = alltrue([for job in aws_glue_job.this : job.security_configuration == "bank-test"])
    error_message = "Each job must have the security configuration."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Code
# ---------------------------------------------------------------------------------------------------------------------

run "code_lies_below_its_hash_so_that_a_run_finds_one_version_of_it" {
  command = plan

  assert {
    condition = alltrue([
      for key, object in aws_s3_object.code :
      object.key == "code/spark/${filesha256(object.source)}/${basename(object.source)}" && object.kms_key_id == var.kms_key_arn
    ])
    error_message = "Another content, another key; encrypted."
  }

  assert {
    condition = alltrue([
      for key, job in aws_glue_job.this :
      one(job.command).script_location == "s3://${var.lake_bucket}/${aws_s3_object.code[key].key}"
      && job.default_arguments["--extra-py-files"] == "s3://${var.lake_bucket}/${aws_s3_object.code["lake_jobs"].key}"
    ])
    error_message = "Each job has its script, and the library of all."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Schedules
# ---------------------------------------------------------------------------------------------------------------------

run "the_day_is_summed_up_at_two_and_patterns_are_sought_on_sundays" {
  command = plan

  assert {
    condition = { for key, trigger in aws_glue_trigger.this : key => trigger.schedule } == {
      daily_transaction_aggregation = "cron(0 2 * * ? *)"
      fraud_pattern_analysis        = "cron(0 4 ? * SUN *)"
    }
    error_message = "02:00 UTC daily, and on Sundays when the day's run is over."
  }

  assert {
    condition     = alltrue([for trigger in aws_glue_trigger.this : trigger.type == "SCHEDULED" && trigger.enabled && trigger.start_on_creation])
    error_message = "A trigger that is not started never fires."
  }
}

run "schedules_can_be_switched_off" {
  command = plan

  variables {
    schedules_enabled = false
  }

  assert {
    condition     = alltrue([for trigger in aws_glue_trigger.this : !trigger.enabled && !trigger.start_on_creation])
    error_message = "Jobs then run only when somebody starts them."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Failures
# ---------------------------------------------------------------------------------------------------------------------

run "a_failed_run_reaches_the_topic" {
  command = plan

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.failed.event_pattern) == jsondecode(jsonencode({
      source      = ["aws.glue"]
      detail-type = ["Glue Job State Change"]
      detail = {
        jobName = ["bank-test-daily-transaction-aggregation", "bank-test-fraud-pattern-analysis"]
        state   = ["ERROR", "FAILED", "TIMEOUT"]
      }
    }))
    error_message = "Each state that is a failure, of these jobs only."
  }

  assert {
    condition     = aws_cloudwatch_event_target.failed.arn == var.failures_topic_arn
    error_message = "The given topic must learn of it."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Refusals
# ---------------------------------------------------------------------------------------------------------------------

run "a_name_over_28_characters_is_refused" {
  command = plan

  variables {
    name = join("", [for i in range(29) : "a"])
  }

  expect_failures = [var.name]
}

run "an_alias_in_place_of_a_key_is_refused" {
  command = plan

  variables {
    kms_key_arn = "alias/aws/s3"
  }

  expect_failures = [var.kms_key_arn]
}

run "an_arn_in_place_of_a_buckets_name_is_refused" {
  command = plan

  variables {
    lake_bucket = "arn:aws:s3:::bank-test-lake"
  }

  expect_failures = [var.lake_bucket]
}

run "a_folder_without_packages_is_refused" {
  command = plan

  variables {
    packages_folder = "tests"
  }

  expect_failures = [var.packages_folder]
}

run "a_fifo_topic_is_refused" {
  command = plan

  variables {
    failures_topic_arn = "arn:aws:sns:eu-west-1:123456789012:failures.fifo"
  }

  expect_failures = [var.failures_topic_arn]
}

run "a_retention_that_cloudwatch_does_not_offer_is_refused" {
  command = plan

  variables {
    log_retention_days = 100
  }

  expect_failures = [var.log_retention_days]
}

run "no_jobs_at_all_are_refused" {
  command = plan

  variables {
    jobs = {}
  }

  expect_failures = [var.jobs]
}

run "a_job_without_a_script_is_refused" {
  command = plan

  variables {
    jobs = { unknown_job = { description = "x", schedule = "cron(0 2 * * ? *)", reads = ["raw/"], writes = [] } }
  }

  expect_failures = [var.jobs]
}

run "a_rate_is_refused_since_glue_knows_none" {
  command = plan

  variables {
    jobs = { fraud_pattern_analysis = { description = "x", schedule = "rate(1 day)", reads = ["raw/"], writes = [] } }
  }

  expect_failures = [var.jobs]
}

run "a_prefix_with_a_wildcard_is_refused" {
  command = plan

  variables {
    jobs = { fraud_pattern_analysis = { description = "x", schedule = "cron(0 2 * * ? *)", reads = ["*"], writes = [] } }
  }

  expect_failures = [var.jobs]
}

run "a_job_that_writes_raw_data_is_refused" {
  command = plan

  variables {
    jobs = { fraud_pattern_analysis = { description = "x", schedule = "cron(0 2 * * ? *)", reads = [], writes = ["raw/transactions/"] } }
  }

  expect_failures = [var.jobs]
}

run "an_argument_that_is_the_modules_own_is_refused" {
  command = plan

  variables {
    jobs = { fraud_pattern_analysis = { description = "x", schedule = "cron(0 2 * * ? *)", reads = [], writes = [], arguments = { lake = "s3://other" } } }
  }

  expect_failures = [var.jobs]
}

run "an_argument_with_hyphens_is_refused_since_they_are_glues_own" {
  command = plan

  variables {
    jobs = { fraud_pattern_analysis = { description = "x", schedule = "cron(0 2 * * ? *)", reads = [], writes = [], arguments = { enable-metrics = "false" } } }
  }

  expect_failures = [var.jobs]
}

run "a_wildcard_in_a_parameter_is_refused" {
  command = plan

  variables {
    jobs = { fraud_pattern_analysis = { description = "x", schedule = "cron(0 2 * * ? *)", reads = [], writes = [], parameters = ["arn:aws:ssm:eu-west-1:123456789012:parameter/*"] } }
  }

  expect_failures = [var.jobs]
}

run "all_parameters_as_the_policy_are_refused" {
  command = plan
  variables { policy_parameter = { arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/*" } }
  expect_failures = [var.policy_parameter]
}

run "a_policy_without_the_job_that_reads_it_is_refused" {
  command = plan

  variables {
    policy_parameter = { arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/bank-test/policy" }
    jobs             = { daily_transaction_aggregation = { description = "x", schedule = "cron(0 2 * * ? *)", reads = [], writes = [] } }
  }

  expect_failures = [var.policy_parameter]
}

run "a_single_worker_is_refused" {
  command = plan

  variables {
    jobs = { fraud_pattern_analysis = { description = "x", schedule = "cron(0 2 * * ? *)", reads = [], writes = [], maximum_workers = 1 } }
  }

  expect_failures = [var.jobs]
}

run "a_timeout_over_seven_days_is_refused" {
  command = plan

  variables {
    jobs = { fraud_pattern_analysis = { description = "x", schedule = "cron(0 2 * * ? *)", reads = [], writes = [], timeout_minutes = 10081 } }
  }

  expect_failures = [var.jobs]
}

run "more_than_ten_retries_are_refused" {
  command = plan

  variables {
    jobs = { fraud_pattern_analysis = { description = "x", schedule = "cron(0 2 * * ? *)", reads = [], writes = [], retries = 11 } }
  }

  expect_failures = [var.jobs]
}
