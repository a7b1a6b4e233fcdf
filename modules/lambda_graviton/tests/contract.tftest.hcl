# Any file does for a package here: a plan only hashes it.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/txn-test-process" }
  }

  mock_resource "aws_lambda_function" {
    defaults = {
      arn        = "arn:aws:lambda:eu-central-1:123456789012:function:txn-test-process"
      invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:txn-test-process/invocations"
      version    = "7"
    }
  }

  mock_resource "aws_lambda_alias" {
    defaults = {
      arn        = "arn:aws:lambda:eu-central-1:123456789012:function:txn-test-process:live"
      invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:txn-test-process:live/invocations"
    }
  }

  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-central-1:123456789012:rule/txn-test-process-sweep" }
  }
}

variables {
  name         = "txn-test-process"
  description  = "Scores transactions in order and commits the decisions"
  package_path = "./main.tf"
  handler      = "process.handler.handler"
  kms_key_arn  = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  environment  = { TRANSACTIONS_TABLE = "txn-test-transactions" }
}

# --- function --------------------------------------------------------------------------------------------------------

run "runs_on_graviton_with_the_newest_python" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.architectures[0] == "arm64" && length(aws_lambda_function.this.architectures) == 1
    error_message = "The function must run on arm64 only."
  }

  assert {
    condition     = aws_lambda_function.this.runtime == "python3.13"
    error_message = "The default runtime must be python3.13."
  }
}

run "the_role_bears_the_functions_name" {
  command = plan

  assert {
    condition     = aws_iam_role.this.name == "txn-test-process"
    error_message = "Without a name of its own the role must be found under the function's."
  }
}

run "the_role_can_have_a_name_of_its_own" {
  command = plan

  variables {
    role_name = "role-process-test"
  }

  assert {
    condition     = aws_iam_role.this.name == "role-process-test" && aws_lambda_function.this.function_name == "txn-test-process"
    error_message = "role_name must name the role, and the role alone."
  }
}

run "the_packages_bytes_decide_whether_the_function_changes" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("./main.tf")
    error_message = "source_code_hash must be the base64 SHA-256 of the package."
  }
}

run "environment_variables_are_encrypted_with_the_customer_key" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == var.kms_key_arn
    error_message = "The environment must be encrypted with kms_key_arn."
  }
}

run "a_function_without_variables_names_no_key_for_them" {
  command = plan

  variables {
    environment = {}
  }

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == null && length(aws_lambda_function.this.environment) == 0
    error_message = "Lambda drops the key of an empty environment, so setting it would never settle."
  }
}

run "tracing_is_active" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "X-Ray tracing must be active."
  }
}

run "a_function_can_take_part_in_traces_and_begin_none" {
  command = plan

  variables { begins_traces = false }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "PassThrough"
    error_message = "Without begins_traces, a function must pass on the traces that it gets."
  }
}

run "logs_go_to_an_encrypted_group_of_its_own" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/txn-test-process" && aws_lambda_function.this.logging_config[0].log_group == "/aws/lambda/txn-test-process"
    error_message = "The function must log to its own group."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.this.retention_in_days == 365
    error_message = "The group must be encrypted with kms_key_arn and kept for a year unless told otherwise."
  }
}

run "lambda_says_nothing_of_calls_that_succeed_and_passes_metrics_on" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.logging_config[0].log_format == "JSON" && aws_lambda_function.this.logging_config[0].system_log_level == "WARN"
    error_message = "Lambda must say which calls failed, and must not pay 500 bytes for each that did not."
  }

  assert {
    condition     = aws_lambda_function.this.logging_config[0].application_log_level == "INFO"
    error_message = "Lines without a level hold the metrics, and count as INFO: they must pass."
  }
}

