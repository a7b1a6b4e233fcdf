# Every documented constraint of this system, each by its name, read from what the resources were given. What needs a real
# plan (tags, plain HTTP, the rest of the policies) is in tests/contract/test_stream_alerts.py.
#
# The first run applies, so that the others know what is only known then (ARNs); Terraform destroys it all after the last
# one, which fails if anything refuses to be destroyed.

mock_provider "aws" {
  source = "../mocks"
}

# Told apart from others of their kind, so that a wrong connection shows.
override_resource {
  target = module.transactions.aws_dynamodb_table.this
  values = {
    arn        = "arn:aws:dynamodb:eu-west-1:123456789012:table/transactions"
    stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/transactions/stream/2026-01-01T00:00:00.000"
  }
}

override_resource {
  target = module.transaction_ids.aws_dynamodb_table.this
  values = {
    arn        = "arn:aws:dynamodb:eu-west-1:123456789012:table/ids"
    stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/ids/stream/2026-01-01T00:00:00.000"
  }
}

override_resource {
  target = module.alerts.aws_sqs_queue.this
  values = { arn = "arn:aws:sqs:eu-west-1:123456789012:alerts", url = "https://sqs.eu-west-1.amazonaws.com/123456789012/alerts" }
}

override_resource {
  target = module.detect_dead_letters.aws_sqs_queue.this
  values = { arn = "arn:aws:sqs:eu-west-1:123456789012:given-up", url = "https://sqs.eu-west-1.amazonaws.com/123456789012/given-up" }
}

override_resource {
  target = module.notifications.aws_sns_topic.this
  values = { arn = "arn:aws:sns:eu-west-1:123456789012:notifications" }
}

override_resource {
  target = module.functions["ingest"].aws_lambda_function.this
  values = {
    arn        = "arn:aws:lambda:eu-west-1:123456789012:function:ingest"
    invoke_arn = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:ingest/invocations"
  }
}

# The defaults of both warn, and a warning that nobody expects is a failed run.
variables {
  runtime             = "python3.13"
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

run "process_transaction_answers_them" {
  command = plan

  assert {
    condition     = module.api.configuration.operations.submitTransaction.invoke_arn == module.functions["ingest"].invoke_arn
    error_message = "POST /transactions must call lambda-process-transaction."
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
    condition = module.monitoring.configuration.alarms["api-latency"] == {
      metric              = "AWS/ApiGateway Latency"
      dimensions          = tomap({ ApiName = "api-transactions-dev", Stage = "live" })
      statistic           = "p99"
      period_seconds      = 300
      evaluation_periods  = 1
      threshold           = 1000
      comparison_operator = "GreaterThanThreshold"
      treat_missing_data  = "notBreaching"
      topic_arns          = toset([module.monitoring.processing_failures_topic_arn])
    }
    error_message = "The slowest 1 % of the answers must alarm above one second."
  }
}

run "nothing_is_kept_warm_by_default" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.provisioned_concurrency == null && function.qualifier == null])
    error_message = "Provisioned concurrency is billed whether used or not: it must be asked for."
  }
}

run "the_function_that_answers_can_be_kept_warm" {
  command = plan
  variables { process_transaction_provisioned_concurrency = 5 }

  assert {
    condition     = { for package, function in module.functions : package => function.configuration.provisioned_concurrency } == { ingest = 5, detect = null, notify = null }
    error_message = "The asked-for environments of process-transaction must be kept warm, and none of another function."
  }

  assert {
    condition     = module.functions["ingest"].qualifier == "live"
    error_message = "What is called must be the alias, whose version is kept warm."
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
    condition     = module.transaction_ids.configuration.hash_key == "transaction_id" && module.transaction_ids.configuration.range_key == null
    error_message = "There must be a table that is keyed by the id alone."
  }

  assert {
    condition     = module.functions["ingest"].configuration.environment.TRANSACTION_IDS_TABLE == module.transaction_ids.name
    error_message = "The accepting function must claim each id in that table."
  }

  assert {
    condition     = module.functions["ingest"].configuration.policy_statements["AcceptTransactions"].resources == toset([module.transactions.arn, module.transaction_ids.arn])
    error_message = "The accepting function must be able to write both rows."
  }
}

run "every_function_works_on_the_one_table_of_transactions" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.environment.TRANSACTIONS_TABLE == module.transactions.name])
    error_message = "All functions must be given the table of transactions."
  }
}

# --- from the stream to the decision ----------------------------------------------------------------------------------

