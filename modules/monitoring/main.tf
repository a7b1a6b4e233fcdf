data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

# ---------------------------------------------------------------------------------------------------------------------
# Topics
# ---------------------------------------------------------------------------------------------------------------------

locals {
  partition = data.aws_partition.current.partition
  account   = data.aws_caller_identity.current.account_id
  region    = data.aws_region.current.name

  # How the parts are named, %s standing for what tells one from the next.
  alarm_format     = coalesce(var.name_formats.alarm, "${var.name}-%s")
  topic_format     = coalesce(var.name_formats.topic, "${var.name}-%s")
  dashboard_format = coalesce(var.name_formats.dashboard, "%s")

  topics = {
    for key, topic in {
      processing_failures = { title = "Processing failures", subscriptions = var.failure_email_subscriptions }
      fraud_alerts        = { title = "Fraud alerts", subscriptions = var.fraud_email_subscriptions }
    } : key => topic if key != "fraud_alerts" || var.fraud_topic == null
  }

  failures_topic_arn = module.topic["processing_failures"].arn
  fraud_topic_arn    = var.fraud_topic == null ? module.topic["fraud_alerts"].arn : var.fraud_topic.arn
}

module "topic" {
  source   = "../alert_topic"
  for_each = local.topics

  name                = format(local.topic_format, replace(each.key, "_", "-"))
  display_name        = "${each.value.title}: ${var.name}"
  kms_key_arn         = var.kms_key_arn
  email_subscriptions = each.value.subscriptions
  publishers = {
    alarm_names = [format(local.alarm_format, "*")]
    event_rules = var.failures_from_rules && each.key == "processing_failures"
  }
}

# The topics stood here before they were a module of their own. Subscriptions cannot be moved along by a block, because
# a block cannot take their keys apart: CHANGELOG.md has the commands.
moved {
  from = aws_sns_topic.this["processing_failures"]
  to   = module.topic["processing_failures"].aws_sns_topic.this
}

moved {
  from = aws_sns_topic.this["fraud_alerts"]
  to   = module.topic["fraud_alerts"].aws_sns_topic.this
}

moved {
  from = aws_sns_topic_policy.this["processing_failures"]
  to   = module.topic["processing_failures"].aws_sns_topic_policy.this
}

moved {
  from = aws_sns_topic_policy.this["fraud_alerts"]
  to   = module.topic["fraud_alerts"].aws_sns_topic_policy.this
}

# ---------------------------------------------------------------------------------------------------------------------
# Alarms
# ---------------------------------------------------------------------------------------------------------------------

