mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:txn-test-some" }
  }

  mock_resource "aws_cloudwatch_composite_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:txn-test-critical" }
  }
}

# The two topics need ARNs of their own, or a mix-up of the two would not show.
override_resource {
  target = module.topic["processing_failures"].aws_sns_topic.this
  values = { arn = "arn:aws:sns:eu-central-1:123456789012:txn-test-processing-failures" }
}

override_resource {
  target = module.topic["fraud_alerts"].aws_sns_topic.this
  values = { arn = "arn:aws:sns:eu-central-1:123456789012:txn-test-fraud-alerts" }
}

variables {
  name             = "txn-test"
  kms_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  decision_metrics = { namespace = "TransactionPipeline" }

  functions = {
    ingest  = { name = "txn-test-ingest", timeout_seconds = 10 }
    process = { name = "txn-test-process", timeout_seconds = 30 }
  }

  alarms = {
    queue-backlog = {
      description         = "More than 1,000 messages wait."
      namespace           = "AWS/SQS"
      metric_name         = "ApproximateNumberOfMessagesVisible"
      dimensions          = { QueueName = "txn-test-transactions.fifo" }
      statistic           = "Maximum"
      period_seconds      = 60
      evaluation_periods  = 5
      threshold           = 1000
      comparison_operator = "GreaterThanThreshold"
      treat_missing_data  = "notBreaching"
    }
    api-latency = {
      description         = "The API is slow."
      namespace           = "AWS/ApiGateway"
      metric_name         = "Latency"
      dimensions          = { ApiName = "txn-test-api", Stage = "live" }
      statistic           = "p99"
      period_seconds      = 300
      evaluation_periods  = 1
      threshold           = 1000
      comparison_operator = "GreaterThanThreshold"
      treat_missing_data  = "notBreaching"
    }
  }

  critical_alarms = ["queue-backlog"]
}

# --- topics ----------------------------------------------------------------------------------------------------------

run "both_topics_are_encrypted_with_the_customer_key" {
  command = plan

  assert {
    condition     = { for key, topic in module.topic : key => topic.name } == { processing_failures = "txn-test-processing-failures", fraud_alerts = "txn-test-fraud-alerts" }
    error_message = "There must be one topic for failures and one for fraud."
  }

  assert {
    condition     = alltrue([for topic in module.topic : topic.configuration.kms_key_arn == var.kms_key_arn])
    error_message = "Both topics must be encrypted with kms_key_arn."
  }
}

run "each_address_is_subscribed_to_its_own_topic" {
  command = plan

  variables {
    failure_email_subscriptions = ["operations@example.com", "both@example.com"]
    fraud_email_subscriptions   = ["both@example.com"]
  }

  assert {
    condition = { for key, topic in module.topic : key => keys(topic.configuration.subscriptions) } == {
      processing_failures = ["both@example.com", "operations@example.com"]
      fraud_alerts        = ["both@example.com"]
    }
    error_message = "An address must get what it asked for, and one address may ask for both."
  }
}

run "only_this_systems_alarms_may_publish" {
  command = plan

  assert {
    condition = alltrue([for topic in module.topic : topic.configuration.publishers == {
      "cloudwatch.amazonaws.com" = ["arn:aws:cloudwatch:eu-central-1:123456789012:alarm:txn-test-*"]
    }])
    error_message = "Nobody else may publish by a topic's policy."
  }
}

run "a_message_that_a_topic_could_not_deliver_alarms" {
  command = plan

  assert {
    condition = {
      for key, alarm in aws_cloudwatch_metric_alarm.this : key => "${alarm.metric_name} ${alarm.dimensions.TopicName}" if endswith(key, "-undelivered")
      } == {
      processing-failures-undelivered = "NumberOfNotificationsFailed txn-test-processing-failures"
      fraud-alerts-undelivered        = "NumberOfNotificationsFailed txn-test-fraud-alerts"
    }
    error_message = "Each topic that is made here must have an alarm."
  }
}

run "a_topic_that_is_there_already_is_told_of_the_fraud_rate" {
  command = plan

  variables {
    fraud_topic = { arn = "arn:aws:sns:eu-central-1:123456789012:txn-test-fraud-desk" }
  }

  assert {
    condition     = keys(module.topic) == ["processing_failures"]
    error_message = "A second topic for fraud must not be made."
  }

  assert {
    condition     = one(aws_cloudwatch_metric_alarm.fraud_rate.alarm_actions) == "arn:aws:sns:eu-central-1:123456789012:txn-test-fraud-desk" && output.fraud_alerts_topic_arn == "arn:aws:sns:eu-central-1:123456789012:txn-test-fraud-desk"
    error_message = "The given topic must take the place of the one made here."
  }
}

# --- names -----------------------------------------------------------------------------------------------------------

