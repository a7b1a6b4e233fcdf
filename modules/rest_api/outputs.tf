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
  description = "Id of the client's API key. Its value is read with: aws apigateway get-api-key --include-value --api-key ID."
  value       = aws_api_gateway_api_key.this.id
}

output "usage_plan_id" {
  description = "Id of the usage plan, to which further keys can be added."
  value       = aws_api_gateway_usage_plan.this.id
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
      description         = "The slowest 1 % of the API's answers took more than ${var.alarms.latency_p99_ms} ms over 5 minutes."
      namespace           = "AWS/ApiGateway"
      metric_name         = "Latency"
      dimensions          = { ApiName = aws_api_gateway_rest_api.this.name, Stage = aws_api_gateway_stage.this.stage_name }
      statistic           = "p99"
      period_seconds      = 300
      evaluation_periods  = 1
      threshold           = var.alarms.latency_p99_ms
      comparison_operator = "GreaterThanThreshold"
      treat_missing_data  = "notBreaching"
    }
  }
}