locals {
  # The alarms that follow from what a function is.
  function_alarms = merge([
    for key, function in var.functions : {
      "${key}-throttles" = {
        description         = "Calls of ${function.name} were throttled within 5 minutes."
        namespace           = "AWS/Lambda"
        metric_name         = "Throttles"
        dimensions          = { FunctionName = function.name }
        statistic           = "Sum"
        period_seconds      = 300
        evaluation_periods  = 1
        threshold           = 0
        comparison_operator = "GreaterThanThreshold"
        treat_missing_data  = "notBreaching"
      }
      "${key}-duration" = {
        description         = "The slowest 1 % of the calls of ${function.name} took more than ${var.thresholds.duration_percent_of_timeout} % of its timeout over 5 minutes."
        namespace           = "AWS/Lambda"
        metric_name         = "Duration"
        dimensions          = { FunctionName = function.name }
        statistic           = "p99"
        period_seconds      = 300
        evaluation_periods  = 1
        threshold           = function.timeout_seconds * 10 * var.thresholds.duration_percent_of_timeout # in ms
        comparison_operator = "GreaterThanThreshold"
        treat_missing_data  = "notBreaching"
      }
    }
  ]...)

  # Who reads the failures topic may miss one that it fails to deliver; others of its subscribers, and the dashboard, tell.
  topic_alarms = { for key, topic in module.topic : "${replace(key, "_", "-")}-undelivered" => topic.alarms.undelivered }

  # What the functions behind the API measured of their own answers, which the gateway's own overhead is no part of.
  response_time_alarms = var.response_time == null ? {} : {
    for service in var.response_time.services : "${replace(service, "_", "-")}-response-time" => {
      description         = "Answers of ${service} took more than ${var.response_time.threshold_ms} ms (${var.response_time.statistic}) in each of ${var.response_time.periods} periods of ${var.response_time.period_seconds} seconds."
      namespace           = var.decision_metrics.namespace
      metric_name         = var.response_time.metric_name
      dimensions          = { service = service }
      statistic           = var.response_time.statistic
      period_seconds      = var.response_time.period_seconds
      evaluation_periods  = var.response_time.periods
      threshold           = var.response_time.threshold_ms
      comparison_operator = "GreaterThanThreshold"
      treat_missing_data  = "notBreaching"
    }
  }

  metric_alarms = merge(local.function_alarms, local.topic_alarms, local.response_time_alarms, var.alarms)
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.metric_alarms

  alarm_name          = format(local.alarm_format, each.key)
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric_name
  dimensions          = each.value.dimensions
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  period              = each.value.period_seconds
  evaluation_periods  = each.value.evaluation_periods
  threshold           = each.value.threshold
  comparison_operator = each.value.comparison_operator
  treat_missing_data  = each.value.treat_missing_data
  alarm_actions       = [local.failures_topic_arn]
  ok_actions          = [local.failures_topic_arn]
}

locals {
  error_rate_window  = var.thresholds.error_rate_periods == 1 ? "over ${var.thresholds.error_rate_minutes} minutes" : "in each of ${var.thresholds.error_rate_periods} times ${var.thresholds.error_rate_minutes} minutes"
  fraud_rate_seconds = 60 * var.thresholds.fraud_rate_minutes
}

resource "aws_cloudwatch_metric_alarm" "error_rate" {
  for_each = var.functions

  alarm_name          = format(local.alarm_format, "${each.key}-error-rate")
  alarm_description   = "More than ${var.thresholds.error_rate_percent} % of the calls of ${each.value.name} broke off ${local.error_rate_window}: crashed or timed out."
  evaluation_periods  = var.thresholds.error_rate_periods
  threshold           = var.thresholds.error_rate_percent
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.failures_topic_arn]
  ok_actions          = [local.failures_topic_arn]

  metric_query {
    id          = "rate"
    label       = "Failed calls in percent"
    expression  = "IF(calls > 0, 100 * errors / calls, 0)"
    return_data = true
  }

  metric_query {
    id = "errors"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Errors"
      dimensions  = { FunctionName = each.value.name }
      stat        = "Sum"
      period      = 60 * var.thresholds.error_rate_minutes
    }
  }

  metric_query {
    id = "calls"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"
      dimensions  = { FunctionName = each.value.name }
      stat        = "Sum"
      period      = 60 * var.thresholds.error_rate_minutes
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "fraud_rate" {
  alarm_name          = format(local.alarm_format, "fraud-rate")
  alarm_description   = "More than ${var.thresholds.fraud_rate_percent} % of at least ${var.thresholds.fraud_minimum_decisions} decisions within ${var.thresholds.fraud_rate_minutes} minutes found fraud: an attack, or a policy gone wrong."
  evaluation_periods  = 1
  threshold           = var.thresholds.fraud_rate_percent
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.fraud_topic_arn]
  ok_actions          = [local.fraud_topic_arn]

  metric_query {
    id          = "rate"
    label       = "Decisions that found fraud in percent"
    expression  = "IF(processed >= ${var.thresholds.fraud_minimum_decisions}, 100 * FILL(fraud, 0) / processed, 0)"
    return_data = true
  }

  metric_query {
    id = "fraud"

    metric {
      namespace   = var.decision_metrics.namespace
      metric_name = local.counted.fraud
      dimensions  = { service = var.decision_metrics.service }
      stat        = "Sum"
      period      = local.fraud_rate_seconds
    }
  }

  metric_query {
    id = "processed"

    metric {
      namespace   = var.decision_metrics.namespace
      metric_name = local.counted.processed
      dimensions  = { service = var.decision_metrics.service }
      stat        = "Sum"
      period      = local.fraud_rate_seconds
    }
  }
}

