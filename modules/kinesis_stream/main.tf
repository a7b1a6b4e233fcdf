data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  place     = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"

  # Written out instead of read from the resources: so every plan shows whole policies, and the function that the alarms
  # call can be granted the alarms.
  stream_arn = "arn:${local.partition}:kinesis:${local.place}:stream/${var.name}"
  alarm_arns = { for load, alarm in local.load_alarms : load => "arn:${local.partition}:cloudwatch:${local.place}:alarm:${alarm.name}" }

  # Terraform cannot decide by an argument what it ignores, so there are two blocks of which one is used.
  fixed      = var.autoscaling == null ? toset(["this"]) : toset([])
  autoscaled = var.autoscaling == null ? toset([]) : toset(["this"])
  stream     = one(concat(values(aws_kinesis_stream.this), values(aws_kinesis_stream.autoscaled)))
}

# ---------------------------------------------------------------------------------------------------------------------
# Stream
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_kinesis_stream" "this" {
  for_each = local.fixed

  name                = var.name
  shard_count         = var.shard_count
  retention_period    = var.retention_hours
  encryption_type     = "KMS"
  kms_key_id          = var.kms_key_arn
  shard_level_metrics = var.shard_level_metrics

  stream_mode_details {
    stream_mode = var.shard_count == null ? "ON_DEMAND" : "PROVISIONED"
  }
}

resource "aws_kinesis_stream" "autoscaled" {
  for_each = local.autoscaled

  name                = var.name
  shard_count         = var.shard_count
  retention_period    = var.retention_hours
  encryption_type     = "KMS"
  kms_key_id          = var.kms_key_arn
  shard_level_metrics = var.shard_level_metrics

  stream_mode_details {
    stream_mode = "PROVISIONED"
  }

  # What it was made with. From then on the function reshard decides, and no plan takes back what it did.
  lifecycle {
    ignore_changes = [shard_count]
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Autoscaling: two alarms on the load, which call the function reshard
# ---------------------------------------------------------------------------------------------------------------------

locals {
  # What a shard takes in, as AWS documents it: 1 MiB and 1,000 records a second.
  shard_limits = {
    bytes   = { metric = "IncomingBytes", a_second = 1048576 }
    records = { metric = "IncomingRecords", a_second = 1000 }
  }

  # A shrinking stream is looked at in steps of five minutes, so that a lull between two bursts is none.
  load_alarms = var.autoscaling == null ? {} : {
    high = {
      name                = "${var.name}-load-high"
      description         = "Writers of ${var.name} use more than ${var.autoscaling.grow.above_percent} % of its shards over ${var.autoscaling.grow.minutes} minutes: it should grow."
      threshold           = var.autoscaling.grow.above_percent
      comparison_operator = "GreaterThanThreshold"
      period_seconds      = 60
      evaluation_periods  = var.autoscaling.grow.minutes
      treat_missing_data  = "notBreaching"
    }
    low = {
      name                = "${var.name}-load-low"
      description         = "Writers of ${var.name} use less than ${var.autoscaling.shrink.below_percent} % of its shards over ${var.autoscaling.shrink.minutes} minutes: it may shrink."
      threshold           = var.autoscaling.shrink.below_percent
      comparison_operator = "LessThanThreshold"
      period_seconds      = 300
      evaluation_periods  = var.autoscaling.shrink.minutes / 5
      treat_missing_data  = "breaching" # A stream that nobody writes to reports nothing.
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "load" {
  for_each = local.load_alarms

  alarm_name          = each.value.name
  alarm_description   = each.value.description
  threshold           = each.value.threshold
  comparison_operator = each.value.comparison_operator
  evaluation_periods  = each.value.evaluation_periods
  treat_missing_data  = each.value.treat_missing_data
  alarm_actions       = [var.resharder.arn]

  # Of bytes and records, whichever is nearer to its limit. The number of shards is told every minute by the function
  # that changes it: no metric of Kinesis has it, and one written out here would be wrong after the first change.
  metric_query {
    id          = "load"
    label       = "Load in percent"
    expression  = "MAX([load_by_bytes, load_by_records])"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = local.shard_limits

    content {
      id         = "load_by_${metric_query.key}"
      expression = "100 * FILL(${metric_query.key}, 0) / (${metric_query.value.a_second * each.value.period_seconds} * FILL(shards, REPEAT))"
    }
  }

  dynamic "metric_query" {
    for_each = local.shard_limits

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/Kinesis"
        metric_name = metric_query.value.metric
        dimensions  = { StreamName = var.name }
        stat        = "Sum"
        period      = each.value.period_seconds
      }
    }
  }

  metric_query {
    id = "shards"

    metric {
      namespace   = var.autoscaling.metrics.namespace
      metric_name = "OpenShards"
      dimensions  = { service = var.autoscaling.metrics.service }
      stat        = "Maximum"
      period      = each.value.period_seconds
    }
  }
}

resource "aws_lambda_permission" "alarm" {
  for_each = local.alarm_arns

  statement_id   = "load-${each.key}"
  action         = "lambda:InvokeFunction"
  principal      = "lambda.alarms.cloudwatch.amazonaws.com"
  function_name  = var.resharder.function_name
  qualifier      = var.resharder.qualifier
  source_arn     = each.value
  source_account = data.aws_caller_identity.current.account_id
}
