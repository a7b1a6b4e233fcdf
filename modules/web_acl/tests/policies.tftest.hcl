# The real provider renders the policy; nothing is called, since a plan of new resources needs no answer from AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  name            = "txn-test"
  requests_per_ip = 150000
  kms_key_arn     = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "log_delivery_may_write_to_this_one_group_for_this_account_only" {
  command = plan

  assert {
    condition = jsondecode(aws_cloudwatch_log_resource_policy.this["this"].policy_document).Statement == jsondecode(jsonencode([{
      Sid       = "WafLogDelivery"
      Effect    = "Allow"
      Action    = ["logs:PutLogEvents", "logs:CreateLogStream"]
      Resource  = "arn:aws:logs:eu-central-1:123456789012:log-group:aws-waf-logs-txn-test:*"
      Principal = { Service = "delivery.logs.amazonaws.com" }
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:aws:logs:eu-central-1:123456789012:*" }
        StringEquals = { "aws:SourceAccount" = "123456789012" }
      }
    }]))
    error_message = "Log delivery must write to the web ACL's group, in the name of this account."
  }
}
