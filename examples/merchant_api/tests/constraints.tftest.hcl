# Each documented constraint of this system by its name. What a Terraform test cannot see (the request, permissions,
# that there are exactly nine outputs) is in tests/contract/test_merchant_api.py; the web ACL is in web_acl.tftest.hcl.

mock_provider "aws" {
  source = "../mocks"
}

# Its schema is so large that it would take most of the time.
override_module {
  target = module.firewall
  outputs = {
    arn    = "arn:aws:wafv2:us-east-2:123456789012:regional/webacl/acl/11111111-2222-3333-4444-555555555555"
    name   = "merchant-api-firewall"
    alarms = {}
  }
}

# --- place and names --------------------------------------------------------------------------------------------------

run "the_region_is_us_east_2_by_default" {
  command = plan

  assert {
    condition     = var.region == "us-east-2"
    error_message = "The documented region is us-east-2."
  }
}

run "the_tables_are_named_as_documented_with_the_suffix" {
  command = plan
  variables { environment_suffix = "prod" }

  assert {
    condition     = output.merchant_table_name == "merchant-config-prod" && output.transaction_table_name == "processed-transactions-prod"
    error_message = "The tables must be called merchant-config-<suffix> and processed-transactions-<suffix>."
  }
}

run "every_other_name_carries_the_suffix" {
  command = plan
  variables { environment_suffix = "prod" }

  assert {
    condition = alltrue([
      for name in concat(
        values(module.functions)[*].name,
        values(module.functions)[*].configuration.role_name,
        [module.queue.queue_name, module.queue.dead_letter_queue_name, module.policy_parameter.name, module.encryption.alias_name],
        [module.api.name, module.monitoring.dashboard_name, module.monitoring.composite_alarm_name],
        module.monitoring.alarm_names,
      ) : endswith(name, "-prod")
    ])
    error_message = "Every name must end in the environment's suffix."
  }
}

# --- API --------------------------------------------------------------------------------------------------------------

run "the_api_is_post_transaction_and_nothing_else" {
  command = plan

  assert {
    condition     = [for operation in module.api.configuration.operations : "${operation.method} /${trimprefix(operation.path, "/")}"] == ["POST /transaction"]
    error_message = "The one operation must be POST /transaction."
  }
}

run "the_api_demands_a_key" {
  command = plan

  assert {
    condition     = alltrue([for operation in module.api.configuration.operations : operation.needs_key])
    error_message = "POST /transaction must demand an API key."
  }
}

run "the_stage_is_prod" {
  command = plan

  assert {
    condition     = module.api.configuration.stage_name == "prod"
    error_message = "The stage must be prod."
  }
}

run "the_stage_is_traced" {
  command = plan

  assert {
    condition     = module.api.configuration.tracing
    error_message = "X-Ray must trace the stage."
  }
}

run "access_logs_are_kept_for_30_days" {
  command = plan

  assert {
    condition     = module.api.configuration.access_log_retention_days == 30
    error_message = "The stage must write access logs, which are kept for 30 days."
  }
}

run "the_usage_plan_allows_500_requests_a_second" {
  command = plan

  assert {
    condition     = module.api.configuration.usage_plan.rate_limit == 500
    error_message = "A client may send 500 requests a second."
  }
}

run "the_usage_plan_allows_a_burst_of_1000" {
  command = plan

  assert {
    condition     = module.api.configuration.usage_plan.burst_limit == 1000
    error_message = "A client may send 1,000 requests at once."
  }
}

run "the_usage_plan_allows_10000_requests_a_day" {
  command = plan

  assert {
    condition     = module.api.configuration.usage_plan.quota_per_day == 10000
    error_message = "A client may send 10,000 requests a day."
  }
}

# --- queue ------------------------------------------------------------------------------------------------------------

run "the_queue_is_a_standard_queue" {
  command = plan

  assert {
    condition     = !module.queue.configuration.fifo
    error_message = "The transaction queue is documented as a standard queue."
  }
}

run "the_dead_letter_queue_takes_over_after_exactly_3_receives" {
  command = plan

  assert {
    condition     = module.queue.configuration.max_receive_count == 3
    error_message = "A message must reach the dead-letter queue after exactly 3 receives."
  }
}

run "messages_are_kept_for_14_days" {
  command = plan

  assert {
    condition     = module.queue.configuration.message_retention_seconds == 1209600
    error_message = "Messages must be kept for 14 days."
  }
}

run "dead_letters_are_kept_for_14_days" {
  command = plan

  assert {
    condition     = module.queue.configuration.dead_letter_retention_seconds == 1209600
    error_message = "Dead letters must be kept for 14 days."
  }
}

