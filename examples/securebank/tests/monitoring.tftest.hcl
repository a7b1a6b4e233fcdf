# Alarms, topics, dashboards.
# The first run applies, so that the others know what is only known then (ARNs).

mock_provider "aws" {
  source = "../mocks"
}

# Told apart from others of their kind, so that a wrong connection shows.
override_resource {
  target = module.events_topic.aws_sns_topic.this
  values = { arn = "arn:aws:sns:eu-west-1:123456789012:events" }
}

override_resource {
  target = module.monitoring.module.topic["processing_failures"].aws_sns_topic.this
  values = { arn = "arn:aws:sns:eu-west-1:123456789012:processing-failures" }
}

override_resource {
  target = module.monitoring.module.topic["fraud_alerts"].aws_sns_topic.this
  values = { arn = "arn:aws:sns:eu-west-1:123456789012:fraud-alerts" }
}

run "answers_slower_than_a_tenth_of_a_second_alarm" {
  command = apply

  assert {
    condition     = module.monitoring.configuration.alarms["api-latency"].evaluation_periods == 3
    error_message = "It must take three periods in a row: one slow minute is no outage."
  }

  assert {
    condition = { for name, alarm in module.monitoring.configuration.alarms : name => [alarm.metric, alarm.threshold, alarm.evaluation_periods] if endswith(name, "-response-time") } == {
      for function in ["customer-query", "ingest", "label"] : "${function}-response-time" => ["SecureBank/dev API/ResponseTime", 100, 3]
    }
    error_message = "So must what the functions measure themselves."
  }

  assert {
    condition     = module.monitoring.configuration.alarms["api-latency"].metric == "AWS/ApiGateway Latency" && module.monitoring.configuration.alarms["api-latency"].threshold == 100 && module.monitoring.configuration.alarms["api-latency"].dimensions == tomap({ ApiName = "securebank-api-dev", Stage = "v1" })
    error_message = "Answers above 100 ms must alarm."
  }
}

run "calls_that_break_off_alarm_above_one_percent" {
  command = plan

  assert {
    condition     = toset(keys(module.monitoring.configuration.error_rate_alarms)) == toset([for package in keys(output.function_names) : replace(package, "_", "-")])
    error_message = "Each function must be watched."
  }

  assert {
    condition     = alltrue([for alarm in module.monitoring.configuration.error_rate_alarms : alarm.threshold_percent == 1 && alarm.period_seconds == 300]) && module.monitoring.configuration.error_rate_periods == 2
    error_message = "More than 1 % must alarm, in two periods of 5 minutes in a row."
  }
}

run "a_table_that_is_throttled_alarms" {
  command = plan

  assert {
    condition     = alltrue([for pair in setproduct(keys(module.tables), ["read-throttles", "write-throttles"]) : contains(keys(module.monitoring.configuration.alarms), "table-${join("-", pair)}")])
    error_message = "Each table's throttled reads and writes must alarm."
  }
}

run "a_stream_that_is_throttled_or_cannot_grow_alarms" {
  command = plan

  assert {
    condition     = alltrue([for name in ["stream-write-throttles", "stream-read-throttles", "stream-reshard-refused"] : contains(keys(module.monitoring.configuration.alarms), name)])
    error_message = "The stream must be watched."
  }
}

run "decisions_that_come_more_than_a_minute_late_alarm" {
  command = plan

  assert {
    condition     = module.monitoring.configuration.alarms["decision-delay"].metric == "AWS/Lambda IteratorAge" && module.monitoring.configuration.alarms["decision-delay"].threshold == 60000 && module.monitoring.configuration.alarms["decision-delay"].dimensions == tomap({ FunctionName = "securebank-stream-process-dev" })
    error_message = "The age of what stream_process reads must alarm above a minute."
  }
}

