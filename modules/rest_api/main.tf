data "aws_partition" "current" {}

data "aws_region" "current" {}

# ---------------------------------------------------------------------------------------------------------------------
# The document, read into what the gateway is built of
# ---------------------------------------------------------------------------------------------------------------------

locals {
  document = yamldecode(var.openapi)
  verbs    = ["get", "put", "post", "delete", "options", "head", "patch"]

  # Known before the streams are. No try here: of what is not known yet it would make something not known at all.
  stream_names = [for name, integration in var.integrations : name if integration.kinesis != null]

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
        # A function can name the field that is wrong, and so may be left to check the rest; a stream checks nothing.
        model = concat(
          [
            for name in [try(item[verb].requestBody.content["application/json"]["x-gateway-model"], null)] : name
            if name != null && !contains(local.stream_names, item[verb].operationId)
          ],
          [try(trimprefix(item[verb].requestBody.content["application/json"].schema["$ref"], "#/components/schemas/"), null)],
        )[0]
        needs_key = contains(local.demanded_kinds[item[verb].operationId], "key")
      } if contains(keys(item), verb)
    }
  ]...)

  models = {
    for name in toset([for operation in local.operations : operation.model if operation.model != null]) :
    name => local.document.components.schemas[name]
  }

  demands_keys        = anytrue([for operation in local.operations : operation.needs_key])
  function_operations = { for name, operation in local.operations : name => operation if !contains(local.stream_names, name) }
  stream_operations   = { for name, operation in local.operations : name => operation if contains(local.stream_names, name) }

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
# Who may call what, read from the document's securitySchemes
# ---------------------------------------------------------------------------------------------------------------------

locals {
  # Every scheme of the document as what the gateway makes of it. Tokens of any scheme are checked by a user pool.
  schemes = {
    for name, scheme in try(local.document.components.securitySchemes, {}) : name => (
      can(scheme["x-amazon-apigateway-authtype"])
      ? lookup({ awsSigv4 = "iam", cognito_user_pools = "jwt" }, scheme["x-amazon-apigateway-authtype"], "unknown")
      : lookup({ apiKey = "key", http = lower(try(scheme.scheme, "")) == "bearer" ? "jwt" : "unknown", oauth2 = "jwt", openIdConnect = "jwt" }, scheme.type, "unknown")
    )
  }

  # A method's own security replaces the document's, and the argument's; an empty list opens the method.
  requirements = merge([
    for item in values(local.document.paths) : {
      for verb in local.verbs : item[verb].operationId => {
        is_open     = try(length(item[verb].security) == 0, false)
        of_document = [for requirement in try(item[verb].security, local.document.security, []) : requirement]
      } if contains(keys(item), verb)
    }
  ]...)

  # What each operation demands, all of it: the schemes, and the scopes of which a token needs one.
  demands = {
    for name, requirement in local.requirements : name => flatten(concat(
      [
        for schemes in requirement.of_document : [
          for scheme, scopes in schemes : { scheme = scheme, scopes = [for scope in scopes : scope] }
        ] if var.security == null
      ],
      [
        for scheme in var.security == null ? [] : tolist(var.security) : { scheme = scheme, scopes = [] } if !requirement.is_open
      ],
    ))
  }
  demanded_kinds = { for name, demands in local.demands : name => toset([for demand in demands : lookup(local.schemes, demand.scheme, "unknown")]) }

  # By operation, whichever of the two it demands; most demand none.
  authorizations = {
    for name, kinds in local.demanded_kinds : name => contains(kinds, "iam") ? "AWS_IAM" : "COGNITO_USER_POOLS"
    if length(setintersection(kinds, ["iam", "jwt"])) > 0
  }
  scopes = {
    for name, demands in local.demands : name => distinct(concat(
      flatten([for demand in demands : demand.scopes if lookup(local.schemes, demand.scheme, "unknown") == "jwt"]),
      sort(try(var.jwt.scopes, [])),
    )) if try(local.authorizations[name], "") == "COGNITO_USER_POOLS"
  }
  uses_iam = contains(values(local.authorizations), "AWS_IAM")
  uses_jwt = contains(values(local.authorizations), "COGNITO_USER_POOLS")
}

