# ---------------------------------------------------------------------------------------------------------------------
# API
# ---------------------------------------------------------------------------------------------------------------------

output "api_id" {
  description = "Id of the REST API."
  value       = aws_api_gateway_rest_api.this.id
}

output "name" {
  description = "Name of the REST API, as in the ApiName dimension of its metrics."
  value       = aws_api_gateway_rest_api.this.name
}

output "execution_arn" {
  description = "ARN prefix by which calls of the API are granted."
  value       = aws_api_gateway_rest_api.this.execution_arn
}

# ---------------------------------------------------------------------------------------------------------------------
# Stage
# ---------------------------------------------------------------------------------------------------------------------

output "api_endpoint" {
  description = "URL of the stage, to which the document's paths are appended."
  value       = aws_api_gateway_stage.this.invoke_url
}

output "stage_name" {
  description = "Name of the stage."
  value       = aws_api_gateway_stage.this.stage_name
}

output "stage_arn" {
  description = "ARN of the stage."
  value       = aws_api_gateway_stage.this.arn
}

output "redeployment_hash" {
  description = "Changes when the document or an integration changes, and with it what the stage serves."
  value       = aws_api_gateway_deployment.this.triggers["redeployment"]
}

output "access_log_group_name" {
  description = "Name of the log group of the access log."
  value       = aws_cloudwatch_log_group.access.name
}

# ---------------------------------------------------------------------------------------------------------------------
# Clients
# ---------------------------------------------------------------------------------------------------------------------

output "api_key_id" {
  description = "Id of the first client's API key; null where the document demands none. Its value is read with: aws apigateway get-api-key --include-value --api-key ID."
  value       = try(aws_api_gateway_api_key.this["this"].id, null)
}

output "usage_plan_id" {
  description = "Id of the first client's usage plan, to which further keys can be added; null where the document demands none."
  value       = try(aws_api_gateway_usage_plan.this["this"].id, null)
}

output "client_key_ids" {
  description = "Ids of the API keys of the further clients, by the names in clients."
  value       = { for client in keys(var.clients) : client => aws_api_gateway_api_key.this[client].id }
}

output "operation_arns" {
  description = "ARN of each operation, by its operationId, for execute-api:Invoke of those who call with a signature."
  value = {
    for name, operation in local.operations :
    name => "${aws_api_gateway_rest_api.this.execution_arn}/${var.stage_name}/${operation.method}/${replace(operation.path, "/\\{[^}]+\\}/", "*")}"
  }
}

output "cors_headers" {
  description = "Headers that every answer of a function must carry, so that web pages may read it; empty without cors. Of several origins the caller's own takes the place of the first, if it is one of them."
  value       = { for header, value in local.origin_headers : header => value if var.cors != null }
}

# ---------------------------------------------------------------------------------------------------------------------
# Alarms
# ---------------------------------------------------------------------------------------------------------------------

output "alarms" {
  description = "What should alarm about the API, for the argument alarms of the module monitoring."
  value = {
    api-errors = {
      description         = "More than ${var.alarms.error_percent} % of the API's answers were 5xx over 5 minutes."
      namespace           = "AWS/ApiGateway"
      metric_name         = "5XXError"
      dimensions          = { ApiName = aws_api_gateway_rest_api.this.name, Stage = aws_api_gateway_stage.this.stage_name }
      statistic           = "Average" # The metric counts 1 for an error and 0 for the rest: its average is the share.
      period_seconds      = 300
      evaluation_periods  = 1
      threshold           = var.alarms.error_percent / 100
      comparison_operator = "GreaterThanThreshold"
      treat_missing_data  = "notBreaching"
    }
    api-latency = {
      description         = "The slowest 1 % of the API's answers took more than ${var.alarms.latency_p99_ms} ms over ${5 * var.alarms.latency_periods} minutes."
      namespace           = "AWS/ApiGateway"
      metric_name         = "Latency"
      dimensions          = { ApiName = aws_api_gateway_rest_api.this.name, Stage = aws_api_gateway_stage.this.stage_name }
      statistic           = "p99"
      period_seconds      = 300
      evaluation_periods  = var.alarms.latency_periods
      threshold           = var.alarms.latency_p99_ms
      comparison_operator = "GreaterThanThreshold"
      treat_missing_data  = "notBreaching"
    }
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# For tests
# ---------------------------------------------------------------------------------------------------------------------

output "configuration" {
  description = "What the resources were given, for the checks of the root that composes it: endpoint_types, operations (method, path, needs_key, authorization, validates_body, validates_parameters, invoke_arn, stream_arn of each; one of the last two is null), stage_name, tracing, access_log_retention_days, logs_kms_key_arn, throttle, usage_plan (null without keys), clients (the same of the further ones), cache (ttl_seconds by operation), web_acl_arn."
  value = {
    endpoint_types = [for type in aws_api_gateway_rest_api.this.endpoint_configuration[0].types : type]
    operations = {
      for name, method in aws_api_gateway_method.this : name => {
        method               = method.http_method
        path                 = "/${local.operations[name].path}"
        needs_key            = method.api_key_required
        authorization        = method.authorization
        validates_body       = aws_api_gateway_request_validator.this.validate_request_body && try(length(method.request_models) > 0, false)
        validates_parameters = aws_api_gateway_request_validator.this.validate_request_parameters
        invoke_arn           = try(aws_api_gateway_integration.this[name].uri, null)
        stream_arn           = try(local.streams[name].stream_arn, null)
      }
    }
    stage_name                = aws_api_gateway_stage.this.stage_name
    tracing                   = aws_api_gateway_stage.this.xray_tracing_enabled
    access_log_retention_days = aws_cloudwatch_log_group.access.retention_in_days
    logs_kms_key_arn          = aws_cloudwatch_log_group.access.kms_key_id
    throttle = {
      rate_limit  = aws_api_gateway_method_settings.all.settings[0].throttling_rate_limit
      burst_limit = aws_api_gateway_method_settings.all.settings[0].throttling_burst_limit
    }
    usage_plan  = lookup(local.plans, "this", null)
    clients     = { for client, plan in local.plans : client => plan if client != "this" }
    cache       = { for name, method in aws_api_gateway_method_settings.cached : name => { ttl_seconds = method.settings[0].cache_ttl_in_seconds } }
    web_acl_arn = one([for association in aws_wafv2_web_acl_association.this : association.web_acl_arn])
  }
}
