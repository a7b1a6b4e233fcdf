# What the root itself decides: names, routes, limits, and what it refuses. What each module promises is
# tested beside the module; what all resources of the flagship have in common, in test_flagship_plan.py.

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
  mock_data "aws_ssm_parameter" {
    defaults = { insecure_value = "arn:aws:lambda:eu-west-1:999999999999:layer:aws-fis-extension-arm64:9" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:topic" }
  }
  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:txn-default-cases" }
  }
  mock_resource "aws_cloudwatch_event_bus" {
    defaults = { arn = "arn:aws:events:eu-west-1:123456789012:event-bus/txn-default" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-1:123456789012:rule/txn-default/rule" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/role" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:group" }
  }
  mock_resource "aws_lambda_function" {
    defaults = {
      arn        = "arn:aws:lambda:eu-west-1:123456789012:function:function"
      invoke_arn = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:function/invocations"
    }
  }
  mock_resource "aws_dynamodb_table" {
    defaults = {
      arn        = "arn:aws:dynamodb:eu-west-1:123456789012:table/table"
      stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/table/stream/2026-01-01T00:00:00.000"
    }
  }
  mock_resource "aws_api_gateway_rest_api" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:abc123" }
  }
}

run "names_begin_with_the_project_and_the_workspace" {
  command = plan

  assert {
    condition     = output.transactions_table_name == "txn-default-transactions" && output.transaction_queue_name == "txn-default-transactions.fifo"
    error_message = "Names must be project-workspace-purpose."
  }
  assert {
    condition     = alltrue([for name in values(output.function_names) : startswith(name, "txn-default-")])
    error_message = "Every function must carry project and workspace."
  }
}

run "two_environments_share_no_name" {
  command = plan
  variables { project = "other" }

  assert {
    condition     = output.transactions_table_name == "other-default-transactions" && output.event_bus_name == "other-default"
    error_message = "Another project must have other names."
  }
}

run "every_function_of_the_flagship_is_there" {
  command = plan

  assert {
    condition     = toset(keys(output.function_names)) == toset(["ingest", "process", "relay", "route", "failed", "sweep", "query", "archive", "case-context", "case-assess", "case-record", "label", "learn", "drift"])
    error_message = "A function is missing, or one is too many."
  }

  assert {
    condition     = length(module.chaos) == 0 && local.fault_injection == null && length(output.experiment_template_ids) == 0
    error_message = "No function must be a target of experiments unless game days are asked for."
  }
}

run "a_project_name_that_breaks_bucket_names_is_refused" {
  command = plan
  variables { project = "My_Bank" }
  expect_failures = [var.project]
}

run "the_first_policy_document_is_the_shipped_one" {
  command = plan

  assert {
    condition     = output.policy_parameter_name == "txn-default-policy"
    error_message = "The parameter must be named like everything else."
  }
}

run "a_policy_document_that_does_not_exist_is_refused" {
  command = plan
  variables { policy_document = "policy_documents/nobody-wrote-this.json" }
  expect_failures = [var.policy_document]
}

run "a_policy_document_that_is_no_json_is_refused" {
  command = plan
  variables { policy_document = "versions.tf" }
  expect_failures = [var.policy_document]
}

run "a_policy_document_without_a_champion_is_refused" {
  command = plan
  variables { policy_document = "policy_documents/policy.schema.json" } # JSON, but no policy document
  expect_failures = [var.policy_document]
}

run "a_policy_that_is_never_read_again_is_refused" {
  command = plan
  variables { policy_refresh_seconds = 0 }
  expect_failures = [var.policy_refresh_seconds]
}

run "a_policy_that_takes_effect_after_more_than_a_quarter_of_an_hour_is_refused" {
  command = plan
  variables { policy_refresh_seconds = 901 }
  expect_failures = [var.policy_refresh_seconds]
}

run "a_merchant_cache_of_more_than_a_minute_is_refused" {
  command = plan
  variables { merchant_cache_seconds = 61 }
  expect_failures = [var.merchant_cache_seconds]
}

run "a_sweep_that_comes_before_the_queue_had_its_retries_is_refused" {
  command = plan
  variables { sweep_after_seconds = 359 }
  expect_failures = [var.sweep_after_seconds]
}

run "an_archive_window_of_more_than_five_minutes_is_refused" {
  command = plan
  variables { archive_window_seconds = 301 }
  expect_failures = [var.archive_window_seconds]
}

run "a_window_of_learning_of_more_than_five_minutes_is_refused" {
  command = plan
  variables { learn_window_seconds = 301 }
  expect_failures = [var.learn_window_seconds]
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

run "a_reservation_smaller_than_the_concurrency_it_is_for_is_refused" {
  command = plan
  variables { process_reserved_concurrency = 10 }
  expect_failures = [var.process_reserved_concurrency]
}

# --- game days -------------------------------------------------------------------------------------------------------

run "on_game_days_process_and_relay_are_targets_of_their_timeouts" {
  command = plan
  variables { chaos = { minutes = 3 } }

  assert {
    condition = toset(keys(output.experiment_template_ids)) == toset([
      "process-fails", "process-loses-answers", "process-times-out", "relay-fails", "relay-loses-answers",
      "relay-times-out",
    ])
    error_message = "Each of the two must fail, lose answers and time out."
  }

  assert {
    condition     = local.experiment_targets == { process = { name = module.process.name, timeout_seconds = module.process.timeout_seconds }, relay = { name = module.relay.name, timeout_seconds = module.relay.timeout_seconds } }
    error_message = "The experiments must know the functions by the names and timeouts that they have."
  }

  assert {
    condition     = toset([for key, function in local.functions : key if contains(keys(function.configuration.environment), "AWS_LAMBDA_EXEC_WRAPPER")]) == toset(["process", "relay"])
    error_message = "The targets, and no other function, must have the extension."
  }

  assert {
    condition     = local.fault_injection.layer_arn == "arn:aws:lambda:eu-west-1:999999999999:layer:aws-fis-extension-arm64:9"
    error_message = "The functions must get the extension."
  }
}
