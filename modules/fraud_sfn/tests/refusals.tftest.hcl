# What the module refuses, at plan time.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/txn-test-cases-role" }
  }
}

variables {
  name = "txn-test-cases"
  functions = {
    context = "arn:aws:lambda:eu-west-1:111122223333:function:txn-test-case-context"
    assess  = "arn:aws:lambda:eu-west-1:111122223333:function:txn-test-case-assess"
    record  = "arn:aws:lambda:eu-west-1:111122223333:function:txn-test-case-record"
  }
  review_queue = {
    arn = "arn:aws:sqs:eu-west-1:111122223333:txn-test-review"
    url = "https://sqs.eu-west-1.amazonaws.com/111122223333/txn-test-review"
  }
  alerts_topic_arn = "arn:aws:sns:eu-west-1:111122223333:txn-test-fraud-alerts"
  event_bus = {
    name = "txn-test-bus"
    arn  = "arn:aws:events:eu-west-1:111122223333:event-bus/txn-test-bus"
  }
  kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

run "a_name_whose_role_would_be_over_64_characters_is_refused" {
  command = plan

  variables {
    name = "txn-test-cases-with-a-name-that-goes-on-and-on-and-on-and-on"
  }

  expect_failures = [var.name]
}

run "a_function_given_by_its_bare_name_is_refused" {
  command = plan

  variables {
    functions = {
      context = "txn-test-case-context"
      assess  = "arn:aws:lambda:eu-west-1:111122223333:function:txn-test-case-assess"
      record  = "arn:aws:lambda:eu-west-1:111122223333:function:txn-test-case-record"
    }
  }

  expect_failures = [var.functions]
}

run "a_grant_on_every_function_is_refused" {
  command = plan

  variables {
    functions = {
      context = "arn:aws:lambda:eu-west-1:111122223333:function:*"
      assess  = "arn:aws:lambda:eu-west-1:111122223333:function:txn-test-case-assess"
      record  = "arn:aws:lambda:eu-west-1:111122223333:function:txn-test-case-record"
    }
  }

  expect_failures = [var.functions]
}

run "a_fifo_review_queue_is_refused" {
  command = plan

  variables {
    review_queue = {
      arn = "arn:aws:sqs:eu-west-1:111122223333:txn-test-review.fifo"
      url = "https://sqs.eu-west-1.amazonaws.com/111122223333/txn-test-review.fifo"
    }
  }

  expect_failures = [var.review_queue]
}

run "a_review_that_outlasts_the_queue_is_refused" {
  command = plan

  variables {
    review_timeout_seconds = 1209601
  }

  expect_failures = [var.review_timeout_seconds]
}

run "a_review_without_time_is_refused" {
  command = plan

  variables {
    review_timeout_seconds = 0
  }

  expect_failures = [var.review_timeout_seconds]
}

run "a_topic_that_is_none_is_refused" {
  command = plan

  variables {
    alerts_topic_arn = "arn:aws:sqs:eu-west-1:111122223333:txn-test-review"
  }

  expect_failures = [var.alerts_topic_arn]
}

run "a_bus_whose_name_and_arn_differ_is_refused" {
  command = plan

  variables {
    event_bus = {
      name = "another-bus"
      arn  = "arn:aws:events:eu-west-1:111122223333:event-bus/txn-test-bus"
    }
  }

  expect_failures = [var.event_bus]
}

run "an_alias_instead_of_a_key_is_refused" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:alias/txn-test"
  }

  expect_failures = [var.kms_key_arn]
}

run "a_retention_that_cloudwatch_does_not_offer_is_refused" {
  command = plan

  variables {
    log_retention_days = 100
  }

  expect_failures = [var.log_retention_days]
}
