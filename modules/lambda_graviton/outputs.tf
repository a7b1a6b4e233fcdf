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

# ---------------------------------------------------------------------------------------------------------------------
# For tests
# ---------------------------------------------------------------------------------------------------------------------

output "configuration" {
  description = "What the resources were given, for the checks of the root that composes it: runtime, architectures, memory_mb, timeout_seconds, reserved_concurrency and provisioned_concurrency (null: none), kms_key_arn, environment_is_encrypted, log_retention_days, log_levels (system, application), role_name, tracing_mode, in_vpc, environment (the function's variables), policy_statements (effect, actions and resources of every statement of its role, by its Sid), on_failure_arn (where asynchronous calls go that fail; null: nowhere), event_sources (arn, batch_size, filters, bisects, maximum_retries, maximum_age_seconds, failure_destination_arn of each; the last three are null for queues)."
  value = {
    runtime                  = aws_lambda_function.this.runtime
    architectures            = [for architecture in aws_lambda_function.this.architectures : architecture]
    memory_mb                = aws_lambda_function.this.memory_size
    timeout_seconds          = aws_lambda_function.this.timeout
    reserved_concurrency     = aws_lambda_function.this.reserved_concurrent_executions < 0 ? null : aws_lambda_function.this.reserved_concurrent_executions
    provisioned_concurrency  = one([for config in aws_lambda_provisioned_concurrency_config.live : config.provisioned_concurrent_executions])
    kms_key_arn              = aws_lambda_function.this.kms_key_arn
    environment_is_encrypted = length(aws_lambda_function.this.environment) == 0 ? false : aws_lambda_function.this.kms_key_arn != null
    log_retention_days       = aws_cloudwatch_log_group.this.retention_in_days
    log_levels = one([
      for config in aws_lambda_function.this.logging_config : { system = config.system_log_level, application = config.application_log_level }
    ])
    role_name    = aws_iam_role.this.name
    tracing_mode = one(aws_lambda_function.this.tracing_config).mode
    in_vpc       = length(aws_lambda_function.this.vpc_config) > 0
    environment  = merge({}, aws_lambda_function.this.environment[*].variables...)
    policy_statements = {
      for statement in data.aws_iam_policy_document.permissions.statement : statement.sid => {
        effect    = coalesce(statement.effect, "Allow")
        actions   = statement.actions
        resources = statement.resources
      }
    }
    on_failure_arn = one(flatten([
      for config in aws_lambda_function_event_invoke_config.this : config.destination_config[*].on_failure[*].destination
    ]))
    event_sources = {
      for name, mapping in aws_lambda_event_source_mapping.this : name => {
        arn                     = mapping.event_source_arn
        batch_size              = mapping.batch_size
        filters                 = flatten([for criteria in mapping.filter_criteria : [for filter in criteria.filter : filter.pattern]])
        bisects                 = mapping.bisect_batch_on_function_error == true
        maximum_retries         = mapping.starting_position == null ? null : mapping.maximum_retry_attempts
        maximum_age_seconds     = mapping.starting_position == null ? null : mapping.maximum_record_age_in_seconds
        failure_destination_arn = one(flatten(mapping.destination_config[*].on_failure[*].destination_arn))
      }
    }
  }
}