locals {
  critical_alarm_names = sort(concat(
    [for alarm in aws_cloudwatch_metric_alarm.error_rate : alarm.alarm_name],
    [for key in var.critical_alarms : aws_cloudwatch_metric_alarm.this[key].alarm_name],
  ))
}

resource "aws_cloudwatch_composite_alarm" "critical" {
  # Without anything critical there is nothing to compose, and CloudWatch takes no empty rule.
  for_each = length(var.functions) + length(var.critical_alarms) > 0 ? toset(["this"]) : toset([])

  alarm_name        = format(local.alarm_format, "critical")
  alarm_description = "Transactions fail, wait or are lost: at least one critical alarm is on."
  alarm_rule        = join(" OR ", [for name in local.critical_alarm_names : "ALARM(\"${name}\")"])
  alarm_actions     = [local.failures_topic_arn]
  ok_actions        = [local.failures_topic_arn]
}

# ---------------------------------------------------------------------------------------------------------------------
# Dashboards
# ---------------------------------------------------------------------------------------------------------------------

locals {
  counted   = var.decision_metrics.names
  decisions = [var.decision_metrics.namespace]
  service   = ["service", var.decision_metrics.service]
  drift     = ["service", var.dashboard.drift_service == null ? "" : var.dashboard.drift_service]

  fraud_rate = [
    [{ expression = "100 * FILL(fraud, 0) / processed", label = "Fraud rate", id = "rate" }],
    concat(local.decisions, [local.counted.fraud], local.service, [{ id = "fraud", visible = false }]),
    concat(local.decisions, [local.counted.processed], local.service, [{ id = "processed", visible = false }]),
  ]
  response_times = var.response_time == null ? [] : flatten([
    for service in sort(var.response_time.services) : [
      for stat in ["p50", "p95", "p99"] : { metric = concat(local.decisions, [var.response_time.metric_name, "service", service, { stat = stat, label = "${service} ${stat}" }]) }
    ]
  ])[*].metric

  # Each row of the dashboard: a heading and its graphs, which share the width. A graph without metrics is left out.
  # A metric is a list itself; where two loops make the metrics, it is wrapped, so that flatten leaves it whole.
  rows = [
    {
      heading = "Throughput"
      graphs = [
        {
          title    = "Requests a minute"
          sampling = { stat = "Sum", period = 60 }
          metrics = var.dashboard.api == null ? [] : [
            ["AWS/ApiGateway", "Count", "ApiName", var.dashboard.api.name, "Stage", var.dashboard.api.stage, { label = "API requests" }],
          ]
        },
        {
          title    = "Functions: calls a minute"
          sampling = { stat = "Sum", period = 60 }
          metrics  = [for key, function in var.functions : ["AWS/Lambda", "Invocations", "FunctionName", function.name, { label = key }]]
        },
        {
          title    = "Transactions a minute"
          sampling = { stat = "Sum", period = 60 }
          metrics  = [for metric in [local.counted.processed, "Rejected"] : concat(local.decisions, [metric], local.service, [{ label = metric }])]
        },
        {
          title    = "Events a minute"
          sampling = { stat = "Sum", period = 60 }
          metrics = var.dashboard.event_bus_name == null ? [] : [
            # Counted per rule only; the search adds up the rules of the bus.
            for metric in ["Invocations", "FailedInvocations"] : [{
              id         = lower(metric)
              label      = metric
              expression = "SUM(SEARCH('{AWS/Events,EventBusName,RuleName} EventBusName=\"${var.dashboard.event_bus_name}\" MetricName=\"${metric}\"', 'Sum', 60))"
            }]
          ]
        },
      ]
    },
    {
      heading = "Latency"
      graphs = [
        {
          title    = "API answer in ms"
          sampling = { stat = "p99", period = 60 }
          metrics = var.dashboard.api == null ? [] : [
            for stat in ["p50", "p95", "p99"] : ["AWS/ApiGateway", "Latency", "ApiName", var.dashboard.api.name, "Stage", var.dashboard.api.stage, { stat = stat, label = stat }]
          ]
        },
        {
          title    = "Request to committed decision in ms"
          sampling = { stat = "p99", period = 60 }
          metrics  = [for stat in ["p50", "p95", "p99"] : concat(local.decisions, ["DecisionLatency"], local.service, [{ stat = stat, label = stat }])]
        },
        {
          title    = "Answers as the functions measure them, in ms"
          sampling = { stat = "p95", period = 60 }
          metrics  = local.response_times
        },
        {
          title    = "Functions, p99 in ms"
          sampling = { stat = "p99", period = 60 }
          metrics  = [for key, function in var.functions : ["AWS/Lambda", "Duration", "FunctionName", function.name, { label = key }]]
        },
      ]
    },
    {
      heading = "Errors"
      graphs = [
        {
          title    = "API answers with an error"
          sampling = { stat = "Sum", period = 60 }
          metrics = var.dashboard.api == null ? [] : [
            for metric in ["4XXError", "5XXError"] : ["AWS/ApiGateway", metric, "ApiName", var.dashboard.api.name, "Stage", var.dashboard.api.stage, { label = metric }]
          ]
        },
        {
          title    = "Functions: errors and throttles"
          sampling = { stat = "Sum", period = 60 }
          metrics = flatten([
            for key, function in var.functions : [
              for metric in ["Errors", "Throttles"] : { metric = ["AWS/Lambda", metric, "FunctionName", function.name, { label = "${key} ${lower(metric)}" }] }
            ]
          ])[*].metric
        },
        {
          title    = "Case workflow"
          sampling = { stat = "Sum", period = 60 }
          metrics = var.dashboard.state_machine_arn == null ? [] : [
            for metric in ["ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"] :
            ["AWS/States", metric, "StateMachineArn", var.dashboard.state_machine_arn, { label = metric }]
          ]
        },
        {
          title    = "Tables: throttled requests"
          sampling = { stat = "Sum", period = 60 }
          metrics = flatten([
            for key, name in var.dashboard.tables : [
              for metric in ["ReadThrottleEvents", "WriteThrottleEvents"] : { metric = ["AWS/DynamoDB", metric, "TableName", name, { label = "${key} ${metric}" }] }
            ]
          ])[*].metric
        },
      ]
    },
    {
      heading = "Queues"
      graphs = [
        {
          title    = "Messages waiting"
          sampling = { stat = "Maximum", period = 60 }
          metrics  = [for key, name in var.dashboard.queues : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name, { label = key }]]
        },
        {
          title    = "Age of the oldest message in s"
          sampling = { stat = "Maximum", period = 60 }
          metrics  = [for key, name in var.dashboard.queues : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", name, { label = key }]]
        },
        {
          title    = "Messages in dead-letter queues"
          sampling = { stat = "Maximum", period = 60 }
          metrics  = [for key, name in var.dashboard.dead_letter_queues : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name, { label = key }]]
        },
      ]
    },
    {
      heading = "Streams"
      graphs = [
        {
          title    = "Records a minute"
          sampling = { stat = "Sum", period = 60 }
          metrics  = [for key, name in var.dashboard.streams : ["AWS/Kinesis", "IncomingRecords", "StreamName", name, { label = key }]]
        },
        {
          title    = "Age of what is read, in ms"
          sampling = { stat = "Maximum", period = 60 }
          metrics  = [for key, name in var.dashboard.streams : ["AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", "StreamName", name, { label = key }]]
        },
        {
          title    = "Records refused: more than the shards take"
          sampling = { stat = "Sum", period = 60 }
          metrics  = [for key, name in var.dashboard.streams : ["AWS/Kinesis", "WriteProvisionedThroughputExceeded", "StreamName", name, { label = key }]]
        },
      ]
    },
    {
      heading = "Decisions"
      graphs = [
        {
          title    = "Fraud found, rejected"
          sampling = { stat = "Sum", period = 300 }
          metrics  = [for metric in [local.counted.fraud, "Rejected"] : concat(local.decisions, [metric], local.service, [{ label = metric }])]
        },
        {
          title    = "Fraud rate in percent"
          sampling = { stat = "Sum", period = local.fraud_rate_seconds }
          metrics  = local.fraud_rate
        },
        {
          title    = "Policy documents refused or out of reach, starts without any"
          sampling = { stat = "Sum", period = 300 }
          metrics  = [for metric in ["PolicyRefreshFailed", "PolicyFallback"] : concat(local.decisions, [metric], local.service, [{ label = metric }])]
        },
      ]
    },
    {
      heading = "Drift, over the last 24 hours"
      graphs = [
        {
          title    = "Flagged in percent: decided, and what each policy would have"
          sampling = { stat = "Maximum", period = 3600 }
          # Policies and models come and go with the policy document, so they are searched for.
          metrics = [
            for metric in [
              concat(local.decisions, ["AlertRate"], local.drift, [{ label = "decided" }]),
              [{ id = "rates", label = "", expression = "SEARCH('{\"${var.decision_metrics.namespace}\",Policy,service} service=\"${local.drift[1]}\" MetricName=\"AlertRate\"', 'Maximum', 3600)" }],
            ] : metric if var.dashboard.drift_service != null
          ]
        },
        {
          title    = "Population stability of scores and features (0.1: nothing has changed, 0.25: much has)"
          sampling = { stat = "Maximum", period = 3600 }
          metrics = [
            for metric in [
              [{ id = "stability", label = "", expression = "SEARCH('{\"${var.decision_metrics.namespace}\",Model,Series,service} service=\"${local.drift[1]}\" MetricName=\"PopulationStability\"', 'Maximum', 3600)" }],
            ] : metric if var.dashboard.drift_service != null
          ]
        },
        {
          title    = "Breaker: 1 while no policy may be promoted"
          sampling = { stat = "Maximum", period = 3600 }
          metrics = [
            for metric in [concat(local.decisions, ["DriftBreakerOpen"], local.drift, [{ label = "breaker" }])] :
            metric if var.dashboard.drift_service != null
          ]
        },
      ]
    },
  ]

  day = 24 * 3600

  # For those who answer for the business. The whole time that is chosen counts in the first row.
  business_rows = [
    {
      heading = "In the time that is chosen"
      graphs = [
        {
          title    = "Transactions decided, suspected, rejected"
          sampling = { stat = "Sum", period = local.day }
          metrics  = [for metric in [local.counted.processed, local.counted.fraud, "Rejected"] : concat(local.decisions, [metric], local.service, [{ label = metric }])]
          more     = { view = "singleValue", setPeriodToTimeRange = true }
        },
        {
          title    = "Suspected, in percent of all decided"
          sampling = { stat = "Sum", period = local.day }
          metrics  = local.fraud_rate
          more     = { view = "singleValue", setPeriodToTimeRange = true }
        },
      ]
    },
    {
      heading = "By the hour"
      graphs = [
        {
          title    = "Transactions decided and rejected"
          sampling = { stat = "Sum", period = 3600 }
          metrics  = [for metric in [local.counted.processed, "Rejected"] : concat(local.decisions, [metric], local.service, [{ label = metric }])]
        },
        {
          title    = "Fraud suspected"
          sampling = { stat = "Sum", period = 3600 }
          metrics  = [concat(local.decisions, [local.counted.fraud], local.service, [{ label = local.counted.fraud }])]
        },
        {
          title    = "Fraud rate in percent"
          sampling = { stat = "Sum", period = 3600 }
          metrics  = local.fraud_rate
        },
      ]
    },
    {
      heading = "What customers notice"
      graphs = [
        {
          title    = "Requests an hour"
          sampling = { stat = "Sum", period = 3600 }
          metrics = var.dashboard.api == null ? [] : [
            for metric, label in { Count = "requests", "4XXError" = "turned away", "5XXError" = "failed" } :
            ["AWS/ApiGateway", metric, "ApiName", var.dashboard.api.name, "Stage", var.dashboard.api.stage, { label = label }]
          ]
        },
        {
          title    = "Answers as the functions measure them, in ms"
          sampling = { stat = "p95", period = 3600 }
          metrics  = local.response_times
        },
        {
          title    = "Request to committed decision in ms"
          sampling = { stat = "p95", period = 3600 }
          metrics  = [for stat in ["p50", "p95"] : concat(local.decisions, ["DecisionLatency"], local.service, [{ stat = stat, label = stat }])]
        },
      ]
    },
  ]

  cost = var.dashboards.cost == null ? { spend_metric = "", spend_service = "", daily_limits_usd = [], buckets = {}, athena_workgroups = {}, redshift_workgroups = {} } : var.dashboards.cost

  # For those who pay: what a day cost, and what it was spent on.
  cost_rows = [
    {
      heading = "What a day cost"
      graphs = [
        {
          title    = "US dollars of the day before"
          sampling = { stat = "Maximum", period = local.day }
          metrics  = [concat(local.decisions, [local.cost.spend_metric, "service", local.cost.spend_service, { label = "spent" }])]
          more = {
            annotations = { horizontal = [for limit in local.cost.daily_limits_usd : { value = limit, label = "${limit} USD" }] }
          }
        },
      ]
    },
    {
      heading = "What it is spent on, by the day"
      graphs = [
        {
          title    = "Requests"
          sampling = { stat = "Sum", period = local.day }
          metrics = var.dashboard.api == null ? [] : [
            ["AWS/ApiGateway", "Count", "ApiName", var.dashboard.api.name, "Stage", var.dashboard.api.stage, { label = "API requests" }],
          ]
        },
        {
          title    = "Functions: time that is billed, in ms"
          sampling = { stat = "Sum", period = local.day }
          metrics  = [for key, function in var.functions : ["AWS/Lambda", "Duration", "FunctionName", function.name, { label = key }]]
        },
        {
          title    = "Tables: units read and written"
          sampling = { stat = "Sum", period = local.day }
          metrics = flatten([
            for key, name in var.dashboard.tables : [
              for metric, what in { ConsumedReadCapacityUnits = "read", ConsumedWriteCapacityUnits = "written" } :
              { metric = ["AWS/DynamoDB", metric, "TableName", name, { label = "${key} ${what}" }] }
            ]
          ])[*].metric
        },
        {
          title    = "Streams: bytes taken in"
          sampling = { stat = "Sum", period = local.day }
          metrics  = [for key, name in var.dashboard.streams : ["AWS/Kinesis", "IncomingBytes", "StreamName", name, { label = key }]]
        },
      ]
    },
    {
      heading = "Analytics, by the day"
      graphs = [
        {
          title    = "Buckets: bytes kept in STANDARD"
          sampling = { stat = "Average", period = local.day }
          metrics  = [for key, name in local.cost.buckets : ["AWS/S3", "BucketSizeBytes", "BucketName", name, "StorageType", "StandardStorage", { label = key }]]
        },
        {
          title    = "Athena: bytes read"
          sampling = { stat = "Sum", period = local.day }
          # Counted by state and type of the query only; the search adds them up.
          metrics = [
            for key, name in local.cost.athena_workgroups : [{
              id         = "athena_${replace(key, "-", "_")}"
              label      = key
              expression = "SUM(SEARCH('{AWS/Athena,QueryState,QueryType,WorkGroup} WorkGroup=\"${name}\" MetricName=\"ProcessedBytes\"', 'Sum', ${local.day}))"
            }]
          ]
        },
        {
          title    = "Redshift Serverless: RPU-seconds"
          sampling = { stat = "Sum", period = local.day }
          metrics  = [for key, name in local.cost.redshift_workgroups : ["AWS/Redshift-Serverless", "ComputeSeconds", "Workgroup", name, { label = key }]]
        },
      ]
    },
  ]

  dashboard_rows = merge(
    { operations = local.rows },
    var.dashboards.business ? { business = local.business_rows } : {},
    var.dashboards.cost == null ? {} : { cost = local.cost_rows },
  )
  shown_rows = {
    for dashboard, rows in local.dashboard_rows : dashboard => [
      for row in rows : {
        heading = row.heading
        graphs  = [for graph in row.graphs : graph if length(graph.metrics) > 0]
      } if anytrue([for graph in row.graphs : length(graph.metrics) > 0])
    ]
  }

  # CloudWatch draws on a grid 24 wide: on top what stands there besides rows, then a heading (1 high) and its graphs
  # (6 high) a row.
  top_height = { operations = 4, business = 0, cost = 0 }
  row_widgets = {
    for dashboard, rows in local.shown_rows : dashboard => flatten([
      for row_number, row in rows : concat(
        [{
          type       = "text"
          x          = 0
          y          = local.top_height[dashboard] + 7 * row_number
          width      = 24
          height     = 1
          properties = { markdown = "## ${row.heading}" }
        }],
        [
          for graph_number, graph in row.graphs : {
            type   = "metric"
            x      = graph_number * floor(24 / length(row.graphs))
            y      = local.top_height[dashboard] + 1 + 7 * row_number
            width  = floor(24 / length(row.graphs))
            height = 6
            properties = merge(
              {
                title   = graph.title
                region  = local.region
                view    = "timeSeries"
                stat    = graph.sampling.stat
                period  = graph.sampling.period
                metrics = graph.metrics
                yAxis   = { left = { min = 0 } }
              },
              try(graph.more, {}),
            )
          }
        ],
      )
    ])
  }

  widgets = concat(
    [{
      type   = "alarm"
      x      = 0
      y      = 0
      width  = 24
      height = 4
      properties = {
        title = "Alarms"
        # A dashboard shows 100 alarms at most: what is critical comes first.
        alarms = slice(local.alarm_arns, 0, min(100, length(local.alarm_arns)))
      }
    }],
    local.row_widgets.operations,
  )

  # By name, like the topics: a dashboard is not to change because an alarm is made anew.
  alarm_arns = [
    for name in distinct(concat(
      [for alarm in aws_cloudwatch_composite_alarm.critical : alarm.alarm_name],
      [aws_cloudwatch_metric_alarm.fraud_rate.alarm_name],
      local.critical_alarm_names,
      [for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name],
    )) : "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${name}"
  ]

  console_domains = {
    aws        = "console.aws.amazon.com"
    aws-cn     = "console.amazonaws.cn"
    aws-us-gov = "console.amazonaws-us-gov.com"
  }
}

locals {
  # One alone needs nothing that tells it from the others.
  dashboard_names = {
    for dashboard in keys(local.dashboard_rows) :
    dashboard => format(local.dashboard_format, length(local.dashboard_rows) == 1 ? var.name : "${var.name}-${dashboard}")
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.dashboard_names.operations
  dashboard_body = jsonencode({ widgets = local.widgets })
}

resource "aws_cloudwatch_dashboard" "further" {
  for_each = { for dashboard, name in local.dashboard_names : dashboard => name if dashboard != "operations" }

  dashboard_name = each.value
  dashboard_body = jsonencode({ widgets = local.row_widgets[each.key] })
}
