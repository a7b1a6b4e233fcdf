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
  name = "txn-test"
}

run "by_default_only_the_accounts_own_iam_decides" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(aws_kms_key.this.policy).Statement : [statement.Effect, statement.Resource, statement.Principal.AWS]
    ] == [["Allow", "*", "arn:aws:iam::123456789012:root"]]
    error_message = "Without uses the policy must hold the account's statement and no other."
  }

  assert {
    condition = alltrue([
      for action in jsondecode(aws_kms_key.this.policy).Statement[0].Action : can(regex("^kms:[A-Za-z]+$", action))
    ])
    error_message = "What the account may do must be written out."
  }

  assert {
    condition     = contains(jsondecode(aws_kms_key.this.policy).Statement[0].Action, "kms:PutKeyPolicy")
    error_message = "Without PutKeyPolicy nobody could ever change who may use the key."
  }
}

run "no_service_can_use_the_key_for_another_account" {
  command = plan

  variables {
    uses = [
      "log_groups", "log_delivery", "event_buses", "events_to_queues", "events_to_topics", "topics_to_queues",
      "alarms_to_topics", "budgets_to_topics", "trails", "config_delivery",
    ]
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_kms_key.this.policy).Statement :
      strcontains(jsonencode(statement.Condition), "123456789012") if can(statement.Principal.Service)
    ])
    error_message = "Each service's statement must be held to this account by a condition."
  }

  assert {
    condition     = length([for statement in jsondecode(aws_kms_key.this.policy).Statement : statement if can(statement.Principal.Service)]) == 12
    error_message = "Ten uses, two of which need two statements."
  }
}

run "no_service_gets_more_than_cryptography" {
  command = plan

  variables {
    uses = [
      "log_groups", "log_delivery", "event_buses", "events_to_queues", "events_to_topics", "topics_to_queues",
      "alarms_to_topics", "budgets_to_topics", "trails", "config_delivery",
    ]
  }

  assert {
    condition = length(setsubtract(flatten([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Action if can(statement.Principal.Service)
      ]), [
      "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
      "kms:ReEncryptFrom", "kms:ReEncryptTo",
    ])) == 0
    error_message = "No service may manage the key."
  }
}

run "cloudwatch_logs_may_encrypt_this_accounts_log_groups" {
  command = plan

  variables {
    uses = ["log_groups"]
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition
      if statement.Sid == "LogGroups" && try(statement.Principal.Service, "") == "logs.eu-west-1.amazonaws.com"
    ]) == { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:eu-west-1:123456789012:*" } }
    error_message = "CloudWatch Logs of this region, for log groups of this account."
  }
}

run "log_delivery_may_read_what_services_encrypt_for_their_logs" {
  command = plan

  variables {
    uses = ["log_delivery"]
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition
      if statement.Sid == "LogDelivery" && try(statement.Principal.Service, "") == "delivery.logs.amazonaws.com"
    ]) == { ArnLike = { "kms:EncryptionContext:SourceArn" = "arn:aws:logs:eu-west-1:123456789012:*" } }
    error_message = "Log delivery, for log groups of this account."
  }
}

run "eventbridge_may_encrypt_this_accounts_buses" {
  command = plan

  variables {
    uses = ["event_buses"]
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition
      if statement.Sid == "EventBuses" && try(statement.Principal.Service, "") == "events.amazonaws.com"
    ]) == { ArnLike = { "kms:EncryptionContext:aws:events:event-bus:arn" = "arn:aws:events:eu-west-1:123456789012:event-bus/*" } }
    error_message = "EventBridge, for buses of this account."
  }
}

run "eventbridge_may_send_to_this_accounts_encrypted_queues" {
  command = plan

  variables {
    uses = ["events_to_queues"]
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition
      if statement.Sid == "EventsToQueues" && try(statement.Principal.Service, "") == "events.amazonaws.com"
    ]) == { ArnLike = { "kms:EncryptionContext:aws:sqs:arn" = "arn:aws:sqs:eu-west-1:123456789012:*" } }
    error_message = "EventBridge, for queues of this account."
  }
}

