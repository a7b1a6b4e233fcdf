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
