# The real provider computes the JSON of the policies; nothing here reaches AWS.
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "offline"
  secret_key                  = "offline"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.dead_letter_safeguards.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  name        = "txn-test"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"

  rules = {
    orders = {
      description = "Orders"
      pattern     = jsonencode({ source = ["orders"] })
      targets     = { cases = { kind = "state_machine", arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:cases" }, queue = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders" } }
    }
  }
}

run "the_role_may_start_the_given_state_machines_and_nothing_else" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.start_workflow["this"].policy).Statement == jsondecode(jsonencode([{
      Effect   = "Allow"
      Action   = "states:StartExecution"
      Resource = "arn:aws:states:eu-west-1:123456789012:stateMachine:cases"
    }]))
    error_message = "One action, on the targets only."
  }
}

run "only_this_buss_rules_may_take_the_role" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role.start_workflow["this"].assume_role_policy).Statement == jsondecode(jsonencode([{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "events.amazonaws.com" }
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:aws:events:eu-west-1:123456789012:rule/txn-test/*" }
        StringEquals = { "aws:SourceAccount" = "123456789012" }
      }
    }]))
    error_message = "EventBridge may take the role for rules of this bus and account."
  }
}

run "only_this_bus_and_its_rules_may_leave_undelivered_events" {
  command = plan

  assert {
    condition = toset([
      for statement in jsondecode(aws_sqs_queue.dead_letter.policy).Statement : statement.Condition.ArnLike["aws:SourceArn"]
      if statement.Effect == "Allow" && statement.Action == "sqs:SendMessage"
      ]) == toset([
      "arn:aws:events:eu-west-1:123456789012:event-bus/txn-test", "arn:aws:events:eu-west-1:123456789012:rule/txn-test/*",
    ])
    error_message = "The queue's policy must name the bus and its rules."
  }

  assert {
    condition     = length([for statement in jsondecode(aws_sqs_queue.dead_letter.policy).Statement : statement if statement.Effect == "Allow"]) == 2
    error_message = "Nobody else may send."
  }
}

run "nothing_may_touch_undelivered_events_over_plain_http" {
  command = plan

  assert {
    condition = anytrue([
      for statement in jsondecode(aws_sqs_queue.dead_letter.policy).Statement :
      statement.Effect == "Deny" && statement.Principal == "*" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"
    ])
    error_message = "The policy must deny plain HTTP to everyone."
  }
}
