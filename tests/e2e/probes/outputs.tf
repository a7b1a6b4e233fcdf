output "function_name" {
  description = "Name of the function."
  value       = module.probe.name
}

output "records_table_name" {
  description = "Name of the table whose stream the function reads."
  value       = module.records.name
}

output "records_stream_name" {
  description = "Name of the Kinesis stream that the function reads; null: there is none."
  value       = one(values(aws_kinesis_stream.records)[*].name)
}

output "source_arns" {
  description = "ARNs of the streams that the function reads, by kind."
  value       = merge({ table = module.records.stream_arn }, { for name, stream in aws_kinesis_stream.records : "kinesis" => stream.arn })
}

output "maximum_retries" {
  description = "How often the mappings try a batch again."
  value       = local.retries
}

output "calls_table_name" {
  description = "Name of the table in which the function notes its calls."
  value       = module.calls.name
}

output "given_up_queue_url" {
  description = "URL of the queue that learns of records given up."
  value       = module.given_up.url
}

output "outcome_queue_urls" {
  description = "URLs of the queues of asynchronous calls that succeeded and that failed."
  value       = { for outcome, queue in module.outcomes : outcome => queue.url }
}
