# Every documented constraint of this system, each by its name, read from what the resources were given. What needs a real
# plan (tags, policies of resources, buckets, Glue, Athena) is in tests/contract/test_securebank.py.
#
# The first run applies, so that the others know what is only known then (ARNs); Terraform destroys it all after the last
# one, which fails if anything refuses to be destroyed.

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
  target = module.stream_dead_letters.aws_sqs_queue.this
  values = { arn = "arn:aws:sqs:eu-west-1:123456789012:stream-given-up", url = "https://sqs.eu-west-1.amazonaws.com/123456789012/stream-given-up" }
}

override_resource {
  target = module.lake_dead_letters.aws_sqs_queue.this
  values = { arn = "arn:aws:sqs:eu-west-1:123456789012:lake-dead-letter", url = "https://sqs.eu-west-1.amazonaws.com/123456789012/lake-dead-letter" }
}

override_resource {
  target = module.events_topic.aws_sns_topic.this
  values = { arn = "arn:aws:sns:eu-west-1:123456789012:events" }
}

override_resource {
  target = module.monitoring.module.topic["processing_failures"].aws_sns_topic.this
  values = { arn = "arn:aws:sns:eu-west-1:123456789012:processing-failures" }
}

override_resource {
  target = module.monitoring.module.topic["fraud_alerts"].aws_sns_topic.this
  values = { arn = "arn:aws:sns:eu-west-1:123456789012:fraud-alerts" }
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

override_resource {
  target = module.functions["ingest"].aws_lambda_function.this
  values = {
    arn        = "arn:aws:lambda:eu-west-1:123456789012:function:ingest"
    invoke_arn = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:ingest/invocations"
  }
}

override_resource {
  target = module.functions["label"].aws_lambda_function.this
  values = {
    arn        = "arn:aws:lambda:eu-west-1:123456789012:function:label"
    invoke_arn = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:label/invocations"
  }
}

override_resource {
  target = module.functions["customer_query"].aws_lambda_function.this
  values = {
    arn        = "arn:aws:lambda:eu-west-1:123456789012:function:customer-query"
    invoke_arn = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:customer-query/invocations"
  }
}

override_resource {
  target = module.reshard["this"].aws_lambda_function.this
  values = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
}

# --- API --------------------------------------------------------------------------------------------------------------

run "the_api_is_a_rest_api_with_the_stage_v1" {
  command = apply

  assert {
    condition     = join(",", module.api.configuration.endpoint_types) == "REGIONAL" && module.api.configuration.tracing && module.api.configuration.stage_name == "v1"
    error_message = "The API must be a REST API, traced, with the stage v1."
  }
}

run "the_api_has_the_six_operations" {
  command = plan

  assert {
    condition = { for id, operation in module.api.configuration.operations : id => "${operation.method} ${operation.path}" } == {
      submitTransaction        = "POST /transactions"
      getTransaction           = "GET /transactions/{transaction_id}"
      listCustomerTransactions = "GET /customers/{customer_id}/transactions"
      getFraudInsights         = "GET /fraud/insights"
      recordLabel              = "POST /labels"
      getHealth                = "GET /health"
    }
    error_message = "The API must have the six documented operations and no other."
  }
}

run "ingest_takes_transactions" {
  command = plan

  assert {
    condition     = module.api.configuration.operations.submitTransaction.invoke_arn == module.functions["ingest"].invoke_arn && module.api.configuration.operations.submitTransaction.stream_arn == null
    error_message = "POST /transactions must call ingest."
  }
}

run "label_takes_labels" {
  command = plan

  assert {
    condition     = module.api.configuration.operations.recordLabel.invoke_arn == module.functions["label"].invoke_arn && module.api.configuration.operations.recordLabel.validates_body
    error_message = "POST /labels must call label, after the gateway has checked the body."
  }

  assert {
    condition     = module.functions["label"].configuration.environment.TRANSACTIONS_TABLE == module.tables["transactions"].name && module.functions["label"].configuration.environment.TRANSACTION_IDS_TABLE == module.tables["transaction-ids"].name
    error_message = "label must write into the table of transactions, and find rows by their ids."
  }
}

run "customer_query_answers_what_is_read" {
  command = plan

  assert {
    condition     = alltrue([for id in ["getTransaction", "listCustomerTransactions", "getFraudInsights", "getHealth"] : module.api.configuration.operations[id].invoke_arn == module.functions["customer_query"].invoke_arn])
    error_message = "Each GET must call customer_query."
  }
}

run "the_gateway_can_put_transactions_on_the_stream_by_itself" {
  command = plan
  variables { api = { submit_directly = true } }

  assert {
    condition     = module.api.configuration.operations.submitTransaction.stream_arn == module.stream.arn && module.api.configuration.operations.submitTransaction.invoke_arn != module.functions["ingest"].invoke_arn
    error_message = "With submit_directly POST /transactions must go to the stream, and not to a function."
  }

  assert {
    condition     = alltrue([for id, operation in module.api.configuration.operations : operation.stream_arn == null if id != "submitTransaction"])
    error_message = "Nothing else may go to the stream."
  }
}

run "request_validation_is_on" {
  command = plan

  assert {
    condition     = module.api.configuration.operations.submitTransaction.validates_body && alltrue([for operation in module.api.configuration.operations : operation.validates_parameters])
    error_message = "The gateway must check the body against a model, and the parameters."
  }
}

run "every_operation_asks_for_an_api_key_by_default" {
  command = plan

  assert {
    condition     = alltrue([for operation in module.api.configuration.operations : operation.needs_key && operation.authorization == "NONE"])
    error_message = "Each operation must need a key, and nothing else, by default."
  }

  assert {
    condition     = module.api.configuration.usage_plan != null && length(module.user_pool) == 0
    error_message = "The key must have a plan, and there must be no user pool that nobody asked for."
  }
}

run "an_api_that_anybody_could_write_to_is_refused" {
  command = plan
  variables { api = { api_key = false } }
  expect_failures = [var.api]
}

run "an_unknown_authorization_is_refused" {
  command = plan
  variables { api = { authorization = "BASIC" } }
  expect_failures = [var.api]
}

run "requests_can_be_signed" {
  command = plan
  variables { api = { authorization = "AWS_IAM", api_key = false } }

  assert {
    condition     = alltrue([for operation in module.api.configuration.operations : operation.authorization == "AWS_IAM" && !operation.needs_key])
    error_message = "With AWS_IAM each request must be signed, and need no key."
  }

  assert {
    condition     = module.api.configuration.usage_plan == null && output.user_pool_id == null
    error_message = "Without keys there must be no plan to count by, and no user pool."
  }
}

run "signed_requests_can_need_a_key_besides" {
  command = plan
  variables { api = { authorization = "AWS_IAM" } }

  assert {
    condition     = alltrue([for operation in module.api.configuration.operations : operation.authorization == "AWS_IAM" && operation.needs_key])
    error_message = "A signature and a key must be combinable."
  }
}

run "requests_can_bear_tokens_of_a_user_pool" {
  command = plan
  variables { api = { authorization = "JWT", api_key = false } }

  assert {
    condition     = alltrue([for operation in module.api.configuration.operations : operation.authorization == "COGNITO_USER_POOLS" && !operation.needs_key])
    error_message = "With JWT each request must bear a token, and need no key."
  }

  assert {
    condition     = length(module.user_pool) == 1 && module.user_pool["this"].configuration.deletion_protection
    error_message = "The pool must be made, protected."
  }
}

run "tokens_can_need_a_key_besides" {
  command = plan
  variables { api = { authorization = "JWT" } }

  assert {
    condition     = alltrue([for operation in module.api.configuration.operations : operation.authorization == "COGNITO_USER_POOLS" && operation.needs_key])
    error_message = "A token and a key must be combinable."
  }
}

run "ten_thousand_requests_a_second_are_let_in" {
  command = plan

  assert {
    condition     = module.api.configuration.throttle == { rate_limit = 10000, burst_limit = 5000 }
    error_message = "The stage must let in 10,000 requests a second."
  }
}

run "each_client_can_have_limits_of_its_own" {
  command = plan
  variables { api = { clients = { partner = { rate_limit = 50, burst_limit = 100, quota_per_day = 100000 } } } }

  assert {
    condition     = module.api.configuration.clients == { partner = { rate_limit = 50, burst_limit = 100, quota_per_day = 100000 } }
    error_message = "A client must have the limits that it was given."
  }
}

run "nothing_is_cached_by_default" {
  command = plan

  assert {
    condition     = length(module.api.configuration.cache) == 0 && module.functions["customer_query"].configuration.environment.CACHE_SECONDS == "0"
    error_message = "A cache is billed by the hour: it must be asked for."
  }
}

run "the_three_reads_can_be_cached_for_five_minutes" {
  command = plan
  variables { api = { cache = {} } }

  assert {
    condition     = module.api.configuration.cache == { for id in ["getTransaction", "listCustomerTransactions", "getFraudInsights"] : id => { ttl_seconds = 300 } }
    error_message = "The three reads must be cached for 300 seconds, and nothing else."
  }

  assert {
    condition     = module.functions["customer_query"].configuration.environment.CACHE_SECONDS == "300"
    error_message = "The function must know for how long its answers are kept."
  }
}

run "no_other_origin_may_call_by_default" {
  command = plan

  assert {
    condition     = length(module.api.cors_headers) == 0
    error_message = "Cross-origin calls must be asked for."
  }
}

run "web_pages_of_an_origin_can_be_let_in" {
  command = plan
  variables { api = { cors = { allow_origins = ["https://bank.example.com"] } } }

  assert {
    condition     = contains([for value in values(module.api.cors_headers) : trim(value, "'")], "https://bank.example.com")
    error_message = "The asked-for origin must be let in."
  }
}

# --- stream -----------------------------------------------------------------------------------------------------------

run "the_stream_has_four_shards" {
  command = plan

  assert {
    condition     = module.stream.configuration.mode == "PROVISIONED" && module.stream.configuration.shard_count == 4
    error_message = "The stream must be made with 4 shards."
  }
}

run "the_stream_remembers_a_day" {
  command = plan

  assert {
    condition     = module.stream.configuration.retention_hours == 24
    error_message = "The stream must keep records for 24 hours."
  }
}

run "the_stream_is_encrypted_with_the_key" {
  command = plan

  assert {
    condition     = module.stream.configuration.kms_key_arn == output.kms_key_arn
    error_message = "The stream must be encrypted with the key that is made here."
  }
}

run "the_stream_scales_between_2_and_40_shards" {
  command = plan

  assert {
    condition     = module.reshard["this"].configuration.environment.MINIMUM_SHARDS == "2" && module.reshard["this"].configuration.environment.MAXIMUM_SHARDS == "40"
    error_message = "The function reshard must scale between 2 and 40 shards."
  }

  assert {
    condition     = toset(flatten([for alarm in module.stream.configuration.load_alarms : alarm.alarm_actions])) == toset([module.reshard["this"].arn])
    error_message = "The alarms of the stream's load must call the function reshard."
  }

  assert {
    condition     = module.reshard["this"].configuration.environment.STREAM_NAME == module.stream.name
    error_message = "The function must scale this stream."
  }
}

run "the_stream_can_keep_the_number_of_its_shards" {
  command = plan
  variables {
    stream             = { shards = 8 }
    stream_autoscaling = null
  }

  assert {
    condition     = length(module.reshard) == 0 && length(module.stream.configuration.load_alarms) == 0 && module.stream.configuration.shard_count == 8
    error_message = "Without autoscaling there must be no function that scales, and the asked-for shards."
  }
}

run "the_stream_can_be_on_demand" {
  command = plan
  variables { stream = { on_demand = true } }

  assert {
    condition     = module.stream.configuration.mode == "ON_DEMAND" && length(module.reshard) == 0
    error_message = "On demand AWS scales, and nothing of ours does."
  }
}

# --- processor --------------------------------------------------------------------------------------------------------

run "the_processor_reads_the_stream" {
  command = plan

  assert {
    condition     = values(module.functions["stream_process"].configuration.event_sources)[*].arn == [module.stream.arn]
    error_message = "The one event source of stream_process must be the stream."
  }
}

run "the_processor_has_512_mb_and_30_seconds" {
  command = plan

  assert {
    condition     = module.functions["stream_process"].configuration.memory_mb == 512 && module.functions["stream_process"].configuration.timeout_seconds == 30
    error_message = "stream_process must have 512 MB and 30 seconds."
  }
}

run "the_processor_has_a_reserved_concurrency_of_1000" {
  command = plan

  assert {
    condition     = module.functions["stream_process"].configuration.reserved_concurrency == 1000
    error_message = "stream_process must have a reserved concurrency of 1,000."
  }

  assert {
    condition     = alltrue([for package, function in module.functions : function.configuration.reserved_concurrency == null if package != "stream_process"])
    error_message = "No other function may take from the account's pool."
  }
}

run "an_account_without_the_quota_can_do_without_the_reservation" {
  command = plan
  variables { processor_reserved_concurrency = null }

  assert {
    condition     = module.functions["stream_process"].configuration.reserved_concurrency == null
    error_message = "Null must reserve nothing."
  }
}

run "the_processor_takes_batches_of_100" {
  command = plan

  assert {
    condition     = module.functions["stream_process"].configuration.event_sources.transactions.batch_size == 100
    error_message = "A batch must have at most 100 records."
  }
}

run "a_failing_batch_is_halved_until_the_bad_record_is_alone" {
  command = plan

  assert {
    condition     = module.functions["stream_process"].configuration.event_sources.transactions.bisects
    error_message = "A failing batch must be bisected."
  }
}

run "retries_of_a_record_are_bounded" {
  command = plan

  assert {
    condition     = module.functions["stream_process"].configuration.event_sources.transactions.maximum_retries == 100 && module.functions["stream_process"].configuration.event_sources.transactions.maximum_age_seconds == 43200
    error_message = "The retries and the age of a record must be bounded."
  }
}

run "what_is_given_up_can_still_be_read" {
  command = plan

  assert {
    condition     = module.functions["stream_process"].configuration.event_sources.transactions.maximum_age_seconds < module.stream.configuration.retention_hours * 3600
    error_message = "A record must be given up before the stream forgets it."
  }
}

run "a_record_that_is_given_up_is_told_to_a_queue_that_is_read" {
  command = plan

  assert {
    condition     = module.functions["stream_process"].configuration.event_sources.transactions.failure_destination_arn == module.stream_dead_letters.queue_arn
    error_message = "What is given up must go to the queue stream-given-up."
  }

  assert {
    condition     = values(module.functions["stream_failed"].configuration.event_sources)[*].arn == [module.stream_dead_letters.queue_arn]
    error_message = "stream_failed must read that queue."
  }

  assert {
    condition     = 6 * module.functions["stream_failed"].configuration.timeout_seconds <= module.stream_dead_letters.configuration.visibility_timeout_seconds
    error_message = "The queue's visibility timeout must be at least six times its reader's timeout."
  }
}

run "retries_without_an_end_are_refused" {
  command = plan
  variables { processor = { maximum_retries = 0 } }
  expect_failures = [var.processor]
}

run "a_reservation_that_stops_the_processor_is_refused" {
  command = plan
  variables { processor_reserved_concurrency = 0 }
  expect_failures = [var.processor_reserved_concurrency]
}

run "what_waits_too_long_is_put_on_the_stream_again" {
  command = plan

  assert {
    condition     = module.functions["sweep"].configuration.environment.TRANSACTION_STREAM_NAME == module.stream.name && module.functions["sweep"].configuration.environment.RECEIVED_INDEX_NAME == "received-index"
    error_message = "sweep must find what waits, and know the stream."
  }
}

run "the_policy_is_the_document_of_weights" {
  command = plan

  assert {
    condition     = var.policy_document == "../../policy_documents/weights.json" && module.policy_parameter.configuration.document_sha256 == filesha256("${path.root}/${var.policy_document}")
    error_message = "The first document must be that of weights."
  }

  assert {
    condition     = jsondecode(file("${path.root}/${var.policy_document}")).policies.weights.thresholds.fraud == 9
    error_message = "More than 0.8, so from 9 tenths on, must be fraud."
  }

  assert {
    condition     = module.functions["stream_process"].configuration.environment.POLICY_PARAMETER == module.policy_parameter.name
    error_message = "stream_process must read that parameter."
  }
}

run "the_policy_document_is_encrypted_at_rest" {
  command = plan

  assert {
    condition     = module.policy_parameter.configuration.type == "SecureString" && module.policy_parameter.configuration.kms_key_arn == output.kms_key_arn
    error_message = "The parameter must be encrypted with the key."
  }
}

run "a_policy_document_that_does_not_exist_is_refused" {
  command = plan
  variables { policy_document = "nobody-wrote-this.json" }
  expect_failures = [var.policy_document]
}

run "the_namespace_of_metrics_is_SecureBank_in_production" {
  command = plan
  variables { environment = "prod" }

  assert {
    condition     = toset([for function in module.functions : function.configuration.environment.POWERTOOLS_METRICS_NAMESPACE]) == toset(["SecureBank"])
    error_message = "All functions must count in the namespace SecureBank."
  }
}

run "other_environments_do_not_count_into_productions_namespace" {
  command = plan

  assert {
    condition     = toset([for function in module.functions : function.configuration.environment.POWERTOOLS_METRICS_NAMESPACE]) == toset(["SecureBank/dev"])
    error_message = "Two environments of one account must not count as one."
  }
}

# --- tables -----------------------------------------------------------------------------------------------------------

run "transactions_lie_by_customer_and_time" {
  command = plan

  assert {
    condition     = [module.tables["transactions"].configuration.hash_key, module.tables["transactions"].configuration.range_key] == ["customer_id", "timestamp"]
    error_message = "The key must be customer_id and timestamp."
  }

  assert {
    condition     = [for name in ["customer_id", "timestamp"] : module.tables["transactions"].configuration.key_types[name]] == ["S", "S"]
    error_message = "Both must be strings: the timestamp is ISO 8601."
  }
}

run "transactions_are_found_by_id_merchant_and_amount" {
  command = plan

  assert {
    condition     = toset(keys(module.tables["transactions"].index_arns)) == toset(["TransactionIdIndex", "MerchantIndex", "AmountIndex", "received-index"])
    error_message = "The documented indexes must be there, and the list of what waits."
  }

  assert {
    condition     = module.tables["transactions"].configuration.key_types.transaction_id == "S" && module.tables["transactions"].configuration.key_types.merchant_id == "S" && module.tables["transactions"].configuration.key_types.amount == "N"
    error_message = "Ids must be strings, the amount a number."
  }
}

run "customers_ids_and_insights_have_tables_of_their_own" {
  command = plan

  assert {
    condition     = { for key, table in module.tables : key => table.configuration.hash_key if key != "transactions" } == { customers = "customer_id", transaction-ids = "transaction_id", fraud-insights = "bucket" }
    error_message = "The other tables must be keyed by what they are found by."
  }

  assert {
    condition     = alltrue([for key, table in module.tables : table.configuration.range_key == null if key != "transactions"])
    error_message = "They must have one row a key."
  }
}

run "every_table_is_on_demand_encrypted_protected_and_can_be_brought_back" {
  command = plan

  assert {
    condition     = alltrue([for table in module.tables : table.configuration.billing_mode == "PAY_PER_REQUEST" && table.configuration.point_in_time_recovery && table.configuration.deletion_protection && table.configuration.kms_key_arn == output.kms_key_arn])
    error_message = "Each table must be on demand, with point-in-time recovery, protected, and encrypted with the key."
  }
}

run "no_table_is_copied_to_another_region_by_default" {
  command = plan

  assert {
    condition     = alltrue([for table in module.tables : length(table.configuration.replicas) == 0])
    error_message = "A replica must be asked for."
  }
}

# --- lake, Spark jobs, reports ----------------------------------------------------------------------------------------

run "the_lake_is_filled_from_the_tables_stream" {
  command = plan

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
    condition     = toset(keys(module.spark_jobs.job_names)) == toset(["daily_transaction_aggregation", "fraud_pattern_analysis"]) && var.spark_schedules_enabled
    error_message = "The two jobs must be there, and scheduled."
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

# --- every function ---------------------------------------------------------------------------------------------------

run "there_are_ten_functions" {
  command = plan

  assert {
    condition = output.function_names == {
      for package in ["customer_query", "ingest", "label", "lake", "report", "reshard", "spend", "stream_failed", "stream_process", "sweep"] :
      package => "securebank-${replace(package, "_", "-")}-dev"
    }
    error_message = "The functions must be the documented ones."
  }
}

run "every_function_may_do_what_it_calls_and_nothing_else" {
  command = plan

  assert {
    condition = {
      for package, function in merge(module.functions, { reshard = module.reshard["this"] }) : package => join(" ", sort(distinct(flatten([
        for sid, statement in function.configuration.policy_statements : tolist(statement.actions)
        if !contains(["WriteToOwnLogGroup", "SendTraces", "Decrypt"], sid)
      ]))))
      } == {
      customer_query = "dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query"
      ingest         = "dynamodb:PutItem kinesis:PutRecord"
      label          = "dynamodb:GetItem dynamodb:UpdateItem"
      lake           = "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams kms:GenerateDataKey s3:PutObject sqs:SendMessage"
      report         = "cloudwatch:GetMetricData dynamodb:BatchGetItem dynamodb:Scan kms:GenerateDataKey s3:GetObject s3:ListBucket s3:PutObject s3:PutObjectRetention sns:Publish"
      reshard        = "cloudwatch:DescribeAlarms kinesis:DescribeStreamSummary kinesis:ListShards kinesis:UpdateShardCount kms:GenerateDataKey sns:Publish"
      spend          = "ce:GetCostAndUsage kms:GenerateDataKey sns:Publish"
      stream_failed  = "dynamodb:BatchGetItem dynamodb:PutItem dynamodb:UpdateItem kinesis:GetRecords kinesis:GetShardIterator sns:Publish sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage"
      stream_process = "dynamodb:BatchGetItem dynamodb:ConditionCheckItem dynamodb:PutItem dynamodb:UpdateItem kinesis:DescribeStream kinesis:DescribeStreamSummary kinesis:GetRecords kinesis:GetShardIterator kinesis:ListShards kinesis:SubscribeToShard kms:GenerateDataKey sns:Publish sqs:SendMessage ssm:GetParameter ssm:GetParameterHistory"
      sweep          = "dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem kinesis:PutRecord kms:GenerateDataKey sns:Publish"
    }
    error_message = "Each role must allow what the code calls and what Lambda itself needs, and nothing else."
  }
}

run "what_a_function_may_use_is_named" {
  command = plan

  assert {
    condition = {
      for package, function in merge(module.functions, { reshard = module.reshard["this"] }) : package => join(" ", sort([
        for sid, statement in function.configuration.policy_statements : sid if contains(statement.resources, "*") && sid != "SendTraces"
      ])) if anytrue([for sid, statement in function.configuration.policy_statements : contains(statement.resources, "*") && sid != "SendTraces"])
    } == { lake = "FindTableStreams", report = "CountCalls", spend = "ReadTheBill" }
    error_message = "Only what AWS offers no narrower resource for may be allowed on all."
  }
}

run "nothing_is_kept_warm_by_default" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.provisioned_concurrency == null && function.qualifier == null])
    error_message = "Provisioned concurrency is billed whether used or not: it must be asked for."
  }
}

