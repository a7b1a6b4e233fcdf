locals {
  index_keys = flatten([
    for index in concat(values(var.global_secondary_indexes), values(var.local_secondary_indexes)) :
    [for key in [try(index.hash_key, null), index.range_key] : key if key != null]
  ])

  # An attribute is declared once, however many keys it is part of.
  attribute_types = merge([
    for key in concat([var.hash_key], var.range_key == null ? [] : [var.range_key], local.index_keys) : { (key.name) = key.type }
  ]...)
}

resource "aws_dynamodb_table" "this" {
  #checkov:skip=CKV_AWS_119:The customer key is an argument (kms_key_arn); without it the AWS-managed key encrypts the table.
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = var.hash_key.name
  range_key                   = try(var.range_key.name, null)
  deletion_protection_enabled = var.deletion_protection
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"

  dynamic "attribute" {
    for_each = local.attribute_types

    content {
      name = attribute.key
      type = attribute.value
    }
  }

  dynamic "global_secondary_index" {
    for_each = var.global_secondary_indexes

    content {
      name               = global_secondary_index.key
      hash_key           = global_secondary_index.value.hash_key.name
      range_key          = try(global_secondary_index.value.range_key.name, null)
      projection_type    = global_secondary_index.value.projection_type
      non_key_attributes = global_secondary_index.value.non_key_attributes
    }
  }

  dynamic "local_secondary_index" {
    for_each = var.local_secondary_indexes

    content {
      name               = local_secondary_index.key
      range_key          = local_secondary_index.value.range_key.name
      projection_type    = local_secondary_index.value.projection_type
      non_key_attributes = local_secondary_index.value.non_key_attributes
    }
  }

  point_in_time_recovery {
    enabled = true
  }

  # Without a key of its own the block still means KMS: the AWS-managed key, whose use CloudTrail shows.
  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }

  dynamic "replica" {
    for_each = var.replica_regions

    content {
      region_name            = replica.key
      kms_key_arn            = replica.value.kms_key_arn
      point_in_time_recovery = true
      propagate_tags         = true
    }
  }

  dynamic "ttl" {
    for_each = var.ttl_attribute == null ? [] : [var.ttl_attribute]

    content {
      enabled        = true
      attribute_name = ttl.value
    }
  }
}

locals {
  alarm = {
    namespace           = "AWS/DynamoDB"
    statistic           = "Sum"
    period_seconds      = 60
    evaluation_periods  = 1
    threshold           = 0
    comparison_operator = "GreaterThanThreshold"
    # DynamoDB reports these metrics only when something went wrong.
    treat_missing_data = "notBreaching"
  }

  # The table and each global index have capacity, and so throttling, of their own.
  throttled = merge(
    { "" = { label = var.name, dimensions = { TableName = var.name } } },
    {
      for index in keys(var.global_secondary_indexes) : "${index}-" => {
        label      = "${var.name}/${index}"
        dimensions = { TableName = var.name, GlobalSecondaryIndexName = index }
      }
    },
  )

  throttle_alarms = merge([
    for direction in ["Read", "Write"] : {
      for prefix, target in local.throttled : "${prefix}${lower(direction)}-throttles" => merge(local.alarm, {
        description = "DynamoDB throttles ${lower(direction)}s of ${target.label}."
        metric_name = "${direction}ThrottleEvents"
        dimensions  = target.dimensions
      })
    }
  ]...)

  # The metric exists by operation only; there is none for the whole table that an alarm could watch.
  system_error_alarms = {
    for operation in var.alarms.system_error_operations : "${lower(operation)}-system-errors" => merge(local.alarm, {
      description = "DynamoDB answers ${operation} on ${var.name} with errors of its own (HTTP 500)."
      metric_name = "SystemErrors"
      dimensions  = { TableName = var.name, Operation = operation }
    })
  }
}
