# The real provider renders the policy; nothing is called. It is read from its document, because the topic's own ARN is
# known only once it exists.

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
  name        = "txn-test-fraud"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "publishing_without_tls_is_denied_to_everybody" {
  command = plan

  assert {
    condition = [for s in jsondecode(data.aws_iam_policy_document.this.json).Statement : s if s.Effect == "Deny"] == [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Action    = "sns:Publish"
      Principal = { AWS = "*" }
      Resource  = "arn:aws:sns:eu-central-1:123456789012:txn-test-fraud"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Plain HTTP must be denied."
  }
}

run "no_service_may_publish_unless_told" {
  command = plan

  assert {
    condition     = length([for s in jsondecode(data.aws_iam_policy_document.this.json).Statement : s if s.Effect == "Allow"]) == 0
    error_message = "Without publishers the policy must grant nothing."
  }
}

run "the_named_alarms_and_this_accounts_rules_may_publish" {
  command = plan

  variables {
    publishers = { alarm_names = ["txn-test-*"], event_rules = true }
  }

  assert {
    condition = [for s in jsondecode(data.aws_iam_policy_document.this.json).Statement : s if s.Effect == "Allow"] == [
      {
        Sid       = "AlarmsOfThisAccountPublish"
        Effect    = "Allow"
        Action    = "sns:Publish"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Resource  = "arn:aws:sns:eu-central-1:123456789012:txn-test-fraud"
        Condition = {
          StringEquals = { "aws:SourceAccount" = "123456789012" }
          ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:txn-test-*" }
        }
      },
      {
        Sid       = "RulesOfThisAccountPublish"
        Effect    = "Allow"
        Action    = "sns:Publish"
        Principal = { Service = "events.amazonaws.com" }
        Resource  = "arn:aws:sns:eu-central-1:123456789012:txn-test-fraud"
        Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
      },
    ]
    error_message = "Nobody else may publish by the topic's policy."
  }
}

run "this_accounts_budgets_may_publish_where_told" {
  command = plan

  variables {
    publishers = { budgets = true }
  }

  assert {
    condition = [for s in jsondecode(data.aws_iam_policy_document.this.json).Statement : s if s.Effect == "Allow"] == [{
      Sid       = "BudgetsOfThisAccountPublish"
      Effect    = "Allow"
      Action    = "sns:Publish"
      Principal = { Service = "budgets.amazonaws.com" }
      Resource  = "arn:aws:sns:eu-central-1:123456789012:txn-test-fraud"
      Condition = {
        StringEquals = { "aws:SourceAccount" = "123456789012" }
        ArnLike      = { "aws:SourceArn" = "arn:aws:budgets::123456789012:*" }
      }
    }]
    error_message = "AWS Budgets, for this account's budgets, and nobody else."
  }
}
