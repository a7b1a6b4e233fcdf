# Each documented constraint of this system by its name. What a Terraform test cannot see (the request, endpoints'
# policies, that there are exactly nine outputs) is in tests/contract/test_merchant_api.py; the web ACL is in
# web_acl.tftest.hcl.
#
# The first run applies, so that the others know ARNs and URLs, which are only known then.

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

# Told apart from others of their kind, so that a wrong connection shows.
override_resource {
  target = module.tables["merchants"].aws_dynamodb_table.this
  values = { arn = "arn:aws:dynamodb:us-east-2:123456789012:table/merchants" }
}

override_resource {
  target = module.tables["transactions"].aws_dynamodb_table.this
  values = { arn = "arn:aws:dynamodb:us-east-2:123456789012:table/transactions" }
}

override_resource {
  target = module.queue.aws_sqs_queue.this
  values = { arn = "arn:aws:sqs:us-east-2:123456789012:transactions", url = "https://sqs.us-east-2.amazonaws.com/123456789012/transactions" }
}

override_resource {
  target = module.queue.aws_sqs_queue.dead_letter
  values = { arn = "arn:aws:sqs:us-east-2:123456789012:dead-letter", url = "https://sqs.us-east-2.amazonaws.com/123456789012/dead-letter" }
}

override_resource {
  target = module.monitoring.module.topic["processing_failures"].aws_sns_topic.this
  values = { arn = "arn:aws:sns:us-east-2:123456789012:processing-failures" }
}

override_resource {
  target = module.monitoring.module.topic["fraud_alerts"].aws_sns_topic.this
  values = { arn = "arn:aws:sns:us-east-2:123456789012:fraud-alerts" }
}

override_resource {
  target = module.functions["validation"].aws_lambda_function.this
  values = { invoke_arn = "arn:aws:apigateway:us-east-2:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-2:123456789012:function:validation/invocations" }
}

# --- encryption -------------------------------------------------------------------------------------------------------

