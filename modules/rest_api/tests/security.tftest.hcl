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

  mock_resource "aws_api_gateway_authorizer" {
    defaults = { id = "authorizer" }
  }
}

variables {
  name        = "txn-test-api"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"

  openapi = <<-EOT
    openapi: 3.0.3
    info: {title: Orders, version: 2.1.0}
    security: []
    paths:
      /orders/{order_id}:
        get: {operationId: getOrder}
      /orders:
        get: {operationId: listOrders}
      /ping:
        get:
          operationId: ping
          security: []
    components:
      securitySchemes:
        Key: {type: apiKey, in: header, name: x-api-key}
        Signature: {type: http, scheme: AWS4-HMAC-SHA256, x-amazon-apigateway-authtype: awsSigv4}
        Token: {type: http, scheme: bearer, bearerFormat: JWT}
        Pool: {type: openIdConnect, openIdConnectUrl: "https://pool.example/"}
        Password: {type: http, scheme: basic}
  EOT

  integrations = {
    getOrder   = { function_name = "get", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/get/invocations" }
    listOrders = { function_name = "get", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/get/invocations" }
    ping       = { function_name = "get", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/get/invocations" }
  }
}

# --- which of the schemes --------------------------------------------------------------------------------------------

run "a_document_that_demands_nothing_is_open" {
  command = plan

  assert {
    condition     = alltrue([for method in aws_api_gateway_method.this : method.authorization == "NONE" && !method.api_key_required])
    error_message = "Schemes that nothing demands must not be demanded."
  }
}

run "signatures_are_demanded_by_argument_and_open_operations_stay_open" {
  command = plan

  variables {
    security = ["Signature"]
  }

  assert {
    condition     = { for name, method in aws_api_gateway_method.this : name => method.authorization } == { getOrder = "AWS_IAM", listOrders = "AWS_IAM", ping = "NONE" }
    error_message = "Every operation but the opened one must demand a signature."
  }

  assert {
    condition     = length(aws_api_gateway_api_key.this) + length(aws_api_gateway_authorizer.jwt) == 0
    error_message = "Neither keys nor a user pool are in use."
  }
}

run "a_signature_can_be_demanded_together_with_a_key" {
  command = plan

  variables {
    security = ["Signature", "Key"]
  }

  assert {
    condition     = aws_api_gateway_method.this["getOrder"].authorization == "AWS_IAM" && aws_api_gateway_method.this["getOrder"].api_key_required && length(aws_api_gateway_api_key.this) == 1
    error_message = "Both must be demanded."
  }
}

run "id_tokens_of_a_user_pool_are_demanded" {
  command = apply

  variables {
    security = ["Token"]
    jwt      = { user_pool_arns = ["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_abc"] }
  }

  assert {
    condition     = aws_api_gateway_authorizer.jwt["this"].type == "COGNITO_USER_POOLS" && aws_api_gateway_authorizer.jwt["this"].provider_arns == toset(var.jwt.user_pool_arns) && aws_api_gateway_authorizer.jwt["this"].identity_source == "method.request.header.Authorization"
    error_message = "The user pool must check the header Authorization."
  }

  assert {
    condition     = aws_api_gateway_method.this["getOrder"].authorization == "COGNITO_USER_POOLS" && aws_api_gateway_method.this["getOrder"].authorizer_id == "authorizer" && aws_api_gateway_method.this["ping"].authorizer_id == null
    error_message = "The authorizer must stand before each operation that is not open."
  }

  assert {
    condition     = aws_api_gateway_method.this["getOrder"].authorization_scopes == null
    error_message = "Without scopes the gateway takes ID tokens, not access tokens."
  }
}

run "a_token_can_be_demanded_together_with_a_key" {
  command = plan

  variables {
    security = ["Token", "Key"]
    jwt      = { user_pool_arns = ["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_abc"] }
  }

  assert {
    condition     = aws_api_gateway_method.this["getOrder"].authorization == "COGNITO_USER_POOLS" && aws_api_gateway_method.this["getOrder"].api_key_required
    error_message = "Both must be demanded."
  }
}

run "scopes_come_from_the_argument_and_from_the_document" {
  command = plan

  variables {
    openapi = replace(var.openapi, "get: {operationId: getOrder}", "get: {operationId: getOrder, security: [{Pool: [orders/read]}]}")
    jwt     = { user_pool_arns = ["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_abc"], scopes = ["orders/all"] }
  }

  assert {
    condition     = aws_api_gateway_method.this["getOrder"].authorization_scopes == toset(["orders/all", "orders/read"]) && aws_api_gateway_method.this["listOrders"].authorization_scopes == null
    error_message = "An access token with one of these scopes must be demanded."
  }
}

run "a_methods_own_security_takes_precedence_over_the_documents" {
  command = plan

  variables {
    openapi = replace(replace(var.openapi, "security: []\npaths", "security: [{Key: [], Signature: []}]\npaths"), "get: {operationId: listOrders}", "get: {operationId: listOrders, security: [{Key: []}]}")
  }

  assert {
    condition     = { for name, operation in output.configuration.operations : name => [operation.authorization, operation.needs_key] } == { getOrder = ["AWS_IAM", true], listOrders = ["NONE", true], ping = ["NONE", false] }
    error_message = "Each operation must demand what it names."
  }
}

run "the_notations_of_api_gateways_own_import_are_understood" {
  command = plan

  variables {
    openapi  = replace(replace(var.openapi, "type: http, scheme: AWS4-HMAC-SHA256,", "type: apiKey, in: header, name: Authorization,"), "type: http, scheme: bearer, bearerFormat: JWT", "type: apiKey, in: header, name: Authorization, x-amazon-apigateway-authtype: cognito_user_pools")
    security = ["Signature", "Key"]
  }

  assert {
    condition     = aws_api_gateway_method.this["getOrder"].authorization == "AWS_IAM" && strcontains(aws_api_gateway_gateway_response.this["INVALID_API_KEY"].response_templates["application/json"], "x-api-key")
    error_message = "A scheme of type apiKey is no API key where the extension says otherwise."
  }
}

run "callers_with_a_signature_are_granted_by_operation" {
  command = apply

  variables {
    security = ["Signature"]
  }

  assert {
    condition     = output.operation_arns["getOrder"] == "arn:aws:execute-api:eu-central-1:123456789012:abcde12345/live/GET/orders/*"
    error_message = "The ARN must name stage, method and path."
  }
}

# --- the gateway's answers -------------------------------------------------------------------------------------------

run "with_signatures_a_missing_one_is_403_and_not_taken_for_an_unknown_path" {
  command = plan

  variables {
    security = ["Signature"]
  }

  assert {
    condition = alltrue([
      for type in ["MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE", "EXPIRED_TOKEN", "ACCESS_DENIED"] :
      aws_api_gateway_gateway_response.this[type].status_code == "403" &&
      jsondecode(aws_api_gateway_gateway_response.this[type].response_templates["application/json"]).error.code == "FORBIDDEN"
    ])
    error_message = "All that is wrong with a signature must be FORBIDDEN."
  }

  assert {
    condition     = strcontains(aws_api_gateway_gateway_response.this["MISSING_AUTHENTICATION_TOKEN"].response_templates["application/json"], "must be signed")
    error_message = "Who forgot to sign must be told."
  }
}

run "with_tokens_a_missing_or_expired_one_is_401_and_an_unknown_path_404" {
  command = plan

  variables {
    security = ["Token"]
    jwt      = { user_pool_arns = ["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_abc"] }
  }

  assert {
    condition = alltrue([
      for type in ["UNAUTHORIZED", "EXPIRED_TOKEN"] :
      aws_api_gateway_gateway_response.this[type].status_code == "401" &&
      jsondecode(aws_api_gateway_gateway_response.this[type].response_templates["application/json"]).error.code == "UNAUTHORIZED"
    ])
    error_message = "Without a good token the answer must be UNAUTHORIZED."
  }

  assert {
    condition     = aws_api_gateway_gateway_response.this["MISSING_AUTHENTICATION_TOKEN"].status_code == "404" && aws_api_gateway_gateway_response.this["ACCESS_DENIED"].status_code == "403"
    error_message = "Nothing else may change."
  }
}

run "the_access_log_says_who_called_but_not_by_which_token" {
  command = plan

  variables {
    openapi  = replace(var.openapi, "get: {operationId: getOrder}", "get: {operationId: getOrder, security: [{Token: []}]}")
    jwt      = { user_pool_arns = ["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_abc"] }
    security = null
  }

  assert {
    condition     = jsondecode(aws_api_gateway_stage.this.access_log_settings[0].format).subject == "$context.authorizer.claims.sub" && !strcontains(lower(aws_api_gateway_stage.this.access_log_settings[0].format), "authorization")
    error_message = "The subject of the token must be logged, the token must not."
  }
}

# --- refusals --------------------------------------------------------------------------------------------------------

run "a_scheme_that_the_document_has_not_is_refused" {
  command = plan
  variables {
    security = ["Magic"]
  }
  expect_failures = [var.security]
}

run "a_scheme_that_the_gateway_knows_not_is_refused" {
  command = plan
  variables {
    security = ["Password"]
  }
  expect_failures = [aws_api_gateway_rest_api.this]
}

run "a_signature_and_a_token_at_once_are_refused" {
  command = plan
  variables {
    security = ["Signature", "Token"]
    jwt      = { user_pool_arns = ["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_abc"] }
  }
  # Only the signature would be demanded, so no user pool is needed either.
  expect_failures = [var.jwt, aws_api_gateway_rest_api.this]
}

run "a_signature_or_else_a_key_is_refused" {
  command = plan
  variables {
    openapi = replace(var.openapi, "security: []\npaths", "security: [{Key: []}, {Signature: []}]\npaths")
  }
  expect_failures = [aws_api_gateway_rest_api.this]
}

run "tokens_without_a_user_pool_are_refused" {
  command = plan
  variables {
    security = ["Token"]
  }
  expect_failures = [var.jwt]
}

run "a_user_pool_without_tokens_is_refused" {
  command = plan
  variables {
    jwt = { user_pool_arns = ["arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_abc"] }
  }
  expect_failures = [var.jwt]
}

run "a_user_pool_that_is_none_is_refused" {
  command = plan
  variables {
    security = ["Token"]
    jwt      = { user_pool_arns = ["eu-central-1_abc"] }
  }
  expect_failures = [var.jwt]
}
