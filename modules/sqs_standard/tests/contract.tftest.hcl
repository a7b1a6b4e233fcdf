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
  name = "txn-test-orders"
}

run "both_queues_are_named_after_the_one_name" {
  command = plan

  assert {
    condition     = aws_sqs_queue.this.name == "txn-test-orders" && output.queue_name == "txn-test-orders"
    error_message = "The queue carries the given name."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.name == "txn-test-orders-dead-letter" && output.dead_letter_queue_name == "txn-test-orders-dead-letter"
    error_message = "The dead-letter queue is named after its queue."
  }
}

run "the_dead_letter_queue_can_have_a_name_of_its_own" {
  command = plan

  variables {
    dead_letter_queue_name = "sqs-orders-dead-letter-test"
  }

  assert {
    condition     = output.dead_letter_queue_name == "sqs-orders-dead-letter-test" && jsondecode(aws_sqs_queue.this.redrive_policy).deadLetterTargetArn == "arn:aws:sqs:eu-west-1:123456789012:sqs-orders-dead-letter-test"
    error_message = "A given name must be the dead-letter queue's, and be where the queue sends what failed."
  }
}

run "the_queues_are_standard_queues" {
  command = plan

  assert {
    condition     = !coalesce(aws_sqs_queue.this.fifo_queue, false) && !coalesce(aws_sqs_queue.dead_letter.fifo_queue, false)
    error_message = "Neither queue may be a FIFO queue."
  }
}

run "dead_letter_queue_takes_over_after_exactly_three_receives" {
  command = plan

  assert {
    condition     = jsondecode(aws_sqs_queue.this.redrive_policy).maxReceiveCount == 3
    error_message = "A message must reach the dead-letter queue after exactly 3 receives."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.this.redrive_policy).deadLetterTargetArn == "arn:aws:sqs:eu-west-1:123456789012:txn-test-orders-dead-letter"
    error_message = "What fails must go to the queue's own dead-letter queue."
  }
}

run "only_this_queue_may_use_its_dead_letter_queue" {
  command = plan

  assert {
    condition = jsondecode(aws_sqs_queue.dead_letter.redrive_allow_policy) == jsondecode(jsonencode({
      redrivePermission = "byQueue"
      sourceQueueArns   = ["arn:aws:sqs:eu-west-1:123456789012:txn-test-orders"]
    }))
    error_message = "The dead-letter queue must name its one source."
  }
}

run "messages_are_kept_for_fourteen_days_in_both_queues" {
  command = plan

  assert {
    condition     = aws_sqs_queue.this.message_retention_seconds == 1209600 && aws_sqs_queue.dead_letter.message_retention_seconds == 1209600
    error_message = "14 days are 1,209,600 seconds."
  }
}

run "the_aws_managed_key_encrypts_unless_a_customer_key_is_given" {
  command = plan

  assert {
    condition     = aws_sqs_queue.this.kms_master_key_id == "alias/aws/sqs" && aws_sqs_queue.dead_letter.kms_master_key_id == "alias/aws/sqs"
    error_message = "A queue is never without a key."
  }
}

run "a_customer_key_encrypts_both_queues" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }

  assert {
    condition     = aws_sqs_queue.this.kms_master_key_id == var.kms_key_arn && aws_sqs_queue.dead_letter.kms_master_key_id == var.kms_key_arn
    error_message = "The given key must encrypt both queues."
  }
}

run "a_message_stays_hidden_for_six_times_the_consumers_timeout" {
  command = plan

  assert {
    condition     = aws_sqs_queue.this.visibility_timeout_seconds == 180 && var.consumer_timeout_seconds == 30
    error_message = "By default: 180 seconds for a consumer of 30."
  }
}

run "the_dead_letter_queue_hides_messages_as_long_as_the_queue" {
  command = plan

  variables {
    visibility_timeout_seconds = 600
    consumer_timeout_seconds   = 100
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.visibility_timeout_seconds == 600
    error_message = "Who reads the dead-letter queue needs no less time."
  }
}

run "more_than_1000_waiting_messages_alarm" {
  command = plan

  assert {
    condition     = output.alarms.backlog.threshold == 1000 && output.alarms.backlog.metric_name == "ApproximateNumberOfMessagesVisible" && output.alarms.backlog.comparison_operator == "GreaterThanThreshold"
    error_message = "The backlog alarm fires above 1,000 messages."
  }

  assert {
    condition     = output.alarms.backlog.dimensions.QueueName == "txn-test-orders"
    error_message = "It must watch the queue."
  }
}

