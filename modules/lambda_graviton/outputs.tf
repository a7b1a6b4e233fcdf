# ---------------------------------------------------------------------------------------------------------------------
# Role
# ---------------------------------------------------------------------------------------------------------------------

output "role_arn" {
  description = "ARN of the execution role."
  value       = aws_iam_role.this.arn
}

output "role_name" {
  description = "Name of the execution role."
  value       = aws_iam_role.this.name
}

# ---------------------------------------------------------------------------------------------------------------------
# Function
# ---------------------------------------------------------------------------------------------------------------------

output "log_group_name" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "name" {
  description = "Name of the function, as in the FunctionName dimension of its metrics."
  value       = aws_lambda_function.this.function_name
}

output "timeout_seconds" {
  description = "Longest run of one call, in seconds."
  value       = aws_lambda_function.this.timeout
}

output "arn" {
  description = "ARN to call and to grant: of the alias `live` where concurrency is provisioned, else of the function."
  value       = local.target_arn
}

output "qualifier" {
  description = "Alias that callers use: `live` where concurrency is provisioned, else null."
  value       = local.qualifier
}

output "invoke_arn" {
  description = "ARN by which an API Gateway integration calls the function (or its alias)."
  value       = local.invoke_arn
}

# ---------------------------------------------------------------------------------------------------------------------
# Event sources
# ---------------------------------------------------------------------------------------------------------------------

output "event_source_ids" {
  description = "Ids (UUIDs) of the event source mappings, by their name in event_sources; for pausing one by hand."
  value       = { for name, mapping in aws_lambda_event_source_mapping.this : name => mapping.uuid }
}
