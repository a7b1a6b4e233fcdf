data "aws_partition" "current" {}

# ---------------------------------------------------------------------------------------------------------------------
# The document, read into what the gateway is built of
# ---------------------------------------------------------------------------------------------------------------------

locals {
  document = yamldecode(var.openapi)
  verbs    = ["get", "put", "post", "delete", "options", "head", "patch"]

  # Every method of the document by its operationId.
  operations = merge([
    for path, item in local.document.paths : {
      for verb in local.verbs : item[verb].operationId => {
        path   = trim(path, "/")
        method = upper(verb)
        # References are one level deep: "#/components/parameters/Limit".
        parameters = [
          for parameter in concat(try(item.parameters, []), try(item[verb].parameters, [])) :
          try(local.document.components.parameters[trimprefix(parameter["$ref"], "#/components/parameters/")], parameter)
        ]
        model = try(
          item[verb].requestBody.content["application/json"]["x-gateway-model"],
          trimprefix(item[verb].requestBody.content["application/json"].schema["$ref"], "#/components/schemas/"),
          null,
        )
        # A method's own security replaces the document's; an empty list opens the method.
        needs_key = anytrue(flatten([
          for requirement in try(item[verb].security, local.document.security, []) : [
            for scheme in keys(requirement) : local.document.components.securitySchemes[scheme].type == "apiKey"
          ]
        ]))
      } if contains(keys(item), verb)
    }
  ]...)

  models = {
    for name in toset([for operation in local.operations : operation.model if operation.model != null]) :
    name => local.document.components.schemas[name]
  }

  # Where no operation demands a key, there is none to give out and no plan to count its requests by.
  clients = anytrue([for operation in local.operations : operation.needs_key]) ? toset(["this"]) : toset([])

  # Every prefix of every path is a resource of its own. Terraform cannot let a resource refer to others of the same
  # block, so there is one block a level.
  prefixes = toset(flatten([
    for operation in local.operations : [
      for depth in range(1, length(split("/", operation.path)) + 1) :
      join("/", slice(split("/", operation.path), 0, depth))
    ]
  ]))
  prefixes_by_level = [
    for level in range(1, 6) : toset([for prefix in local.prefixes : prefix if length(split("/", prefix)) == level])
  ]
  resources = merge(
    aws_api_gateway_resource.level_1,
    aws_api_gateway_resource.level_2,
    aws_api_gateway_resource.level_3,
    aws_api_gateway_resource.level_4,
    aws_api_gateway_resource.level_5,
  )
}

