mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name        = "txn-test-learn-dead-letter"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "what_was_given_up_is_kept_for_fourteen_days" {
  command = plan

  assert {
    condition     = aws_sqs_queue.this.message_retention_seconds == 14 * 24 * 3600
    error_message = "The longest that SQS offers."
  }
}

run "the_customer_key_encrypts_it" {
  command = plan

  assert {
    condition     = aws_sqs_queue.this.kms_master_key_id == var.kms_key_arn
    error_message = "The given key must be used."
  }
}

run "the_configuration_tells_what_the_queue_was_given" {
  command = plan

  assert {
    condition     = output.configuration == { message_retention_seconds = 1209600, kms_key_arn = var.kms_key_arn }
    error_message = "Everything must be told as it was given, before it exists."
  }
}

run "the_first_message_alarms" {
  command = plan

  assert {
    condition     = output.alarm.metric_name == "ApproximateNumberOfMessagesVisible" && output.alarm.threshold == 0 && output.alarm.dimensions == { QueueName = "txn-test-learn-dead-letter" }
    error_message = "Nobody reads this queue by itself: each message is one to look at."
  }
}

run "a_name_over_eighty_characters_is_refused" {
  command = plan

  variables {
    name = join("", [for i in range(81) : "q"])
  }

  expect_failures = [var.name]
}

run "an_alias_in_place_of_a_key_is_refused" {
  command = plan

  variables {
    kms_key_arn = "alias/aws/sqs"
  }

  expect_failures = [var.kms_key_arn]
}
