# Every documented constraint of this system, each by its name. What needs a real plan (tags of every resource, policies,
# plain HTTP) is in tests/contract/test_stream_alerts.py.
#
# The first run applies, so that the others know what is only known then (the key's ARN); Terraform destroys it all after
# the last one, which fails if anything refuses to be destroyed.

mock_provider "aws" {
  source = "../mocks"
}

# Told apart from others of their kind, so that a wrong connection shows.
override_resource {
  target = module.transactions.aws_dynamodb_table.this
  values = { stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/transactions/stream/2026-01-01T00:00:00.000" }
}

override_resource {
  target = module.alerts.aws_sqs_queue.this
  values = { arn = "arn:aws:sqs:eu-west-1:123456789012:alerts", url = "https://sqs.eu-west-1.amazonaws.com/123456789012/alerts" }
}

override_resource {
  target = module.notifications.aws_sns_topic.this
  values = { arn = "arn:aws:sns:eu-west-1:123456789012:notifications" }
}

variables {
  runtime             = "python3.13" # the default one warns, and a warning that nobody expects is a failed run
  notification_emails = ["fraud-desk@example.com"]
}

# --- API --------------------------------------------------------------------------------------------------------------

run "the_api_is_a_rest_api" {
  command = apply

  assert {
    condition     = join(",", module.api.configuration.endpoint_types) == "REGIONAL" && module.api.configuration.tracing
    error_message = "The API must be a REST API (of API Gateway v1), traced."
  }
}

run "transactions_are_posted_to_slash_transactions" {
  command = plan

  assert {
    condition     = { for id, operation in module.api.configuration.operations : id => "${operation.method} ${operation.path}" } == { submitTransaction = "POST /transactions" }
    error_message = "The API must have the operation POST /transactions and no other."
  }
}

run "request_validation_is_on" {
  command = plan

  assert {
    condition     = module.api.configuration.operations.submitTransaction.validates_body && module.api.configuration.operations.submitTransaction.validates_parameters
    error_message = "The gateway must check the body against a model, and the parameters."
  }
}

run "the_api_asks_for_no_key" {
  command = plan

  assert {
    condition     = !module.api.configuration.operations.submitTransaction.needs_key && module.api.configuration.usage_plan == null && output.api_key_id == null
    error_message = "The document demands no key, so there must be none by default."
  }
}

run "a_bank_can_switch_a_key_on" {
  command = plan
  variables { api_key_required = true }

  assert {
    condition     = module.api.configuration.operations.submitTransaction.needs_key && module.api.configuration.usage_plan != null
    error_message = "With api_key_required the operation must need a key, and there must be a plan to count by."
  }
}

run "answers_slower_than_a_second_alarm" {
  command = plan

  assert {
    condition     = module.api.alarms.api-latency.threshold == 1000 && module.api.alarms.api-latency.statistic == "p99"
    error_message = "The slowest 1 % of the answers must alarm above one second."
  }
}

# --- table ------------------------------------------------------------------------------------------------------------

run "the_partition_key_is_the_transaction_id_a_string" {
  command = plan

  assert {
    condition     = module.transactions.configuration.hash_key == "transaction_id" && module.transactions.configuration.key_types.transaction_id == "S"
    error_message = "The partition key must be transaction_id, a string."
  }
}

run "the_sort_key_is_the_timestamp_a_number" {
  command = plan

  assert {
    condition     = module.transactions.configuration.range_key == "timestamp" && module.transactions.configuration.key_types.timestamp == "N"
    error_message = "The sort key must be timestamp, a number."
  }
}

run "the_table_is_on_demand" {
  command = plan

  assert {
    condition     = module.transactions.configuration.billing_mode == "PAY_PER_REQUEST"
    error_message = "The table must be billed on demand."
  }
}

run "the_stream_carries_new_and_old_images" {
  command = plan

  assert {
    condition     = module.transactions.configuration.stream_view_type == "NEW_AND_OLD_IMAGES"
    error_message = "The stream must carry both images."
  }
}

run "an_id_is_one_transaction_whatever_its_timestamp" {
  command = plan

  assert {
    condition     = module.transaction_ids.configuration.hash_key == "transaction_id" && module.transaction_ids.configuration.range_key == null && local.functions.ingest.environment.TRANSACTION_IDS_TABLE == module.transaction_ids.name
    error_message = "The accepting function must have a table that is keyed by the id alone."
  }
}

# --- from the stream to the decision ----------------------------------------------------------------------------------

run "detect_fraud_reads_the_tables_stream" {
  command = plan

  assert {
    condition     = keys(module.functions["detect"].configuration.event_sources) == ["transactions"] && local.functions.detect.event_sources.transactions.arn == module.transactions.stream_arn
    error_message = "The one event source of lambda-detect-fraud must be the stream of the table."
  }
}

run "detect_fraud_sees_what_was_accepted_and_none_of_its_own_changes" {
  command = plan

  assert {
    condition     = [for filter in module.functions["detect"].configuration.event_sources.transactions.filters : jsondecode(filter)] == [jsondecode("{\"eventName\":[\"INSERT\"],\"dynamodb\":{\"NewImage\":{\"status\":{\"S\":[\"RECEIVED\"]}}}}")]
    error_message = "The filter must let through new rows with the status RECEIVED, and nothing else."
  }
}

run "a_record_is_retried_ten_times_at_most" {
  command = plan

  assert {
    condition     = module.functions["detect"].configuration.event_sources.transactions.maximum_retries == 10
    error_message = "The retries of a stream's record must be bounded."
  }
}

run "a_record_holds_its_shard_up_for_an_hour_at_most" {
  command = plan

  assert {
    condition     = module.functions["detect"].configuration.event_sources.transactions.maximum_age_seconds == 3600
    error_message = "The age of a record that is still retried must be bounded."
  }
}

run "a_failing_batch_is_halved_until_the_bad_record_is_alone" {
  command = plan

  assert {
    condition     = module.functions["detect"].configuration.event_sources.transactions.bisects
    error_message = "A failing batch must be bisected."
  }
}

run "a_record_that_is_given_up_reaches_a_queue" {
  command = plan

  assert {
    condition     = module.functions["detect"].configuration.event_sources.transactions.has_failure_destination && local.functions.detect.event_sources.transactions.on_failure_arn == module.detect_dead_letters.arn
    error_message = "What is given up must go to the dead-letter queue of the stream."
  }
}

run "a_record_that_is_given_up_is_kept_for_fourteen_days_and_alarms" {
  command = plan

  assert {
    condition     = module.detect_dead_letters.configuration.message_retention_seconds == 1209600 && contains(module.monitoring.alarm_names, "alarm-detect-fraud-dead-letter-dev")
    error_message = "A record that is given up must be kept and alarm."
  }
}

# --- from the decision to the team ------------------------------------------------------------------------------------

run "the_alert_queues_visibility_timeout_is_exactly_300_seconds" {
  command = plan

  assert {
    condition     = module.alerts.configuration.visibility_timeout_seconds == 300
    error_message = "The visibility timeout of the queue fraud-alerts must be exactly 300 seconds."
  }
}

run "a_slow_batch_of_alerts_is_not_delivered_twice" {
  command = plan

  assert {
    condition     = 6 * module.functions["notify"].configuration.timeout_seconds <= module.alerts.configuration.visibility_timeout_seconds
    error_message = "The visibility timeout must be at least six times the consumer's timeout."
  }
}

run "a_lease_outlives_the_call_that_took_it_and_lapses_before_the_message_comes_back" {
  command = plan

  assert {
    condition     = local.functions.notify.environment.LEASE_SECONDS > module.functions["notify"].configuration.timeout_seconds && local.functions.notify.environment.LEASE_SECONDS < module.alerts.configuration.visibility_timeout_seconds
    error_message = "Two calls must never hold the lease of one alert, and a lease must not cost an alert one of its receives."
  }
}

run "notify_team_reads_the_alert_queue" {
  command = plan

  assert {
    condition     = keys(module.functions["notify"].configuration.event_sources) == ["alerts"] && local.functions.notify.event_sources.alerts.arn == module.alerts.queue_arn
    error_message = "The one event source of lambda-notify-team must be the queue fraud-alerts."
  }
}

run "detect_fraud_hands_what_it_flags_to_the_alert_queue" {
  command = plan

  assert {
    condition     = local.functions.detect.environment.ALERT_QUEUE_URL == module.alerts.queue_url && local.functions.detect.environment.DEAD_LETTER_QUEUE_URL == module.detect_dead_letters.url
    error_message = "lambda-detect-fraud must queue alerts in fraud-alerts, and what it cannot read in its own dead-letter queue."
  }
}

run "an_alert_that_cannot_be_sent_is_kept" {
  command = plan

  assert {
    condition     = module.alerts.configuration.max_receive_count == 3 && module.alerts.configuration.dead_letter_retention_seconds == 1209600
    error_message = "After three receives an alert must go to a dead-letter queue that keeps it for 14 days."
  }
}

run "notify_team_publishes_to_the_topic_fraud_notifications" {
  command = plan

  assert {
    condition     = local.functions.notify.environment.ALERTS_TOPIC_ARN == module.notifications.arn && module.notifications.name == "sns-fraud-notifications-dev"
    error_message = "lambda-notify-team must publish to sns-fraud-notifications."
  }
}

run "the_topic_has_an_email_subscription" {
  command = plan

  assert {
    condition     = module.notifications.configuration.subscriptions == { "fraud-desk@example.com" = "email" }
    error_message = "Each of notification_emails must be subscribed by e-mail."
  }
}

# --- every function ---------------------------------------------------------------------------------------------------

run "there_are_three_functions" {
  command = plan

  assert {
    condition     = output.function_names == { ingest = "lambda-process-transaction-dev", detect = "lambda-detect-fraud-dev", notify = "lambda-notify-team-dev" }
    error_message = "The functions must be process-transaction, detect-fraud and notify-team."
  }
}

run "every_function_runs_on_python_3_9_by_default_and_a_check_warns" {
  command = plan
  variables { runtime = null }
  expect_failures = [check.runtime_is_supported]

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.runtime == "python3.9"])
    error_message = "The documented runtime is python3.9."
  }
}