run "fraud_detection_reads_the_queue" {
  command = plan

  assert {
    condition     = keys(module.functions["fraud-detection"].configuration.event_sources) == ["queue"]
    error_message = "The fraud-detection function must read the transaction queue."
  }
}

run "failed_transaction_reads_the_dead_letter_queue" {
  command = plan

  assert {
    condition     = keys(module.functions["failed-transaction"].configuration.event_sources) == ["dead_letters"]
    error_message = "The failed-transaction function must read the dead-letter queue."
  }
}

# --- tables -----------------------------------------------------------------------------------------------------------

run "merchants_are_found_by_merchant_id" {
  command = plan

  assert {
    condition     = module.tables["merchants"].configuration.hash_key == "merchant_id" && module.tables["merchants"].configuration.range_key == null && module.tables["merchants"].configuration.key_types.merchant_id == "S"
    error_message = "The key of merchant-config must be merchant_id, a string, alone."
  }
}

run "transactions_are_found_by_transaction_id" {
  command = plan

  assert {
    condition     = module.tables["transactions"].configuration.hash_key == "transaction_id" && module.tables["transactions"].configuration.range_key == null && module.tables["transactions"].configuration.key_types.transaction_id == "S"
    error_message = "The key of processed-transactions must be transaction_id, a string, alone."
  }
}

run "both_tables_are_on_demand" {
  command = plan

  assert {
    condition     = alltrue([for table in module.tables : table.configuration.billing_mode == "PAY_PER_REQUEST"])
    error_message = "Both tables must be billed on demand."
  }
}

run "both_tables_have_point_in_time_recovery" {
  command = plan

  assert {
    condition     = alltrue(values(module.tables)[*].configuration.point_in_time_recovery)
    error_message = "Both tables must have point-in-time recovery."
  }
}

run "decisions_are_made_by_the_rule_set_points" {
  command = plan

  assert {
    condition     = jsondecode(file(var.policy_document)).policies[jsondecode(file(var.policy_document)).champion].kind == "points"
    error_message = "The documented rules are `points`."
  }
}

# --- network ----------------------------------------------------------------------------------------------------------

run "every_function_runs_in_the_vpc" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.in_vpc])
    error_message = "All functions must run in the VPC."
  }
}

run "private_subnets_lie_in_two_zones" {
  command = plan

  assert {
    condition     = module.network.configuration.zones == 2 && module.network.configuration.public_subnets == 0
    error_message = "There must be private subnets in two zones, and no public one."
  }
}

run "s3_and_dynamodb_have_gateway_endpoints" {
  command = plan

  assert {
    condition     = module.network.configuration.gateway_endpoints == toset(["dynamodb", "s3"])
    error_message = "S3 and DynamoDB must be reached through gateway endpoints."
  }
}

run "what_is_called_has_an_interface_endpoint" {
  command = plan

  assert {
    condition     = module.network.configuration.interface_endpoints == toset(["kms", "logs", "sns", "sqs", "ssm"])
    error_message = "SQS, SNS, Systems Manager, KMS and CloudWatch Logs must have interface endpoints, and nothing else."
  }
}

run "endpoints_that_nothing_calls_can_be_left_out" {
  command = plan
  variables { further_endpoints = {} }

  assert {
    condition     = module.network.configuration.interface_endpoints == toset(["sns", "sqs", "ssm"])
    error_message = "Without further_endpoints, only what the functions call must have an endpoint."
  }
}

run "every_endpoint_has_a_policy" {
  command = plan

  assert {
    condition     = module.network.configuration.endpoints_with_policies == setunion(module.network.configuration.gateway_endpoints, module.network.configuration.interface_endpoints)
    error_message = "An endpoint without a policy lets everything pass."
  }
}

run "functions_reach_nothing_but_port_443_of_the_endpoints" {
  command = plan

  assert {
    condition = alltrue([
      for rule in module.network.configuration.function_egress :
      rule.from_port == 443 && rule.to_port == 443 && rule.protocol == "tcp" && length(coalesce(rule.to_addresses, [])) == 0
    ])
    error_message = "The functions' security group must allow port 443 to the endpoints only, and no range of addresses."
  }
}

run "flow_logs_tell_of_all_traffic_for_30_days" {
  command = plan

  assert {
    condition     = module.network.configuration.flow_logs == { traffic_type = "ALL", retention_days = 30 }
    error_message = "Flow logs must tell of accepted and rejected traffic, and be kept for 30 days."
  }
}

# --- encryption -------------------------------------------------------------------------------------------------------

