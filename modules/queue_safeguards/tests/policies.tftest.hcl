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

variables {
  queue_name = "txn-test-orders"
}

run "nothing_may_touch_the_queue_over_plain_http" {
  command = plan

  assert {
    condition = jsondecode(output.policy).Statement == jsondecode(jsonencode([{
      Sid       = "DenyPlainHttp"
      Effect    = "Deny"
      Action    = "sqs:*"
      Principal = "*"
      Resource  = "arn:aws:sqs:eu-west-1:123456789012:txn-test-orders"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]))
    error_message = "Without senders the policy must hold exactly one statement: no plain HTTP, for anyone."
  }
}

run "a_sender_may_send_and_nothing_else_and_only_from_its_source" {
  command = plan

  variables {
    senders = {
      high-value = {
        service    = "events.amazonaws.com"
        source_arn = "arn:aws:events:eu-west-1:123456789012:rule/txn-test/high-value"
      }
    }
  }

  assert {
    condition = jsondecode(output.policy).Statement[1] == jsondecode(jsonencode({
      Sid       = "AllowSendFromHighValue"
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Principal = { Service = "events.amazonaws.com" }
      Resource  = "arn:aws:sqs:eu-west-1:123456789012:txn-test-orders"
      Condition = { ArnLike = { "aws:SourceArn" = "arn:aws:events:eu-west-1:123456789012:rule/txn-test/high-value" } }
    }))
    error_message = "A sender gets sqs:SendMessage on this queue, for its own source ARN."
  }
}