run "another_pattern_names_every_alarm_topic_and_the_dashboard" {
  command = plan

  variables {
    name_formats = { alarm = "alarm-%s-dev", topic = "sns-%s-dev", dashboard = "dashboard-%s-dev" }
  }

  assert {
    condition     = alltrue([for name in concat(output.alarm_names, [output.composite_alarm_name]) : can(regex("^alarm-[a-z0-9-]+-dev$", name))]) && contains(output.alarm_names, "alarm-process-error-rate-dev")
    error_message = "Each alarm must be named by the pattern."
  }

  assert {
    condition     = aws_cloudwatch_composite_alarm.critical["this"].alarm_rule == "ALARM(\"alarm-ingest-error-rate-dev\") OR ALARM(\"alarm-process-error-rate-dev\") OR ALARM(\"alarm-queue-backlog-dev\")"
    error_message = "The composite alarm must look at the alarms by the names that they have."
  }

  assert {
    condition     = [for topic in module.topic : topic.name] == ["sns-fraud-alerts-dev", "sns-processing-failures-dev"]
    error_message = "Each topic must be named by the pattern."
  }

  assert {
    condition     = alltrue([for topic in module.topic : topic.configuration.publishers["cloudwatch.amazonaws.com"] == ["arn:aws:cloudwatch:eu-central-1:123456789012:alarm:alarm-*-dev"]])
    error_message = "The topics must take the messages of the alarms as they are named."
  }

  assert {
    condition     = aws_cloudwatch_dashboard.this.dashboard_name == "dashboard-txn-test-dev" && endswith(output.dashboard_url, "#dashboards/dashboard/dashboard-txn-test-dev")
    error_message = "The dashboard must be named by the pattern, and be found by that name."
  }
}

# --- alarms ----------------------------------------------------------------------------------------------------------

run "a_functions_error_rate_over_one_percent_in_ten_minutes_alarms" {
  command = plan

  assert {
    condition     = aws_cloudwatch_metric_alarm.error_rate["process"].threshold == 1 && aws_cloudwatch_metric_alarm.error_rate["process"].comparison_operator == "GreaterThanThreshold" && aws_cloudwatch_metric_alarm.error_rate["process"].evaluation_periods == 1
    error_message = "More than 1 % must alarm, exactly 1 % must not."
  }

  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.error_rate["process"].metric_query : query.expression if query.return_data == true]) == "IF(calls > 0, 100 * errors / calls, 0)"
    error_message = "The rate must be failed calls in percent of all calls."
  }

  assert {
    condition = { for query in aws_cloudwatch_metric_alarm.error_rate["process"].metric_query : query.id => "${query.metric[0].metric_name} ${query.metric[0].stat} ${query.metric[0].period} ${query.metric[0].dimensions.FunctionName}" if length(query.metric) > 0 } == {
      errors = "Errors Sum 600 txn-test-process"
      calls  = "Invocations Sum 600 txn-test-process"
    }
    error_message = "Both sums must be of this function, over 10 minutes."
  }
}

run "any_throttled_call_alarms" {
  command = plan

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["ingest-throttles"].metric_name == "Throttles" && aws_cloudwatch_metric_alarm.this["ingest-throttles"].threshold == 0 && aws_cloudwatch_metric_alarm.this["ingest-throttles"].dimensions.FunctionName == "txn-test-ingest"
    error_message = "One throttled call must alarm."
  }
}

run "a_p99_duration_over_80_percent_of_the_timeout_alarms" {
  command = plan

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["process-duration"].threshold == 24000 && aws_cloudwatch_metric_alarm.this["ingest-duration"].threshold == 8000
    error_message = "The threshold must be 80 % of the timeout, in milliseconds."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["process-duration"].extended_statistic == "p99" && aws_cloudwatch_metric_alarm.this["process-duration"].statistic == null
    error_message = "The duration must be judged by its 99th percentile."
  }
}

run "alarms_of_other_modules_are_made_as_given" {
  command = plan

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["queue-backlog"].alarm_name == "txn-test-queue-backlog" && aws_cloudwatch_metric_alarm.this["queue-backlog"].statistic == "Maximum" && aws_cloudwatch_metric_alarm.this["queue-backlog"].extended_statistic == null && aws_cloudwatch_metric_alarm.this["queue-backlog"].threshold == 1000 && aws_cloudwatch_metric_alarm.this["queue-backlog"].evaluation_periods == 5
    error_message = "A given alarm must keep its statistic, threshold and periods."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["api-latency"].extended_statistic == "p99" && aws_cloudwatch_metric_alarm.this["api-latency"].statistic == null
    error_message = "A percentile is an extended statistic."
  }
}

