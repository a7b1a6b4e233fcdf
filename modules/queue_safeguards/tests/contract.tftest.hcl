mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  queue_name = "txn-test-orders"
}

run "the_arn_is_known_before_the_queue_exists" {
  command = plan

  assert {
    condition     = output.queue_arn == "arn:aws:sqs:eu-west-1:123456789012:txn-test-orders"
    error_message = "The ARN must follow from account, region and name."
  }
}

run "a_queue_alarms_on_more_than_the_given_depth" {
  command = plan

  variables {
    depth_messages = 1000
  }

  assert {
    condition     = output.depth_alarm.metric_name == "ApproximateNumberOfMessagesVisible" && output.depth_alarm.threshold == 1000 && output.depth_alarm.comparison_operator == "GreaterThanThreshold"
    error_message = "1,000 messages are still well, 1,001 are not."
  }

  assert {
    condition     = output.depth_alarm.dimensions == { QueueName = "txn-test-orders" } && output.depth_alarm.namespace == "AWS/SQS"
    error_message = "The alarm must watch this queue."
  }
}

run "a_queue_alarms_on_any_message_unless_told_otherwise" {
  command = plan

  assert {
    condition     = output.depth_alarm.threshold == 0
    error_message = "The default must be that of a dead-letter queue: any message."
  }

  assert {
    condition     = output.depth_alarm.description == "A message waits in txn-test-orders."
    error_message = "The description must say what happened."
  }
}

run "a_queue_alarms_on_a_message_older_than_the_given_age" {
  command = plan

  variables {
    oldest_age_seconds = 120
  }

  assert {
    condition     = output.delay_alarm.metric_name == "ApproximateAgeOfOldestMessage" && output.delay_alarm.threshold == 120
    error_message = "The age alarm must fire above the given seconds."
  }
}

run "silence_of_an_idle_queue_is_not_an_alarm" {
  command = plan

  assert {
    condition     = output.depth_alarm.treat_missing_data == "notBreaching" && output.delay_alarm.treat_missing_data == "notBreaching"
    error_message = "An idle queue reports no metrics."
  }
}

run "a_queue_name_of_80_characters_with_fifo_is_accepted" {
  command = plan

  variables {
    queue_name = "${join("", [for i in range(75) : "q"])}.fifo"
  }

  assert {
    condition     = endswith(output.queue_arn, ".fifo")
    error_message = "75 characters and .fifo are a valid name."
  }
}

run "a_queue_name_over_80_characters_is_refused" {
  command = plan

  variables {
    queue_name = join("", [for i in range(81) : "q"])
  }

  expect_failures = [var.queue_name]
}

run "a_fifo_queue_name_over_80_characters_is_refused" {
  command = plan

  variables {
    queue_name = "${join("", [for i in range(76) : "q"])}.fifo"
  }

  expect_failures = [var.queue_name]
}

run "a_sender_that_is_no_service_principal_is_refused" {
  command = plan

  variables {
    senders = { rule = { service = "events", source_arn = "arn:aws:events:eu-west-1:123456789012:rule/bus/rule" } }
  }

  expect_failures = [var.senders]
}

run "a_sender_whose_account_is_not_named_is_refused" {
  command = plan

  variables {
    senders = { bucket = { service = "s3.amazonaws.com", source_arn = "arn:aws:s3:::some-bucket" } }
  }

  expect_failures = [var.senders]
}

run "a_negative_depth_is_refused" {
  command = plan

  variables {
    depth_messages = -1
  }

  expect_failures = [var.depth_messages]
}

run "a_fractional_depth_is_refused" {
  command = plan

  variables {
    depth_messages = 0.5
  }

  expect_failures = [var.depth_messages]
}

run "an_age_below_one_second_is_refused" {
  command = plan

  variables {
    oldest_age_seconds = 0
  }

  expect_failures = [var.oldest_age_seconds]
}

run "an_age_over_fourteen_days_is_refused" {
  command = plan

  variables {
    oldest_age_seconds = 1209601
  }

  expect_failures = [var.oldest_age_seconds]
}