run "the_report_of_each_call_and_the_codes_debug_lines_can_be_had" {
  command = plan
  variables { log_levels = { system = "INFO", application = "DEBUG" } }

  assert {
    condition     = aws_lambda_function.this.logging_config[0].system_log_level == "INFO" && aws_lambda_function.this.logging_config[0].application_log_level == "DEBUG"
    error_message = "log_levels must be passed on."
  }

  assert {
    condition     = output.configuration.log_levels == { system = "INFO", application = "DEBUG" }
    error_message = "The configuration must tell the levels."
  }
}

run "a_system_level_that_lambda_does_not_know_is_refused" {
  command = plan
  variables { log_levels = { system = "ERROR" } }
  expect_failures = [var.log_levels]
}

run "an_application_level_that_would_drop_metrics_is_refused" {
  command = plan
  variables { log_levels = { application = "WARN" } }
  expect_failures = [var.log_levels]
}

run "without_a_reservation_the_shared_pool_is_used" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == -1
    error_message = "No reserved concurrency must mean none, not zero (which would stop the function)."
  }
}

run "a_reservation_of_zero_stops_the_function" {
  command = plan

  variables {
    reserved_concurrency = 0
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 0
    error_message = "A reserved concurrency of 0 must be passed on as 0."
  }
}

run "without_provisioned_concurrency_nothing_is_published" {
  command = plan

  assert {
    condition     = !aws_lambda_function.this.publish && length(aws_lambda_alias.live) == 0 && output.qualifier == null
    error_message = "Without provisioned concurrency there must be no versions and no alias."
  }
}

run "with_provisioned_concurrency_all_callers_use_the_alias_live" {
  command = apply

  variables {
    provisioned_concurrency = 2
    schedules               = { sweep = "rate(1 minute)" }
    destinations            = { on_failure_arn = "arn:aws:sqs:eu-central-1:123456789012:failed" }
    event_sources = {
      transactions = { kind = "sqs", arn = "arn:aws:sqs:eu-central-1:123456789012:transactions" }
    }
  }

  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_alias.live["live"].function_version == "7"
    error_message = "The alias must point at the published version."
  }

  assert {
    condition     = aws_lambda_provisioned_concurrency_config.live["live"].qualifier == "live" && aws_lambda_provisioned_concurrency_config.live["live"].provisioned_concurrent_executions == 2
    error_message = "The alias must be kept warm."
  }

  assert {
    condition     = endswith(output.arn, ":live") && strcontains(output.invoke_arn, ":live/") && output.qualifier == "live"
    error_message = "The outputs must lead callers to the alias."
  }

  assert {
    condition     = endswith(aws_lambda_event_source_mapping.this["transactions"].function_name, ":live") && endswith(aws_cloudwatch_event_target.schedule["sweep"].arn, ":live")
    error_message = "Sources and schedules must call the alias."
  }

  assert {
    condition     = aws_lambda_permission.schedule["sweep"].qualifier == "live" && aws_lambda_function_event_invoke_config.this["this"].qualifier == "live"
    error_message = "The permission and the destinations must belong to the alias."
  }
}

run "a_network_is_optional" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = toset(aws_lambda_function.this.vpc_config[0].subnet_ids) == toset(["subnet-1", "subnet-2"]) && one(aws_lambda_function.this.vpc_config[0].security_group_ids) == "sg-1"
    error_message = "The function must be attached to the given network."
  }
}

run "a_target_of_experiments_gets_the_extension_beside_its_own_variables" {
  command = plan

  variables {
    fault_injection = {
      layer_arn    = "arn:aws:lambda:eu-central-1:999999999999:layer:aws-fis-extension-arm64:9"
      location_arn = "arn:aws:s3:::txn-test-chaos/faults/"
    }
  }

  assert {
    condition     = aws_lambda_function.this.layers == tolist([var.fault_injection.layer_arn])
    error_message = "The extension must be a layer of the function."
  }

  assert {
    condition = aws_lambda_function.this.environment[0].variables == tomap({
      TRANSACTIONS_TABLE                 = "txn-test-transactions"
      AWS_FIS_CONFIGURATION_LOCATION     = "arn:aws:s3:::txn-test-chaos/faults/"
      AWS_FIS_POLL_MAX_WAIT_MILLISECONDS = "2000"
      AWS_LAMBDA_EXEC_WRAPPER            = "/opt/aws-fis/bootstrap"
    })
    error_message = "The extension must be started, and know where it is told what to inject."
  }
}

