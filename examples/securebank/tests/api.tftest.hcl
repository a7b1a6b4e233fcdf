# API: operations, who may call, limits, cache. What the gateway does with each is proved in modules/rest_api.
# The first run applies, so that the others know what is only known then (ARNs).

mock_provider "aws" {
  source = "../mocks"
}

# Told apart from others of their kind, so that a wrong connection shows.
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

run "the_gateway_writes_to_the_stream_by_itself_only_without_tokens" {
  command = plan
  variables { api = { submit_directly = true, authorization = "JWT" } }
  expect_failures = [var.api]
}