run "all_data_at_rest_is_encrypted_with_the_customer_key" {
  command = apply

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
        values(module.monitoring.configuration.topics)[*].name,
      ) : endswith(name, "-prod")
    ])
    error_message = "Every name must end in the environment's suffix."
  }

  assert {
    condition     = alltrue([for name in module.network.configuration.names : can(regex("^merchant-api-network-prod(-|$)", name))])
    error_message = "The parts of the network must be named by the network, which ends in the environment's suffix."
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

run "the_api_calls_the_validation" {
  command = plan

  assert {
    condition     = [for operation in module.api.configuration.operations : operation.invoke_arn] == [module.functions["validation"].invoke_arn]
    error_message = "POST /transaction must call the validation function."
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

run "fraud_detection_reads_the_queue_and_nothing_else" {
  command = plan

  assert {
    condition     = values(module.functions["fraud-detection"].configuration.event_sources)[*].arn == [module.queue.queue_arn]
    error_message = "The fraud-detection function must read the transaction queue."
  }
}

run "failed_transaction_reads_the_dead_letter_queue_and_nothing_else" {
  command = plan

  assert {
    condition     = values(module.functions["failed-transaction"].configuration.event_sources)[*].arn == [module.queue.dead_letter_queue_arn]
    error_message = "The failed-transaction function must read the dead-letter queue."
  }
}

# --- from hand to hand ------------------------------------------------------------------------------------------------

run "the_validation_checks_merchants_stores_and_queues" {
  command = plan

  assert {
    condition = { for name, value in module.functions["validation"].configuration.environment : name => value if can(regex("_(TABLE|URL|ARN|PARAMETER)$", name)) } == {
      MERCHANTS_TABLE       = output.merchant_table_name
      TRANSACTIONS_TABLE    = output.transaction_table_name
      TRANSACTION_QUEUE_URL = output.queue_url
    }
    error_message = "The validation must know the merchants, and where accepted transactions are stored and queued."
  }

  assert {
    condition     = module.functions["validation"].configuration.policy_statements["SendToTheQueue"] == { effect = "Allow", actions = toset(["sqs:SendMessage"]), resources = toset([module.queue.queue_arn]) }
    error_message = "The validation must be allowed to send to the transaction queue, and to no other."
  }
}

run "fraud_detection_decides_by_the_parameter_and_writes_into_the_table" {
  command = plan

  assert {
    condition = { for name, value in module.functions["fraud-detection"].configuration.environment : name => value if can(regex("_(TABLE|URL|ARN|PARAMETER)$", name)) } == {
      MERCHANTS_TABLE       = output.merchant_table_name
      TRANSACTIONS_TABLE    = output.transaction_table_name
      TRANSACTION_QUEUE_URL = output.queue_url
      POLICY_PARAMETER      = module.policy_parameter.name
    }
    error_message = "Fraud detection must know the policy document and where its decisions belong."
  }

  assert {
    condition     = module.functions["fraud-detection"].configuration.policy_statements["DecideTransactions"].resources == toset([module.tables["transactions"].arn])
    error_message = "Fraud detection must be allowed to write into the table of transactions."
  }
}

run "a_transaction_that_failed_is_recorded_and_alerted" {
  command = plan

  assert {
    condition = { for name, value in module.functions["failed-transaction"].configuration.environment : name => value if can(regex("_(TABLE|URL|ARN|PARAMETER)$", name)) } == {
      TRANSACTIONS_TABLE            = output.transaction_table_name
      PROCESSING_FAILURES_TOPIC_ARN = output.sns_topic_arn
    }
    error_message = "What failed belongs into the table, and the topic must be told."
  }

  assert {
    condition = { for sid in ["RecordFailures", "TellTheTopic"] : sid => module.functions["failed-transaction"].configuration.policy_statements[sid].resources } == {
      RecordFailures = toset([module.tables["transactions"].arn])
      TellTheTopic   = toset([output.sns_topic_arn])
    }
    error_message = "The role must allow exactly that."
  }
}

run "what_waits_too_long_is_queued_again_and_a_sweep_that_fails_is_told" {
  command = plan

  assert {
    condition     = module.functions["sweep"].configuration.environment.TRANSACTION_QUEUE_URL == output.queue_url && module.functions["sweep"].configuration.policy_statements["SendToTheQueue"].resources == toset([module.queue.queue_arn])
    error_message = "The sweep must send to the transaction queue."
  }

  assert {
    condition     = module.functions["sweep"].configuration.on_failure_arn == output.sns_topic_arn
    error_message = "A sweep that failed for good must be told to the topic."
  }
}

run "every_role_allows_what_its_function_calls_and_nothing_else" {
  command = plan

  assert {
    condition = {
      for name, function in module.functions : name => sort(flatten([
        for sid, statement in function.configuration.policy_statements : [for action in statement.actions : action if can(regex("^(dynamodb|sns|sqs|ssm):", action))]
        if statement.effect == "Allow"
      ]))
      } == {
      validation         = tolist(["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "sqs:SendMessage"])
      fraud-detection    = tolist(["dynamodb:BatchGetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "ssm:GetParameter", "ssm:GetParameterHistory"])
      failed-transaction = tolist(["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "sns:Publish", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"])
      sweep              = tolist(["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem", "sns:Publish", "sqs:SendMessage"])
    }
    error_message = "A role must allow what its function calls, and not one action more."
  }

  assert {
    condition = alltrue(flatten([
      for function in module.functions : [
        for sid, statement in function.configuration.policy_statements :
        contains(["SendTraces", "AttachToTheNetwork", "SeeTheNetwork", "NetworkIsForLambdaNotForTheCode"], sid) || alltrue([for arn in statement.resources : !startswith(arn, "*")])
      ]
    ]))
    error_message = "Only what AWS offers for no narrower resource may be allowed on all."
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
    condition     = module.policy_parameter.configuration.document_sha256 == filesha256("../../policy_documents/points.json")
    error_message = "The parameter must hold the policy document of the documented rules."
  }

  assert {
    condition     = [for document in [jsondecode(file(var.policy_document))] : document.policies[document.champion].kind] == ["points"]
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

run "what_is_called_stands_in_both_zones_and_what_is_not_in_one" {
  command = plan

  assert {
    condition     = module.network.configuration.single_zone_endpoints == toset(["kms", "logs"])
    error_message = "Only the endpoints that no function calls may stand in a single zone."
  }
}

run "a_further_endpoint_of_a_service_that_is_called_stands_in_both_zones" {
  command = plan
  variables { further_endpoints = { sqs = ["sqs:SendMessage"], kms = ["kms:Decrypt"] } }

  assert {
    condition     = module.network.configuration.single_zone_endpoints == toset(["kms"])
    error_message = "What the functions call must survive the loss of a zone, wherever it is named."
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
      for function in keys(module.functions) : function => { threshold_percent = 1, period_seconds = 600, topic_arns = toset([output.sns_topic_arn]) }
    }
    error_message = "More than 1 % of failed calls over 10 minutes must alarm, and the topic must be told."
  }
}

run "every_other_alarm_goes_to_the_topic_but_the_fraud_rate" {
  command = plan

  assert {
    condition     = alltrue([for alarm in module.monitoring.configuration.alarms : alarm.topic_arns == toset([output.sns_topic_arn])]) && module.monitoring.configuration.critical_alarm.topic_arns == toset([output.sns_topic_arn])
    error_message = "The topic must be told of every alarm."
  }

  assert {
    condition     = module.monitoring.configuration.fraud_rate_alarm.topic_arns == toset(["arn:aws:sns:us-east-2:123456789012:fraud-alerts"])
    error_message = "Fraud has a topic of its own."
  }
}

run "what_comes_again_without_a_failed_call_alarms_too" {
  command = plan

  assert {
    condition = { for name in ["settlement-failed", "merchant-unreadable"] : name => module.monitoring.configuration.alarms[name].metric } == {
      settlement-failed   = "TransactionPipeline/merchant-api-dev SettlementFailed"
      merchant-unreadable = "TransactionPipeline/merchant-api-dev MerchantUnreadable"
    }
    error_message = "A function that hands a message back has not failed for Lambda, so the error rate does not tell."
  }
}

run "a_dead_letter_alarms" {
  command = plan

  assert {
    condition = module.monitoring.configuration.alarms["queue-dead-letter"].metric == "AWS/SQS ApproximateNumberOfMessagesVisible" && module.monitoring.configuration.alarms["queue-dead-letter"].dimensions == tomap({
      QueueName = module.queue.dead_letter_queue_name
    })
    error_message = "The dead-letter queue must be watched."
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
    system_log_level   = "ERROR"
    usage_plan         = { rate_limit = 0.5 }
    policy_document    = "../../policy_documents/policy.schema.json" # JSON, but no policy document
  }
  expect_failures = [var.environment_suffix, var.region, var.log_level, var.system_log_level, var.usage_plan, var.policy_document]
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