run "one_variable_moves_every_function_to_a_supported_runtime" {
  command = plan
  variables { runtime = "python3.12" }

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.runtime == "python3.12"])
    error_message = "runtime must be the runtime of all functions."
  }
}

run "every_function_has_512_mb" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.memory_mb == 512])
    error_message = "Each function must have 512 MB."
  }
}

run "every_function_has_a_reserved_concurrency_of_exactly_50" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.reserved_concurrency == 50])
    error_message = "Each function must have a reserved concurrency of 50."
  }
}

run "an_account_without_the_quota_can_do_without_the_reservation" {
  command = plan
  variables { reserved_concurrency = null }

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.reserved_concurrency == null])
    error_message = "Null must reserve nothing."
  }
}

run "every_functions_environment_is_encrypted_with_the_custom_key" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.environment_is_encrypted && function.configuration.kms_key_arn == output.kms_key_arn])
    error_message = "Each environment must be encrypted with the key that is made here."
  }
}

run "every_function_has_a_role_of_its_own" {
  command = plan

  assert {
    condition     = toset([for function in module.functions : function.configuration.role_name]) == toset(["role-process-transaction-dev", "role-detect-fraud-dev", "role-notify-team-dev"])
    error_message = "Each function must have its own role."
  }
}

run "every_role_allows_what_its_function_calls_and_nothing_else" {
  command = plan

  assert {
    condition = { for package, function in local.functions : package => join(" ", sort(flatten([for statement in function.policy_statements : statement.actions]))) } == {
      ingest = "dynamodb:PutItem"
      detect = "dynamodb:UpdateItem sqs:SendMessage ssm:GetParameter ssm:GetParameterHistory"
      notify = "dynamodb:UpdateItem sns:Publish"
    }
    error_message = "Each role must have least privilege: the calls that the code of its function makes."
  }
}