run "a_message_older_than_a_minute_alarms" {
  command = plan

  assert {
    condition     = output.alarms.delay.threshold == 60 && output.alarms.delay.metric_name == "ApproximateAgeOfOldestMessage" && output.alarms.delay.dimensions.QueueName == "txn-test-orders"
    error_message = "The delay alarm fires above 60 seconds."
  }
}

run "any_message_in_the_dead_letter_queue_alarms" {
  command = plan

  assert {
    condition     = output.alarms["dead-letter"].threshold == 0 && output.alarms["dead-letter"].dimensions.QueueName == "txn-test-orders-dead-letter"
    error_message = "One dead letter is one too many."
  }
}

run "alarm_thresholds_can_be_set" {
  command = plan

  variables {
    alarms = { depth_messages = 5, oldest_age_seconds = 900 }
  }

  assert {
    condition     = output.alarms.backlog.threshold == 5 && output.alarms.delay.threshold == 900
    error_message = "Given thresholds replace the defaults."
  }
}

run "the_configuration_tells_what_the_queues_were_given" {
  command = plan

  variables {
    kms_key_arn                = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    visibility_timeout_seconds = 300
  }

  assert {
    condition = output.configuration == {
      visibility_timeout_seconds    = 300
      message_retention_seconds     = 1209600
      max_receive_count             = 3
      dead_letter_retention_seconds = 1209600
      kms_key_arn                   = var.kms_key_arn
      dead_letter_kms_key_arn       = var.kms_key_arn
      fifo                          = false
    }
    error_message = "Everything must be told as it was given, before it exists."
  }
}

run "a_name_of_68_characters_is_accepted" {
  command = plan

  variables {
    name = join("", [for i in range(68) : "q"])
  }

  assert {
    condition     = length(aws_sqs_queue.dead_letter.name) == 80
    error_message = "The longest name must fill the 80 characters that SQS allows."
  }
}

run "a_name_over_68_characters_is_refused" {
  command = plan

  variables {
    name = join("", [for i in range(69) : "q"])
  }

  expect_failures = [var.name]
}

run "a_name_that_ends_in_fifo_is_refused" {
  command = plan

  variables {
    name = "txn-test-orders.fifo"
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

run "senders_without_a_customer_key_are_refused" {
  command = plan

  variables {
    senders = { rule = { service = "events.amazonaws.com", source_arn = "arn:aws:events:eu-west-1:123456789012:rule/txn-test/rule" } }
  }

  expect_failures = [var.senders]
}

run "a_negative_visibility_timeout_is_refused" {
  command = plan

  variables {
    visibility_timeout_seconds = -1
  }

  expect_failures = [var.visibility_timeout_seconds]
}

run "a_visibility_timeout_over_twelve_hours_is_refused" {
  command = plan

  variables {
    visibility_timeout_seconds = 43201
  }

  expect_failures = [var.visibility_timeout_seconds]
}

run "a_visibility_timeout_below_six_times_the_consumers_timeout_is_refused" {
  command = plan

  variables {
    visibility_timeout_seconds = 179
  }

  expect_failures = [var.visibility_timeout_seconds]
}

run "a_consumer_timeout_below_one_second_is_refused" {
  command = plan

  variables {
    consumer_timeout_seconds = 0
  }

  expect_failures = [var.consumer_timeout_seconds]
}

run "a_consumer_timeout_over_fifteen_minutes_is_refused" {
  command = plan

  variables {
    consumer_timeout_seconds   = 901
    visibility_timeout_seconds = 5406
  }

  expect_failures = [var.consumer_timeout_seconds]
}

run "a_negative_depth_threshold_is_refused" {
  command = plan

  variables {
    alarms = { depth_messages = -1 }
  }

  expect_failures = [var.alarms]
}

run "an_age_threshold_below_one_second_is_refused" {
  command = plan

  variables {
    alarms = { oldest_age_seconds = 0 }
  }

  expect_failures = [var.alarms]
}

run "an_age_threshold_over_fourteen_days_is_refused" {
  command = plan

  variables {
    alarms = { oldest_age_seconds = 1209601 }
  }

  expect_failures = [var.alarms]
}

run "a_dead_letter_queue_of_the_queues_own_name_is_refused" {
  command = plan

  variables {
    dead_letter_queue_name = "txn-test-orders"
  }

  expect_failures = [var.dead_letter_queue_name]
}

run "a_dead_letter_queue_name_with_a_dot_is_refused" {
  command = plan

  variables {
    dead_letter_queue_name = "txn-test-orders-dead-letter.fifo"
  }

  expect_failures = [var.dead_letter_queue_name]
}