resource "aws_api_gateway_authorizer" "jwt" {
  for_each = local.uses_jwt ? toset(["this"]) : toset([])

  rest_api_id     = aws_api_gateway_rest_api.this.id
  name            = "user-pool"
  type            = "COGNITO_USER_POOLS"
  identity_source = "method.request.header.Authorization"
  provider_arns   = var.jwt.user_pool_arns
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

  lifecycle {
    # Deployments refer to the API; a new one has to stand before the old one goes.
    create_before_destroy = true

    precondition {
      condition     = alltrue([for kinds in local.demanded_kinds : !contains(kinds, "unknown")])
      error_message = "The security of openapi names a scheme that securitySchemes has not, or of a kind that cannot be had: API key, AWS signature (x-amazon-apigateway-authtype awsSigv4) and token (bearer, oauth2, openIdConnect) can."
    }

    precondition {
      condition     = alltrue([for kinds in local.demanded_kinds : length(setintersection(kinds, ["iam", "jwt"])) <= 1])
      error_message = "An operation can demand a signature or a token, not both; either together with an API key."
    }

    # The gateway knows no "one or the other". Of keys alone, several requirements come to the same.
    precondition {
      condition     = alltrue([for name in keys(local.authorizations) : var.security != null || length(local.requirements[name].of_document) == 1])
      error_message = "An operation that demands a signature or a token must have one requirement in security, whose schemes are all demanded; alternatives cannot be had. The argument security chooses one of them."
    }
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
  # checkov:skip=CKV_AWS_59:Clients are known by key, signature or token wherever the document demands one, which checkov cannot read out of the document
  for_each = local.operations

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = local.resources[each.value.path].id
  http_method          = each.value.method
  operation_name       = each.key
  authorization        = lookup(local.authorizations, each.key, "NONE")
  authorizer_id        = lookup(local.authorizations, each.key, "NONE") == "COGNITO_USER_POOLS" ? aws_api_gateway_authorizer.jwt["this"].id : null
  authorization_scopes = try(length(local.scopes[each.key]), 0) > 0 ? local.scopes[each.key] : null
  api_key_required     = each.value.needs_key
  request_validator_id = aws_api_gateway_request_validator.this.id
  request_models       = each.value.model == null ? null : { "application/json" = aws_api_gateway_model.this[each.value.model].name }

  request_parameters = merge(
    {
      for parameter in each.value.parameters :
      "method.request.${parameter.in == "query" ? "querystring" : parameter.in}.${parameter.name}" => try(parameter.required, false)
    },
    { for parameter in try(local.cache_keys[each.key], []) : parameter => false if parameter == local.token_parameter },
  )
}

resource "aws_api_gateway_integration" "this" {
  for_each = local.function_operations

  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_method.this[each.key].resource_id
  http_method             = aws_api_gateway_method.this[each.key].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST" # Lambda is always called by POST, whatever the client's method.
  uri                     = var.integrations[each.key].invoke_arn
  cache_key_parameters    = lookup(local.cache_keys, each.key, null)
}

resource "aws_lambda_permission" "this" {
  for_each = local.function_operations

  statement_id  = "api-${aws_api_gateway_rest_api.this.id}-${each.key}"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  function_name = var.integrations[each.key].function_name
  qualifier     = var.integrations[each.key].qualifier
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/${var.stage_name}/${each.value.method}/${replace(each.value.path, "/\\{[^}]+\\}/", "*")}"
}

# ---------------------------------------------------------------------------------------------------------------------
# Operations that are written to a Kinesis stream, without a function
# ---------------------------------------------------------------------------------------------------------------------

locals {
  streams = { for name in keys(local.stream_operations) : name => var.integrations[name].kinesis }
  kinesis = "kinesis.${data.aws_region.current.name}.${data.aws_partition.current.dns_suffix}"

  # The record, and the id for the answer, which the template of an answer cannot read from the request itself.
  #
  # Nothing that a client sends can break out of its place. $input.json gives JSON that was read and written anew, so
  # whatever follows the object in the body is gone; a text comes with its quotes, and with what is within escaped. On
  # top of that, the model's patterns (validated below) let no quote into the key and the id.
  stream_requests = {
    for name, stream in local.streams : name => join("\n", [
      "#set($context.requestOverride.path.id = $input.json('$.${stream.id_field}'))",
      "#set($record = \"{\"\"submission\"\":$input.json('$'),\"\"request_id\"\":\"\"$context.requestId\"\",\"\"received_at_ms\"\":$context.requestTimeEpoch}\")",
      "{\"StreamName\": \"${stream.stream_name}\", \"PartitionKey\": $input.json('$.${stream.partition_key_field}'), \"Data\": \"$util.base64Encode($record)\"}",
    ])
  }

  # Kinesis says what went wrong in a field, all with status 400. What is not known to be written is never promised.
  stream_answers = merge([
    for name, stream in local.streams : {
      "${name}/202" = {
        operation = name
        status    = "202"
        pattern   = "200"
        template  = "{\"message\": ${jsonencode(stream.message)}, \"transaction_id\": $context.requestOverride.path.id, \"status\": ${jsonencode(stream.status)}}"
      }
      "${name}/429" = {
        operation = name
        status    = "429"
        pattern   = "400"
        template = join("\n", [
          "#set($kind = $input.path('$.__type'))",
          "#if($kind.contains('ProvisionedThroughputExceeded') || $kind.contains('KMSThrottling'))",
          local.error_bodies.too_many,
          "#else",
          "#set($context.responseOverride.status = 503)",
          local.error_bodies.no_answer,
          "#end",
        ])
      }
      "${name}/503" = {
        operation = name
        status    = "503"
        pattern   = null # whatever else comes
        template  = local.error_bodies.no_answer
      }
    }
  ]...)

  # What functions answer with, too.
  answer_headers = merge(
    { Cache-Control = "no-store", X-Content-Type-Options = "nosniff" },
    var.cors == null ? {} : local.origin_headers,
  )
}

data "aws_iam_policy_document" "assume_stream_writer" {
  statement {
    sid     = "ApiGatewayAssumesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "stream_writer" {
  statement {
    sid       = "PutRecords"
    actions   = ["kinesis:PutRecord"]
    resources = distinct([for stream in local.streams : stream.stream_arn])
  }

  statement {
    sid       = "EncryptThemThroughKinesis"
    actions   = ["kms:GenerateDataKey"]
    resources = distinct([for stream in local.streams : stream.kms_key_arn])

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [local.kinesis]
    }
  }
}

resource "aws_iam_role" "stream_writer" {
  for_each = length(local.streams) > 0 ? toset(["this"]) : toset([])

  name               = coalesce(var.stream_role_name, "${var.name}-to-kinesis")
  description        = "Lets the API ${var.name} write to its streams"
  assume_role_policy = data.aws_iam_policy_document.assume_stream_writer.json
}

resource "aws_iam_role_policy" "stream_writer" {
  for_each = aws_iam_role.stream_writer

  name   = "permissions"
  role   = each.value.name
  policy = data.aws_iam_policy_document.stream_writer.json
}

resource "aws_api_gateway_integration" "stream" {
  for_each = local.stream_operations

  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_method.this[each.key].resource_id
  http_method             = aws_api_gateway_method.this[each.key].http_method
  type                    = "AWS"
  integration_http_method = "POST"
  uri                     = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.name}:kinesis:action/PutRecord"
  credentials             = aws_iam_role.stream_writer["this"].arn
  passthrough_behavior    = "NEVER" # A body of another type is refused: no model would check it.
  request_parameters      = { "integration.request.header.Content-Type" = "'application/x-amz-json-1.1'" }
  request_templates       = { "application/json" = local.stream_requests[each.key] }

  depends_on = [aws_iam_role_policy.stream_writer]
}