# ---------------------------------------------------------------------------------------------------------------------
# API, its paths and methods
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_api_gateway_rest_api" "this" {
  name           = var.name
  description    = "${local.document.info.title} ${local.document.info.version}"
  api_key_source = "HEADER"

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  # Deployments refer to the API; a new one has to stand before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_resource" "level_1" {
  for_each = local.prefixes_by_level[0]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level_2" {
  for_each = local.prefixes_by_level[1]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.level_1[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level_3" {
  for_each = local.prefixes_by_level[2]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.level_2[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level_4" {
  for_each = local.prefixes_by_level[3]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.level_3[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level_5" {
  for_each = local.prefixes_by_level[4]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.level_4[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_model" "this" {
  for_each = local.models

  rest_api_id  = aws_api_gateway_rest_api.this.id
  name         = each.key
  description  = try(each.value.description, each.key)
  content_type = "application/json"
  schema       = jsonencode(merge({ "$schema" = "http://json-schema.org/draft-04/schema#" }, each.value))
}

resource "aws_api_gateway_request_validator" "this" {
  rest_api_id                 = aws_api_gateway_rest_api.this.id
  name                        = "body-and-parameters"
  validate_request_body       = true
  validate_request_parameters = true
}

resource "aws_api_gateway_method" "this" {
  # checkov:skip=CKV_AWS_59:Clients are known by their API key wherever the document demands one, which checkov cannot read out of the document
  for_each = local.operations

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = local.resources[each.value.path].id
  http_method          = each.value.method
  operation_name       = each.key
  authorization        = "NONE"
  api_key_required     = each.value.needs_key
  request_validator_id = aws_api_gateway_request_validator.this.id
  request_models       = each.value.model == null ? null : { "application/json" = aws_api_gateway_model.this[each.value.model].name }

  request_parameters = {
    for parameter in each.value.parameters :
    "method.request.${parameter.in == "query" ? "querystring" : parameter.in}.${parameter.name}" => try(parameter.required, false)
  }
}

resource "aws_api_gateway_integration" "this" {
  for_each = local.operations

  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_method.this[each.key].resource_id
  http_method             = aws_api_gateway_method.this[each.key].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST" # Lambda is always called by POST, whatever the client's method.
  uri                     = var.integrations[each.key].invoke_arn
}

resource "aws_lambda_permission" "this" {
  for_each = local.operations

  statement_id  = "api-${aws_api_gateway_rest_api.this.id}-${each.key}"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  function_name = var.integrations[each.key].function_name
  qualifier     = var.integrations[each.key].qualifier
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/${var.stage_name}/${each.value.method}/${replace(each.value.path, "/\\{[^}]+\\}/", "*")}"
}

# ---------------------------------------------------------------------------------------------------------------------
# The gateway's own answers, in the shape of all errors
# ---------------------------------------------------------------------------------------------------------------------

locals {
  refusals = {
    bad_body          = { status = "400", code = "INVALID_REQUEST", message = "The body must be a JSON object.", details = { field = "body" } }
    bad_parameters    = { status = "400", code = "INVALID_REQUEST", message = "A required parameter is missing.", details = { field = "parameters" } }
    unsupported_media = { status = "400", code = "INVALID_REQUEST", message = "The body must be sent as application/json.", details = { field = "content-type" } }
    no_key            = { status = "403", code = "FORBIDDEN", message = local.key_header == null ? "A valid API key is required." : "A valid ${local.key_header} header is required.", details = {} }
    denied            = { status = "403", code = "FORBIDDEN", message = "Access is denied.", details = {} }
    not_found         = { status = "404", code = "NOT_FOUND", message = "There is no such path or method.", details = {} }
    too_large         = { status = "413", code = "REQUEST_TOO_LARGE", message = "The body is too large.", details = { field = "body" } }
    too_many          = { status = "429", code = "TOO_MANY_REQUESTS", message = "Too many requests. Try again later.", details = {} }
    no_answer         = { status = "503", code = "SERVICE_UNAVAILABLE", message = "The service cannot answer at the moment. Try again later.", details = {} }
    # Without a status of its own, a refusal keeps the one it has.
    other_refusal = { status = null, code = "INVALID_REQUEST", message = "The request was refused.", details = {} }
    other_failure = { status = "500", code = "INTERNAL_ERROR", message = "The request could not be served.", details = {} }
  }
  key_header = one([for scheme in try(local.document.components.securitySchemes, {}) : scheme.name if scheme.type == "apiKey"])

  gateway_responses = {
    BAD_REQUEST_BODY       = local.refusals.bad_body
    BAD_REQUEST_PARAMETERS = local.refusals.bad_parameters
    UNSUPPORTED_MEDIA_TYPE = local.refusals.unsupported_media
    INVALID_API_KEY        = local.refusals.no_key
    ACCESS_DENIED          = local.refusals.denied
    UNAUTHORIZED           = local.refusals.denied
    WAF_FILTERED           = local.refusals.denied
    EXPIRED_TOKEN          = local.refusals.denied
    INVALID_SIGNATURE      = local.refusals.denied
    # What AWS says to a path or method that does not exist. It says the same to an unsigned call of a method with IAM
    # authorization, but there are none here: an absent or unknown key is INVALID_API_KEY.
    MISSING_AUTHENTICATION_TOKEN = local.refusals.not_found
    RESOURCE_NOT_FOUND           = local.refusals.not_found
    REQUEST_TOO_LARGE            = local.refusals.too_large
    THROTTLED                    = local.refusals.too_many
    QUOTA_EXCEEDED               = local.refusals.too_many
    INTEGRATION_FAILURE          = local.refusals.no_answer
    INTEGRATION_TIMEOUT          = local.refusals.no_answer
    DEFAULT_4XX                  = local.refusals.other_refusal
    # A function that breaks off would be 502, which tells clients no more than 500.
    DEFAULT_5XX = local.refusals.other_failure
  }
}

resource "aws_api_gateway_gateway_response" "this" {
  for_each = local.gateway_responses

  rest_api_id   = aws_api_gateway_rest_api.this.id
  response_type = each.key
  status_code   = each.value.status

  response_templates = {
    "application/json" = jsonencode({
      error      = { code = each.value.code, message = each.value.message, details = each.value.details }
      request_id = "$context.requestId"
    })
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Stage
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  description = "${local.document.info.title} ${local.document.info.version}"

  # A deployment is a snapshot: without a new one, changes never reach the stage.
  triggers = {
    redeployment = sha256(jsonencode([
      local.operations,
      local.models,
      local.gateway_responses,
      { for name in keys(local.operations) : name => var.integrations[name].invoke_arn },
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [
    aws_api_gateway_gateway_response.this,
    aws_api_gateway_integration.this,
    aws_api_gateway_method.this,
  ]
}

resource "aws_cloudwatch_log_group" "access" {
  # checkov:skip=CKV_AWS_338:How long logs are kept is the caller's choice (argument log_retention_days, a year by default)
  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# API Gateway would create this group itself, without key or retention.
resource "aws_cloudwatch_log_group" "execution" {
  # checkov:skip=CKV_AWS_338:How long logs are kept is the caller's choice (argument log_retention_days, a year by default)
  name              = "API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.this.id}/${var.stage_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_api_gateway_stage" "this" {
  # checkov:skip=CKV_AWS_120:Answers tell a transaction's state of this moment and must not come from a cache
  # checkov:skip=CKV2_AWS_29:A web ACL is the caller's choice (argument web_acl)
  # checkov:skip=CKV2_AWS_77:Which rule groups a web ACL holds is decided where the ACL is made, not here
  # checkov:skip=CKV2_AWS_51:A client certificate authenticates the gateway to HTTP backends; Lambda integrations are authorized by IAM
  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = var.stage_name
  description          = "${local.document.info.title} ${local.document.info.version}"
  xray_tracing_enabled = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn

    # Who, what, how long and with which outcome; never bodies, keys or query strings.
    format = jsonencode({
      request_id          = "$context.requestId"
      extended_request_id = "$context.extendedRequestId"
      trace_id            = "$context.xrayTraceId"
      request_time        = "$context.requestTime"
      source_ip           = "$context.identity.sourceIp"
      api_key_id          = "$context.identity.apiKeyId"
      method              = "$context.httpMethod"
      resource_path       = "$context.resourcePath"
      status              = "$context.status"
      error_type          = "$context.error.responseType"
      response_length     = "$context.responseLength"
      latency_ms          = "$context.responseLatency"
      integration_ms      = "$context.integration.latency"
      integration_status  = "$context.integration.status"
      integration_error   = "$context.integration.error"
    })
  }

  depends_on = [
    aws_api_gateway_account.this,
    aws_cloudwatch_log_group.execution,
  ]
}

resource "aws_api_gateway_method_settings" "all" {
  # checkov:skip=CKV_AWS_225:Answers tell a transaction's state of this moment and must not come from a cache
  # checkov:skip=CKV_AWS_308:There is no cache to encrypt
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    logging_level          = "ERROR"
    data_trace_enabled     = false # It would log whole bodies.
    throttling_rate_limit  = var.throttle.rate_limit
    throttling_burst_limit = var.throttle.burst_limit
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  for_each = var.web_acl == null ? {} : { this = var.web_acl }

  resource_arn = aws_api_gateway_stage.this.arn
  web_acl_arn  = each.value.arn
}

# ---------------------------------------------------------------------------------------------------------------------
# Clients
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_api_gateway_api_key" "this" {
  for_each = local.clients

  name        = var.name
  description = "Client of ${var.name}"
  value       = var.api_key_value
}

resource "aws_api_gateway_usage_plan" "this" {
  for_each = local.clients

  name        = var.name
  description = "What one client of ${var.name} may use"

  api_stages {
    api_id = aws_api_gateway_rest_api.this.id
    stage  = aws_api_gateway_stage.this.stage_name
  }

  throttle_settings {
    rate_limit  = var.throttle.rate_limit
    burst_limit = var.throttle.burst_limit
  }

  dynamic "quota_settings" {
    for_each = var.quota_per_day == null ? [] : [var.quota_per_day]

    content {
      limit  = quota_settings.value
      period = "DAY"
    }
  }
}

resource "aws_api_gateway_usage_plan_key" "this" {
  for_each = local.clients

  usage_plan_id = aws_api_gateway_usage_plan.this[each.key].id
  key_id        = aws_api_gateway_api_key.this[each.key].id
  key_type      = "API_KEY"
}

# They were there once for every API.
moved {
  from = aws_api_gateway_api_key.this
  to   = aws_api_gateway_api_key.this["this"]
}

moved {
  from = aws_api_gateway_usage_plan.this
  to   = aws_api_gateway_usage_plan.this["this"]
}

moved {
  from = aws_api_gateway_usage_plan_key.this
  to   = aws_api_gateway_usage_plan_key.this["this"]
}

# ---------------------------------------------------------------------------------------------------------------------
# The role by which API Gateway writes logs: one for all APIs of an account and region
# ---------------------------------------------------------------------------------------------------------------------

data "aws_iam_policy_document" "assume_logging_role" {
  statement {
    sid     = "ApiGatewayAssumesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "logging" {
  for_each = var.manage_account_logging ? toset(["this"]) : toset([])

  name               = coalesce(var.logging_role_name, "${var.name}-gateway-logs")
  description        = "Lets API Gateway write the logs of this account's APIs"
  assume_role_policy = data.aws_iam_policy_document.assume_logging_role.json
}

# API Gateway checks the role for just this managed policy's actions and refuses a narrower one.
resource "aws_iam_role_policy_attachment" "logging" {
  for_each = aws_iam_role.logging

  role       = each.value.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

resource "aws_api_gateway_account" "this" {
  for_each = aws_iam_role.logging

  cloudwatch_role_arn = each.value.arn

  depends_on = [aws_iam_role_policy_attachment.logging]
}