run "detect_fraud_reads_the_tables_stream" {
  command = plan

  assert {
    condition     = values(module.functions["detect"].configuration.event_sources)[*].arn == [module.transactions.stream_arn]
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
    condition     = module.functions["detect"].configuration.event_sources.transactions.failure_destination_arn == module.detect_dead_letters.arn
    error_message = "What is given up must go to the dead-letter queue of the stream."
  }
}

run "a_record_that_is_given_up_is_kept_for_fourteen_days_and_alarms" {
  command = plan

  assert {
    condition     = module.detect_dead_letters.configuration.message_retention_seconds == 1209600
    error_message = "A record that is given up must be kept for 14 days."
  }

  assert {
    condition     = module.monitoring.configuration.alarms["detect-fraud-dead-letter"].dimensions == tomap({ QueueName = module.detect_dead_letters.name }) && module.monitoring.configuration.alarms["detect-fraud-dead-letter"].threshold == 0
    error_message = "A record that is given up must alarm."
  }
}

run "what_detect_fraud_cannot_read_goes_to_its_dead_letter_queue" {
  command = plan

  assert {
    condition     = module.functions["detect"].configuration.environment.DEAD_LETTER_QUEUE_URL == module.detect_dead_letters.url
    error_message = "lambda-detect-fraud must set aside what it cannot read in its own dead-letter queue."
  }
}

run "detect_fraud_decides_by_the_policy_document" {
  command = plan

  assert {
    condition     = module.functions["detect"].configuration.environment.POLICY_PARAMETER == module.policy_parameter.name
    error_message = "lambda-detect-fraud must read the parameter with the policy document."
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
    condition     = tonumber(module.functions["notify"].configuration.environment.LEASE_SECONDS) > module.functions["notify"].configuration.timeout_seconds && tonumber(module.functions["notify"].configuration.environment.LEASE_SECONDS) < module.alerts.configuration.visibility_timeout_seconds
    error_message = "Two calls must never hold the lease of one alert, and a lease must not cost an alert one of its receives."
  }
}

run "notify_team_reads_the_alert_queue" {
  command = plan

  assert {
    condition     = values(module.functions["notify"].configuration.event_sources)[*].arn == [module.alerts.queue_arn]
    error_message = "The one event source of lambda-notify-team must be the queue fraud-alerts."
  }
}

run "no_alert_loses_a_receive_to_another" {
  command = plan

  assert {
    condition     = module.functions["notify"].configuration.event_sources.alerts.batch_size == 1
    error_message = "Each alert must have a call, and its time, of its own."
  }
}

run "detect_fraud_hands_what_it_flags_to_the_alert_queue" {
  command = plan

  assert {
    condition     = module.functions["detect"].configuration.environment.ALERT_QUEUE_URL == module.alerts.queue_url
    error_message = "lambda-detect-fraud must queue alerts in fraud-alerts."
  }
}

run "an_alert_that_cannot_be_sent_is_kept_and_alarms" {
  command = plan

  assert {
    condition     = module.alerts.configuration.max_receive_count == 3 && module.alerts.configuration.dead_letter_retention_seconds == 1209600
    error_message = "After three receives an alert must go to a dead-letter queue that keeps it for 14 days."
  }

  assert {
    condition     = module.monitoring.configuration.alarms["fraud-alerts-dead-letter"].dimensions == tomap({ QueueName = module.alerts.dead_letter_queue_name }) && module.monitoring.configuration.alarms["fraud-alerts-dead-letter"].threshold == 0
    error_message = "An alert that cannot be sent must alarm."
  }
}