run "eventbridge_may_publish_to_this_accounts_encrypted_topics" {
  command = plan

  variables {
    uses = ["events_to_topics"]
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition
      if statement.Sid == "EventsToTopics" && try(statement.Principal.Service, "") == "events.amazonaws.com"
    ]) == { ArnLike = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:aws:sns:eu-west-1:123456789012:*" } }
    error_message = "EventBridge, for topics of this account."
  }
}

run "sns_may_send_to_this_accounts_encrypted_queues" {
  command = plan

  variables {
    uses = ["topics_to_queues"]
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition
      if statement.Sid == "TopicsToQueues" && try(statement.Principal.Service, "") == "sns.amazonaws.com"
    ]) == { ArnLike = { "kms:EncryptionContext:aws:sqs:arn" = "arn:aws:sqs:eu-west-1:123456789012:*" } }
    error_message = "SNS, for queues of this account."
  }
}

run "alarms_may_publish_to_this_accounts_encrypted_topics" {
  command = plan

  variables {
    uses = ["alarms_to_topics"]
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition
      if statement.Sid == "AlarmsToTopics" && try(statement.Principal.Service, "") == "cloudwatch.amazonaws.com"
    ]) == { ArnLike = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:aws:sns:eu-west-1:123456789012:*" } }
    error_message = "CloudWatch alarms, for topics of this account."
  }
}

run "budgets_may_publish_to_this_accounts_encrypted_topics" {
  command = plan

  variables {
    uses = ["budgets_to_topics"]
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition
      if statement.Sid == "BudgetsToTopics" && try(statement.Principal.Service, "") == "budgets.amazonaws.com"
    ]) == { ArnLike = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:aws:sns:eu-west-1:123456789012:*" } }
    error_message = "AWS Budgets, for topics of this account."
  }
}

run "cloudtrail_may_encrypt_this_accounts_trails_but_not_read_them" {
  command = plan

  variables {
    uses = ["trails"]
  }

  assert {
    condition = [
      for statement in jsondecode(aws_kms_key.this.policy).Statement : [statement.Action, statement.Condition]
      if try(statement.Principal.Service, "") == "cloudtrail.amazonaws.com"
      ] == [
      ["kms:GenerateDataKey", { ArnLike = { "kms:EncryptionContext:aws:cloudtrail:arn" = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/*" } }],
      ["kms:DescribeKey", { StringEquals = { "aws:SourceAccount" = "123456789012" } }],
    ]
    error_message = "CloudTrail, for trails of this account, without Decrypt."
  }
}

run "config_may_write_to_an_encrypted_bucket_for_this_account" {
  command = plan

  variables {
    uses = ["config_delivery"]
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition
      if statement.Sid == "ConfigDelivery" && try(statement.Principal.Service, "") == "config.amazonaws.com"
    ]) == { StringEquals = { "aws:SourceAccount" = "123456789012" } }
    error_message = "AWS Config, for this account."
  }
}

run "eventbridge_may_describe_the_key_it_encrypts_a_bus_with" {
  command = plan

  variables {
    uses = ["event_buses"]
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition if statement.Action == "kms:DescribeKey"
    ]) == { StringEquals = { "aws:SourceAccount" = "123456789012" } }
    error_message = "DescribeKey has no encryption context, so a statement of its own must hold it to the account."
  }
}

run "data_services_use_the_key_only_for_callers_of_this_account" {
  command = plan

  variables {
    via_services = ["dynamodb", "s3"]
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition if statement.Sid == "AccountThroughServices"
      ]) == {
      StringEquals = {
        "kms:CallerAccount" = "123456789012"
        "kms:ViaService"    = ["dynamodb.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"]
      }
    }
    error_message = "Anyone in the account, but only through DynamoDB and S3."
  }
}

run "who_may_read_or_write_an_encrypted_parameter_may_use_the_key_for_it" {
  command = plan

  variables {
    via_services = ["ssm"]
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement if statement.Sid == "AccountThroughServices"
    ]).Condition.StringEquals["kms:ViaService"] == "ssm.eu-west-1.amazonaws.com"
    error_message = "Through Systems Manager only."
  }

  assert {
    condition = length(setsubtract(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement if statement.Sid == "AccountThroughServices"
    ]).Action)) == 0
    error_message = "Reading needs Decrypt; writing needs Encrypt up to 4 KB and GenerateDataKey above."
  }
}
