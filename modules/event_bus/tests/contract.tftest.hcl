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

override_resource {
  target = aws_sqs_queue.dead_letter
  values = { arn = "arn:aws:sqs:eu-west-1:123456789012:txn-test-undelivered" }
}
override_resource {
  target = aws_iam_role.start_workflow
  values = { arn = "arn:aws:iam::123456789012:role/txn-test-start-workflow" }
}
override_resource {
  target = aws_cloudwatch_event_bus.this
  values = { arn = "arn:aws:events:eu-west-1:123456789012:event-bus/txn-test" }
}
override_resource {
  target = aws_cloudwatch_event_rule.this
  values = { arn = "arn:aws:events:eu-west-1:123456789012:rule/txn-test/orders" }
}

variables {
  name        = "txn-test"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "the_customer_key_encrypts_the_bus_and_the_undelivered_events" {
  command = plan

  assert {
    condition     = aws_cloudwatch_event_bus.this.kms_key_identifier == var.kms_key_arn && aws_sqs_queue.dead_letter.kms_master_key_id == var.kms_key_arn
    error_message = "The given key must be used for both."
  }
}

run "events_that_cannot_be_encrypted_are_not_lost" {
  command = apply # the queue's ARN is not known in a plan

  assert {
    condition     = one(aws_cloudwatch_event_bus.this.dead_letter_config).arn == "arn:aws:sqs:eu-west-1:123456789012:txn-test-undelivered"
    error_message = "The bus itself must have the dead-letter queue, too."
  }
}

run "every_event_is_archived_for_thirty_days" {
  command = plan

  assert {
    condition     = aws_cloudwatch_event_archive.this.retention_days == 30 && aws_cloudwatch_event_archive.this.event_pattern == null
    error_message = "The archive must take every event and keep it for 30 days by default."
  }
}

run "the_archive_can_keep_events_for_ever" {
  command = plan

  variables {
    archive_retention_days = 0
  }

  assert {
    condition     = aws_cloudwatch_event_archive.this.retention_days == 0
    error_message = "0 means for ever to EventBridge."
  }
}

run "a_bus_without_rules_is_accepted" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_event_rule.this) == 0 && length(aws_iam_role.start_workflow) == 0
    error_message = "No rule, no target, no role."
  }
}

run "a_rule_listens_to_this_bus_with_its_pattern" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders" } }
      }
    }
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this["orders"].event_bus_name == "txn-test" && jsondecode(aws_cloudwatch_event_rule.this["orders"].event_pattern).source == ["orders"]
    error_message = "The rule must be on the bus and match what was given."
  }
}

run "delivery_is_tried_for_a_day_by_default" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders" } }
      }
    }
  }

  assert {
    condition     = one(aws_cloudwatch_event_target.this["orders/a"].retry_policy).maximum_event_age_in_seconds == 86400 && one(aws_cloudwatch_event_target.this["orders/a"].retry_policy).maximum_retry_attempts == 185
    error_message = "EventBridge's own limits are the default."
  }
}

run "delivery_can_be_given_up_earlier" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders", maximum_event_age_seconds = 60, maximum_retry_attempts = 0 } }
      }
    }
  }

  assert {
    condition     = one(aws_cloudwatch_event_target.this["orders/a"].retry_policy).maximum_event_age_in_seconds == 60 && one(aws_cloudwatch_event_target.this["orders/a"].retry_policy).maximum_retry_attempts == 0
    error_message = "The given limits must count."
  }
}

run "what_cannot_be_delivered_goes_to_the_buss_own_queue" {
  command = apply # the queue's ARN is not known in a plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders" } }
      }
    }
  }

  assert {
    condition     = one(aws_cloudwatch_event_target.this["orders/a"].dead_letter_config).arn == "arn:aws:sqs:eu-west-1:123456789012:txn-test-undelivered"
    error_message = "Each target must have a dead-letter queue."
  }
}

run "a_target_can_have_another_dead_letter_queue" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders", dead_letter_queue_arn = "arn:aws:sqs:eu-west-1:123456789012:elsewhere" } }
      }
    }
  }

  assert {
    condition     = one(aws_cloudwatch_event_target.this["orders/a"].dead_letter_config).arn == "arn:aws:sqs:eu-west-1:123456789012:elsewhere"
    error_message = "The given queue must be used."
  }
}

run "undelivered_events_are_kept_for_fourteen_days" {
  command = plan

  assert {
    condition     = aws_sqs_queue.dead_letter.name == "txn-test-undelivered" && aws_sqs_queue.dead_letter.message_retention_seconds == 1209600
    error_message = "14 days are 1,209,600 seconds."
  }
}

run "only_a_bus_with_state_machines_has_a_role" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders" } }
      }
    }
  }

  assert {
    condition     = length(aws_iam_role.start_workflow) == 0
    error_message = "Queues need no role."
  }
}

run "a_state_machine_is_started_with_the_buss_role" {
  command = apply # the role's ARN is not known in a plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "state_machine", arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:cases" } }
      }
    }
  }

  assert {
    condition     = aws_cloudwatch_event_target.this["orders/a"].role_arn == "arn:aws:iam::123456789012:role/txn-test-start-workflow"
    error_message = "The target must have the role."
  }
}

