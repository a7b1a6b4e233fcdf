mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:txn-test-fraud" }
  }
}

variables {
  name        = "txn-test-fraud"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "messages_are_encrypted_with_the_customer_key" {
  command = plan

  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == var.kms_key_arn
    error_message = "The topic must be encrypted with kms_key_arn."
  }
}

run "the_topic_bears_its_names" {
  command = plan

  variables {
    display_name = "Fraud alerts"
  }

  assert {
    condition     = output.name == "txn-test-fraud" && aws_sns_topic.this.display_name == "Fraud alerts"
    error_message = "The topic must be named as given, and its e-mails signed as given."
  }
}

run "nobody_is_subscribed_unless_told" {
  command = plan

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0
    error_message = "Without addresses there must be no subscriptions."
  }
}

run "each_address_is_subscribed_by_email" {
  command = apply

  variables {
    email_subscriptions = ["desk@example.com", "night@example.com"]
  }

  assert {
    condition = { for address, subscription in aws_sns_topic_subscription.email : address => "${subscription.protocol} ${subscription.endpoint} ${subscription.topic_arn}" } == {
      "desk@example.com"  = "email desk@example.com arn:aws:sns:eu-central-1:123456789012:txn-test-fraud"
      "night@example.com" = "email night@example.com arn:aws:sns:eu-central-1:123456789012:txn-test-fraud"
    }
    error_message = "Each address must get the topic's messages by e-mail."
  }
}

run "the_configuration_tells_the_key_the_subscribers_and_the_publishers" {
  command = plan

  variables {
    email_subscriptions = ["desk@example.com"]
    publishers          = { event_rules = true }
  }

  assert {
    condition     = output.configuration == { name = "txn-test-fraud", kms_key_arn = var.kms_key_arn, subscriptions = { "desk@example.com" = "email" }, publishers = { "events.amazonaws.com" = [] } }
    error_message = "What the topic was given must be told before it exists."
  }
}

run "a_message_that_does_not_arrive_can_alarm" {
  command = plan

  assert {
    condition = output.alarms.undelivered == merge(output.alarms.undelivered, {
      namespace           = "AWS/SNS"
      metric_name         = "NumberOfNotificationsFailed"
      dimensions          = { TopicName = "txn-test-fraud" }
      statistic           = "Sum"
      threshold           = 0
      comparison_operator = "GreaterThanThreshold"
    })
    error_message = "One message that did not arrive must be one too many."
  }
}

# --- refusals --------------------------------------------------------------------------------------------------------

run "a_name_with_a_space_is_refused" {
  command = plan
  variables {
    name = "txn test"
  }
  expect_failures = [var.name]
}

run "a_display_name_of_101_characters_is_refused" {
  command = plan
  variables {
    display_name = join("", [for number in range(101) : "a"])
  }
  expect_failures = [var.display_name]
}

run "a_key_that_is_no_key_arn_is_refused" {
  command = plan
  variables {
    kms_key_arn = "alias/aws/sns"
  }
  expect_failures = [var.kms_key_arn]
}

run "an_address_without_a_domain_is_refused" {
  command = plan
  variables {
    email_subscriptions = ["desk"]
  }
  expect_failures = [var.email_subscriptions]
}

run "a_publisher_that_is_every_alarm_is_refused" {
  command = plan
  variables {
    publishers = { alarm_names = ["*"] }
  }
  expect_failures = [var.publishers]
}
