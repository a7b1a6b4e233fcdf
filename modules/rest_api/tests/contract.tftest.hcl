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
    defaults = {
      id               = "abcde12345"
      root_resource_id = "root"
      execution_arn    = "arn:aws:execute-api:eu-central-1:123456789012:abcde12345"
    }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/apigateway/txn-test-api" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/txn-test-api-gateway-logs" }
  }

  mock_resource "aws_api_gateway_stage" {
    defaults = {
      arn        = "arn:aws:apigateway:eu-central-1::/restapis/abcde12345/stages/live"
      invoke_url = "https://abcde12345.execute-api.eu-central-1.amazonaws.com/live"
    }
  }

  mock_resource "aws_api_gateway_api_key" {
    defaults = { id = "key1234567" }
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
      /v1/orders:
        post:
          operationId: placeOrder
          requestBody:
            content:
              application/json:
                x-gateway-model: Anything
                schema: {$ref: "#/components/schemas/Order"}
        put:
          operationId: replaceOrders
          requestBody:
            content:
              application/json:
                schema: {$ref: "#/components/schemas/Order"}
      /v1/orders/{order_id}:
        parameters:
          - {name: order_id, in: path, required: true, schema: {type: string}}
        get:
          operationId: getOrder
          parameters:
            - {$ref: "#/components/parameters/Limit"}
            - {name: x-trace, in: header, required: true, schema: {type: string}}
      /ping:
        get:
          operationId: ping
          security: []
    components:
      securitySchemes:
        Key: {type: apiKey, in: header, name: x-api-key}
      parameters:
        Limit: {name: limit, in: query, schema: {type: integer}}
      schemas:
        Anything: {type: object}
        Order: {type: object, required: [id], properties: {id: {type: string}}}
  EOT

  integrations = {
    placeOrder    = { function_name = "place", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:place/invocations" }
    replaceOrders = { function_name = "place", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:place/invocations" }
    getOrder      = { function_name = "get", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:get:live/invocations", qualifier = "live" }
    ping          = { function_name = "get", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:get:live/invocations", qualifier = "live" }
  }
}

# --- built from the document -----------------------------------------------------------------------------------------

run "every_prefix_of_every_path_becomes_one_resource" {
  command = plan

  assert {
    condition     = toset(keys(aws_api_gateway_resource.level_1)) == toset(["v1", "ping"]) && toset(keys(aws_api_gateway_resource.level_2)) == toset(["v1/orders"]) && toset(keys(aws_api_gateway_resource.level_3)) == toset(["v1/orders/{order_id}"])
    error_message = "Paths that share a beginning must share its resources."
  }

  assert {
    condition     = aws_api_gateway_resource.level_3["v1/orders/{order_id}"].path_part == "{order_id}"
    error_message = "A resource bears the last segment of its path."
  }
}

run "every_operation_becomes_a_method_with_a_proxy_to_its_function" {
  command = plan

  assert {
    condition     = { for name, method in aws_api_gateway_method.this : name => method.http_method } == { placeOrder = "POST", replaceOrders = "PUT", getOrder = "GET", ping = "GET" }
    error_message = "Each operation of the document must be served, and nothing else."
  }

  assert {
    condition     = alltrue([for name, integration in aws_api_gateway_integration.this : integration.type == "AWS_PROXY" && integration.integration_http_method == "POST" && integration.uri == var.integrations[name].invoke_arn])
    error_message = "Each operation must call its own function."
  }
}

run "a_key_is_demanded_where_the_document_demands_one" {
  command = plan

  assert {
    condition     = { for name, method in aws_api_gateway_method.this : name => method.api_key_required } == { placeOrder = true, replaceOrders = true, getOrder = true, ping = false }
    error_message = "The document's security must hold for each method, with the method's own taking precedence."
  }
}

run "parameters_come_from_the_path_the_operation_and_by_reference" {
  command = plan

  assert {
    condition = aws_api_gateway_method.this["getOrder"].request_parameters == tomap({
      "method.request.path.order_id"     = true
      "method.request.querystring.limit" = false
      "method.request.header.x-trace"    = true
    })
    error_message = "All three kinds of parameters must reach the gateway, with required as the document says."
  }
}

run "a_body_is_checked_against_its_schema_or_the_one_named_for_the_gateway" {
  command = plan

  assert {
    condition     = aws_api_gateway_method.this["placeOrder"].request_models["application/json"] == "Anything" && aws_api_gateway_method.this["replaceOrders"].request_models["application/json"] == "Order"
    error_message = "x-gateway-model must win over the schema."
  }

  assert {
    condition = jsondecode(aws_api_gateway_model.this["Order"].schema) == {
      "$schema"  = "http://json-schema.org/draft-04/schema#"
      type       = "object"
      required   = ["id"]
      properties = { id = { type = "string" } }
    }
    error_message = "The model must be the document's schema."
  }

  assert {
    condition     = aws_api_gateway_request_validator.this.validate_request_body && aws_api_gateway_request_validator.this.validate_request_parameters
    error_message = "Bodies and parameters must be validated."
  }
}

run "the_gateway_may_call_a_function_for_its_own_method_and_path_only" {
  command = apply

  assert {
    condition     = aws_lambda_permission.this["getOrder"].source_arn == "arn:aws:execute-api:eu-central-1:123456789012:abcde12345/live/GET/v1/orders/*"
    error_message = "The permission must be limited to stage, method and path."
  }

  assert {
    condition     = aws_lambda_permission.this["getOrder"].qualifier == "live" && aws_lambda_permission.this["placeOrder"].qualifier == null
    error_message = "The permission must be given on the alias where there is one."
  }
}

run "the_projects_document_builds_all_four_operations" {
  command = plan

  variables {
    openapi = file("../../api/openapi.yaml")
    integrations = {
      submitTransaction       = { function_name = "ingest", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:ingest/invocations" }
      getTransaction          = { function_name = "query", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:query/invocations" }
      listAccountTransactions = { function_name = "query", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:query/invocations" }
      recordLabel             = { function_name = "label", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:label/invocations" }
      getHealth               = { function_name = "query", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:query/invocations" }
    }
  }

  assert {
    condition     = alltrue([for method in aws_api_gateway_method.this : method.api_key_required]) && length(aws_api_gateway_method.this) == 5
    error_message = "All five operations must demand a key."
  }

  assert {
    condition     = keys(aws_api_gateway_model.this) == ["LabelEnvelope", "TransactionEnvelope"] && alltrue([for model in aws_api_gateway_model.this : jsondecode(model.schema).type == "object" && !can(jsondecode(model.schema).properties)])
    error_message = "The gateway must demand a JSON object and leave the rest to the service."
  }
}

# --- the gateway's own answers ---------------------------------------------------------------------------------------

run "all_gateway_answers_have_the_shape_of_all_errors" {
  command = plan

  assert {
    condition = alltrue([
      for response in aws_api_gateway_gateway_response.this :
      keys(jsondecode(response.response_templates["application/json"])) == ["error", "request_id"] &&
      keys(jsondecode(response.response_templates["application/json"]).error) == ["code", "details", "message"] &&
      jsondecode(response.response_templates["application/json"]).request_id == "$context.requestId"
    ])
    error_message = "Clients must meet one shape of error only."
  }
}

run "a_bad_body_is_400_and_names_the_body" {
  command = plan

  assert {
    condition     = aws_api_gateway_gateway_response.this["BAD_REQUEST_BODY"].status_code == "400" && jsondecode(aws_api_gateway_gateway_response.this["BAD_REQUEST_BODY"].response_templates["application/json"]).error.code == "INVALID_REQUEST" && jsondecode(aws_api_gateway_gateway_response.this["BAD_REQUEST_BODY"].response_templates["application/json"]).error.details.field == "body"
    error_message = "A bad body must be INVALID_REQUEST with details.field body."
  }
}

run "a_missing_key_is_403_and_names_the_header" {
  command = plan

  assert {
    condition     = aws_api_gateway_gateway_response.this["INVALID_API_KEY"].status_code == "403" && jsondecode(aws_api_gateway_gateway_response.this["INVALID_API_KEY"].response_templates["application/json"]).error.code == "FORBIDDEN" && strcontains(aws_api_gateway_gateway_response.this["INVALID_API_KEY"].response_templates["application/json"], "x-api-key")
    error_message = "A missing key must be FORBIDDEN."
  }
}

run "an_unknown_path_is_404" {
  command = plan

  assert {
    condition     = alltrue([for type in ["MISSING_AUTHENTICATION_TOKEN", "RESOURCE_NOT_FOUND"] : aws_api_gateway_gateway_response.this[type].status_code == "404" && jsondecode(aws_api_gateway_gateway_response.this[type].response_templates["application/json"]).error.code == "NOT_FOUND"])
    error_message = "A path that does not exist must be NOT_FOUND."
  }
}

run "a_body_that_is_too_large_is_413" {
  command = plan

  assert {
    condition     = aws_api_gateway_gateway_response.this["REQUEST_TOO_LARGE"].status_code == "413" && jsondecode(aws_api_gateway_gateway_response.this["REQUEST_TOO_LARGE"].response_templates["application/json"]).error.code == "REQUEST_TOO_LARGE"
    error_message = "An oversized body must be REQUEST_TOO_LARGE."
  }
}

run "rate_and_quota_are_429" {
  command = plan

  assert {
    condition     = alltrue([for type in ["THROTTLED", "QUOTA_EXCEEDED"] : aws_api_gateway_gateway_response.this[type].status_code == "429" && jsondecode(aws_api_gateway_gateway_response.this[type].response_templates["application/json"]).error.code == "TOO_MANY_REQUESTS"])
    error_message = "Rate and quota must be TOO_MANY_REQUESTS."
  }
}

run "a_function_that_does_not_answer_is_503" {
  command = plan

  assert {
    condition     = alltrue([for type in ["INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT"] : aws_api_gateway_gateway_response.this[type].status_code == "503" && jsondecode(aws_api_gateway_gateway_response.this[type].response_templates["application/json"]).error.code == "SERVICE_UNAVAILABLE"])
    error_message = "A function that does not answer must be SERVICE_UNAVAILABLE."
  }
}

run "all_other_refusals_keep_their_own_status" {
  command = plan

  assert {
    condition     = aws_api_gateway_gateway_response.this["DEFAULT_4XX"].status_code == null
    error_message = "A status here would become the status of all other refusals."
  }
}

run "a_function_that_breaks_off_is_500" {
  command = plan

  assert {
    condition     = aws_api_gateway_gateway_response.this["DEFAULT_5XX"].status_code == "500" && jsondecode(aws_api_gateway_gateway_response.this["DEFAULT_5XX"].response_templates["application/json"]).error.code == "INTERNAL_ERROR"
    error_message = "All other failures must be INTERNAL_ERROR."
  }
}

# --- stage -----------------------------------------------------------------------------------------------------------

run "the_endpoint_is_regional" {
  command = plan

  assert {
    condition     = one(aws_api_gateway_rest_api.this.endpoint_configuration[0].types) == "REGIONAL"
    error_message = "The API must be regional."
  }
}

run "the_access_log_is_json_without_bodies_and_encrypted" {
  command = plan

  assert {
    condition     = can(jsondecode(aws_api_gateway_stage.this.access_log_settings[0].format).request_id) && !strcontains(aws_api_gateway_stage.this.access_log_settings[0].format, "body")
    error_message = "The access log must be JSON and hold no bodies."
  }

  assert {
    condition     = aws_cloudwatch_log_group.access.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.access.retention_in_days == 365 && aws_cloudwatch_log_group.execution.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.execution.retention_in_days == 365
    error_message = "Both logs must be encrypted and kept for a year unless told otherwise."
  }
}

run "execution_logs_hold_errors_but_no_data" {
  command = plan

  assert {
    condition     = aws_api_gateway_method_settings.all.settings[0].logging_level == "ERROR" && !aws_api_gateway_method_settings.all.settings[0].data_trace_enabled && aws_api_gateway_method_settings.all.settings[0].metrics_enabled
    error_message = "Errors must be logged, bodies must not, metrics must be on."
  }
}

run "tracing_is_on" {
  command = plan

  assert {
    condition     = aws_api_gateway_stage.this.xray_tracing_enabled
    error_message = "X-Ray tracing must be on."
  }

  assert {
    condition     = length(aws_xray_sampling_rule.this) == 0
    error_message = "Without traced_share, X-Ray's own rule must decide."
  }
}

run "a_share_of_the_requests_is_traced_and_no_first_of_each_second" {
  command = plan

  variables { traced_share = 0.05 }

  assert {
    condition     = aws_xray_sampling_rule.this["this"].fixed_rate == 0.05 && aws_xray_sampling_rule.this["this"].reservoir_size == 0
    error_message = "The rule must take the share, and nothing before it."
  }

  assert {
    condition     = aws_xray_sampling_rule.this["this"].service_name == "${var.name}/live" && aws_xray_sampling_rule.this["this"].service_type == "AWS::ApiGateway::Stage"
    error_message = "The rule must be for this stage alone."
  }

  assert {
    condition     = length(aws_xray_sampling_rule.this["this"].rule_name) <= 32
    error_message = "X-Ray takes names of at most 32 characters."
  }
}

run "a_share_above_one_is_refused" {
  command = plan

  variables { traced_share = 1.1 }

  expect_failures = [var.traced_share]
}

run "the_throttle_holds_for_the_key_and_for_the_stage" {
  command = plan

  variables {
    throttle = { rate_limit = 20, burst_limit = 40 }
  }

  assert {
    condition     = aws_api_gateway_usage_plan.this["this"].throttle_settings[0].rate_limit == 20 && aws_api_gateway_usage_plan.this["this"].throttle_settings[0].burst_limit == 40
    error_message = "Each key must be throttled."
  }

  assert {
    condition     = aws_api_gateway_method_settings.all.settings[0].throttling_rate_limit == 20 && aws_api_gateway_method_settings.all.settings[0].throttling_burst_limit == 40
    error_message = "The stage must be throttled."
  }
}

run "there_is_no_quota_unless_one_is_given" {
  command = plan

  assert {
    condition     = length(aws_api_gateway_usage_plan.this["this"].quota_settings) == 0
    error_message = "Without quota_per_day there must be no quota."
  }
}

run "a_quota_counts_by_the_day" {
  command = plan

  variables {
    quota_per_day = 1000
  }

  assert {
    condition     = aws_api_gateway_usage_plan.this["this"].quota_settings[0].limit == 1000 && aws_api_gateway_usage_plan.this["this"].quota_settings[0].period == "DAY"
    error_message = "The quota must count requests a day."
  }
}

run "a_web_acl_is_optional" {
  command = plan

  assert {
    condition     = length(aws_wafv2_web_acl_association.this) == 0
    error_message = "Without web_acl there must be no association."
  }
}

run "a_web_acl_stands_in_front_of_the_stage" {
  command = apply

  variables {
    web_acl = { arn = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/txn/11111111-2222-3333-4444-555555555555" }
  }

  assert {
    condition     = aws_wafv2_web_acl_association.this["this"].resource_arn == aws_api_gateway_stage.this.arn
    error_message = "The web ACL must protect the stage."
  }
}

run "the_logging_role_is_set_for_the_account" {
  command = apply

  assert {
    condition     = aws_api_gateway_account.this["this"].cloudwatch_role_arn == aws_iam_role.logging["this"].arn && endswith(aws_iam_role_policy_attachment.logging["this"].policy_arn, "AmazonAPIGatewayPushToCloudWatchLogs")
    error_message = "Without the role, a stage with logs cannot be created."
  }
}

run "the_logging_role_can_be_left_to_others" {
  command = plan

  variables {
    manage_account_logging = false
  }

  assert {
    condition     = length(aws_api_gateway_account.this) == 0 && length(aws_iam_role.logging) == 0
    error_message = "The account's setting must be left alone."
  }
}

run "the_logging_role_can_have_a_name_of_its_own" {
  command = plan

  variables {
    logging_role_name = "role-api-gateway-logs-test"
  }

  assert {
    condition     = aws_iam_role.logging["this"].name == "role-api-gateway-logs-test"
    error_message = "A given name must be the role's."
  }
}

# --- deployment ------------------------------------------------------------------------------------------------------

run "deployed_as_it_stands" {
  command = apply
}

run "what_stood_before_tokens_streams_cache_and_cors_is_not_deployed_again_for_them" {
  command = plan

  assert {
    condition     = run.deployed_as_it_stands.redeployment_hash == "f3db42903580b522604342bbec604ed38f85f07744e6d3e4cea3d5dcbb121caa"
    error_message = "An API that uses none of what came later must keep the hash that it had."
  }
}

run "the_same_document_in_another_notation_deploys_nothing" {
  command = plan

  variables {
    openapi = jsonencode(yamldecode(var.openapi))
  }

  assert {
    condition     = aws_api_gateway_deployment.this.triggers["redeployment"] == run.deployed_as_it_stands.redeployment_hash
    error_message = "What counts is what the document says, not how it is written."
  }
}

run "a_changed_document_is_deployed_again" {
  command = plan

  variables {
    openapi = replace(var.openapi, "required: [id]", "required: [id, lines]")
  }

  assert {
    condition     = aws_api_gateway_deployment.this.triggers["redeployment"] != run.deployed_as_it_stands.redeployment_hash
    error_message = "A changed model must reach the stage."
  }
}

run "a_changed_integration_is_deployed_again" {
  command = plan

  variables {
    integrations = merge(var.integrations, { ping = var.integrations.placeOrder })
  }

  assert {
    condition     = aws_api_gateway_deployment.this.triggers["redeployment"] != run.deployed_as_it_stands.redeployment_hash
    error_message = "A changed integration must reach the stage."
  }
}

# --- clients and alarms ----------------------------------------------------------------------------------------------

run "the_key_is_given_by_id_only" {
  command = apply

  assert {
    condition     = output.api_key_id == "key1234567" && aws_api_gateway_usage_plan_key.this["this"].key_id == "key1234567"
    error_message = "The key must be on the usage plan and be told by its id."
  }
}

run "a_document_that_demands_no_key_gets_no_key_and_no_usage_plan" {
  command = plan

  variables {
    openapi = replace(var.openapi, "security: [{Key: []}]", "")
  }

  assert {
    condition     = length(aws_api_gateway_api_key.this) + length(aws_api_gateway_usage_plan.this) + length(aws_api_gateway_usage_plan_key.this) == 0
    error_message = "A key that no method asks for must not be made."
  }

  assert {
    condition     = output.api_key_id == null && output.usage_plan_id == null
    error_message = "What is not there must be null."
  }
}

run "a_document_that_knows_no_keys_names_no_header_in_its_refusals" {
  command = plan

  variables {
    openapi = replace(replace(var.openapi, "security: [{Key: []}]", ""), "Key: {type: apiKey, in: header, name: x-api-key}", "{}")
  }

  assert {
    condition     = jsondecode(aws_api_gateway_gateway_response.this["INVALID_API_KEY"].response_templates["application/json"]).error.message == "A valid API key is required."
    error_message = "There is no header to be named."
  }
}

run "an_existing_key_can_be_taken_along" {
  command = plan

  variables {
    api_key_value = "0123456789abcdef0123" # checkov:skip=CKV_SECRET_6:of a test, opens nothing
  }

  assert {
    condition     = aws_api_gateway_api_key.this["this"].value == "0123456789abcdef0123"
    error_message = "A given value must become the key's."
  }
}

run "the_error_alarm_compares_shares_not_percents" {
  command = plan

  assert {
    condition     = output.alarms["api-errors"].threshold == 0.01 && output.alarms["api-errors"].statistic == "Average" && output.alarms["api-errors"].metric_name == "5XXError"
    error_message = "The average of 5XXError is a share from 0 to 1."
  }

  assert {
    condition     = output.alarms["api-latency"].statistic == "p99" && output.alarms["api-latency"].threshold == 1000 && output.alarms["api-latency"].dimensions == { ApiName = "txn-test-api", Stage = "live" }
    error_message = "The latency alarm must look at the 99th percentile of this stage."
  }
}

run "the_latency_alarm_can_wait_for_several_periods" {
  command = plan
  variables { alarms = { latency_periods = 3 } }

  assert {
    condition     = output.alarms["api-latency"].evaluation_periods == 3 && output.alarms["api-latency"].period_seconds == 300
    error_message = "The alarm must take as many periods in a row as it was given."
  }
}

# --- for the root that composes it -----------------------------------------------------------------------------------

run "the_configuration_tells_what_the_operations_check" {
  command = plan

  assert {
    condition = { for name, operation in output.configuration.operations : name => { for part, value in operation : part => value if !endswith(part, "_arn") } } == {
      placeOrder    = { method = "POST", path = "/v1/orders", needs_key = true, authorization = "NONE", validates_body = true, validates_parameters = true }
      replaceOrders = { method = "PUT", path = "/v1/orders", needs_key = true, authorization = "NONE", validates_body = true, validates_parameters = true }
      getOrder      = { method = "GET", path = "/v1/orders/{order_id}", needs_key = true, authorization = "NONE", validates_body = false, validates_parameters = true }
      ping          = { method = "GET", path = "/ping", needs_key = false, authorization = "NONE", validates_body = false, validates_parameters = true }
    }
    error_message = "Each operation must be told as the gateway was given it."
  }

  assert {
    condition     = alltrue([for name, operation in output.configuration.operations : operation.invoke_arn == var.integrations[name].invoke_arn && operation.stream_arn == null])
    error_message = "It must be told which function each operation calls."
  }
}

run "the_configuration_tells_what_stage_and_clients_were_given" {
  command = plan

  variables {
    stage_name         = "prod"
    log_retention_days = 30
    throttle           = { rate_limit = 20, burst_limit = 40 }
    quota_per_day      = 1000
    web_acl            = { arn = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/txn/11111111-2222-3333-4444-555555555555" }
  }

  assert {
    condition = { for name, value in output.configuration : name => value if name != "operations" } == {
      endpoint_types            = ["REGIONAL"]
      stage_name                = "prod"
      tracing                   = true
      access_log_retention_days = 30
      logs_kms_key_arn          = var.kms_key_arn
      throttle                  = { rate_limit = 20, burst_limit = 40 }
      usage_plan                = { rate_limit = 20, burst_limit = 40, quota_per_day = 1000 }
      clients                   = {}
      cache                     = {}
      web_acl_arn               = var.web_acl.arn
    }
    error_message = "Everything must be told as it was given, before it exists."
  }
}

# --- refusals --------------------------------------------------------------------------------------------------------

run "a_name_over_51_characters_is_refused" {
  command = plan
  variables {
    name = "a12345678901234567890123456789012345678901234567890x"
  }
  expect_failures = [var.name]
}

run "a_document_of_another_version_is_refused" {
  command = plan
  variables {
    openapi = replace(var.openapi, "openapi: 3.0.3", "openapi: 3.1.0")
  }
  expect_failures = [var.openapi]
}

run "an_operation_without_a_usable_id_is_refused" {
  command = plan
  variables {
    openapi      = replace(var.openapi, "operationId: ping", "operationId: ping-it")
    integrations = { for name, integration in var.integrations : replace(name, "ping", "ping-it") => integration }
  }
  expect_failures = [var.openapi]
}

run "a_path_of_six_segments_is_refused" {
  command = plan
  variables {
    openapi = replace(var.openapi, "/ping:", "/a/b/c/d/e/f:")
  }
  expect_failures = [var.openapi]
}

run "a_model_that_does_not_exist_is_refused" {
  command = plan
  variables {
    openapi = replace(var.openapi, "x-gateway-model: Anything", "x-gateway-model: Nothing")
  }
  expect_failures = [var.openapi]
}

run "an_operation_without_a_function_is_refused" {
  command = plan
  variables {
    integrations = { for name, integration in var.integrations : name => integration if name != "ping" }
  }
  expect_failures = [var.integrations]
}

run "a_function_for_an_unknown_operation_is_refused" {
  command = plan
  variables {
    integrations = merge(var.integrations, { pong = var.integrations.ping })
  }
  expect_failures = [var.integrations]
}

run "a_stage_name_with_a_slash_is_refused" {
  command = plan
  variables {
    stage_name = "v1/live"
  }
  expect_failures = [var.stage_name]
}

run "a_key_that_is_no_key_arn_is_refused" {
  command = plan
  variables {
    kms_key_arn = "alias/txn"
  }
  expect_failures = [var.kms_key_arn]
}

run "a_retention_that_cloudwatch_does_not_offer_is_refused" {
  command = plan
  variables {
    log_retention_days = 100
  }
  expect_failures = [var.log_retention_days]
}

run "a_rate_of_zero_is_refused" {
  command = plan
  variables {
    throttle = { rate_limit = 0 }
  }
  expect_failures = [var.throttle]
}

run "a_burst_of_zero_is_refused" {
  command = plan
  variables {
    throttle = { burst_limit = 0 }
  }
  expect_failures = [var.throttle]
}

run "a_web_acl_of_another_service_is_refused" {
  command = plan
  variables {
    web_acl = { arn = "arn:aws:waf::123456789012:webacl/11111111" }
  }
  expect_failures = [var.web_acl]
}

run "an_api_key_under_20_characters_is_refused" {
  command = plan
  variables {
    api_key_value = "0123456789abcdef012" # checkov:skip=CKV_SECRET_6:of a test, opens nothing
  }
  expect_failures = [var.api_key_value]
}

run "a_key_that_no_operation_asks_for_is_refused" {
  command = plan
  variables {
    openapi       = replace(var.openapi, "security: [{Key: []}]", "")
    api_key_value = "0123456789abcdef0123" # checkov:skip=CKV_SECRET_6:of a test, opens nothing
  }
  expect_failures = [var.api_key_value]
}

run "a_quota_without_keys_to_count_by_is_refused" {
  command = plan
  variables {
    openapi       = replace(var.openapi, "security: [{Key: []}]", "")
    quota_per_day = 1000
  }
  expect_failures = [var.quota_per_day]
}

run "a_logging_role_name_with_a_space_is_refused" {
  command = plan
  variables {
    logging_role_name = "role for logs"
  }
  expect_failures = [var.logging_role_name]
}

run "a_quota_of_zero_is_refused" {
  command = plan
  variables {
    quota_per_day = 0
  }
  expect_failures = [var.quota_per_day]
}

run "an_error_threshold_of_zero_is_refused" {
  command = plan
  variables {
    alarms = { error_percent = 0 }
  }
  expect_failures = [var.alarms]
}

run "no_period_of_latency_is_refused" {
  command = plan
  variables { alarms = { latency_periods = 0 } }
  expect_failures = [var.alarms]
}

run "a_latency_threshold_over_29_seconds_is_refused" {
  command = plan
  variables {
    alarms = { latency_p99_ms = 30000 }
  }
  expect_failures = [var.alarms]
}