run "the_functions_behind_the_api_can_be_kept_warm" {
  command = plan
  variables { provisioned_concurrency = { ingest = 5, customer_query = 2 } }

  assert {
    condition     = { for package, function in module.functions : package => function.configuration.provisioned_concurrency if function.configuration.provisioned_concurrency != null } == { ingest = 5, customer_query = 2 }
    error_message = "The asked-for environments must be kept warm, and none of another function."
  }
}

run "every_environment_is_encrypted_with_the_key" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.environment_is_encrypted && function.configuration.kms_key_arn == output.kms_key_arn])
    error_message = "Each environment must be encrypted with the key."
  }
}

run "every_scheduled_call_that_fails_is_told" {
  command = plan

  assert {
    condition     = alltrue([for package in ["report", "spend", "sweep"] : module.functions[package].configuration.on_failure_arn == module.monitoring.processing_failures_topic_arn])
    error_message = "A scheduled call that fails must be told to the topic of failures."
  }
}

run "logs_are_kept_for_a_year" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.log_retention_days == 365]) && module.api.configuration.access_log_retention_days == 365
    error_message = "Logs must be kept for a year."
  }
}

# --- resilience, audit, cost ------------------------------------------------------------------------------------------

run "every_table_is_backed_up_every_week" {
  command = plan

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
    condition     = contains(module.audit_trail["this"].configuration.config_rules, "dynamodb-pitr-enabled") && contains(module.audit_trail["this"].configuration.config_rules, "kinesis-stream-encrypted")
    error_message = "The rules must be there."
  }
}