run "a_lake_that_is_an_hour_behind_alarms" {
  command = plan

  assert {
    condition     = module.monitoring.configuration.alarms["lake-delay"].threshold == 3600000 && module.monitoring.configuration.alarms["lake-delay"].dimensions == tomap({ FunctionName = "securebank-lake-dev" })
    error_message = "The age of what lake reads must alarm above an hour."
  }
}

run "more_than_five_percent_of_fraud_in_five_minutes_alarms" {
  command = plan

  assert {
    condition     = join(", ", module.monitoring.configuration.fraud_rate.metrics) == "SecureBank/dev Fraud/DetectedCount, SecureBank/dev Transactions/ProcessedCount" && module.monitoring.configuration.fraud_rate.percent == 5 && module.monitoring.configuration.fraud_rate.minutes == 5
    error_message = "The fraud rate must be that of the documented metrics, above 5 % in 5 minutes."
  }
}

run "there_are_three_dashboards" {
  command = plan

  assert {
    condition     = { for key, url in output.dashboard_urls : key => endswith(url, "/securebank-${key}-dev") } == { operations = true, business = true, cost = true }
    error_message = "There must be dashboards of operations, business and cost."
  }

  assert {
    condition     = alltrue([for titles in module.monitoring.configuration.dashboards : length(titles) > 0])
    error_message = "Each must show something."
  }
}

run "a_report_that_says_nothing_leaves_the_books_as_they_were" {
  command = plan

  assert {
    condition     = alltrue([for name in ["books-differ", "books-not-compared"] : module.monitoring.configuration.alarms[name].treat_missing_data == "ignore" && module.monitoring.configuration.alarms[name].statistic == "Maximum"])
    error_message = "Between two reports the alarm must stay as it is."
  }
}

run "books_that_differ_alarm" {
  command = plan

  assert {
    condition     = module.monitoring.configuration.alarms["books-differ"].metric == "SecureBank/dev Report/Differences" && module.monitoring.configuration.alarms["books-differ"].dimensions == tomap({ service = "report" }) && module.monitoring.configuration.alarms["books-differ"].threshold == 0
    error_message = "One difference of table and lake must alarm."
  }
}

run "what_the_functions_count_alarms_where_they_count_it" {
  command = plan

  assert {
    condition = alltrue([
      for alarm in module.monitoring.configuration.alarms : alltrue([
        contains(keys(module.functions), alarm.dimensions.service),
        startswith(alarm.metric, "${module.functions[alarm.dimensions.service].configuration.environment.POWERTOOLS_METRICS_NAMESPACE} "),
        alarm.threshold == (endswith(alarm.metric, " API/ResponseTime") ? 100 : 0),
      ]) if try(alarm.dimensions.service, "reshard") != "reshard"
    ])
    error_message = "An alarm must watch the metric under the namespace and the service by which its function counts, and one of what it counts must be too many."
  }
}

run "every_alarm_reaches_the_topic_of_failures_and_the_fraud_rate_its_own" {
  command = plan

  assert {
    condition     = toset(flatten([[for alarm in module.monitoring.configuration.alarms : alarm.topic_arns], [for alarm in module.monitoring.configuration.error_rate_alarms : alarm.topic_arns]])) == toset([output.processing_failures_topic_arn])
    error_message = "Alarms must be sent to the topic of failures."
  }

  assert {
    condition     = module.monitoring.configuration.fraud_rate_alarm.topic_arns == toset([output.fraud_alerts_topic_arn])
    error_message = "An unusual fraud rate must be told to its topic."
  }
}

run "what_aws_tells_has_a_topic_of_its_own_which_is_encrypted" {
  command = plan

  assert {
    condition     = module.events_topic.configuration.kms_key_arn == output.kms_key_arn && alltrue([for topic in module.monitoring.configuration.topics : topic.kms_key_arn == output.kms_key_arn])
    error_message = "Each topic must be encrypted with the key."
  }

  assert {
    condition     = toset(keys(module.events_topic.configuration.publishers)) == toset(["events.amazonaws.com", "budgets.amazonaws.com"])
    error_message = "Only rules and budgets may write to it."
  }
}
