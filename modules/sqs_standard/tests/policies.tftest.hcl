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
  target = module.safeguards.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = module.dead_letter_safeguards.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  name        = "txn-test-orders"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"

  senders = {
    rule = {
      service    = "events.amazonaws.com"
      source_arn = "arn:aws:events:eu-west-1:123456789012:rule/txn-test/rule"
    }
  }
}

run "nothing_may_touch_either_queue_over_plain_http" {
  command = plan

  assert {
    condition = alltrue([
      for queue in [aws_sqs_queue.this, aws_sqs_queue.dead_letter] : anytrue([
        for statement in jsondecode(queue.policy).Statement :
        statement.Effect == "Deny" && statement.Principal == "*" && statement.Action == "sqs:*"
        && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"
        && endswith(statement.Resource, ":${queue.name}")
      ])
    ])
    error_message = "Each queue's policy must deny plain HTTP to everyone."
  }
}

run "the_senders_may_send_to_the_queue_and_only_to_it" {
  command = plan

  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue.this.policy).Statement : statement.Action if statement.Effect == "Allow"] == ["sqs:SendMessage"]
    error_message = "The sender must be allowed to send, and nothing more."
  }

  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue.dead_letter.policy).Statement : statement if statement.Effect == "Allow"] == []
    error_message = "Only SQS itself puts messages into the dead-letter queue."
  }
}