# --- monitoring -------------------------------------------------------------------------------------------------------

run "answers_slower_than_a_tenth_of_a_second_alarm" {
  command = plan

  assert {
    condition     = module.monitoring.configuration.alarms["api-latency"].metric == "AWS/ApiGateway Latency" && module.monitoring.configuration.alarms["api-latency"].threshold == 100 && module.monitoring.configuration.alarms["api-latency"].dimensions == tomap({ ApiName = "securebank-api-dev", Stage = "v1" })
    error_message = "Answers above 100 ms must alarm."
  }
}

run "calls_that_break_off_alarm_above_one_percent" {
  command = plan

  assert {
    condition     = toset(keys(module.monitoring.configuration.error_rate_alarms)) == toset([for package in keys(output.function_names) : replace(package, "_", "-")])
    error_message = "Each function must be watched."
  }

  assert {
    condition     = alltrue([for alarm in module.monitoring.configuration.error_rate_alarms : alarm.threshold_percent == 1])
    error_message = "More than 1 % must alarm."
  }
}

run "a_table_that_is_throttled_alarms" {
  command = plan

  assert {
    condition     = alltrue([for pair in setproduct(keys(module.tables), ["read-throttles", "write-throttles"]) : contains(keys(module.monitoring.configuration.alarms), "table-${join("-", pair)}")])
    error_message = "Each table's throttled reads and writes must alarm."
  }
}

