output "name" {
  description = "Name of the stream."
  value       = local.stream.name
}

output "arn" {
  description = "ARN of the stream."
  value       = local.stream.arn
}

output "autoscaling" {
  description = "What the function reshard needs, all of it known before anything exists; null without autoscaling: environment (its variables), policy_statements (for the argument of lambda_graviton), schedules (likewise)."
  value = var.autoscaling == null ? null : {
    environment = {
      STREAM_NAME             = var.name
      MINIMUM_SHARDS          = tostring(var.autoscaling.minimum)
      MAXIMUM_SHARDS          = tostring(var.autoscaling.maximum)
      GROW_COOLDOWN_SECONDS   = tostring(var.autoscaling.grow.cooldown_seconds)
      SHRINK_COOLDOWN_SECONDS = tostring(var.autoscaling.shrink.cooldown_seconds)
      HIGH_ALARM_NAME         = local.load_alarms.high.name
      LOW_ALARM_NAME          = local.load_alarms.low.name
    }
    policy_statements = {
      scale_the_stream = {
        actions   = ["kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:UpdateShardCount"]
        resources = [local.stream_arn]
      }
      read_the_alarms = {
        actions   = ["cloudwatch:DescribeAlarms"]
        resources = values(local.alarm_arns)
      }
    }
    # An alarm calls once, when it goes on. The schedule asks again while it stays on, and tells the number of shards.
    schedules = { look = "rate(1 minute)" }
  }
}

output "alarms" {
  description = "Definitions of the stream's alarms for the monitoring module: write-throttles, read-throttles; with autoscaling also reshard-refused. How far a reader lags is an alarm of its function."
  value = merge(
    {
      for direction in ["Write", "Read"] : "${lower(direction)}-throttles" => {
        description         = "Kinesis throttled more than ${var.alarms.throttled} ${lower(direction)}s of ${var.name} within 5 minutes."
        namespace           = "AWS/Kinesis"
        metric_name         = "${direction}ProvisionedThroughputExceeded"
        dimensions          = { StreamName = var.name }
        statistic           = "Sum" # It counts 1 for each throttled call or record, and 0 for the rest.
        period_seconds      = 300
        evaluation_periods  = 1
        threshold           = var.alarms.throttled
        comparison_operator = "GreaterThanThreshold"
        treat_missing_data  = "notBreaching"
      }
    },
    var.autoscaling == null ? {} : {
      reshard-refused = {
        description         = "${var.name} needs another number of shards and cannot have it: it is at its maximum, or AWS refuses (10 changes in 24 hours, the account's shards). The log of the function reshard says which."
        namespace           = var.autoscaling.metrics.namespace
        metric_name         = "ReshardRefused"
        dimensions          = { service = var.autoscaling.metrics.service }
        statistic           = "Sum"
        period_seconds      = 300
        evaluation_periods  = 1
        threshold           = 0
        comparison_operator = "GreaterThanThreshold"
        treat_missing_data  = "notBreaching"
      }
    },
  )
}

output "configuration" {
  description = "What the stream was given, for the checks of the root that composes it: mode (PROVISIONED or ON_DEMAND), shard_count, retention_hours, kms_key_arn, shard_level_metrics, load_alarms (threshold and actions of each; empty without autoscaling)."
  value = {
    mode                = one(local.stream.stream_mode_details).stream_mode
    shard_count         = local.stream.shard_count
    retention_hours     = local.stream.retention_period
    kms_key_arn         = local.stream.kms_key_id
    shard_level_metrics = local.stream.shard_level_metrics
    load_alarms = {
      for load, alarm in aws_cloudwatch_metric_alarm.load : load => {
        threshold     = alarm.threshold
        alarm_actions = alarm.alarm_actions
      }
    }
  }
}