run "an_unusual_fraud_rate_alarms_once_enough_was_decided" {
  command = plan

  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.fraud_rate.metric_query : query.expression if query.return_data == true]) == "IF(processed >= 50, 100 * FILL(fraud, 0) / processed, 0)" && aws_cloudwatch_metric_alarm.fraud_rate.threshold == 5
    error_message = "The rate must be found fraud in percent of at least 50 decisions."
  }

  assert {
    condition = { for query in aws_cloudwatch_metric_alarm.fraud_rate.metric_query : query.id => "${query.metric[0].namespace} ${query.metric[0].metric_name} ${query.metric[0].dimensions.service} ${query.metric[0].period}" if length(query.metric) > 0 } == {
      fraud     = "TransactionPipeline FraudDetected process 900"
      processed = "TransactionPipeline Processed process 900"
    }
    error_message = "Both counts must be those of the deciding function."
  }
}

run "fraud_goes_to_the_fraud_topic_and_all_else_to_the_failures_topic" {
  command = apply

  assert {
    condition     = one(aws_cloudwatch_metric_alarm.fraud_rate.alarm_actions) == "arn:aws:sns:eu-central-1:123456789012:txn-test-fraud-alerts"
    error_message = "The fraud rate must be told to the fraud desk."
  }

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.this), values(aws_cloudwatch_metric_alarm.error_rate)) :
      one(alarm.alarm_actions) == "arn:aws:sns:eu-central-1:123456789012:txn-test-processing-failures" && alarm.ok_actions == alarm.alarm_actions
    ])
    error_message = "All other alarms, and their end, must be told to the operators."
  }

  assert {
    condition     = output.processing_failures_topic_arn == "arn:aws:sns:eu-central-1:123456789012:txn-test-processing-failures" && output.fraud_alerts_topic_arn == "arn:aws:sns:eu-central-1:123456789012:txn-test-fraud-alerts"
    error_message = "The outputs must not be mixed up."
  }
}

run "quiet_times_do_not_alarm" {
  command = plan

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.error_rate), [aws_cloudwatch_metric_alarm.fraud_rate, aws_cloudwatch_metric_alarm.this["process-throttles"], aws_cloudwatch_metric_alarm.this["process-duration"]]) :
      alarm.treat_missing_data == "notBreaching"
    ])
    error_message = "No calls must not count as bad calls."
  }
}

run "the_composite_alarm_covers_what_is_critical" {
  command = plan

  assert {
    condition     = aws_cloudwatch_composite_alarm.critical["this"].alarm_rule == "ALARM(\"txn-test-ingest-error-rate\") OR ALARM(\"txn-test-process-error-rate\") OR ALARM(\"txn-test-queue-backlog\")"
    error_message = "It must be on while a function's error rate or a critical alarm is on."
  }
}

run "where_nothing_is_watched_there_is_no_composite_alarm" {
  command = plan

  variables {
    functions       = {}
    alarms          = {}
    critical_alarms = []
  }

  assert {
    condition     = length(aws_cloudwatch_composite_alarm.critical) == 0 && output.composite_alarm_name == null
    error_message = "CloudWatch takes no empty rule."
  }
}

run "all_alarms_are_told" {
  command = plan

  assert {
    condition = join(" ", output.alarm_names) == join(" ", [
      "txn-test-api-latency",
      "txn-test-fraud-alerts-undelivered",
      "txn-test-fraud-rate",
      "txn-test-ingest-duration",
      "txn-test-ingest-error-rate",
      "txn-test-ingest-throttles",
      "txn-test-process-duration",
      "txn-test-process-error-rate",
      "txn-test-process-throttles",
      "txn-test-processing-failures-undelivered",
      "txn-test-queue-backlog",
    ])
    error_message = "The output must name every alarm once."
  }
}

# --- other windows and names -----------------------------------------------------------------------------------------