resource "aws_api_gateway_method_response" "stream" {
  for_each = local.stream_answers

  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = aws_api_gateway_method.this[each.value.operation].resource_id
  http_method         = aws_api_gateway_method.this[each.value.operation].http_method
  status_code         = each.value.status
  response_parameters = { for header in keys(local.answer_headers) : "method.response.header.${header}" => true }
}

resource "aws_api_gateway_integration_response" "stream" {
  for_each = local.stream_answers

  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = aws_api_gateway_integration.stream[each.value.operation].resource_id
  http_method         = aws_api_gateway_integration.stream[each.value.operation].http_method
  status_code         = aws_api_gateway_method_response.stream[each.key].status_code
  selection_pattern   = each.value.pattern
  response_parameters = { for header, value in local.answer_headers : "method.response.header.${header}" => "'${value}'" }
  response_templates  = { "application/json" = join("\n", compact([local.reflect_origin, each.value.template])) }
}

# ---------------------------------------------------------------------------------------------------------------------
# Calls from web pages of other origins
# ---------------------------------------------------------------------------------------------------------------------

locals {
  origins = var.cors == null ? [] : sort(var.cors.allow_origins)

  # The gateway can write one origin only. Of several, the first stands there until the caller's turns out to be one.
  origin_headers = merge(
    { Access-Control-Allow-Origin = try(local.origins[0], "") },
    { for header, value in { Vary = "Origin" } : header => value if !contains(local.origins, "*") },
  )
  reflect_origin = length(local.origins) < 2 ? "" : join("\n", [
    "#set($origin = $input.params('Origin'))",
    "#if($origin == '')#set($origin = $input.params('origin'))#end",
    "#if(${join(" || ", [for origin in local.origins : "$origin == '${origin}'"])})",
    "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)",
    "#end",
  ])

  # Every path that is served, with its methods; but not one whose OPTIONS the document describes itself.
  preflights = {
    for path, methods in { for operation in local.operations : operation.path => operation.method... } :
    path => join(",", sort(concat(methods, ["OPTIONS"]))) if var.cors != null && !contains(methods, "OPTIONS")
  }
  allow_headers = distinct(concat(
    ["Content-Type"],
    local.key_header == null || !local.demands_keys ? [] : [local.key_header],
    local.uses_iam || local.uses_jwt ? ["Authorization"] : [],
    local.uses_iam ? ["X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token"] : [],
    flatten([for operation in local.operations : [for parameter in operation.parameters : parameter.name if parameter.in == "header"]]),
    sort(try(var.cors.allow_headers, [])),
  ))
  preflight_headers = {
    for path, methods in local.preflights : path => merge(local.origin_headers, {
      Access-Control-Allow-Methods = methods
      Access-Control-Allow-Headers = join(",", local.allow_headers)
      Access-Control-Max-Age       = tostring(var.cors.max_age_seconds)
    })
  }
}

