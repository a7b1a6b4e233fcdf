# Exactly the nine that are documented for this system.

output "api_endpoint" {
  description = "URL of the stage, to which /transaction is appended."
  value       = module.api.api_endpoint
}

output "dashboard_url" {
  description = "Address of the dashboard in the console."
  value       = module.monitoring.dashboard_url
}

output "merchant_table_name" {
  description = "Name of the table of merchants: merchant_id, name, active, max_transaction_amount."
  value       = module.tables["merchants"].name
}

output "transaction_table_name" {
  description = "Name of the table of transactions, their decisions and their history; the key is transaction_id."
  value       = module.tables["transactions"].name
}

output "queue_url" {
  description = "URL of the queue between validation and fraud detection."
  value       = module.queue.queue_url
}

output "sns_topic_arn" {
  description = "ARN of the topic that tells of failed transactions and of alarms."
  value       = module.monitoring.processing_failures_topic_arn
}

output "validation_lambda_arn" {
  description = "ARN of the function behind the API; of its alias `live` where concurrency is provisioned."
  value       = module.functions["validation"].arn
}

output "fraud_detection_lambda_arn" {
  description = "ARN of the function that decides what is queued."
  value       = module.functions["fraud-detection"].arn
}

output "failed_transaction_lambda_arn" {
  description = "ARN of the function that records what the dead-letter queue holds."
  value       = module.functions["failed-transaction"].arn
}