run "a_fraud_rate_over_five_percent_in_five_minutes_alarms_by_the_names_of_the_system" {
  command = plan

  variables {
    decision_metrics = { namespace = "SecureBank", service = "stream_process", names = { processed = "Transactions/ProcessedCount", fraud = "Fraud/DetectedCount" } }
    thresholds       = { fraud_rate_percent = 5, fraud_rate_minutes = 5, fraud_minimum_decisions = 20 }
  }

  assert {
    condition = { for query in aws_cloudwatch_metric_alarm.fraud_rate.metric_query : query.id => "${query.metric[0].namespace} ${query.metric[0].metric_name} ${query.metric[0].dimensions.service} ${query.metric[0].period}" if length(query.metric) > 0 } == {
      fraud     = "SecureBank Fraud/DetectedCount stream_process 300"
      processed = "SecureBank Transactions/ProcessedCount stream_process 300"
    }
    error_message = "Both must be the system's own metrics, over 5 minutes."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.fraud_rate.threshold == 5 && one([for query in aws_cloudwatch_metric_alarm.fraud_rate.metric_query : query.expression if query.return_data == true]) == "IF(processed >= 20, 100 * FILL(fraud, 0) / processed, 0)"
    error_message = "More than 5 % of at least 20 decisions."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.fraud_rate.alarm_description, "20 decisions within 5 minutes")
    error_message = "Who reads the alarm must learn what it looks at."
  }

  assert {
    condition     = output.configuration.fraud_rate.metrics == tolist(["SecureBank Fraud/DetectedCount", "SecureBank Transactions/ProcessedCount"]) && output.configuration.fraud_rate.minutes == 5 && output.configuration.fraud_rate.percent == 5 && output.configuration.fraud_rate.minimum_decisions == 20
    error_message = "The root's checks must see it."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "Transactions/ProcessedCount") && strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "Fraud/DetectedCount") && !strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "FraudDetected")
    error_message = "The dashboard must show the same metrics."
  }
}

run "function_errors_over_one_percent_for_two_periods_alarm" {
  command = plan

  variables {
    thresholds = { error_rate_percent = 1, error_rate_minutes = 5, error_rate_periods = 2 }
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.error_rate : alarm.evaluation_periods == 2 && alarm.threshold == 1])
    error_message = "Two periods in a row must breach."
  }

  assert {
    condition     = alltrue(flatten([for alarm in aws_cloudwatch_metric_alarm.error_rate : [for query in alarm.metric_query : query.metric[0].period == 300 if length(query.metric) > 0]]))
    error_message = "A period must be 5 minutes long."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.error_rate["process"].alarm_description, "in each of 2 times 5 minutes") && output.configuration.error_rate_periods == 2
    error_message = "Who reads the alarm, and the root's checks, must learn it."
  }
}

run "answers_over_100_ms_for_three_periods_alarm" {
  command = plan

  variables {
    response_time = { services = ["ingest", "customer_query"] }
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => "${alarm.metric_name} ${alarm.dimensions.service} ${alarm.extended_statistic} ${alarm.threshold} ${alarm.period} ${alarm.evaluation_periods} ${alarm.comparison_operator}" if endswith(key, "-response-time") } == {
      ingest-response-time         = "API/ResponseTime ingest p95 100 60 3 GreaterThanThreshold"
      customer-query-response-time = "API/ResponseTime customer_query p95 100 60 3 GreaterThanThreshold"
    }
    error_message = "Each function behind the API must be watched."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["ingest-response-time"].namespace == "TransactionPipeline" && aws_cloudwatch_metric_alarm.this["ingest-response-time"].treat_missing_data == "notBreaching"
    error_message = "In the namespace of the system; nobody asking is no alarm."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_dashboard.this.dashboard_body, "Answers as the functions measure them")
    error_message = "It must be shown, too."
  }
}

run "what_is_measured_of_answers_is_the_callers_choice" {
  command = plan

  variables {
    response_time = { services = ["ingest"], metric_name = "Answer", statistic = "Average", threshold_ms = 250, period_seconds = 300, periods = 1 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["ingest-response-time"].statistic == "Average" && aws_cloudwatch_metric_alarm.this["ingest-response-time"].metric_name == "Answer" && aws_cloudwatch_metric_alarm.this["ingest-response-time"].threshold == 250 && aws_cloudwatch_metric_alarm.this["ingest-response-time"].period == 300 && aws_cloudwatch_metric_alarm.this["ingest-response-time"].evaluation_periods == 1
    error_message = "The given values must count."
  }
}

run "rules_publish_to_the_failures_topic_only_where_they_may" {
  command = plan

  variables {
    failures_from_rules = true
  }

  assert {
    condition     = { for key, topic in module.topic : key => contains(keys(topic.configuration.publishers), "events.amazonaws.com") } == { processing_failures = true, fraud_alerts = false }
    error_message = "Failures that AWS tells by events must reach the operators, and nobody else."
  }
}

# --- dashboard -------------------------------------------------------------------------------------------------------

run "the_dashboard_shows_throughput_latency_errors_queues_decisions_and_drift" {
  command = plan

  variables {
    dashboard = {
      api                = { name = "txn-test-api", stage = "live" }
      queues             = { transactions = "txn-test-transactions.fifo" }
      dead_letter_queues = { transactions = "txn-test-transactions-dlq.fifo" }
      tables             = { transactions = "txn-test-transactions" }
      state_machine_arn  = "arn:aws:states:eu-central-1:123456789012:stateMachine:txn-test-cases"
      event_bus_name     = "txn-test"
      drift_service      = "drift"
    }
  }

  assert {
    condition     = join(" ", [for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.markdown if widget.type == "text"]) == "## Throughput ## Latency ## Errors ## Queues ## Decisions ## Drift, over the last 24 hours"
    error_message = "All six rows must be there, in this order."
  }

  assert {
    condition     = length([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget if widget.type == "metric"]) == 20
    error_message = "All graphs must be there when everything is given."
  }

  assert {
    condition     = one([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget if widget.type == "alarm"]).properties.alarms[0] == "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:txn-test-critical"
    error_message = "The state of all that is critical must come first."
  }

  assert {
    condition = length(setintersection(
      [for name in var.critical_alarms : "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:txn-test-${name}"],
      slice(one([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget if widget.type == "alarm"]).properties.alarms, 0, 2 + length(var.critical_alarms) + length(var.functions)),
    )) == length(var.critical_alarms)
    error_message = "What is critical must not fall victim to the 100 alarms that a dashboard shows."
  }

  assert {
    condition     = alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.x + widget.width <= 24])
    error_message = "Nothing may stick out of the 24 columns of a dashboard."
  }

  assert {
    condition = alltrue([
      for name in ["txn-test-transactions.fifo", "txn-test-transactions-dlq.fifo", "stateMachine:txn-test-cases", "DecisionLatency", "FraudDetected", "Rejected", "Processed", "txn-test-process", "WriteThrottleEvents", "PolicyRefreshFailed", "PolicyFallback", "DriftBreakerOpen"] :
      strcontains(aws_cloudwatch_dashboard.this.dashboard_body, name)
    ])
    error_message = "Everything given must be shown."
  }
}

