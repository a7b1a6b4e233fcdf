# Each run is one promise of the module; the definition is read back as the data that AWS would get.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/vendedlogs/states/txn-test-cases" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/txn-test-cases-role" }
  }

  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:txn-test-cases" }
  }
}

variables {
  name = "txn-test-cases"
  functions = {
    context = "arn:aws:lambda:eu-west-1:111122223333:function:txn-test-case-context"
    assess  = "arn:aws:lambda:eu-west-1:111122223333:function:txn-test-case-assess"
    record  = "arn:aws:lambda:eu-west-1:111122223333:function:txn-test-case-record"
  }
  review_queue = {
    arn = "arn:aws:sqs:eu-west-1:111122223333:txn-test-review"
    url = "https://sqs.eu-west-1.amazonaws.com/111122223333/txn-test-review"
  }
  review_timeout_seconds = 900
  alerts_topic_arn       = "arn:aws:sns:eu-west-1:111122223333:txn-test-fraud-alerts"
  event_bus = {
    name = "txn-test-bus"
    arn  = "arn:aws:events:eu-west-1:111122223333:event-bus/txn-test-bus"
  }
  kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

run "a_case_waits_for_people_so_the_workflow_is_standard" {
  command = plan

  assert {
    condition     = aws_sfn_state_machine.this.type == "STANDARD"
    error_message = "Only a STANDARD workflow can wait for a task token."
  }
}

run "every_step_is_logged_and_traced_but_no_data_is" {
  command = apply

  assert {
    condition     = aws_sfn_state_machine.this.logging_configuration[0].level == "ALL"
    error_message = "Every step must be logged."
  }

  assert {
    condition     = aws_sfn_state_machine.this.logging_configuration[0].include_execution_data == false
    error_message = "Inputs and outputs of steps must stay out of the log."
  }

  assert {
    condition     = aws_sfn_state_machine.this.logging_configuration[0].log_destination == "${aws_cloudwatch_log_group.this.arn}:*"
    error_message = "The log must go to the module's own log group."
  }

  assert {
    condition     = aws_sfn_state_machine.this.tracing_configuration[0].enabled
    error_message = "Tracing must be on."
  }

  assert {
    condition = (
      aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn
      && aws_cloudwatch_log_group.this.retention_in_days == 365
      && startswith(aws_cloudwatch_log_group.this.name, "/aws/vendedlogs/states/")
    )
    error_message = "The log group must be encrypted with the given key, kept a year by default and named as vended logs are."
  }
}

run "every_task_is_retried_with_a_bounded_back_off_and_full_jitter" {
  command = plan

  assert {
    condition = alltrue([
      for state in concat(
        values(jsondecode(aws_sfn_state_machine.this.definition).States),
        flatten([
          for state in values(jsondecode(aws_sfn_state_machine.this.definition).States) :
          [for branch in try(state.Branches, []) : values(branch.States)]
        ])
      ) : length(try(state.Retry, [])) > 0 if state.Type == "Task"
    ])
    error_message = "Every task must have a Retry."
  }

  assert {
    condition = alltrue(flatten([
      for state in concat(
        values(jsondecode(aws_sfn_state_machine.this.definition).States),
        flatten([
          for state in values(jsondecode(aws_sfn_state_machine.this.definition).States) :
          [for branch in try(state.Branches, []) : values(branch.States)]
        ])
        ) : [
        for retrier in try(state.Retry, []) : [
          try(retrier.BackoffRate, 0) > 1,
          try(retrier.MaxDelaySeconds, 0) > 0,
          try(retrier.JitterStrategy, "") == "FULL",
          try(retrier.MaxAttempts, 0) > 0,
        ]
      ]
    ]))
    error_message = "Every Retry must have BackoffRate, MaxDelaySeconds, MaxAttempts and JitterStrategy FULL."
  }
}

run "no_failure_ends_in_silence" {
  command = plan

  assert {
    condition = alltrue([
      for state in values(jsondecode(aws_sfn_state_machine.this.definition).States) :
      anytrue([for catcher in try(state.Catch, []) : contains(catcher.ErrorEquals, "States.ALL")])
      if contains(["Task", "Parallel"], state.Type)
    ])
    error_message = "Every task, and the Parallel around tasks, must catch all errors."
  }

  assert {
    condition = alltrue(flatten([
      for branch in jsondecode(aws_sfn_state_machine.this.definition).States.Assess.Branches : [
        for state in values(branch.States) :
        anytrue([for catcher in try(state.Catch, []) : contains(catcher.ErrorEquals, "States.ALL")])
        if state.Type == "Task"
      ]
    ]))
    error_message = "A task within a branch must catch all errors, too."
  }

  assert {
    condition = alltrue(flatten([
      for name, state in jsondecode(aws_sfn_state_machine.this.definition).States : [
        for catcher in try(state.Catch, []) : catcher.Next == "RecordFailure" if contains(catcher.ErrorEquals, "States.ALL")
      ] if !contains(["RecordFailure", "AlertFailure"], name)
    ]))
    error_message = "What fails must be recorded."
  }

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.this.definition).States.RecordFailure.Next == "AlertFailure"
      && jsondecode(aws_sfn_state_machine.this.definition).States.RecordFailure.Catch[0].Next == "FailureNotRecorded"
      && jsondecode(aws_sfn_state_machine.this.definition).States.FailureNotRecorded.Next == "AlertFailure"
      && jsondecode(aws_sfn_state_machine.this.definition).States.AlertFailure.Next == "CaseFailed"
      && jsondecode(aws_sfn_state_machine.this.definition).States.AlertFailure.Catch[0].Next == "CaseFailed"
      && jsondecode(aws_sfn_state_machine.this.definition).States.CaseFailed.Type == "Fail"
    )
    error_message = "A failure must be recorded, alerted and end the execution as failed, also when recording or alerting fails."
  }

  assert {
    condition = alltrue([
      for state in concat(
        values(jsondecode(aws_sfn_state_machine.this.definition).States),
        flatten([
          for state in values(jsondecode(aws_sfn_state_machine.this.definition).States) :
          [for branch in try(state.Branches, []) : values(branch.States)]
        ])
      ) : try(state.TimeoutSeconds, 0) > 0 if state.Type == "Task"
    ])
    error_message = "Every task must have a time limit: AWS's default is 99,999,999 seconds."
  }
}

