mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_api_gateway_rest_api" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:abcde12345" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/apigateway/txn-test-api" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/role" }
  }
}

variables {
  name        = "txn-test-api"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"

  openapi = <<-EOT
    openapi: 3.0.3
    info: {title: Orders, version: 2.1.0}
    security: [{Key: []}]
    paths:
      /orders:
        post: {operationId: placeOrder}
        get:
          operationId: listOrders
          parameters:
            - {name: limit, in: query, schema: {type: integer}}
      /orders/{order_id}:
        get:
          operationId: getOrder
          parameters:
            - {name: order_id, in: path, required: true, schema: {type: string}}
            - {name: x-trace, in: header, schema: {type: string}}
    components:
      securitySchemes:
        Key: {type: apiKey, in: header, name: x-api-key}
        Signature: {type: http, scheme: AWS4-HMAC-SHA256, x-amazon-apigateway-authtype: awsSigv4}
        Token: {type: http, scheme: bearer, bearerFormat: JWT}
  EOT

  integrations = {
    placeOrder = { function_name = "place", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/place/invocations" }
    listOrders = { function_name = "get", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/get/invocations" }
    getOrder   = { function_name = "get", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/get/invocations" }
  }
}

# --- several clients -------------------------------------------------------------------------------------------------

run "each_client_has_a_key_and_limits_of_its_own_and_the_first_stays" {
  command = plan

  variables {
    throttle      = { rate_limit = 10000, burst_limit = 5000 }
    quota_per_day = 1000000
    clients = {
      web   = { rate_limit = 100, burst_limit = 200 }
      batch = { rate_limit = 5, burst_limit = 10, quota_per_day = 1000 }
    }
  }

  assert {
    condition     = { for client, key in aws_api_gateway_api_key.this : client => key.name } == { this = "txn-test-api", web = "txn-test-api-web", batch = "txn-test-api-batch" }
    error_message = "The first client's key must stay what it was."
  }

  assert {
    condition = output.configuration.clients == {
      web   = { rate_limit = 100, burst_limit = 200, quota_per_day = null }
      batch = { rate_limit = 5, burst_limit = 10, quota_per_day = 1000 }
    }
    error_message = "Each client must have its own limits."
  }

  assert {
    condition     = output.configuration.usage_plan == { rate_limit = 10000, burst_limit = 5000, quota_per_day = 1000000 } && output.configuration.throttle == { rate_limit = 10000, burst_limit = 5000 }
    error_message = "The first client and the stage have those of throttle, up to 10,000 requests a second."
  }
}

run "keys_are_told_by_id_only_and_existing_ones_can_be_taken_along" {
  command = apply

  variables {
    clients           = { web = { rate_limit = 100, burst_limit = 200 } }
    client_key_values = { web = "0123456789abcdef0123" }
  }

  assert {
    condition     = output.client_key_ids == { web = aws_api_gateway_api_key.this["web"].id } && aws_api_gateway_usage_plan_key.this["web"].key_id == aws_api_gateway_api_key.this["web"].id
    error_message = "Each key must be on its own plan, and be told by its id."
  }

  assert {
    condition     = aws_api_gateway_api_key.this["web"].value == "0123456789abcdef0123"
    error_message = "A given value must become the key's."
  }
}

# --- cache -----------------------------------------------------------------------------------------------------------

run "nothing_is_cached_unless_told" {
  command = plan

  assert {
    condition     = length(aws_api_gateway_method_settings.cached) == 0 && aws_api_gateway_stage.this.cache_cluster_enabled == null && alltrue([for integration in aws_api_gateway_integration.this : integration.cache_key_parameters == null])
    error_message = "Answers tell a transaction's state of this moment unless told otherwise."
  }
}

run "the_named_reads_are_cached_for_five_minutes_and_no_other" {
  command = plan

  variables {
    cache = { operations = ["listOrders", "getOrder"] }
  }

  assert {
    condition     = aws_api_gateway_stage.this.cache_cluster_enabled && aws_api_gateway_stage.this.cache_cluster_size == "0.5"
    error_message = "The stage must have a cache."
  }

  assert {
    condition     = { for method in aws_api_gateway_method_settings.cached : method.method_path => method.settings[0].cache_ttl_in_seconds if method.settings[0].caching_enabled } == { "orders/GET" = 300, "orders/{order_id}/GET" = 300 }
    error_message = "The named operations must be cached for 300 seconds."
  }

  assert {
    condition     = aws_api_gateway_method_settings.all.settings[0].caching_enabled == false
    error_message = "A cache keeps every GET unless the stage's default says otherwise."
  }
}

run "cached_answers_are_encrypted_and_told_apart_by_all_that_is_asked" {
  command = plan

  variables {
    cache = { operations = ["listOrders", "getOrder"] }
  }

  assert {
    condition     = alltrue([for method in aws_api_gateway_method_settings.cached : method.settings[0].cache_data_encrypted])
    error_message = "What is cached must be encrypted."
  }

  assert {
    condition     = aws_api_gateway_integration.this["listOrders"].cache_key_parameters == toset(["method.request.querystring.limit"]) && aws_api_gateway_integration.this["getOrder"].cache_key_parameters == toset(["method.request.path.order_id", "method.request.header.x-trace"])
    error_message = "Path, query and headers must be the key."
  }
}

run "a_client_cannot_empty_the_cache_unless_it_may" {
  command = plan

  variables {
    cache = { operations = ["getOrder"] }
  }

  assert {
    condition     = aws_api_gateway_method_settings.cached["getOrder"].settings[0].require_authorization_for_cache_control && aws_api_gateway_method_settings.cached["getOrder"].settings[0].unauthorized_cache_control_header_strategy == "SUCCEED_WITH_RESPONSE_HEADER"
    error_message = "Cache-Control: max-age=0 must need execute-api:InvalidateCache."
  }
}

run "the_settings_of_a_cached_method_are_otherwise_those_of_the_stage" {
  command = plan

  variables {
    throttle = { rate_limit = 20, burst_limit = 40 }
    cache    = { operations = ["getOrder"] }
  }

  assert {
    condition = alltrue([
      for setting in ["metrics_enabled", "logging_level", "data_trace_enabled", "throttling_rate_limit", "throttling_burst_limit"] :
      aws_api_gateway_method_settings.cached["getOrder"].settings[0][setting] == aws_api_gateway_method_settings.all.settings[0][setting]
    ])
    error_message = "A method's settings take the place of the stage's, all of them."
  }
}

run "with_tokens_nobody_gets_what_was_cached_for_another" {
  command = plan

  variables {
    security = ["Token"]
    jwt      = { user_pool_arns = ["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_abc"] }
    cache    = { operations = ["listOrders"] }
  }

  assert {
    condition     = contains(aws_api_gateway_integration.this["listOrders"].cache_key_parameters, "method.request.header.Authorization") && aws_api_gateway_method.this["listOrders"].request_parameters["method.request.header.Authorization"] == false
    error_message = "The token says whose transactions its bearer may see."
  }
}

# --- calls from web pages --------------------------------------------------------------------------------------------

run "pages_of_other_origins_may_not_call_unless_told" {
  command = plan

  assert {
    condition     = length(aws_api_gateway_method.preflight) == 0 && output.cors_headers == {} && alltrue([for response in aws_api_gateway_gateway_response.this : response.response_parameters == null])
    error_message = "Without cors nothing may be said about origins."
  }
}

run "browsers_are_answered_at_each_path_without_key" {
  command = plan

  variables {
    cors = { allow_origins = ["https://bank.example"], allow_headers = ["x-app"] }
  }

  assert {
    condition     = alltrue([for path, method in aws_api_gateway_method.preflight : method.http_method == "OPTIONS" && method.authorization == "NONE" && aws_api_gateway_integration.preflight[path].type == "MOCK"]) && toset(keys(aws_api_gateway_method.preflight)) == toset(["orders", "orders/{order_id}"])
    error_message = "Each path must answer OPTIONS by itself."
  }

  assert {
    condition = aws_api_gateway_integration_response.preflight["orders"].response_parameters == tomap({
      "method.response.header.Access-Control-Allow-Headers" = "'Content-Type,x-api-key,x-trace,x-app'"
      "method.response.header.Access-Control-Allow-Methods" = "'GET,OPTIONS,POST'"
      "method.response.header.Access-Control-Allow-Origin"  = "'https://bank.example'"
      "method.response.header.Access-Control-Max-Age"       = "'3600'"
      "method.response.header.Vary"                         = "'Origin'"
    })
    error_message = "Origin, methods and headers must be those that the document and the argument allow."
  }
}

run "of_several_origins_the_callers_own_is_answered_and_never_another" {
  command = plan

  variables {
    cors = { allow_origins = ["https://bank.example", "https://app.bank.example:8443"] }
  }

  assert {
    condition     = strcontains(aws_api_gateway_integration_response.preflight["orders"].response_templates["application/json"], "#if($origin == 'https://app.bank.example:8443' || $origin == 'https://bank.example')\n#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)")
    error_message = "An origin may be answered only if it is one of those allowed."
  }
}

run "refusals_of_the_gateway_can_be_read_by_pages_too" {
  command = plan

  variables {
    cors = { allow_origins = ["https://bank.example"] }
  }

  assert {
    condition     = alltrue([for response in aws_api_gateway_gateway_response.this : response.response_parameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://bank.example'"])
    error_message = "A page that may not read why it was refused cannot tell its user."
  }
}

run "functions_are_told_what_to_answer" {
  command = plan

  variables {
    cors = { allow_origins = ["*"] }
  }

  assert {
    condition     = output.cors_headers == { Access-Control-Allow-Origin = "*" }
    error_message = "A proxy's answer is the function's alone."
  }
}

run "pages_may_send_what_signatures_need" {
  command = plan

  variables {
    security = ["Signature"]
    cors     = { allow_origins = ["*"] }
  }

  assert {
    condition     = aws_api_gateway_integration_response.preflight["orders"].response_parameters["method.response.header.Access-Control-Allow-Headers"] == "'Content-Type,Authorization,X-Amz-Content-Sha256,X-Amz-Date,X-Amz-Security-Token,x-trace'"
    error_message = "A signed request carries these headers."
  }
}

# --- what the stage serves -------------------------------------------------------------------------------------------

run "deployed_without_any_of_it" {
  command = plan
}

run "cors_is_deployed" {
  command = plan

  variables {
    cors = { allow_origins = ["*"] }
  }

  assert {
    condition     = output.redeployment_hash != run.deployed_without_any_of_it.redeployment_hash
    error_message = "New methods must reach the stage."
  }
}

run "what_answers_are_told_apart_by_is_deployed" {
  command = plan

  variables {
    cache = { operations = ["getOrder"] }
  }

  assert {
    condition     = output.redeployment_hash != run.deployed_without_any_of_it.redeployment_hash
    error_message = "A changed cache key must reach the stage."
  }
}

run "signatures_are_deployed" {
  command = plan

  variables {
    security = ["Signature", "Key"]
  }

  assert {
    condition     = output.redeployment_hash != run.deployed_without_any_of_it.redeployment_hash
    error_message = "A changed authorization must reach the stage."
  }
}

# --- refusals --------------------------------------------------------------------------------------------------------

run "a_client_named_this_is_refused" {
  command = plan
  variables {
    clients = { this = { rate_limit = 1, burst_limit = 1 } }
  }
  expect_failures = [var.clients]
}

run "a_clients_rate_over_10000_is_refused" {
  command = plan
  variables {
    clients = { web = { rate_limit = 10001, burst_limit = 1 } }
  }
  expect_failures = [var.clients]
}

run "a_clients_burst_of_zero_is_refused" {
  command = plan
  variables {
    clients = { web = { rate_limit = 1, burst_limit = 0 } }
  }
  expect_failures = [var.clients]
}

run "a_clients_quota_of_zero_is_refused" {
  command = plan
  variables {
    clients = { web = { rate_limit = 1, burst_limit = 1, quota_per_day = 0 } }
  }
  expect_failures = [var.clients]
}

run "clients_without_keys_are_refused" {
  command = plan
  variables {
    security = ["Signature"]
    clients  = { web = { rate_limit = 1, burst_limit = 1 } }
  }
  expect_failures = [var.clients]
}

run "a_value_for_an_unknown_client_is_refused" {
  command = plan
  variables {
    client_key_values = { web = "0123456789abcdef0123" }
  }
  expect_failures = [var.client_key_values]
}

run "a_clients_key_under_20_characters_is_refused" {
  command = plan
  variables {
    clients           = { web = { rate_limit = 1, burst_limit = 1 } }
    client_key_values = { web = "short" }
  }
  expect_failures = [var.client_key_values]
}

run "caching_a_write_is_refused" {
  command = plan
  variables {
    cache = { operations = ["placeOrder"] }
  }
  expect_failures = [var.cache]
}

run "caching_for_more_than_an_hour_is_refused" {
  command = plan
  variables {
    cache = { operations = ["getOrder"], ttl_seconds = 3601 }
  }
  expect_failures = [var.cache]
}

run "a_cache_of_another_size_is_refused" {
  command = plan
  variables {
    cache = { operations = ["getOrder"], size_gb = "1" }
  }
  expect_failures = [var.cache]
}

run "an_origin_with_a_path_is_refused" {
  command = plan
  variables {
    cors = { allow_origins = ["https://bank.example/app"] }
  }
  expect_failures = [var.cors]
}

run "all_origins_and_one_of_them_are_refused" {
  command = plan
  variables {
    cors = { allow_origins = ["*", "https://bank.example"] }
  }
  expect_failures = [var.cors]
}

run "a_header_with_a_quote_is_refused" {
  command = plan
  variables {
    cors = { allow_origins = ["*"], allow_headers = ["x-app'"] }
  }
  expect_failures = [var.cors]
}

run "remembering_for_more_than_a_day_is_refused" {
  command = plan
  variables {
    cors = { allow_origins = ["*"], max_age_seconds = 86401 }
  }
  expect_failures = [var.cors]
}
