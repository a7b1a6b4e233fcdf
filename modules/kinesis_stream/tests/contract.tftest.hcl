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
  mock_resource "aws_kinesis_stream" {
    defaults = { arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/txn-test-transactions" }
  }
}

variables {
  name        = "txn-test-transactions"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "a_stream_has_four_provisioned_shards_and_keeps_records_for_a_day" {
  command = plan

  assert {
    condition     = output.configuration.shard_count == 4 && output.configuration.mode == "PROVISIONED"
    error_message = "Four shards, unless told otherwise."
  }

  assert {
    condition     = output.configuration.retention_hours == 24
    error_message = "24 hours, unless told otherwise."
  }
}

run "records_are_encrypted_with_the_customer_key" {
  command = plan

  assert {
    condition     = aws_kinesis_stream.this["this"].encryption_type == "KMS" && aws_kinesis_stream.this["this"].kms_key_id == var.kms_key_arn
    error_message = "The customer key must encrypt the records."
  }
}

run "retention_and_metrics_of_shards_can_be_had" {
  command = plan

  variables {
    retention_hours     = 8760
    shard_level_metrics = ["IncomingBytes"]
  }

  assert {
    condition     = output.configuration.retention_hours == 8760 && output.configuration.shard_level_metrics == toset(["IncomingBytes"])
    error_message = "What is given must reach the stream."
  }
}

run "a_stream_on_demand_counts_no_shards" {
  command = plan

  variables {
    shard_count = null
  }

  assert {
    condition     = output.configuration.mode == "ON_DEMAND" && aws_kinesis_stream.this["this"].shard_count == null
    error_message = "AWS scales a stream on demand by itself."
  }
}

run "throttled_writes_and_reads_alarm" {
  command = plan

  assert {
    condition     = { for name, alarm in output.alarms : name => alarm.metric_name } == { write-throttles = "WriteProvisionedThroughputExceeded", read-throttles = "ReadProvisionedThroughputExceeded" }
    error_message = "Both directions must be watched."
  }

  assert {
    condition     = alltrue([for alarm in output.alarms : alarm.threshold == 0 && alarm.dimensions == { StreamName = "txn-test-transactions" } && alarm.statistic == "Sum"])
    error_message = "Each throttled call must count, of this stream."
  }
}

run "name_and_arn_are_given_out" {
  command = apply

  assert {
    condition     = output.name == "txn-test-transactions" && output.arn == "arn:aws:kinesis:eu-west-1:123456789012:stream/txn-test-transactions"
    error_message = "Readers and writers need name and ARN."
  }
}

# --- autoscaling -----------------------------------------------------------------------------------------------------

run "without_autoscaling_there_is_nothing_of_it" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.load) + length(aws_lambda_permission.alarm) == 0 && output.autoscaling == null
    error_message = "No alarms on the load, no permission."
  }
}