run "a_stream_that_is_throttled_or_cannot_grow_alarms" {
  command = plan

  assert {
    condition     = alltrue([for name in ["stream-write-throttles", "stream-read-throttles", "stream-reshard-refused"] : contains(keys(module.monitoring.configuration.alarms), name)])
    error_message = "The stream must be watched."
  }
}

run "decisions_that_come_more_than_a_minute_late_alarm" {
  command = plan

  assert {
    condition     = module.monitoring.configuration.alarms["decision-delay"].metric == "AWS/Lambda IteratorAge" && module.monitoring.configuration.alarms["decision-delay"].threshold == 60000 && module.monitoring.configuration.alarms["decision-delay"].dimensions == tomap({ FunctionName = "securebank-stream-process-dev" })
    error_message = "The age of what stream_process reads must alarm above a minute."
  }
}

run "a_lake_that_is_an_hour_behind_alarms" {
  command = plan

  assert {
    condition     = module.monitoring.configuration.alarms["lake-delay"].threshold == 3600000 && module.monitoring.configuration.alarms["lake-delay"].dimensions == tomap({ FunctionName = "securebank-lake-dev" })
    error_message = "The age of what lake reads must alarm above an hour."
  }
}

run "books_that_differ_alarm" {
  command = plan

  assert {
    condition     = module.monitoring.configuration.alarms["books-differ"].metric == "SecureBank/dev Report/Differences" && module.monitoring.configuration.alarms["books-differ"].dimensions == tomap({ service = "report" }) && module.monitoring.configuration.alarms["books-differ"].threshold == 0
    error_message = "One difference of table and lake must alarm."
  }
}