run "each_policys_rate_of_alerts_and_each_series_stability_are_found_by_their_names" {
  command = plan

  variables {
    dashboard = { drift_service = "drift" }
  }

  assert {
    condition = toset(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [
        for metric in widget.properties.metrics : metric[0].expression if startswith(try(metric[0].expression, ""), "SEARCH")
      ] if widget.type == "metric"
      ])) == toset([
      "SEARCH('{\"${var.decision_metrics.namespace}\",Policy,service} service=\"drift\" MetricName=\"AlertRate\"', 'Maximum', 3600)",
      "SEARCH('{\"${var.decision_metrics.namespace}\",Model,Series,service} service=\"drift\" MetricName=\"PopulationStability\"', 'Maximum', 3600)",
    ])
    error_message = "The dimensions must be exactly those that the function writes, or the search finds nothing."
  }
}

run "what_is_not_given_is_left_out_of_the_dashboard" {
  command = plan

  assert {
    condition     = join(" ", [for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.markdown if widget.type == "text"]) == "## Throughput ## Latency ## Errors ## Decisions"
    error_message = "Without queues there must be no row for queues."
  }

  assert {
    condition     = alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : length(widget.properties.metrics) > 0 if widget.type == "metric"])
    error_message = "There must be no empty graphs."
  }
}

run "streams_are_shown_where_there_are_any" {
  command = plan

  variables {
    dashboard = { streams = { transactions = "txn-test-transactions" } }
  }

  assert {
    condition     = join(" ", [for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.markdown if widget.type == "text"]) == "## Throughput ## Latency ## Errors ## Streams ## Decisions"
    error_message = "Streams must have a row."
  }

  assert {
    condition     = alltrue([for metric in ["IncomingRecords", "GetRecords.IteratorAgeMilliseconds", "WriteProvisionedThroughputExceeded"] : strcontains(aws_cloudwatch_dashboard.this.dashboard_body, metric)])
    error_message = "What comes in, how old it is when read, and what is refused."
  }
}