run "a_target_of_experiments_without_variables_of_its_own_has_them_encrypted" {
  command = plan

  variables {
    environment = {}
    fault_injection = {
      layer_arn    = "arn:aws:lambda:eu-central-1:999999999999:layer:aws-fis-extension-arm64:9"
      location_arn = "arn:aws:s3:::txn-test-chaos/faults/"
    }
  }

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == var.kms_key_arn && length(aws_lambda_function.this.environment[0].variables) == 3
    error_message = "The extension's variables must be there, and be encrypted, although there are no others."
  }
}

run "without_experiments_there_is_no_layer" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.layers == null && length(aws_lambda_function.this.environment[0].variables) == 1
    error_message = "A function that is no target must not pay for the extension."
  }
}

# --- asynchronous calls ----------------------------------------------------------------------------------------------

run "outcomes_of_asynchronous_calls_go_to_both_destinations" {
  command = plan

  variables {
    destinations = {
      on_success_arn = "arn:aws:events:eu-central-1:123456789012:event-bus/txn-test"
      on_failure_arn = "arn:aws:sqs:eu-central-1:123456789012:failed"
    }
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this["this"].destination_config[0].on_success[0].destination == var.destinations.on_success_arn
    error_message = "Successes must go to on_success_arn."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this["this"].destination_config[0].on_failure[0].destination == var.destinations.on_failure_arn
    error_message = "Failures must go to on_failure_arn."
  }
}

# --- event sources ---------------------------------------------------------------------------------------------------

run "a_queue_is_read_with_partial_failures_and_a_concurrency_limit" {
  command = plan

  variables {
    event_sources = {
      transactions = { kind = "sqs", arn = "arn:aws:sqs:eu-central-1:123456789012:transactions.fifo", maximum_concurrency = 50 }
    }
  }

  assert {
    condition     = contains(aws_lambda_event_source_mapping.this["transactions"].function_response_types, "ReportBatchItemFailures")
    error_message = "One bad message must not send the whole batch back."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this["transactions"].scaling_config[0].maximum_concurrency == 50
    error_message = "The limit must be set on the mapping, where the surplus waits instead of being throttled."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this["transactions"].batch_size == 10
    error_message = "Batches of 10 are the default."
  }
}

run "a_streams_bad_record_is_isolated_bounded_and_reported" {
  command = plan

  variables {
    event_sources = {
      changes = {
        kind           = "dynamodb"
        arn            = "arn:aws:dynamodb:eu-central-1:123456789012:table/t/stream/2026-11-20T00:00:00.000"
        on_failure_arn = "arn:aws:sqs:eu-central-1:123456789012:undelivered"
        filters        = ["{\"eventName\":[\"INSERT\"]}"]
      }
    }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this["changes"].bisect_batch_on_function_error
    error_message = "A failing batch must be halved."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this["changes"].maximum_retry_attempts == 10 && aws_lambda_event_source_mapping.this["changes"].maximum_record_age_in_seconds == 86400
    error_message = "Retries must end."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this["changes"].destination_config[0].on_failure[0].destination_arn == "arn:aws:sqs:eu-central-1:123456789012:undelivered"
    error_message = "A record given up must be reported."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this["changes"].starting_position == "TRIM_HORIZON" && contains(aws_lambda_event_source_mapping.this["changes"].function_response_types, "ReportBatchItemFailures")
    error_message = "Nothing written before the mapping starts may be missed, and only failed records repeated."
  }

  assert {
    condition     = one(one(aws_lambda_event_source_mapping.this["changes"].filter_criteria).filter).pattern == "{\"eventName\":[\"INSERT\"]}"
    error_message = "The filter must be passed on."
  }
}