run "an_analyst_is_asked_with_a_task_token_and_for_as_long_as_agreed" {
  command = plan

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.AskAnalyst.Resource == "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    error_message = "The question must go to SQS and wait for the task token."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.AskAnalyst.TimeoutSeconds == 900
    error_message = "The question must wait as long as review_timeout_seconds says."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.AskAnalyst.Parameters.MessageBody["task_token.$"] == "$$.Task.Token"
    error_message = "The question must carry the token that the answer needs."
  }

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.this.definition).States.AskAnalyst.Catch[0].ErrorEquals == ["States.Timeout"]
      && jsondecode(aws_sfn_state_machine.this.definition).States.AskAnalyst.Catch[0].Next == "NoAnswer"
      && jsondecode(aws_sfn_state_machine.this.definition).States.NoAnswer.Next == "RecordOutcome"
    )
    error_message = "An answer that does not come must be recorded as an outcome."
  }

  assert {
    condition = alltrue([
      for retrier in jsondecode(aws_sfn_state_machine.this.definition).States.AskAnalyst.Retry : !contains(retrier.ErrorEquals, "States.Timeout") && !contains(retrier.ErrorEquals, "States.ALL")
    ])
    error_message = "A question that timed out must not be asked again."
  }
}

run "a_transaction_is_held_before_anybody_is_told_or_asked" {
  command = plan

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.this.definition).States.Hold.Next == "AlertHeld"
      && jsondecode(aws_sfn_state_machine.this.definition).States.AlertHeld.Next == "AskAnalyst"
    )
    error_message = "hold must mean: hold, alert, ask."
  }

  assert {
    condition = {
      for choice in jsondecode(aws_sfn_state_machine.this.definition).States.ChooseAction.Choices : choice.StringEquals => choice.Next
    } == { hold = "Hold", ask_analyst = "AskAnalyst", alert = "AlertFlagged" }
    error_message = "The three actions must lead to their three ways."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.UnknownAction.Next == "RecordFailure" && jsondecode(aws_sfn_state_machine.this.definition).States.ChooseAction.Default == "UnknownAction"
    error_message = "An action that nobody knows must be recorded as a failure."
  }
}

run "a_repeated_event_ends_without_a_second_case" {
  command = plan

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.this.definition).States.IsNewCase.Default == "AlreadyOpen"
      && jsondecode(aws_sfn_state_machine.this.definition).States.AlreadyOpen.Type == "Succeed"
    )
    error_message = "An execution whose case belongs to another one must end, and succeed."
  }
}

run "a_closed_case_is_announced_on_the_given_bus" {
  command = plan

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.this.definition).States.Announce.Parameters.Entries[0].EventBusName == "txn-test-bus"
      && jsondecode(aws_sfn_state_machine.this.definition).States.Announce.Parameters.Entries[0].DetailType == "CaseClosed"
      && jsondecode(aws_sfn_state_machine.this.definition).States.Announce.Parameters.Entries[0].Source == "transaction-pipeline"
    )
    error_message = "CaseClosed must go to the pipeline's bus under the pipeline's name."
  }
}

run "alerts_are_built_from_ids_amounts_and_codes_only" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for name, state in jsondecode(aws_sfn_state_machine.this.definition).States : [
        for value in values(state.Parameters.Message) :
        contains(["$.case.summary", "$.decision", "$.hold.status", "$.closed.outcome", "$.closed.status", "$.error.Error", "$.failure", "$$.Execution.Id"], value)
        || can(regex("^CASE_[A-Z_]+$", value))
      ] if can(state.Parameters.TopicArn)
    ]))
    error_message = "An alert must carry the summary, codes and the execution; never the context, an answer or an error's text."
  }
}

run "alarms_follow_the_state_machine" {
  command = apply

  assert {
    condition     = toset([for alarm in output.alarms : alarm.metric_name]) == toset(["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"])
    error_message = "Failed, timed out and throttled executions must alarm."
  }

  assert {
    condition     = alltrue([for alarm in output.alarms : alarm.dimensions.StateMachineArn == output.arn && alarm.threshold == 0])
    error_message = "The alarms must watch this state machine and fire at the first occurrence."
  }
}
