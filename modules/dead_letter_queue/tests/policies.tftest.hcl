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

variables {
  name        = "txn-test-learn-dead-letter"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "nothing_may_touch_the_queue_over_plain_http_and_no_service_may_send" {
  command = plan

  assert {
    condition = [for statement in jsondecode(aws_sqs_queue.this.policy).Statement : "${statement.Effect} ${statement.Action} ${statement.Resource}"] == [
      "Deny sqs:* arn:aws:sqs:eu-west-1:123456789012:txn-test-learn-dead-letter",
    ]
    error_message = "The consumer's own role lets it send; no AWS service has to."
  }
}