# --- schedules -------------------------------------------------------------------------------------------------------

run "a_kinesis_stream_is_read_by_the_hundred_in_order_with_all_safeguards_of_a_stream" {
  command = plan

  variables {
    event_sources = {
      transactions = {
        kind            = "kinesis"
        arn             = "arn:aws:kinesis:eu-central-1:123456789012:stream/txn-test"
        batch_size      = 100
        maximum_retries = 3
        on_failure_arn  = "arn:aws:sqs:eu-central-1:123456789012:undelivered"
      }
    }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this["transactions"].batch_size == 100 && aws_lambda_event_source_mapping.this["transactions"].parallelization_factor == 1 && aws_lambda_event_source_mapping.this["transactions"].starting_position == "TRIM_HORIZON"
    error_message = "A hundred records a call, one call a shard at a time, and none missed."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this["transactions"].bisect_batch_on_function_error && aws_lambda_event_source_mapping.this["transactions"].maximum_retry_attempts == 3 && aws_lambda_event_source_mapping.this["transactions"].function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "A bad record must be isolated, retried within bounds, and not cost the others."
  }

  assert {
    condition     = one(one(aws_lambda_event_source_mapping.this["transactions"].destination_config).on_failure).destination_arn == "arn:aws:sqs:eu-central-1:123456789012:undelivered"
    error_message = "What is given up must be told."
  }
}

run "a_schedule_calls_the_function_and_only_its_rule_may" {
  command = apply

  variables {
    schedules = { sweep = "rate(1 minute)" }
  }

  assert {
    condition     = aws_cloudwatch_event_rule.schedule["sweep"].name == "txn-test-process-sweep" && aws_cloudwatch_event_rule.schedule["sweep"].schedule_expression == "rate(1 minute)"
    error_message = "The schedule must become a rule of the same rate."
  }

  assert {
    condition     = aws_lambda_permission.schedule["sweep"].principal == "events.amazonaws.com" && aws_lambda_permission.schedule["sweep"].source_arn == aws_cloudwatch_event_rule.schedule["sweep"].arn
    error_message = "EventBridge must be let in for this one rule."
  }
}

# --- for the root that composes it -----------------------------------------------------------------------------------

run "the_configuration_tells_what_the_function_was_given" {
  command = plan

  variables {
    role_name            = "role-process-test"
    reserved_concurrency = 50
    log_retention_days   = 7
  }

  assert {
    condition = { for name, value in output.configuration : name => value if !contains(["environment", "event_sources", "policy_statements"], name) } == {
      runtime                  = "python3.13"
      architectures            = ["arm64"]
      memory_mb                = 512
      timeout_seconds          = 30
      reserved_concurrency     = 50
      provisioned_concurrency  = null
      kms_key_arn              = var.kms_key_arn
      environment_is_encrypted = true
      log_retention_days       = 7
      log_levels               = { system = "WARN", application = "INFO" }
      role_name                = "role-process-test"
      tracing_mode             = "Active"
      in_vpc                   = false
      on_failure_arn           = null
    }
    error_message = "Everything must be told as it was given, before it exists."
  }
}

run "the_configuration_tells_what_is_not_there" {
  command = plan

  variables {
    environment = {}
  }

  assert {
    condition     = !output.configuration.environment_is_encrypted && output.configuration.reserved_concurrency == null && length(output.configuration.environment) == 0
    error_message = "Without variables there is nothing to encrypt; without a reservation there is none to tell."
  }
}

run "the_configuration_tells_what_network_and_concurrency_the_function_was_given" {
  command = plan

  variables {
    vpc                     = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
    provisioned_concurrency = 2
  }

  assert {
    condition     = output.configuration.in_vpc && output.configuration.provisioned_concurrency == 2
    error_message = "Network and warm environments must be told as they were given."
  }
}