run "what_the_functions_count_alarms_where_they_count_it" {
  command = plan

  assert {
    condition = alltrue([
      for alarm in module.monitoring.configuration.alarms : alltrue([
        contains(keys(module.functions), alarm.dimensions.service),
        startswith(alarm.metric, "${module.functions[alarm.dimensions.service].configuration.environment.POWERTOOLS_METRICS_NAMESPACE} "),
        alarm.threshold == 0,
      ]) if try(alarm.dimensions.service, "reshard") != "reshard"
    ])
    error_message = "An alarm must watch the metric under the namespace and the service by which its function counts, and one must be too many."
  }
}

run "every_alarm_reaches_the_topic_of_failures_and_the_fraud_rate_its_own" {
  command = plan

  assert {
    condition     = toset(flatten([[for alarm in module.monitoring.configuration.alarms : alarm.topic_arns], [for alarm in module.monitoring.configuration.error_rate_alarms : alarm.topic_arns]])) == toset([output.processing_failures_topic_arn])
    error_message = "Alarms must be sent to the topic of failures."
  }

  assert {
    condition     = module.monitoring.configuration.fraud_rate_alarm.topic_arns == toset([output.fraud_alerts_topic_arn])
    error_message = "An unusual fraud rate must be told to its topic."
  }
}

