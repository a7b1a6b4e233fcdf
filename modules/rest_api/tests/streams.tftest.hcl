# The real provider renders the policies; nothing is called, since a plan of new resources needs no answer from AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name        = "txn-test-api"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"

  openapi = <<-EOT
    openapi: 3.0.3
    info: {title: Orders, version: 2.1.0}
    paths:
      /orders:
        post:
          operationId: placeOrder
          requestBody:
            content:
              application/json:
                x-gateway-model: Anything
                schema: {$ref: "#/components/schemas/Order"}
        get: {operationId: listOrders}
    components:
      schemas:
        Anything: {type: object}
        Order:
          type: object
          additionalProperties: false
          required: [order_id, buyer]
          properties:
            order_id: {type: string, pattern: "^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$"}
            buyer: {type: string, pattern: "^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$"}
            note: {type: string}
  EOT

  integrations = {
    placeOrder = {
      kinesis = {
        stream_name         = "txn-test-orders"
        stream_arn          = "arn:aws:kinesis:eu-central-1:123456789012:stream/txn-test-orders"
        kms_key_arn         = "arn:aws:kms:eu-central-1:123456789012:key/22222222-2222-3333-4444-555555555555"
        partition_key_field = "buyer"
        id_field            = "order_id"
      }
    }
    listOrders = { function_name = "list", invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:list/invocations" }
  }
}

run "an_operation_is_written_to_the_stream_without_a_function" {
  command = plan

  assert {
    condition     = aws_api_gateway_integration.stream["placeOrder"].type == "AWS" && aws_api_gateway_integration.stream["placeOrder"].uri == "arn:aws:apigateway:eu-central-1:kinesis:action/PutRecord" && aws_api_gateway_integration.stream["placeOrder"].integration_http_method == "POST"
    error_message = "The gateway must call PutRecord by itself."
  }

  assert {
    condition     = keys(aws_api_gateway_integration.this) == ["listOrders"] && keys(aws_lambda_permission.this) == ["listOrders"]
    error_message = "No function may stand behind it, the others keep theirs."
  }
}

run "the_record_holds_the_submission_the_request_id_and_the_time_and_its_key_comes_from_the_body" {
  command = plan

  assert {
    condition = aws_api_gateway_integration.stream["placeOrder"].request_templates["application/json"] == join("\n", [
      "#set($context.requestOverride.path.id = $input.json('$.order_id'))",
      "#set($record = \"{\"\"submission\"\":$input.json('$'),\"\"request_id\"\":\"\"$context.requestId\"\",\"\"received_at_ms\"\":$context.requestTimeEpoch}\")",
      "{\"StreamName\": \"txn-test-orders\", \"PartitionKey\": $input.json('$.buyer'), \"Data\": \"$util.base64Encode($record)\"}",
    ])
    error_message = "The record must be what its readers expect."
  }
}

run "the_whole_schema_is_checked_before_anything_is_written" {
  command = plan

  assert {
    condition     = aws_api_gateway_method.this["placeOrder"].request_models["application/json"] == "Order" && jsondecode(aws_api_gateway_model.this["Order"].schema).required == ["order_id", "buyer"] && !contains(keys(aws_api_gateway_model.this), "Anything")
    error_message = "x-gateway-model is for functions, which check the rest."
  }

  assert {
    condition     = aws_api_gateway_integration.stream["placeOrder"].passthrough_behavior == "NEVER" && toset(keys(aws_api_gateway_integration.stream["placeOrder"].request_templates)) == toset(["application/json"])
    error_message = "A body of another type, which no model checks, must be refused."
  }
}

run "a_refused_body_is_not_said_to_be_no_object" {
  command = plan

  assert {
    condition     = jsondecode(aws_api_gateway_gateway_response.this["BAD_REQUEST_BODY"].response_templates["application/json"]).error == { code = "INVALID_REQUEST", message = "The body is not what the API's description demands.", details = { field = "body" } }
    error_message = "More than an object is demanded, and the gateway cannot say what is missing."
  }
}

run "only_a_record_that_is_known_to_be_written_is_promised" {
  command = plan

  assert {
    condition     = { for answer in aws_api_gateway_integration_response.stream : answer.status_code => answer.selection_pattern == null ? "any other" : answer.selection_pattern } == { "202" = "200", "429" = "400", "503" = "any other" }
    error_message = "Whatever Kinesis says that is neither 200 nor 400 must not be answered with 202."
  }

  assert {
    condition     = aws_api_gateway_integration_response.stream["placeOrder/202"].response_templates["application/json"] == "{\"message\": \"Transaction validated and queued\", \"transaction_id\": $context.requestOverride.path.id, \"status\": \"pending_fraud_check\"}"
    error_message = "The answer must be that of a function."
  }
}

run "a_full_stream_is_429_and_any_other_trouble_503_in_the_shape_of_all_errors" {
  command = plan

  assert {
    condition     = strcontains(aws_api_gateway_integration_response.stream["placeOrder/429"].response_templates["application/json"], "ProvisionedThroughputExceeded") && strcontains(aws_api_gateway_integration_response.stream["placeOrder/429"].response_templates["application/json"], "#set($context.responseOverride.status = 503)")
    error_message = "Kinesis answers 400 to everything; its reason must decide."
  }

  assert {
    condition     = jsondecode(aws_api_gateway_integration_response.stream["placeOrder/503"].response_templates["application/json"]).error.code == "SERVICE_UNAVAILABLE" && jsondecode(aws_api_gateway_integration_response.stream["placeOrder/503"].response_templates["application/json"]).request_id == "$context.requestId"
    error_message = "Clients must meet one shape of error only."
  }

  assert {
    condition     = alltrue([for answer in aws_api_gateway_integration_response.stream : answer.response_parameters == tomap({ "method.response.header.Cache-Control" = "'no-store'", "method.response.header.X-Content-Type-Options" = "'nosniff'" })])
    error_message = "The headers must be those of functions."
  }
}

