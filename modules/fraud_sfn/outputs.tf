output "arn" {
  description = "ARN of the state machine."
  value       = aws_sfn_state_machine.this.arn
}

output "name" {
  description = "Name of the state machine."
  value       = aws_sfn_state_machine.this.name
}

output "log_group_name" {
  description = "Name of the log group that holds the executions' steps (no inputs or outputs)."
  value       = aws_cloudwatch_log_group.this.name
}

output "role_arn" {
  description = "ARN of the role that the workflow runs with."
  value       = aws_iam_role.this.arn
}

output "alarms" {
  description = "What should alarm about the workflow, as the monitoring module takes it."
  value = {
    for name, alarm in {
      "failed"    = { metric_name = "ExecutionsFailed", description = "A case could not be worked: its execution failed after all retries. The alert and the case name the error." }
      "timed-out" = { metric_name = "ExecutionsTimedOut", description = "An execution of the case workflow ran into a time limit outside its tasks." }
      "throttled" = { metric_name = "ExecutionThrottled", description = "Step Functions throttles the case workflow: cases open late." }
      } : name => {
      description         = alarm.description
      namespace           = "AWS/States"
      metric_name         = alarm.metric_name
      dimensions          = { StateMachineArn = aws_sfn_state_machine.this.arn }
      statistic           = "Sum"
      period_seconds      = 60
      evaluation_periods  = 1
      threshold           = 0
      comparison_operator = "GreaterThanThreshold"
      treat_missing_data  = "notBreaching"
    }
  }
}