run "every_functions_logs_are_kept_for_seven_days" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.log_retention_days == 7])
    error_message = "Each log group must keep seven days."
  }
}

run "no_function_is_in_a_vpc" {
  command = plan

  assert {
    condition     = !anytrue([for function in module.functions : function.configuration.in_vpc])
    error_message = "There must be no VPC."
  }
}

# --- every resource ---------------------------------------------------------------------------------------------------

run "everything_is_made_in_us_east_1_by_default" {
  command = plan

  assert {
    condition     = var.region == "us-east-1"
    error_message = "The documented region is us-east-1."
  }
}

run "every_resource_is_tagged_with_environment_and_cost_centre" {
  command = plan

  assert {
    condition     = local.tags == { Environment = "production", CostCenter = "fraud-detection" }
    error_message = "The provider's default tags must be Environment=production and CostCenter=fraud-detection."
  }
}

run "no_table_is_protected_from_deletion" {
  command = plan

  assert {
    condition     = !module.transactions.configuration.deletion_protection && !module.transaction_ids.configuration.deletion_protection
    error_message = "A destroy must take the tables along."
  }
}

run "the_key_is_gone_as_soon_as_aws_allows" {
  command = plan

  assert {
    condition     = module.encryption.configuration.deletion_window_days == 7
    error_message = "AWS keeps a key for 7 days at least; it must not be more."
  }
}

run "the_tables_are_encrypted_at_rest" {
  command = plan

  assert {
    condition     = alltrue([for table in local.tables : table.configuration.kms_key_arn == output.kms_key_arn])
    error_message = "Each table must be encrypted with the key."
  }
}

