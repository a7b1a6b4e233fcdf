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
  publishers          = { alarm_names = [format(local.alarm_format, "*")] }
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

  metric_alarms = merge(local.function_alarms, local.topic_alarms, var.alarms)
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

resource "aws_cloudwatch_metric_alarm" "error_rate" {
  for_each = var.functions

  alarm_name          = format(local.alarm_format, "${each.key}-error-rate")
  alarm_description   = "More than ${var.thresholds.error_rate_percent} % of the calls of ${each.value.name} broke off over 10 minutes: crashed or timed out."
  evaluation_periods  = 1
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
      period      = 600
    }
  }

  metric_query {
    id = "calls"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"
      dimensions  = { FunctionName = each.value.name }
      stat        = "Sum"
      period      = 600
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "fraud_rate" {
  alarm_name          = format(local.alarm_format, "fraud-rate")
  alarm_description   = "More than ${var.thresholds.fraud_rate_percent} % of at least ${var.thresholds.fraud_minimum_decisions} decisions within 15 minutes found fraud: an attack, or a policy gone wrong."
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
      metric_name = "FraudDetected"
      dimensions  = { service = var.decision_metrics.service }
      stat        = "Sum"
      period      = 900
    }
  }

  metric_query {
    id = "processed"

    metric {
      namespace   = var.decision_metrics.namespace
      metric_name = "Processed"
      dimensions  = { service = var.decision_metrics.service }
      stat        = "Sum"
      period      = 900
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
# Dashboard
# ---------------------------------------------------------------------------------------------------------------------

locals {
  decisions = [var.decision_metrics.namespace]
  service   = ["service", var.decision_metrics.service]
  drift     = ["service", var.dashboard.drift_service == null ? "" : var.dashboard.drift_service]

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
          metrics  = [for metric in ["Processed", "Rejected"] : concat(local.decisions, [metric], local.service, [{ label = metric }])]
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
      heading = "Decisions"
      graphs = [
        {
          title    = "Fraud found, rejected"
          sampling = { stat = "Sum", period = 300 }
          metrics  = [for metric in ["FraudDetected", "Rejected"] : concat(local.decisions, [metric], local.service, [{ label = metric }])]
        },
        {
          title    = "Fraud rate in percent"
          sampling = { stat = "Sum", period = 900 }
          metrics = [
            [{ expression = "100 * FILL(fraud, 0) / processed", label = "Fraud rate", id = "rate" }],
            concat(local.decisions, ["FraudDetected"], local.service, [{ id = "fraud", visible = false }]),
            concat(local.decisions, ["Processed"], local.service, [{ id = "processed", visible = false }]),
          ]
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

  shown_rows = [
    for row in local.rows : {
      heading = row.heading
      graphs  = [for graph in row.graphs : graph if length(graph.metrics) > 0]
    } if anytrue([for graph in row.graphs : length(graph.metrics) > 0])
  ]

  # CloudWatch draws on a grid 24 wide: alarms on top, then a heading (1 high) and its graphs (6 high) a row.
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
    flatten([
      for row_number, row in local.shown_rows : concat(
        [{
          type       = "text"
          x          = 0
          y          = 4 + 7 * row_number
          width      = 24
          height     = 1
          properties = { markdown = "## ${row.heading}" }
        }],
        [
          for graph_number, graph in row.graphs : {
            type   = "metric"
            x      = graph_number * floor(24 / length(row.graphs))
            y      = 5 + 7 * row_number
            width  = floor(24 / length(row.graphs))
            height = 6
            properties = {
              title   = graph.title
              region  = local.region
              view    = "timeSeries"
              stat    = graph.sampling.stat
              period  = graph.sampling.period
              metrics = graph.metrics
              yAxis   = { left = { min = 0 } }
            }
          }
        ],
      )
    ]),
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

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = format(local.dashboard_format, var.name)
  dashboard_body = jsonencode({ widgets = local.widgets })
}