run "three_dashboards_are_for_operations_the_business_and_costs" {
  command = plan

  variables {
    decision_metrics = { namespace = "SecureBank", service = "stream_process", names = { processed = "Transactions/ProcessedCount", fraud = "Fraud/DetectedCount" } }
    response_time    = { services = ["ingest"] }
    dashboard = {
      api     = { name = "txn-test-api", stage = "v1" }
      tables  = { transactions = "txn-test-transactions" }
      streams = { transactions = "txn-test-transactions" }
    }
    dashboards = {
      business = true
      cost = {
        daily_limits_usd    = [5, 20]
        buckets             = { lake = "txn-test-lake" }
        athena_workgroups   = { lake = "txn-test" }
        redshift_workgroups = { warehouse = "txn-test-warehouse" }
      }
    }
  }

  assert {
    condition     = aws_cloudwatch_dashboard.this.dashboard_name == "txn-test-operations" && { for key, dashboard in aws_cloudwatch_dashboard.further : key => dashboard.dashboard_name } == { business = "txn-test-business", cost = "txn-test-cost" }
    error_message = "Each must be told from the others."
  }

  assert {
    condition     = { for key, url in output.dashboard_urls : key => split("#", url)[1] } == { operations = "dashboards/dashboard/txn-test-operations", business = "dashboards/dashboard/txn-test-business", cost = "dashboards/dashboard/txn-test-cost" }
    error_message = "And be found."
  }

  assert {
    condition = output.configuration.dashboards.business == [
      "Transactions decided, suspected, rejected",
      "Suspected, in percent of all decided",
      "Transactions decided and rejected",
      "Fraud suspected",
      "Fraud rate in percent",
      "Requests an hour",
      "Answers as the functions measure them, in ms",
      "Request to committed decision in ms",
    ]
    error_message = "The business sees transactions, fraud and what customers notice."
  }

  assert {
    condition = output.configuration.dashboards.cost == [
      "US dollars of the day before",
      "Requests",
      "Functions: time that is billed, in ms",
      "Tables: units read and written",
      "Streams: bytes taken in",
      "Buckets: bytes kept in STANDARD",
      "Athena: bytes read",
      "Redshift Serverless: RPU-seconds",
    ]
    error_message = "Who pays sees what a day cost, and what it was spent on."
  }

  assert {
    condition = alltrue(flatten([
      [for name in ["Transactions/ProcessedCount", "Fraud/DetectedCount", "API/ResponseTime"] : strcontains(aws_cloudwatch_dashboard.further["business"].dashboard_body, name)],
      [for name in ["Costs/DailySpend", "txn-test-lake", "txn-test-warehouse", "ProcessedBytes", "ConsumedWriteCapacityUnits"] : strcontains(aws_cloudwatch_dashboard.further["cost"].dashboard_body, name)],
    ]))
    error_message = "The four metrics of the system, and what is given, must be shown."
  }

  assert {
    condition     = [for line in one([for widget in jsondecode(aws_cloudwatch_dashboard.further["cost"].dashboard_body).widgets : widget.properties.annotations.horizontal if can(widget.properties.annotations)]) : "${line.value} ${line.label}"] == ["5 5 USD", "20 20 USD"]
    error_message = "The limits must be drawn."
  }

  assert {
    condition     = alltrue(flatten([for dashboard in aws_cloudwatch_dashboard.further : [for widget in jsondecode(dashboard.dashboard_body).widgets : widget.x + widget.width <= 24 && (widget.type == "text" || length(try(widget.properties.metrics, [])) > 0)]]))
    error_message = "Nothing may stick out of the 24 columns, and no graph be empty."
  }

  assert {
    condition     = length(toset([for widget in jsondecode(aws_cloudwatch_dashboard.further["business"].dashboard_body).widgets : "${widget.x} ${widget.y}"])) == length(jsondecode(aws_cloudwatch_dashboard.further["business"].dashboard_body).widgets)
    error_message = "No two may lie on each other."
  }
}

run "one_dashboard_alone_keeps_its_name_and_place" {
  command = plan

  assert {
    condition     = aws_cloudwatch_dashboard.this.dashboard_name == "txn-test" && length(aws_cloudwatch_dashboard.further) == 0 && keys(output.configuration.dashboards) == ["operations"]
    error_message = "Systems that ask for nothing more must not change."
  }
}

run "the_dashboards_address_leads_to_the_console" {
  command = plan

  assert {
    condition     = output.dashboard_url == "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#dashboards/dashboard/txn-test"
    error_message = "The address must be that of the console in this region."
  }
}

# --- for the root that composes it -----------------------------------------------------------------------------------

run "the_configuration_tells_what_alarms_and_dashboard_were_given" {
  command = apply # a plan does not know the topics' ARNs

  variables {
    thresholds = { error_rate_percent = 2 }
    dashboard  = { queues = { transactions = "txn-test-transactions.fifo" } }
  }

  assert {
    condition = output.configuration.error_rate_alarms == {
      for function in ["ingest", "process"] : function => {
        threshold_percent = 2
        period_seconds    = 600
        topic_arns        = toset([output.processing_failures_topic_arn])
      }
    }
    error_message = "Each function's error rate must be told as its alarm has it."
  }

  assert {
    condition = output.configuration.alarms["api-latency"] == {
      metric              = "AWS/ApiGateway Latency"
      dimensions          = tomap({ ApiName = "txn-test-api", Stage = "live" })
      statistic           = "p99"
      period_seconds      = 300
      evaluation_periods  = 1
      threshold           = 1000
      comparison_operator = "GreaterThanThreshold"
      treat_missing_data  = "notBreaching"
      topic_arns          = toset([output.processing_failures_topic_arn])
    }
    error_message = "An alarm must be told as it was made."
  }

  assert {
    condition = toset(keys(output.configuration.alarms)) == toset([
      "processing-failures-undelivered", "fraud-alerts-undelivered", "queue-backlog", "api-latency", "ingest-throttles", "ingest-duration", "process-throttles", "process-duration",
    ])
    error_message = "Every alarm on one metric must be told."
  }

  assert {
    condition     = output.configuration.fraud_rate_alarm.topic_arns == toset([output.fraud_alerts_topic_arn]) && output.configuration.critical_alarm.topic_arns == toset([output.processing_failures_topic_arn])
    error_message = "Whom the fraud rate and the composite alarm tell must be told."
  }

  assert {
    condition     = strcontains(output.configuration.critical_alarm.rule, "txn-test-queue-backlog")
    error_message = "What is critical must be told."
  }

  assert {
    condition     = alltrue([for metrics in output.configuration.dashboard_metrics : metrics == ["Duration", "Errors", "Invocations", "Throttles"]]) && keys(output.configuration.dashboard_metrics) == ["ingest", "process"]
    error_message = "Calls, errors, throttles and duration of each function must be shown, and told."
  }

  assert {
    condition     = output.configuration.dashboard_queue_metrics["transactions"] == ["ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"]
    error_message = "Depth and age of each queue must be shown, and told."
  }
}