resource "aws_api_gateway_method" "preflight" {
  # checkov:skip=CKV2_AWS_53:A browser's question has neither body nor parameters to be validated
  for_each = local.preflights

  rest_api_id   = aws_api_gateway_rest_api.this.id
  resource_id   = local.resources[each.key].id
  http_method   = "OPTIONS"
  authorization = "NONE" # Browsers send no credentials along.
}

resource "aws_api_gateway_integration" "preflight" {
  for_each = local.preflights

  rest_api_id       = aws_api_gateway_rest_api.this.id
  resource_id       = aws_api_gateway_method.preflight[each.key].resource_id
  http_method       = aws_api_gateway_method.preflight[each.key].http_method
  type              = "MOCK"
  request_templates = { "application/json" = jsonencode({ statusCode = 200 }) }
}

resource "aws_api_gateway_method_response" "preflight" {
  for_each = local.preflights

  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = aws_api_gateway_method.preflight[each.key].resource_id
  http_method         = aws_api_gateway_method.preflight[each.key].http_method
  status_code         = "200"
  response_parameters = { for header in keys(local.preflight_headers[each.key]) : "method.response.header.${header}" => true }
}

resource "aws_api_gateway_integration_response" "preflight" {
  for_each = local.preflights

  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = aws_api_gateway_integration.preflight[each.key].resource_id
  http_method         = aws_api_gateway_integration.preflight[each.key].http_method
  status_code         = aws_api_gateway_method_response.preflight[each.key].status_code
  response_parameters = { for header, value in local.preflight_headers[each.key] : "method.response.header.${header}" => "'${value}'" }
  response_templates  = local.reflect_origin == "" ? null : { "application/json" = local.reflect_origin }
}