run "an_autoscaled_stream_stays_as_the_function_made_it" {
  command = plan

  variables {
    autoscaling = { metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }

  assert {
    condition     = length(aws_kinesis_stream.this) == 0 && aws_kinesis_stream.autoscaled["this"].shard_count == 4
    error_message = "The stream must be the one whose number of shards is ignored."
  }
}

run "made_with_four_shards" {
  command = apply

  variables {
    autoscaling = { metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }
}

run "another_number_of_shards_changes_nothing_then" {
  command = plan

  variables {
    shard_count = 8
    autoscaling = { metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }

  assert {
    condition     = aws_kinesis_stream.autoscaled["this"].shard_count == 4
    error_message = "A plan must not take back what the function did."
  }
}

run "it_scales_between_2_and_40_shards" {
  command = plan

  variables {
    autoscaling = { metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }

  assert {
    condition = output.autoscaling.environment == {
      STREAM_NAME             = "txn-test-transactions"
      MINIMUM_SHARDS          = "2"
      MAXIMUM_SHARDS          = "40"
      GROW_COOLDOWN_SECONDS   = "300"
      SHRINK_COOLDOWN_SECONDS = "21600"
      HIGH_ALARM_NAME         = "txn-test-transactions-load-high"
      LOW_ALARM_NAME          = "txn-test-transactions-load-low"
    }
    error_message = "The function must be told the stream, its bounds and its alarms."
  }

  assert {
    condition     = output.autoscaling.schedules == { look = "rate(1 minute)" }
    error_message = "An alarm that stays on calls no second time: the schedule does."
  }
}

run "the_function_may_scale_this_stream_and_read_its_alarms_and_nothing_else" {
  command = plan

  variables {
    autoscaling = { metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }

  assert {
    condition = output.autoscaling.policy_statements == {
      scale_the_stream = {
        actions   = ["kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:UpdateShardCount"]
        resources = ["arn:aws:kinesis:eu-west-1:123456789012:stream/txn-test-transactions"]
      }
      read_the_alarms = {
        actions = ["cloudwatch:DescribeAlarms"]
        resources = [
          "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:txn-test-transactions-load-high",
          "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:txn-test-transactions-load-low",
        ]
      }
    }
    error_message = "The grants must name the stream and the two alarms."
  }
}

run "the_load_is_that_of_bytes_or_records_whichever_is_higher_on_the_shards_there_are" {
  command = plan

  variables {
    autoscaling = { metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }

  assert {
    condition = {
      for query in aws_cloudwatch_metric_alarm.load["high"].metric_query : query.id => query.expression if query.expression != null
      } == {
      load            = "MAX([load_by_bytes, load_by_records])"
      load_by_bytes   = "100 * FILL(bytes, 0) / (62914560 * FILL(shards, REPEAT))"
      load_by_records = "100 * FILL(records, 0) / (60000 * FILL(shards, REPEAT))"
    }
    error_message = "A shard takes in 1 MiB and 1,000 records a second, for 60 seconds."
  }

  assert {
    condition     = toset(flatten([for query in aws_cloudwatch_metric_alarm.load["high"].metric_query : query.metric[*].metric_name])) == toset(["IncomingBytes", "IncomingRecords", "OpenShards"])
    error_message = "The load must be measured by these three."
  }

  assert {
    condition     = alltrue(flatten([for alarm in aws_cloudwatch_metric_alarm.load : [for query in alarm.metric_query : [for metric in query.metric : metric.namespace == "Txn" && metric.dimensions == tomap({ service = "reshard" }) if metric.metric_name == "OpenShards"]]]))
    error_message = "The number of shards must be what the function writes."
  }
}

run "high_load_is_over_70_percent_for_three_minutes_and_low_load_under_25_for_thirty" {
  command = plan

  variables {
    autoscaling = { metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.load["high"].threshold == 70 && aws_cloudwatch_metric_alarm.load["high"].comparison_operator == "GreaterThanThreshold" && aws_cloudwatch_metric_alarm.load["high"].evaluation_periods == 3 && aws_cloudwatch_metric_alarm.load["high"].treat_missing_data == "notBreaching"
    error_message = "The stream must grow when it is nearly full."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.load["low"].threshold == 25 && aws_cloudwatch_metric_alarm.load["low"].comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.load["low"].evaluation_periods == 6 && aws_cloudwatch_metric_alarm.load["low"].treat_missing_data == "breaching"
    error_message = "The stream must shrink when it is nearly empty, or quite."
  }
}

run "the_alarms_call_the_function_and_only_they_may" {
  command = plan

  variables {
    autoscaling = { metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard:live", qualifier = "live" }
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.load : alarm.alarm_actions == toset([var.resharder.arn])])
    error_message = "Both alarms must call the function."
  }

  assert {
    condition = alltrue([
      for load, permission in aws_lambda_permission.alarm :
      permission.principal == "lambda.alarms.cloudwatch.amazonaws.com" &&
      permission.source_arn == "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:txn-test-transactions-load-${load}" &&
      permission.source_account == "123456789012" && permission.qualifier == "live"
    ]) && length(aws_lambda_permission.alarm) == 2
    error_message = "CloudWatch may call for these two alarms of this account."
  }
}

run "a_change_that_cannot_be_made_alarms" {
  command = plan

  variables {
    autoscaling = { metrics = { namespace = "Txn", service = "scaler" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }

  assert {
    condition     = output.alarms["reshard-refused"].metric_name == "ReshardRefused" && output.alarms["reshard-refused"].namespace == "Txn" && output.alarms["reshard-refused"].dimensions == { service = "scaler" } && output.alarms["reshard-refused"].threshold == 0
    error_message = "An operator must hear of it."
  }
}

# --- refusals --------------------------------------------------------------------------------------------------------

run "a_name_with_a_slash_is_refused" {
  command = plan
  variables {
    name = "txn/transactions"
  }
  expect_failures = [var.name]
}

run "zero_shards_are_refused" {
  command = plan
  variables {
    shard_count = 0
  }
  expect_failures = [var.shard_count]
}

run "a_retention_under_a_day_is_refused" {
  command = plan
  variables {
    retention_hours = 23
  }
  expect_failures = [var.retention_hours]
}

run "a_retention_over_a_year_is_refused" {
  command = plan
  variables {
    retention_hours = 8761
  }
  expect_failures = [var.retention_hours]
}

run "a_key_that_is_no_key_arn_is_refused" {
  command = plan
  variables {
    kms_key_arn = "alias/txn"
  }
  expect_failures = [var.kms_key_arn]
}

run "a_metric_that_shards_have_not_is_refused" {
  command = plan
  variables {
    shard_level_metrics = ["Latency"]
  }
  expect_failures = [var.shard_level_metrics]
}

run "autoscaling_without_its_function_is_refused" {
  command = plan
  variables {
    autoscaling = { metrics = { namespace = "Txn" } }
  }
  expect_failures = [var.resharder]
}

run "a_function_without_autoscaling_is_refused" {
  command = plan
  variables {
    resharder = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }
  expect_failures = [var.resharder]
}

run "autoscaling_of_a_stream_on_demand_is_refused" {
  command = plan
  variables {
    shard_count = null
    autoscaling = { metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }
  expect_failures = [var.autoscaling]
}

run "a_minimum_above_the_maximum_is_refused" {
  command = plan
  variables {
    autoscaling = { minimum = 4, maximum = 3, metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }
  expect_failures = [var.autoscaling]
}

run "shards_outside_of_the_bounds_are_refused" {
  command = plan
  variables {
    shard_count = 1
    autoscaling = { metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }
  expect_failures = [var.autoscaling]
}

run "a_load_of_100_percent_to_grow_at_is_refused" {
  command = plan
  variables {
    autoscaling = { grow = { above_percent = 100 }, metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }
  expect_failures = [var.autoscaling]
}

run "thresholds_between_which_it_would_go_back_and_forth_are_refused" {
  command = plan
  variables {
    autoscaling = { grow = { above_percent = 70 }, shrink = { below_percent = 35 }, metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }
  expect_failures = [var.autoscaling]
}

run "growing_minutes_over_an_hour_are_refused" {
  command = plan
  variables {
    autoscaling = { grow = { minutes = 61, cooldown_seconds = 7200 }, metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }
  expect_failures = [var.autoscaling]
}

run "shrinking_minutes_that_are_no_multiple_of_five_are_refused" {
  command = plan
  variables {
    autoscaling = { shrink = { minutes = 7 }, metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }
  expect_failures = [var.autoscaling]
}

run "a_rest_shorter_than_the_alarm_looks_back_is_refused" {
  command = plan
  variables {
    autoscaling = { grow = { minutes = 10 }, metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }
  expect_failures = [var.autoscaling]
}

run "a_rest_over_a_day_is_refused" {
  command = plan
  variables {
    autoscaling = { shrink = { cooldown_seconds = 86401 }, metrics = { namespace = "Txn" } }
    resharder   = { function_name = "reshard", arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
  }
  expect_failures = [var.autoscaling]
}

run "a_negative_number_of_throttled_calls_is_refused" {
  command = plan
  variables {
    alarms = { throttled = -1 }
  }
  expect_failures = [var.alarms]
}
