# The role as AWS would get it: the real provider renders the policy documents, offline and with dummy credentials.

provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

# The provider asks AWS to check a state machine's definition, also in a plan; the policy documents do without it.
override_resource {
  target = aws_sfn_state_machine.this
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
  alerts_topic_arn = "arn:aws:sns:eu-west-1:111122223333:txn-test-fraud-alerts"
  event_bus = {
    name = "txn-test-bus"
    arn  = "arn:aws:events:eu-west-1:111122223333:event-bus/txn-test-bus"
  }
  kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

run "the_role_reaches_its_functions_queue_topic_bus_and_key_and_nothing_else" {
  command = plan

  assert {
    condition = {
      for statement in jsondecode(data.aws_iam_policy_document.this.json).Statement :
      statement.Sid => toset(flatten([statement.Resource])) if !contains(["DeliverLogs", "Trace"], statement.Sid)
      } == {
      RunTheTasks   = toset(values(var.functions))
      AskAnalysts   = toset([var.review_queue.arn])
      Alert         = toset([var.alerts_topic_arn])
      Announce      = toset([var.event_bus.arn])
      SendEncrypted = toset([var.kms_key_arn])
    }
    error_message = "Each grant must name exactly the resource it is for."
  }

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(data.aws_iam_policy_document.this.json).Statement : [
        for action in flatten([statement.Action]) : !strcontains(action, "*")
      ]
    ]))
    error_message = "No grant may use a wildcard action."
  }

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(data.aws_iam_policy_document.this.json).Statement : [
        for action in flatten([statement.Action]) : can(regex("^(logs|xray):", action))
      ] if contains(flatten([statement.Resource]), "*")
    ]))
    error_message = "Only log deliveries and X-Ray, which take no resource, may be granted on \"*\"."
  }
}

run "only_step_functions_may_take_the_role_and_only_for_this_state_machine" {
  command = plan

  assert {
    condition = (
      jsondecode(data.aws_iam_policy_document.assume_role.json).Statement[0].Principal == { Service = "states.amazonaws.com" }
      && jsondecode(data.aws_iam_policy_document.assume_role.json).Statement[0].Condition == {
        StringEquals = { "aws:SourceAccount" = "111122223333" }
        ArnEquals    = { "aws:SourceArn" = "arn:aws:states:eu-west-1:111122223333:stateMachine:txn-test-cases" }
      }
    )
    error_message = "The trust policy must name the service, the account and the state machine."
  }
}