run "web_pages_of_the_allowed_origin_may_read_what_the_stream_is_answered_with" {
  command = plan

  variables {
    cors = { allow_origins = ["https://bank.example"] }
  }

  assert {
    condition     = alltrue([for answer in aws_api_gateway_integration_response.stream : answer.response_parameters["method.response.header.Access-Control-Allow-Origin"] == "'https://bank.example'"])
    error_message = "Without a function, the gateway must say it."
  }
}

run "the_gateway_may_put_records_into_this_stream_and_use_its_key_through_kinesis" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.stream_writer["this"].policy).Statement == [
      {
        Sid      = "PutRecords"
        Effect   = "Allow"
        Action   = "kinesis:PutRecord"
        Resource = "arn:aws:kinesis:eu-central-1:123456789012:stream/txn-test-orders"
      },
      {
        Sid       = "EncryptThemThroughKinesis"
        Effect    = "Allow"
        Action    = "kms:GenerateDataKey"
        Resource  = "arn:aws:kms:eu-central-1:123456789012:key/22222222-2222-3333-4444-555555555555"
        Condition = { StringEquals = { "kms:ViaService" = "kinesis.eu-central-1.amazonaws.com" } }
      },
    ]
    error_message = "The role must be for this stream and its key alone."
  }

  assert {
    condition     = jsondecode(aws_iam_role.stream_writer["this"].assume_role_policy).Statement[0].Principal == { Service = "apigateway.amazonaws.com" } && aws_iam_role.stream_writer["this"].name == "txn-test-api-to-kinesis"
    error_message = "The role must be for the gateway alone, and bear the API's name."
  }
}

run "the_role_can_have_a_name_of_its_own" {
  command = plan

  variables {
    stream_role_name = "role-api-stream-test"
  }

  assert {
    condition     = aws_iam_role.stream_writer["this"].name == "role-api-stream-test"
    error_message = "A given name must be the role's."
  }
}

run "without_streams_there_is_no_role" {
  command = plan

  variables {
    integrations = { for name in ["placeOrder", "listOrders"] : name => var.integrations.listOrders }
  }

  assert {
    condition     = length(aws_iam_role.stream_writer) == 0 && aws_api_gateway_method.this["placeOrder"].request_models["application/json"] == "Anything"
    error_message = "A function is called by permission, and checks the body itself."
  }
}

run "the_configuration_tells_the_stream" {
  command = plan

  assert {
    condition     = output.configuration.operations.placeOrder.stream_arn == "arn:aws:kinesis:eu-central-1:123456789012:stream/txn-test-orders" && output.configuration.operations.placeOrder.invoke_arn == null && output.configuration.operations.placeOrder.validates_body
    error_message = "It must be told what serves the operation."
  }
}

# --- refusals --------------------------------------------------------------------------------------------------------

run "a_key_whose_pattern_lets_a_quote_through_is_refused" {
  command = plan
  variables {
    openapi = replace(var.openapi, "buyer: {type: string, pattern: \"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$\"}", "buyer: {type: string, pattern: \"^.{1,64}$\"}")
  }
  expect_failures = [var.integrations]
}

run "a_key_without_an_end_is_refused" {
  command = plan
  variables {
    openapi = replace(var.openapi, "buyer: {type: string, pattern: \"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$\"}", "buyer: {type: string, pattern: \"^[a-z]+$\"}")
  }
  expect_failures = [var.integrations]
}

run "a_key_that_may_be_left_out_is_refused" {
  command = plan
  variables {
    openapi = replace(var.openapi, "required: [order_id, buyer]", "required: [order_id]")
  }
  expect_failures = [var.integrations]
}

run "an_id_that_the_body_has_not_is_refused" {
  command = plan
  variables {
    integrations = merge(var.integrations, { placeOrder = { kinesis = merge(var.integrations.placeOrder.kinesis, { id_field = "transaction_id" }) } })
  }
  expect_failures = [var.integrations]
}

run "a_message_with_a_reference_is_refused" {
  command = plan
  variables {
    integrations = merge(var.integrations, { placeOrder = { kinesis = merge(var.integrations.placeOrder.kinesis, { message = "$context.identity" }) } })
  }
  expect_failures = [var.integrations]
}

run "a_function_and_a_stream_at_once_are_refused" {
  command = plan
  variables {
    integrations = merge(var.integrations, { placeOrder = merge(var.integrations.listOrders, { kinesis = var.integrations.placeOrder.kinesis }) })
  }
  expect_failures = [var.integrations]
}

run "neither_a_function_nor_a_stream_is_refused" {
  command = plan
  variables {
    integrations = merge(var.integrations, { placeOrder = {} })
  }
  expect_failures = [var.integrations]
}

run "a_role_name_with_a_space_is_refused" {
  command = plan
  variables {
    stream_role_name = "role for streams"
  }
  expect_failures = [var.stream_role_name]
}