run "all_data_at_rest_is_encrypted_with_the_customer_key" {
  command = apply # a plan does not know its ARN

  assert {
    condition = toset(concat(
      values(module.functions)[*].configuration.kms_key_arn,
      values(module.tables)[*].configuration.kms_key_arn,
      [module.queue.configuration.kms_key_arn, module.queue.configuration.dead_letter_kms_key_arn],
      [module.policy_parameter.configuration.kms_key_arn, module.api.configuration.logs_kms_key_arn],
      values(module.monitoring.configuration.topics)[*].kms_key_arn,
    )) == toset([module.encryption.key_arn])
    error_message = "Tables, queues, functions, topics, the parameter and the logs must have the customer key."
  }
}

run "the_customer_key_rotates" {
  command = plan

  assert {
    condition     = module.encryption.configuration.rotation
    error_message = "The key must rotate."
  }
}

# --- functions --------------------------------------------------------------------------------------------------------

run "there_are_the_documented_functions_and_the_sweeper" {
  command = plan

  assert {
    condition     = toset(keys(module.functions)) == toset(["validation", "fraud-detection", "failed-transaction", "sweep"])
    error_message = "A function is missing, or one is too many."
  }
}

run "x_ray_traces_every_function" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.tracing_mode == "Active"])
    error_message = "X-Ray must trace all functions."
  }
}

run "logs_of_functions_are_kept_for_30_days" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.log_retention_days == 30])
    error_message = "The functions' logs must be kept for 30 days."
  }
}

run "no_concurrency_is_provisioned_by_default" {
  command = plan

  assert {
    condition     = module.functions["validation"].configuration.provisioned_concurrency == null
    error_message = "Provisioned concurrency is optional, because it is billed whether used or not."
  }
}

run "concurrency_of_the_validation_can_be_provisioned" {
  command = plan
  variables { validation_provisioned_concurrency = 5 }

  assert {
    condition     = module.functions["validation"].configuration.provisioned_concurrency == 5 && module.functions["validation"].qualifier == "live"
    error_message = "The asked-for environments must be kept warm, and the alias must be what is called."
  }
}

# --- monitoring -------------------------------------------------------------------------------------------------------

run "more_than_1_percent_of_errors_over_10_minutes_alarms_for_every_function" {
  command = plan

  assert {
    condition = module.monitoring.configuration.error_rate_alarms == {
      for function in keys(module.functions) : function => { threshold_percent = 1, period_seconds = 600 }
    }
    error_message = "More than 1 % of failed calls over 10 minutes must alarm."
  }
}

run "the_topic_sends_e_mail" {
  command = plan
  variables { alert_emails = ["oncall@bank.example"] }

  assert {
    condition     = module.monitoring.configuration.topics.processing_failures.subscriptions == { "oncall@bank.example" = "email" }
    error_message = "Who is named must hear of alerts."
  }
}

run "the_dashboard_shows_invocations_errors_and_duration_of_every_function" {
  command = plan

  assert {
    condition = alltrue([
      for function in keys(module.functions) :
      length(setsubtract(["Invocations", "Errors", "Duration"], module.monitoring.configuration.dashboard_metrics[function])) == 0
    ])
    error_message = "The dashboard must show how often each function is called, fails, and how long it takes."
  }
}

run "the_dashboard_shows_the_queue" {
  command = plan

  assert {
    condition     = contains(module.monitoring.configuration.dashboard_queue_metrics.transactions, "ApproximateNumberOfMessagesVisible")
    error_message = "The dashboard must show the transaction queue."
  }
}

# --- refused ----------------------------------------------------------------------------------------------------------

run "a_suffix_a_region_a_log_level_a_rate_and_a_policy_document_that_cannot_be_are_refused" {
  command = plan
  variables {
    environment_suffix = "Prod_1"
    region             = "Ohio"
    log_level          = "VERBOSE"
    usage_plan         = { rate_limit = 0 }
    policy_document    = "../../policy_documents/policy.schema.json" # JSON, but no policy document
  }
  expect_failures = [var.environment_suffix, var.region, var.log_level, var.usage_plan, var.policy_document]
}

run "a_merchant_cache_of_more_than_a_minute_is_refused" {
  command = plan
  variables { timing = { merchant_cache = 61 } }
  expect_failures = [var.timing]
}

run "a_sweep_that_comes_before_the_queue_had_its_retries_is_refused" {
  command = plan
  variables { timing = { retry_base = 20, sweep_after = 359 } }
  expect_failures = [var.timing]
}

run "a_policy_that_is_never_read_again_is_refused" {
  command = plan
  variables { timing = { policy_refresh = 0 } }
  expect_failures = [var.timing]
}