# ---------------------------------------------------------------------------------------------------------------------
# The gateway's own answers, in the shape of all errors
# ---------------------------------------------------------------------------------------------------------------------

locals {
  refusals = {
    bad_body          = { status = "400", code = "INVALID_REQUEST", message = "The body must be a JSON object.", details = { field = "body" } }
    not_as_described  = { status = "400", code = "INVALID_REQUEST", message = "The body is not what the API's description demands.", details = { field = "body" } }
    bad_parameters    = { status = "400", code = "INVALID_REQUEST", message = "A required parameter is missing.", details = { field = "parameters" } }
    unsupported_media = { status = "400", code = "INVALID_REQUEST", message = "The body must be sent as application/json.", details = { field = "content-type" } }
    no_key            = { status = "403", code = "FORBIDDEN", message = local.key_header == null ? "A valid API key is required." : "A valid ${local.key_header} header is required.", details = {} }
    denied            = { status = "403", code = "FORBIDDEN", message = "Access is denied.", details = {} }
    no_token          = { status = "401", code = "UNAUTHORIZED", message = "A valid token is required in the header Authorization.", details = {} }
    unsigned          = { status = "403", code = "FORBIDDEN", message = "The request must be signed (Signature Version 4), or there is no such path or method.", details = {} }
    bad_signature     = { status = "403", code = "FORBIDDEN", message = "The request's signature is not valid.", details = {} }
    expired           = { status = "403", code = "FORBIDDEN", message = "The credentials have expired.", details = {} }
    not_found         = { status = "404", code = "NOT_FOUND", message = "There is no such path or method.", details = {} }
    too_large         = { status = "413", code = "REQUEST_TOO_LARGE", message = "The body is too large.", details = { field = "body" } }
    too_many          = { status = "429", code = "TOO_MANY_REQUESTS", message = "Too many requests. Try again later.", details = {} }
    no_answer         = { status = "503", code = "SERVICE_UNAVAILABLE", message = "The service cannot answer at the moment. Try again later.", details = {} }
    # Without a status of its own, a refusal keeps the one it has.
    other_refusal = { status = null, code = "INVALID_REQUEST", message = "The request was refused.", details = {} }
    other_failure = { status = "500", code = "INTERNAL_ERROR", message = "The request could not be served.", details = {} }
  }
  key_header = one([for name, scheme in try(local.document.components.securitySchemes, {}) : scheme.name if local.schemes[name] == "key"])
  error_bodies = {
    for name, refusal in local.refusals : name => jsonencode({
      error      = { code = refusal.code, message = refusal.message, details = refusal.details }
      request_id = "$context.requestId"
    })
  }

  gateway_responses = merge(local.common_responses, local.iam_responses, local.jwt_responses, local.stream_responses)

  common_responses = {
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
    # authorization, where there are such; an absent or unknown key is INVALID_API_KEY.
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
  iam_responses = {
    for type, refusal in {
      MISSING_AUTHENTICATION_TOKEN = local.refusals.unsigned
      INVALID_SIGNATURE            = local.refusals.bad_signature
      EXPIRED_TOKEN                = local.refusals.expired
    } : type => refusal if local.uses_iam
  }
  jwt_responses = {
    for type, refusal in {
      UNAUTHORIZED  = local.refusals.no_token
      EXPIRED_TOKEN = local.refusals.no_token
    } : type => refusal if local.uses_jwt
  }
  # One text for all operations: where one is checked against its whole schema, a JSON object is not all that is demanded.
  stream_responses = {
    for type, refusal in { BAD_REQUEST_BODY = local.refusals.not_as_described } : type => refusal if length(local.streams) > 0
  }

  # Pages may read every refusal, for it says nothing that a stranger may not know; several origins cannot be named here.
  refusal_headers = var.cors == null ? null : {
    "gatewayresponse.header.Access-Control-Allow-Origin" = "'${length(local.origins) == 1 ? local.origins[0] : "*"}'"
  }
}

resource "aws_api_gateway_gateway_response" "this" {
  for_each = local.gateway_responses

  rest_api_id   = aws_api_gateway_rest_api.this.id
  response_type = each.key
  status_code   = each.value.status

  response_parameters = local.refusal_headers
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

locals {
  # Whatever else the stage serves, where it is used at all: an API without any of it is not deployed anew for it.
  further_parts = [
    for part in [
      length(local.authorizations) == 0 ? null : jsonencode([local.authorizations, local.scopes, var.jwt]),
      length(local.streams) == 0 ? null : jsonencode([local.stream_requests, local.stream_answers, local.streams]),
      length(local.cache_keys) == 0 ? null : jsonencode(local.cache_keys),
      var.cors == null ? null : jsonencode([local.preflight_headers, local.reflect_origin, local.refusal_headers]),
    ] : part if part != null
  ]
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  description = "${local.document.info.title} ${local.document.info.version}"

  # A deployment is a snapshot: without a new one, changes never reach the stage.
  triggers = {
    redeployment = sha256(jsonencode(concat([
      local.operations,
      local.models,
      local.gateway_responses,
      { for name in keys(local.function_operations) : name => var.integrations[name].invoke_arn },
    ], local.further_parts)))
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [
    aws_api_gateway_gateway_response.this,
    aws_api_gateway_integration.this,
    aws_api_gateway_integration_response.preflight,
    aws_api_gateway_integration_response.stream,
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
  # checkov:skip=CKV_AWS_120:Whether answers may be some minutes old is the caller's choice (argument cache)
  # checkov:skip=CKV2_AWS_29:A web ACL is the caller's choice (argument web_acl)
  # checkov:skip=CKV2_AWS_77:Which rule groups a web ACL holds is decided where the ACL is made, not here
  # checkov:skip=CKV2_AWS_51:A client certificate authenticates the gateway to HTTP backends; Lambda integrations are authorized by IAM
  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = var.stage_name
  description          = "${local.document.info.title} ${local.document.info.version}"
  xray_tracing_enabled = true

  cache_cluster_enabled = var.cache == null ? null : true
  cache_cluster_size    = try(var.cache.size_gb, null)

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn

    # Who, what, how long and with which outcome; never bodies, keys or query strings.
    format = jsonencode(merge({
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
      },
      { for field, value in { caller_arn = "$context.identity.userArn" } : field => value if local.uses_iam },
      { for field, value in { subject = "$context.authorizer.claims.sub" } : field => value if local.uses_jwt },
    ))
  }

  depends_on = [
    aws_api_gateway_account.this,
    aws_cloudwatch_log_group.execution,
  ]
}

# Which requests are traced is decided here, for all that follows from them. X-Ray's own rule would record the first
# request of every second, which at less than one a second is each of them.
resource "aws_xray_sampling_rule" "this" {
  for_each = var.traced_share == null ? {} : { this = var.traced_share }

  rule_name      = "api-${substr(sha256("${var.name}/${var.stage_name}"), 0, 16)}" # 32 characters are the most
  priority       = 1000
  version        = 1
  reservoir_size = 0
  fixed_rate     = each.value
  service_type   = "AWS::ApiGateway::Stage"
  service_name   = "${aws_api_gateway_rest_api.this.name}/${var.stage_name}"
  resource_arn   = "*"
  host           = "*"
  http_method    = "*"
  url_path       = "*"
}

resource "aws_api_gateway_method_settings" "all" {
  # checkov:skip=CKV_AWS_225:Answers come from a cache only where the caller says so, by operation (below)
  # checkov:skip=CKV_AWS_308:What is cached, by operation (below), is encrypted
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    logging_level          = "ERROR"
    data_trace_enabled     = false # It would log whole bodies.
    throttling_rate_limit  = var.throttle.rate_limit
    throttling_burst_limit = var.throttle.burst_limit
    caching_enabled        = var.cache == null ? null : false # All GETs would be cached.
  }
}

locals {
  # By what answers are told apart. A token says whose transactions its bearer may see, so each has answers of its own.
  token_parameter = "method.request.header.Authorization"
  cache_keys = {
    for name, operation in local.operations : name => concat(
      [
        for parameter in operation.parameters :
        "method.request.${parameter.in == "query" ? "querystring" : parameter.in}.${parameter.name}"
      ],
      [for parameter in [local.token_parameter] : parameter if try(local.authorizations[name], "") == "COGNITO_USER_POOLS"],
    ) if contains(try(var.cache.operations, []), name)
  }
}

resource "aws_api_gateway_method_settings" "cached" {
  for_each = local.cache_keys

  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "${local.operations[each.key].path}/${local.operations[each.key].method}"

  # A method's settings take the place of the stage's, all of them.
  settings {
    metrics_enabled        = true
    logging_level          = "ERROR"
    data_trace_enabled     = false
    throttling_rate_limit  = var.throttle.rate_limit
    throttling_burst_limit = var.throttle.burst_limit

    caching_enabled                            = true
    cache_ttl_in_seconds                       = var.cache.ttl_seconds
    cache_data_encrypted                       = true
    require_authorization_for_cache_control    = true
    unauthorized_cache_control_header_strategy = "SUCCEED_WITH_RESPONSE_HEADER"
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

locals {
  # Where no operation demands a key, there is none to give out and no plan to count its requests by. The first client
  # was there before there could be several, and stays.
  clients = {
    for client, limits in merge(
      { this = { rate_limit = var.throttle.rate_limit, burst_limit = var.throttle.burst_limit, quota_per_day = var.quota_per_day } },
      var.clients,
    ) : client => merge(limits, { name = client == "this" ? var.name : "${var.name}-${client}" })
    if local.demands_keys
  }
}

resource "aws_api_gateway_api_key" "this" {
  for_each = local.clients

  name        = each.value.name
  description = "Client of ${var.name}"
  value       = each.key == "this" ? var.api_key_value : lookup(var.client_key_values, each.key, null)
}

resource "aws_api_gateway_usage_plan" "this" {
  for_each = local.clients

  name        = each.value.name
  description = "What one client of ${var.name} may use"

  api_stages {
    api_id = aws_api_gateway_rest_api.this.id
    stage  = aws_api_gateway_stage.this.stage_name
  }

  throttle_settings {
    rate_limit  = each.value.rate_limit
    burst_limit = each.value.burst_limit
  }

  dynamic "quota_settings" {
    for_each = each.value.quota_per_day == null ? [] : [each.value.quota_per_day]

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

locals {
  # As they were given, for the output configuration.
  plans = {
    for client, plan in aws_api_gateway_usage_plan.this : client => {
      rate_limit    = plan.throttle_settings[0].rate_limit
      burst_limit   = plan.throttle_settings[0].burst_limit
      quota_per_day = one([for quota in plan.quota_settings : quota.limit])
    }
  }
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
