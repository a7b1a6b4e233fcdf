output "api_endpoint" {
  description = "URL to which /transactions is appended."
  value       = module.api.api_endpoint
}

output "api_key_id" {
  description = "Id of the API key, null without api_key_required; its value: aws apigateway get-api-key --include-value --query value --output text --api-key ID."
  value       = module.api.api_key_id
}

output "transactions_table_name" {
  description = "Name of the table of transactions, their decisions and what became of their alerts."
  value       = module.transactions.name
}

output "transaction_ids_table_name" {
  description = "Name of the table that knows each transaction id once."
  value       = module.transaction_ids.name
}

output "alerts_queue_url" {
  description = "URL of the queue of suspicious transactions on their way to the team."
  value       = module.alerts.queue_url
}

output "alerts_dead_letter_queue_url" {
  description = "URL of the queue of alerts that could not be sent in three receives."
  value       = module.alerts.dead_letter_queue_url
}

output "stream_dead_letter_queue_url" {
  description = "URL of the queue of stream records that were given up or could not be read."
  value       = module.detect_dead_letters.url
}

output "notifications_topic_arn" {
  description = "ARN of the topic by which the team is alerted."
  value       = module.notifications.arn
}

output "function_names" {
  description = "Names of the functions, by the package that each runs: ingest, detect, notify."
  value       = { for package, function in module.functions : package => function.name }
}

output "policy_parameter_name" {
  description = "Name of the parameter that holds the policy document."
  value       = module.policy_parameter.name
}

output "dashboard_url" {
  description = "Address of the dashboard in the console."
  value       = module.monitoring.dashboard_url
}

output "kms_key_arn" {
  description = "ARN of the customer key that encrypts everything."
  value       = module.encryption.key_arn
}