run "what_aws_tells_has_a_topic_of_its_own_which_is_encrypted" {
  command = plan

  assert {
    condition     = module.events_topic.configuration.kms_key_arn == output.kms_key_arn && alltrue([for topic in module.monitoring.configuration.topics : topic.kms_key_arn == output.kms_key_arn])
    error_message = "Each topic must be encrypted with the key."
  }

  assert {
    condition     = toset(keys(module.events_topic.configuration.publishers)) == toset(["events.amazonaws.com", "budgets.amazonaws.com"])
    error_message = "Only rules and budgets may write to it."
  }
}

# --- names, region, what is refused -----------------------------------------------------------------------------------

run "names_are_system_purpose_and_environment" {
  command = plan
  variables { environment = "prod" }

  assert {
    condition = alltrue([
      for name in concat(
        values(output.function_names),
        [for table in module.tables : table.name],
        [for function in module.functions : function.configuration.role_name],
        [module.api.name, module.stream.name, module.policy_parameter.name, module.stream_dead_letters.queue_name, module.lake_dead_letters.name],
        [module.events_topic.name, module.lake.workgroup_name, module.budget.name, module.monitoring.dashboard_name, module.monitoring.composite_alarm_name],
        module.monitoring.alarm_names,
      ) : can(regex("^securebank-[a-z0-9-]+-prod$", name))
    ])
    error_message = "Names must be securebank-{purpose}-{environment}."
  }
}

run "everything_is_made_in_us_east_1_by_default" {
  command = plan

  assert {
    condition     = var.region == "us-east-1"
    error_message = "The region must be us-east-1 by default."
  }
}

run "a_region_that_is_none_is_refused" {
  command = plan
  variables { region = "Virginia" }
  expect_failures = [var.region]
}

run "an_environment_that_breaks_names_is_refused" {
  command = plan
  variables { environment = "Prod_1" }
  expect_failures = [var.environment]
}

run "an_unknown_log_level_is_refused" {
  command = plan
  variables { log_level = "VERBOSE" }
  expect_failures = [var.log_level]
}

run "a_policy_that_is_never_read_again_is_refused" {
  command = plan
  variables { timing = { policy_refresh = 0 } }
  expect_failures = [var.timing]
}

run "a_sweep_that_overtakes_decisions_is_refused" {
  command = plan
  variables { timing = { sweep_after = 59 } }
  expect_failures = [var.timing]
}