run "a_function_lets_in_its_rule_and_no_other" {
  command = apply # the rule's ARN is not known in a plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "lambda", arn = "arn:aws:lambda:eu-west-1:123456789012:function:relay" } }
      }
    }
  }

  assert {
    condition     = aws_lambda_permission.invoke["orders/a"].principal == "events.amazonaws.com" && aws_lambda_permission.invoke["orders/a"].action == "lambda:InvokeFunction"
    error_message = "EventBridge must be allowed to invoke."
  }

  assert {
    condition     = aws_lambda_permission.invoke["orders/a"].source_arn == "arn:aws:events:eu-west-1:123456789012:rule/txn-test/orders"
    error_message = "The permission must name the rule."
  }
}

run "a_function_behind_an_alias_is_permitted_on_the_alias" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "lambda", arn = "arn:aws:lambda:eu-west-1:123456789012:function:relay:live" } }
      }
    }
  }

  assert {
    condition     = aws_lambda_permission.invoke["orders/a"].function_name == "arn:aws:lambda:eu-west-1:123456789012:function:relay" && aws_lambda_permission.invoke["orders/a"].qualifier == "live"
    error_message = "A permission on the function does not hold for its alias."
  }
}

run "the_rule_arn_prefix_makes_rule_arns_without_the_rules" {
  command = apply # the rule's ARN is not known in a plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders" } }
      }
    }
  }

  assert {
    condition     = "${output.rule_arn_prefix}/orders" == output.rule_arns["orders"]
    error_message = "Queues that are targets need the ARN before the rule exists."
  }
}

run "giving_up_on_an_event_alarms_for_each_rule" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders" } }
      }
    }
  }

  assert {
    condition     = output.alarms["orders-failed-invocations"].metric_name == "FailedInvocations" && output.alarms["orders-failed-invocations"].dimensions == { EventBusName = "txn-test", RuleName = "orders" } && output.alarms["orders-failed-invocations"].threshold == 0
    error_message = "A rule of a custom bus reports under both dimensions."
  }
}

run "any_undelivered_event_alarms" {
  command = plan

  assert {
    condition     = output.alarms.undelivered.threshold == 0 && output.alarms.undelivered.dimensions.QueueName == "txn-test-undelivered"
    error_message = "One undelivered event is one too many."
  }
}

run "a_name_over_48_characters_is_refused" {
  command = plan

  variables {
    name = join("", [for i in range(49) : "b"])
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

run "a_negative_archive_retention_is_refused" {
  command = plan

  variables {
    archive_retention_days = -1
  }

  expect_failures = [var.archive_retention_days]
}

run "an_archive_retention_over_ten_years_is_refused" {
  command = plan

  variables {
    archive_retention_days = 3651
  }

  expect_failures = [var.archive_retention_days]
}

run "a_rule_name_with_a_space_is_refused" {
  command = plan

  variables {
    rules = {
      "big orders" = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders" } }
      }
    }
  }

  expect_failures = [var.rules]
}

run "a_pattern_that_is_not_json_is_refused" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = "source = orders"
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders" } }
      }
    }
  }

  expect_failures = [var.rules]
}

run "a_pattern_that_is_a_list_is_refused" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode(["orders"])
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders" } }
      }
    }
  }

  expect_failures = [var.rules]
}

run "a_rule_without_targets_is_refused" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = {}
      }
    }
  }

  expect_failures = [var.rules]
}

run "a_rule_with_six_targets_is_refused" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { for i in range(6) : "target-${i}" => { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders" } }
      }
    }
  }

  expect_failures = [var.rules]
}

run "an_unknown_kind_of_target_is_refused" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "kinesis", arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders" } }
      }
    }
  }

  expect_failures = [var.rules]
}

run "an_arn_of_another_kind_is_refused" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "lambda", arn = "arn:aws:sqs:eu-west-1:123456789012:orders" } }
      }
    }
  }

  expect_failures = [var.rules]
}

run "a_fifo_queue_as_a_standard_one_is_refused" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders.fifo" } }
      }
    }
  }

  expect_failures = [var.rules]
}

run "a_path_that_is_no_json_path_is_refused" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders", input_path = "detail" } }
      }
    }
  }

  expect_failures = [var.rules]
}

run "a_path_over_256_characters_is_refused" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders", input_path = "$.${join("", [for i in range(255) : "p"])}" } }
      }
    }
  }

  expect_failures = [var.rules]
}

run "an_event_age_below_a_minute_is_refused" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders", maximum_event_age_seconds = 59 } }
      }
    }
  }

  expect_failures = [var.rules]
}

run "an_event_age_over_a_day_is_refused" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders", maximum_event_age_seconds = 86401 } }
      }
    }
  }

  expect_failures = [var.rules]
}

run "negative_retries_are_refused" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders", maximum_retry_attempts = -1 } }
      }
    }
  }

  expect_failures = [var.rules]
}

run "more_than_185_retries_are_refused" {
  command = plan

  variables {
    rules = {
      orders = {
        description = "Orders"
        pattern     = jsonencode({ source = ["orders"] })
        targets     = { a = { kind = "sqs", arn = "arn:aws:sqs:eu-west-1:123456789012:orders", maximum_retry_attempts = 186 } }
      }
    }
  }

  expect_failures = [var.rules]
}
