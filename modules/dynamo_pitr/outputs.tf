output "name" {
  description = "Name of the table."
  value       = aws_dynamodb_table.this.name
}

output "arn" {
  description = "ARN of the table."
  value       = aws_dynamodb_table.this.arn
}

output "stream_arn" {
  description = "ARN of the table's stream, which carries both images of each changed item."
  value       = aws_dynamodb_table.this.stream_arn
}

output "index_arns" {
  description = "ARNs of the global and local secondary indexes by index name."
  value = {
    for index in concat(keys(var.global_secondary_indexes), keys(var.local_secondary_indexes)) :
    index => "${aws_dynamodb_table.this.arn}/index/${index}"
  }
}

output "alarms" {
  description = "Definitions of the table's alarms for the monitoring module: throttled reads and writes of the table and of each global index, system errors by operation."
  value       = merge(local.throttle_alarms, local.system_error_alarms)
}

output "configuration" {
  description = "What the table was given, for the checks of the root that composes it: hash_key, range_key, key_types (of all key attributes, those of indexes too), billing_mode, point_in_time_recovery, stream_view_type, kms_key_arn, deletion_protection, replicas (kms_key_arn and point_in_time_recovery by region)."
  value = {
    hash_key               = aws_dynamodb_table.this.hash_key
    range_key              = aws_dynamodb_table.this.range_key
    key_types              = { for attribute in aws_dynamodb_table.this.attribute : attribute.name => attribute.type }
    billing_mode           = aws_dynamodb_table.this.billing_mode
    point_in_time_recovery = one(aws_dynamodb_table.this.point_in_time_recovery).enabled
    stream_view_type       = aws_dynamodb_table.this.stream_view_type
    kms_key_arn            = one(aws_dynamodb_table.this.server_side_encryption).kms_key_arn
    deletion_protection    = aws_dynamodb_table.this.deletion_protection_enabled
    replicas = {
      for replica in aws_dynamodb_table.this.replica : replica.region_name => {
        kms_key_arn            = replica.kms_key_arn
        point_in_time_recovery = replica.point_in_time_recovery
      }
    }
  }
}