run "the_configuration_tells_the_variables_the_permissions_and_where_failures_go" {
  command = plan

  variables {
    environment       = { TABLE = "txn-test", LIMIT = 5 }
    destinations      = { on_failure_arn = "arn:aws:sns:eu-central-1:123456789012:txn-test-failures" }
    policy_statements = { read_items = { actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:eu-central-1:123456789012:table/txn-test"] } }
  }

  assert {
    condition     = tomap(output.configuration.environment) == tomap({ TABLE = "txn-test", LIMIT = "5" })
    error_message = "The function's variables must be told as it has them."
  }

  assert {
    condition     = output.configuration.on_failure_arn == "arn:aws:sns:eu-central-1:123456789012:txn-test-failures"
    error_message = "It must be told where failed calls go."
  }

  assert {
    condition = output.configuration.policy_statements["ReadItems"] == {
      effect    = "Allow"
      actions   = toset(["dynamodb:GetItem"])
      resources = toset(["arn:aws:dynamodb:eu-central-1:123456789012:table/txn-test"])
    }
    error_message = "A statement of the role must be told as it was given."
  }
}

run "the_configuration_tells_how_each_source_is_read" {
  command = plan

  variables {
    event_sources = {
      alerts = { kind = "sqs", arn = "arn:aws:sqs:eu-central-1:123456789012:txn-test-alerts" }
      changes = {
        kind                = "dynamodb"
        arn                 = "arn:aws:dynamodb:eu-central-1:123456789012:table/txn-test/stream/2026-01-01T00:00:00.000"
        batch_size          = 25
        filters             = [jsonencode({ eventName = ["INSERT"] })]
        on_failure_arn      = "arn:aws:sqs:eu-central-1:123456789012:txn-test-failed"
        maximum_retries     = 5
        maximum_age_seconds = 3600
      }
    }
  }

  assert {
    condition = jsonencode(output.configuration.event_sources) == jsonencode({
      alerts = {
        arn                     = "arn:aws:sqs:eu-central-1:123456789012:txn-test-alerts"
        batch_size              = 10
        filters                 = []
        bisects                 = false
        maximum_retries         = null
        maximum_age_seconds     = null
        failure_destination_arn = null
      }
      changes = {
        arn                     = "arn:aws:dynamodb:eu-central-1:123456789012:table/txn-test/stream/2026-01-01T00:00:00.000"
        batch_size              = 25
        filters                 = [jsonencode({ eventName = ["INSERT"] })]
        bisects                 = true
        maximum_retries         = 5
        maximum_age_seconds     = 3600
        failure_destination_arn = "arn:aws:sqs:eu-central-1:123456789012:txn-test-failed"
      }
    })
    error_message = "A queue has no retries to bound; a stream's are told as they were given."
  }
}

# --- refusals --------------------------------------------------------------------------------------------------------

run "a_name_over_64_characters_is_refused" {
  command = plan
  variables {
    name = "a12345678901234567890123456789012345678901234567890123456789012345"
  }
  expect_failures = [var.name]
}

run "a_role_name_with_a_slash_is_refused" {
  command = plan
  variables {
    role_name = "roles/process"
  }
  expect_failures = [var.role_name]
}

run "an_empty_description_is_refused" {
  command = plan
  variables {
    description = ""
  }
  expect_failures = [var.description]
}

run "wildcard_actions_are_refused" {
  command = plan
  variables {
    policy_statements = { too_much = { actions = ["sqs:*"], resources = ["arn:aws:sqs:eu-central-1:123456789012:q"] } }
  }
  expect_failures = [var.policy_statements]
}

run "the_resource_star_is_refused" {
  command = plan
  variables {
    policy_statements = { too_wide = { actions = ["sqs:SendMessage"], resources = ["*"] } }
  }
  expect_failures = [var.policy_statements]
}

run "a_statement_without_actions_is_refused" {
  command = plan
  variables {
    policy_statements = { empty = { actions = [], resources = ["arn:aws:sqs:eu-central-1:123456789012:q"] } }
  }
  expect_failures = [var.policy_statements]
}

run "a_statement_name_that_is_not_snake_case_is_refused" {
  command = plan
  variables {
    policy_statements = { "Send-Queue" = { actions = ["sqs:SendMessage"], resources = ["arn:aws:sqs:eu-central-1:123456789012:q"] } }
  }
  expect_failures = [var.policy_statements]
}

run "an_alias_as_a_decryption_key_is_refused" {
  command = plan
  variables {
    decrypt_key_arns = ["arn:aws:kms:eu-central-1:123456789012:alias/aws/sqs"]
  }
  expect_failures = [var.decrypt_key_arns]
}

run "a_retention_that_cloudwatch_does_not_offer_is_refused" {
  command = plan
  variables {
    log_retention_days = 100
  }
  expect_failures = [var.log_retention_days]
}

run "a_key_that_is_no_key_arn_is_refused" {
  command = plan
  variables {
    kms_key_arn = "alias/txn"
  }
  expect_failures = [var.kms_key_arn]
}

run "a_missing_package_is_refused" {
  command = plan
  variables {
    package_path = "./no-such.zip"
  }
  expect_failures = [var.package_path]
}

run "a_handler_without_a_function_is_refused" {
  command = plan
  variables {
    handler = "handler"
  }
  expect_failures = [var.handler]
}

run "a_runtime_that_is_not_supported_is_refused" {
  command = plan
  variables {
    runtime = "python3.8"
  }
  expect_failures = [var.runtime]
}

run "memory_under_128_mb_is_refused" {
  command = plan
  variables {
    memory_mb = 127
  }
  expect_failures = [var.memory_mb]
}

run "a_timeout_over_15_minutes_is_refused" {
  command = plan
  variables {
    timeout_seconds = 901
  }
  expect_failures = [var.timeout_seconds]
}

run "a_negative_reservation_is_refused" {
  command = plan
  variables {
    reserved_concurrency = -1
  }
  expect_failures = [var.reserved_concurrency]
}

run "provisioned_concurrency_of_zero_is_refused" {
  command = plan
  variables {
    provisioned_concurrency = 0
  }
  expect_failures = [var.provisioned_concurrency]
}

run "more_provisioned_than_reserved_concurrency_is_refused" {
  command = plan
  variables {
    reserved_concurrency    = 5
    provisioned_concurrency = 6
  }
  expect_failures = [var.provisioned_concurrency]
}

run "variables_that_lambda_keeps_for_itself_are_refused" {
  command = plan
  variables {
    environment = { AWS_REGION = "eu-central-1" }
  }
  expect_failures = [var.environment]
}

run "an_extension_without_a_version_and_a_bucket_without_a_folder_are_refused" {
  command = plan
  variables {
    fault_injection = {
      layer_arn    = "arn:aws:lambda:eu-central-1:999999999999:layer:aws-fis-extension-arm64"
      location_arn = "arn:aws:s3:::txn-test-chaos"
    }
  }
  expect_failures = [var.fault_injection]
}

run "a_network_without_subnets_is_refused" {
  command = plan
  variables {
    vpc = { subnet_ids = [], security_group_ids = ["sg-1"] }
  }
  expect_failures = [var.vpc]
}

run "empty_destinations_are_refused" {
  command = plan
  variables {
    destinations = {}
  }
  expect_failures = [var.destinations]
}

run "a_fifo_queue_as_destination_is_refused" {
  command = plan
  variables {
    destinations = { on_failure_arn = "arn:aws:sqs:eu-central-1:123456789012:failed.fifo" }
  }
  expect_failures = [var.destinations]
}

run "an_unknown_kind_of_source_is_refused" {
  command = plan
  variables {
    event_sources = { topic = { kind = "sns", arn = "arn:aws:sns:eu-central-1:123456789012:t" } }
  }
  expect_failures = [var.event_sources]
}

run "a_batch_over_10_from_a_fifo_queue_is_refused" {
  command = plan
  variables {
    event_sources = { q = { kind = "sqs", arn = "arn:aws:sqs:eu-central-1:123456789012:q.fifo", batch_size = 11 } }
  }
  expect_failures = [var.event_sources]
}

run "a_batching_window_on_a_fifo_queue_is_refused" {
  command = plan
  variables {
    event_sources = { q = { kind = "sqs", arn = "arn:aws:sqs:eu-central-1:123456789012:q.fifo", batching_window_seconds = 1 } }
  }
  expect_failures = [var.event_sources]
}

run "a_large_batch_without_a_window_is_refused" {
  command = plan
  variables {
    event_sources = { q = { kind = "sqs", arn = "arn:aws:sqs:eu-central-1:123456789012:q", batch_size = 11 } }
  }
  expect_failures = [var.event_sources]
}

run "a_filter_that_is_not_json_is_refused" {
  command = plan
  variables {
    event_sources = { q = { kind = "sqs", arn = "arn:aws:sqs:eu-central-1:123456789012:q", filters = ["INSERT"] } }
  }
  expect_failures = [var.event_sources]
}

run "a_maximum_concurrency_of_one_is_refused" {
  command = plan
  variables {
    event_sources = { q = { kind = "sqs", arn = "arn:aws:sqs:eu-central-1:123456789012:q", maximum_concurrency = 1 } }
  }
  expect_failures = [var.event_sources]
}

run "a_maximum_concurrency_over_the_reservation_is_refused" {
  command = plan
  variables {
    reserved_concurrency = 5
    event_sources        = { q = { kind = "sqs", arn = "arn:aws:sqs:eu-central-1:123456789012:q", maximum_concurrency = 6 } }
  }
  expect_failures = [var.event_sources]
}

run "a_stream_without_a_failure_destination_is_refused" {
  command = plan
  variables {
    event_sources = { s = { kind = "kinesis", arn = "arn:aws:kinesis:eu-central-1:123456789012:stream/s" } }
  }
  expect_failures = [var.event_sources]
}

run "endless_retries_are_refused" {
  command = plan
  variables {
    event_sources = {
      s = {
        kind            = "kinesis"
        arn             = "arn:aws:kinesis:eu-central-1:123456789012:stream/s"
        on_failure_arn  = "arn:aws:sqs:eu-central-1:123456789012:undelivered"
        maximum_retries = -1
      }
    }
  }
  expect_failures = [var.event_sources]
}

run "a_maximum_age_under_a_minute_is_refused" {
  command = plan
  variables {
    event_sources = {
      s = {
        kind                = "kinesis"
        arn                 = "arn:aws:kinesis:eu-central-1:123456789012:stream/s"
        on_failure_arn      = "arn:aws:sqs:eu-central-1:123456789012:undelivered"
        maximum_age_seconds = 59
      }
    }
  }
  expect_failures = [var.event_sources]
}

run "an_unknown_starting_position_is_refused" {
  command = plan
  variables {
    event_sources = {
      s = {
        kind              = "kinesis"
        arn               = "arn:aws:kinesis:eu-central-1:123456789012:stream/s"
        on_failure_arn    = "arn:aws:sqs:eu-central-1:123456789012:undelivered"
        starting_position = "AT_TIMESTAMP"
      }
    }
  }
  expect_failures = [var.event_sources]
}

run "a_parallelization_factor_over_10_is_refused" {
  command = plan
  variables {
    event_sources = {
      s = {
        kind                   = "kinesis"
        arn                    = "arn:aws:kinesis:eu-central-1:123456789012:stream/s"
        on_failure_arn         = "arn:aws:sqs:eu-central-1:123456789012:undelivered"
        parallelization_factor = 11
      }
    }
  }
  expect_failures = [var.event_sources]
}

run "a_schedule_that_is_no_expression_is_refused" {
  command = plan
  variables {
    schedules = { sweep = "every minute" }
  }
  expect_failures = [var.schedules]
}

run "a_schedule_name_in_upper_case_is_refused" {
  command = plan
  variables {
    schedules = { Sweep = "rate(1 minute)" }
  }
  expect_failures = [var.schedules]
}