# --- refusals --------------------------------------------------------------------------------------------------------

run "a_name_of_80_characters_is_refused" {
  command = plan
  variables {
    name = join("", [for number in range(80) : "a"]) # with the title in front, the topics' display names would be too long
  }
  expect_failures = [var.name]
}

run "a_pattern_for_names_without_a_place_for_the_name_is_refused" {
  command = plan
  variables {
    name_formats = { topic = "sns-dev" }
  }
  expect_failures = [var.name_formats]
}

run "a_pattern_for_names_with_two_places_is_refused" {
  command = plan
  variables {
    name_formats = { dashboard = "%s-%s" }
  }
  expect_failures = [var.name_formats]
}

run "a_pattern_that_fits_the_alarms_of_everybody_is_refused" {
  command = plan
  variables {
    name_formats = { alarm = "%s" }
  }
  expect_failures = [var.name_formats]
}

run "a_topic_that_is_no_topic_is_refused" {
  command = plan
  variables {
    fraud_topic = { arn = "arn:aws:sqs:eu-central-1:123456789012:txn-test-fraud-desk" }
  }
  expect_failures = [var.fraud_topic]
}

run "subscribers_of_a_topic_that_is_not_made_here_are_refused" {
  command = plan
  variables {
    fraud_topic               = { arn = "arn:aws:sns:eu-central-1:123456789012:txn-test-fraud-desk" }
    fraud_email_subscriptions = ["fraud-desk@example.com"]
  }
  expect_failures = [var.fraud_email_subscriptions]
}

run "a_name_with_a_space_is_refused" {
  command = plan
  variables {
    name = "txn test"
  }
  expect_failures = [var.name]
}

run "a_key_that_is_no_key_arn_is_refused" {
  command = plan
  variables {
    kms_key_arn = "alias/aws/sns"
  }
  expect_failures = [var.kms_key_arn]
}

run "an_address_for_failures_without_a_domain_is_refused" {
  command = plan
  variables {
    failure_email_subscriptions = ["operations"]
  }
  expect_failures = [var.failure_email_subscriptions]
}

run "an_address_for_fraud_without_a_domain_is_refused" {
  command = plan
  variables {
    fraud_email_subscriptions = ["fraud@desk"]
  }
  expect_failures = [var.fraud_email_subscriptions]
}

run "a_function_name_in_upper_case_is_refused" {
  command = plan
  variables {
    functions = { Process = { name = "txn-test-process", timeout_seconds = 30 } }
  }
  expect_failures = [var.functions]
}

run "a_timeout_over_15_minutes_is_refused" {
  command = plan
  variables {
    functions = { process = { name = "txn-test-process", timeout_seconds = 901 } }
  }
  expect_failures = [var.functions]
}

run "an_alarm_name_with_a_space_is_refused" {
  command = plan
  variables {
    alarms          = { "queue backlog" = var.alarms["queue-backlog"] }
    critical_alarms = []
  }
  expect_failures = [var.alarms]
}

run "an_alarm_that_bears_the_name_of_one_made_here_is_refused" {
  command = plan
  variables {
    alarms          = { process-throttles = var.alarms["queue-backlog"] }
    critical_alarms = []
  }
  expect_failures = [var.alarms]
}

run "an_unknown_statistic_is_refused" {
  command = plan
  variables {
    alarms          = { a = merge(var.alarms["queue-backlog"], { statistic = "Median" }) }
    critical_alarms = []
  }
  expect_failures = [var.alarms]
}

run "a_period_of_90_seconds_is_refused" {
  command = plan
  variables {
    alarms          = { a = merge(var.alarms["queue-backlog"], { period_seconds = 90 }) }
    critical_alarms = []
  }
  expect_failures = [var.alarms]
}