run "the_queues_are_encrypted_at_rest" {
  command = plan

  assert {
    condition = toset([
      module.alerts.configuration.kms_key_arn,
      module.alerts.configuration.dead_letter_kms_key_arn,
      module.detect_dead_letters.configuration.kms_key_arn,
    ]) == toset([output.kms_key_arn])
    error_message = "Each queue must be encrypted with the key."
  }
}

run "the_topics_are_encrypted_at_rest" {
  command = plan

  assert {
    condition     = module.notifications.configuration.kms_key_arn == output.kms_key_arn && module.monitoring.configuration.topics.processing_failures.kms_key_arn == output.kms_key_arn
    error_message = "Each topic must be encrypted with the key."
  }
}

run "the_policy_document_is_encrypted_at_rest" {
  command = plan

  assert {
    condition     = module.policy_parameter.configuration.type == "SecureString" && module.policy_parameter.configuration.kms_key_arn == output.kms_key_arn
    error_message = "The parameter must be encrypted with the key."
  }
}

run "the_apis_logs_are_encrypted_and_kept_for_seven_days" {
  command = plan

  assert {
    condition     = module.api.configuration.logs_kms_key_arn == output.kms_key_arn && module.api.configuration.access_log_retention_days == 7
    error_message = "The API's logs must be encrypted with the key and kept as long as the functions'."
  }
}

# --- names ------------------------------------------------------------------------------------------------------------

run "names_are_resource_type_purpose_and_suffix" {
  command = plan
  variables { environment_suffix = "prod" }

  assert {
    condition     = alltrue([for function in module.functions : can(regex("^lambda-[a-z-]+-prod$", function.name))])
    error_message = "Functions must be called lambda-{purpose}-{suffix}."
  }

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.role_name == replace(function.name, "lambda-", "role-")])
    error_message = "Roles must be called role-{purpose}-{suffix}, by the purpose of their function."
  }

  assert {
    condition     = module.api.name == "api-transactions-prod"
    error_message = "The API must be called api-{purpose}-{suffix}."
  }

  assert {
    condition     = [for table in local.tables : table.name] == ["dynamodb-transaction-ids-prod", "dynamodb-transactions-prod"]
    error_message = "Tables must be called dynamodb-{purpose}-{suffix}."
  }

  assert {
    condition = [module.alerts.queue_name, module.alerts.dead_letter_queue_name, module.detect_dead_letters.name] == [
      "sqs-fraud-alerts-prod", "sqs-fraud-alerts-dead-letter-prod", "sqs-detect-fraud-dead-letter-prod",
    ]
    error_message = "Queues must be called sqs-{purpose}-{suffix}."
  }

  assert {
    condition     = module.notifications.name == "sns-fraud-notifications-prod"
    error_message = "Topics must be called sns-{purpose}-{suffix}."
  }

  assert {
    condition     = module.encryption.alias_name == "alias/kms-stream-alerts-prod"
    error_message = "The key must be called kms-{purpose}-{suffix}, behind the alias/ that AWS puts there."
  }

  assert {
    condition     = output.policy_parameter_name == "parameter-fraud-policy-prod"
    error_message = "The parameter must be called parameter-{purpose}-{suffix}; AWS refuses parameters that begin with ssm."
  }

  assert {
    condition     = alltrue([for name in concat(module.monitoring.alarm_names, [module.monitoring.composite_alarm_name]) : can(regex("^alarm-[a-z-]+-prod$", name))])
    error_message = "Alarms must be called alarm-{purpose}-{suffix}."
  }

  assert {
    condition     = module.monitoring.dashboard_name == "dashboard-stream-alerts-prod"
    error_message = "The dashboard must be called dashboard-{purpose}-{suffix}."
  }
}

# --- what is refused --------------------------------------------------------------------------------------------------

run "a_suffix_that_breaks_names_is_refused" {
  command = plan
  variables { environment_suffix = "Prod_1" }
  expect_failures = [var.environment_suffix]
}

run "a_region_that_is_none_is_refused" {
  command = plan
  variables { region = "Virginia" }
  expect_failures = [var.region]
}

run "a_reservation_that_stops_the_functions_is_refused" {
  command = plan
  variables { reserved_concurrency = 0 }
  expect_failures = [var.reserved_concurrency]
}

run "an_unknown_log_level_is_refused" {
  command = plan
  variables { log_level = "VERBOSE" }
  expect_failures = [var.log_level]
}

run "a_policy_document_that_does_not_exist_is_refused" {
  command = plan
  variables { policy_document = "nobody-wrote-this.json" }
  expect_failures = [var.policy_document]
}

run "a_policy_that_is_never_read_again_is_refused" {
  command = plan
  variables { policy_refresh_seconds = 0 }
  expect_failures = [var.policy_refresh_seconds]
}