run "notify_team_publishes_to_the_topic_fraud_notifications" {
  command = plan

  assert {
    condition     = module.functions["notify"].configuration.environment.ALERTS_TOPIC_ARN == module.notifications.arn && module.notifications.name == "sns-fraud-notifications-dev"
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

run "an_alert_that_does_not_reach_its_mailbox_alarms" {
  command = plan

  assert {
    condition     = module.monitoring.configuration.alarms["fraud-notifications-undelivered"].metric == "AWS/SNS NumberOfNotificationsFailed" && module.monitoring.configuration.alarms["fraud-notifications-undelivered"].dimensions == tomap({ TopicName = module.notifications.name })
    error_message = "What sns-fraud-notifications cannot deliver must alarm."
  }
}

run "alerts_that_nobody_would_read_are_warned_of" {
  command = plan
  variables { notification_emails = null }
  expect_failures = [check.somebody_is_alerted]
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

run "another_deprecated_runtime_is_warned_of_too" {
  command = plan
  variables { runtime = "python3.10" }
  expect_failures = [check.runtime_is_supported]
}

run "one_variable_moves_every_function_to_a_supported_runtime" {
  command = plan
  variables { runtime = "python3.11" } # the oldest that AWS supports: no warning

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.runtime == "python3.11"])
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

run "process_transaction_may_write_both_rows_and_nothing_else" {
  command = plan

  assert {
    condition = { for sid, statement in module.functions["ingest"].configuration.policy_statements : sid => join(" ", sort(statement.actions)) } == {
      WriteToOwnLogGroup = "logs:CreateLogStream logs:PutLogEvents"
      SendTraces         = "xray:PutTelemetryRecords xray:PutTraceSegments"
      Decrypt            = "kms:Decrypt"
      AcceptTransactions = "dynamodb:PutItem"
    }
    error_message = "role-process-transaction must allow what the code calls and what Lambda itself needs, and nothing else."
  }

  assert {
    condition = {
      for sid, statement in module.functions["ingest"].configuration.policy_statements : sid => join(" ", sort(statement.resources))
      if !contains(["WriteToOwnLogGroup", "SendTraces", "Decrypt"], sid)
      } == {
      AcceptTransactions = join(" ", sort([module.transactions.arn, module.transaction_ids.arn]))
    }
    error_message = "role-process-transaction must reach the two tables, and nothing else."
  }
}

run "detect_fraud_may_decide_hand_on_and_read_its_policy_and_nothing_else" {
  command = plan

  assert {
    condition = { for sid, statement in module.functions["detect"].configuration.policy_statements : sid => join(" ", sort(statement.actions)) } == {
      WriteToOwnLogGroup     = "logs:CreateLogStream logs:PutLogEvents"
      SendTraces             = "xray:PutTelemetryRecords xray:PutTraceSegments"
      Decrypt                = "kms:Decrypt"
      ReadFromDynamodb       = "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator"
      FindTableStreams       = "dynamodb:ListStreams"
      Deliver0               = "sqs:SendMessage"
      EncryptWhatIsDelivered = "kms:GenerateDataKey"
      SettleTransactions     = "dynamodb:UpdateItem"
      HandOn                 = "sqs:SendMessage"
      ReadPolicy             = "ssm:GetParameter ssm:GetParameterHistory"
    }
    error_message = "role-detect-fraud must allow what the code calls and what Lambda itself needs, and nothing else."
  }

  assert {
    condition = {
      for sid, statement in module.functions["detect"].configuration.policy_statements : sid => join(" ", sort(statement.resources))
      if !contains(["WriteToOwnLogGroup", "SendTraces", "Decrypt", "FindTableStreams", "EncryptWhatIsDelivered"], sid)
      } == {
      ReadFromDynamodb   = module.transactions.stream_arn
      Deliver0           = module.detect_dead_letters.arn
      SettleTransactions = module.transactions.arn
      HandOn             = join(" ", sort([module.alerts.queue_arn, module.detect_dead_letters.arn]))
      ReadPolicy         = module.policy_parameter.arn
    }
    error_message = "role-detect-fraud must reach the table, its stream, the two queues and the policy document, and nothing else."
  }
}

run "notify_team_may_lease_and_alert_and_nothing_else" {
  command = plan

  assert {
    condition = { for sid, statement in module.functions["notify"].configuration.policy_statements : sid => join(" ", sort(statement.actions)) } == {
      WriteToOwnLogGroup = "logs:CreateLogStream logs:PutLogEvents"
      SendTraces         = "xray:PutTelemetryRecords xray:PutTraceSegments"
      Decrypt            = "kms:Decrypt"
      ReadFromSqs        = "sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage"
      LeaseAlerts        = "dynamodb:UpdateItem"
      Alert              = "sns:Publish"
    }
    error_message = "role-notify-team must allow what the code calls and what Lambda itself needs, and nothing else."
  }

  assert {
    condition = {
      for sid, statement in module.functions["notify"].configuration.policy_statements : sid => join(" ", sort(statement.resources))
      if !contains(["WriteToOwnLogGroup", "SendTraces", "Decrypt"], sid)
      } == {
      ReadFromSqs = module.alerts.queue_arn
      LeaseAlerts = module.transactions.arn
      Alert       = module.notifications.arn
    }
    error_message = "role-notify-team must reach the queue of alerts, the table and the topic, and nothing else."
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
    condition     = alltrue([for table in [module.transactions, module.transaction_ids] : table.configuration.kms_key_arn == output.kms_key_arn])
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

# --- monitoring -------------------------------------------------------------------------------------------------------

run "every_part_is_watched" {
  command = plan

  assert {
    condition = toset(keys(module.monitoring.configuration.alarms)) == toset(concat(
      ["api-errors", "api-latency"],
      ["detection-failed", "record-unreadable", "policy-refresh-failed", "policy-fallback", "alert-failed"],
      ["detect-fraud-delay", "detect-fraud-dead-letter", "fraud-alerts-backlog", "fraud-alerts-delay", "fraud-alerts-dead-letter"],
      ["fraud-notifications-undelivered", "processing-failures-undelivered"],
      [for pair in setproduct(["process-transaction", "detect-fraud", "notify-team"], ["throttles", "duration"]) : join("-", pair)],
      [for pair in setproduct(["transactions", "transaction-ids"], ["read-throttles", "write-throttles", "transactwriteitems-system-errors"]) : "table-${join("-", pair)}"],
      ["table-transactions-updateitem-system-errors"],
    ))
    error_message = "An alarm is missing, or one is too many."
  }
}

run "every_alarm_reaches_the_topic_of_failures_and_the_fraud_rate_the_team" {
  command = plan

  assert {
    condition = toset(flatten([
      [for alarm in module.monitoring.configuration.alarms : alarm.topic_arns],
      [for alarm in module.monitoring.configuration.error_rate_alarms : alarm.topic_arns],
      [module.monitoring.configuration.critical_alarm.topic_arns],
    ])) == toset([module.monitoring.processing_failures_topic_arn])
    error_message = "Alarms must be sent to sns-processing-failures."
  }

  assert {
    condition     = module.monitoring.configuration.fraud_rate_alarm.topic_arns == toset([module.notifications.arn])
    error_message = "An unusual fraud rate must be told to the team."
  }
}

run "what_the_functions_count_alarms_where_they_count_it" {
  command = plan

  assert {
    condition = {
      for name in ["detection-failed", "record-unreadable", "policy-refresh-failed", "policy-fallback", "alert-failed"] :
      name => "${module.monitoring.configuration.alarms[name].metric} of ${module.monitoring.configuration.alarms[name].dimensions.service}"
      } == {
      for name, metric in {
        detection-failed      = { name = "DetectionFailed", package = "detect" }
        record-unreadable     = { name = "PoisonRecord", package = "detect" }
        policy-refresh-failed = { name = "PolicyRefreshFailed", package = "detect" }
        policy-fallback       = { name = "PolicyFallback", package = "detect" }
        alert-failed          = { name = "AlertFailed", package = "notify" }
      } :
      name => "${module.functions[metric.package].configuration.environment.POWERTOOLS_METRICS_NAMESPACE} ${metric.name} of ${module.functions[metric.package].configuration.environment.POWERTOOLS_SERVICE_NAME}"
    }
    error_message = "An alarm must watch the metric under the namespace and the service by which its function counts."
  }

  assert {
    condition     = alltrue([for name in ["detection-failed", "record-unreadable", "policy-refresh-failed", "policy-fallback", "alert-failed"] : module.monitoring.configuration.alarms[name].threshold == 0])
    error_message = "Of what the functions count there, one must be too many."
  }
}

run "decisions_that_come_more_than_a_minute_late_alarm" {
  command = plan

  assert {
    condition     = module.monitoring.configuration.alarms["detect-fraud-delay"].metric == "AWS/Lambda IteratorAge" && module.monitoring.configuration.alarms["detect-fraud-delay"].threshold == 60000 && module.monitoring.configuration.alarms["detect-fraud-delay"].dimensions == tomap({ FunctionName = "lambda-detect-fraud-dev" })
    error_message = "The age of what lambda-detect-fraud reads must alarm above a minute."
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
    condition     = [module.transactions.name, module.transaction_ids.name] == ["dynamodb-transactions-prod", "dynamodb-transaction-ids-prod"]
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

run "an_unknown_system_log_level_is_refused" {
  command = plan
  variables { system_log_level = "ERROR" }
  expect_failures = [var.system_log_level]
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

run "a_key_that_no_request_would_need_is_refused" {
  command = plan
  variables { api_key_value = "twenty-characters-or-more" } # checkov:skip=CKV_SECRET_6:of a test, opens nothing
  expect_failures = [var.api_key_value]
}

run "more_warm_environments_than_may_run_are_refused" {
  command = plan
  variables { process_transaction_provisioned_concurrency = 51 }
  expect_failures = [var.process_transaction_provisioned_concurrency]
}

run "half_a_warm_environment_is_refused" {
  command = plan
  variables { process_transaction_provisioned_concurrency = 1.5 }
  expect_failures = [var.process_transaction_provisioned_concurrency]
}