run "no_evaluation_period_is_refused" {
  command = plan
  variables {
    alarms          = { a = merge(var.alarms["queue-backlog"], { evaluation_periods = 0 }) }
    critical_alarms = []
  }
  expect_failures = [var.alarms]
}

run "an_unknown_comparison_is_refused" {
  command = plan
  variables {
    alarms          = { a = merge(var.alarms["queue-backlog"], { comparison_operator = ">" }) }
    critical_alarms = []
  }
  expect_failures = [var.alarms]
}

run "an_unknown_treatment_of_missing_data_is_refused" {
  command = plan
  variables {
    alarms          = { a = merge(var.alarms["queue-backlog"], { treat_missing_data = "ok" }) }
    critical_alarms = []
  }
  expect_failures = [var.alarms]
}

run "a_critical_alarm_that_does_not_exist_is_refused" {
  command = plan
  variables {
    critical_alarms = ["nothing"]
  }
  expect_failures = [var.critical_alarms]
}

run "a_namespace_of_aws_is_refused" {
  command = plan
  variables {
    decision_metrics = { namespace = "AWS/Lambda" }
  }
  expect_failures = [var.decision_metrics]
}

run "an_empty_service_is_refused" {
  command = plan
  variables {
    decision_metrics = { namespace = "TransactionPipeline", service = "" }
  }
  expect_failures = [var.decision_metrics]
}

run "a_threshold_of_100_percent_is_refused" {
  command = plan
  variables {
    thresholds = { error_rate_percent = 100 }
  }
  expect_failures = [var.thresholds]
}

run "a_fraud_rate_over_no_decisions_is_refused" {
  command = plan
  variables {
    thresholds = { fraud_minimum_decisions = 0 }
  }
  expect_failures = [var.thresholds]
}

run "a_workflow_that_is_no_state_machine_is_refused" {
  command = plan
  variables {
    dashboard = { state_machine_arn = "txn-test-cases" }
  }
  expect_failures = [var.dashboard]
}

run "a_metric_name_with_a_space_is_refused" {
  command = plan
  variables {
    decision_metrics = { namespace = "SecureBank", names = { processed = "Processed Count" } }
  }
  expect_failures = [var.decision_metrics]
}

run "a_fraud_rate_over_two_hours_is_refused" {
  command = plan
  variables {
    thresholds = { fraud_rate_minutes = 120 }
  }
  expect_failures = [var.thresholds]
}

run "an_error_rate_over_half_a_minute_is_refused" {
  command = plan
  variables {
    thresholds = { error_rate_minutes = 0.5 }
  }
  expect_failures = [var.thresholds]
}

run "an_error_rate_over_no_period_is_refused" {
  command = plan
  variables {
    thresholds = { error_rate_periods = 0 }
  }
  expect_failures = [var.thresholds]
}

run "response_times_of_nobody_are_refused" {
  command = plan
  variables {
    response_time = { services = [] }
  }
  expect_failures = [var.response_time]
}

run "a_sum_of_response_times_is_refused" {
  command = plan
  variables {
    response_time = { services = ["ingest"], statistic = "Sum" }
  }
  expect_failures = [var.response_time]
}

run "a_response_time_metric_with_a_space_is_refused" {
  command = plan
  variables {
    response_time = { services = ["ingest"], metric_name = "Response time" }
  }
  expect_failures = [var.response_time]
}

run "a_response_time_of_nothing_is_refused" {
  command = plan
  variables {
    response_time = { services = ["ingest"], threshold_ms = 0 }
  }
  expect_failures = [var.response_time]
}

run "response_times_over_half_periods_are_refused" {
  command = plan
  variables {
    response_time = { services = ["ingest"], periods = 1.5 }
  }
  expect_failures = [var.response_time]
}

run "an_alarm_with_the_name_of_one_on_response_times_is_refused" {
  command = plan
  variables {
    alarms          = { customer-query-response-time = var.alarms["queue-backlog"] }
    critical_alarms = []
    response_time   = { services = ["customer_query"] }
  }
  expect_failures = [var.response_time]
}

run "a_spend_metric_without_a_service_is_refused" {
  command = plan
  variables {
    dashboards = { cost = { spend_service = "" } }
  }
  expect_failures = [var.dashboards]
}

run "a_limit_of_no_dollars_is_refused" {
  command = plan
  variables {
    dashboards = { cost = { daily_limits_usd = [0] } }
  }
  expect_failures = [var.dashboards]
}

run "a_short_name_of_a_workgroup_with_a_space_is_refused" {
  command = plan
  variables {
    dashboards = { cost = { athena_workgroups = { "the lake" = "txn" } } }
  }
  expect_failures = [var.dashboards]
}
