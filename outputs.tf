# ---------------------------------------------------------------------------------------------------------------------
# API
# ---------------------------------------------------------------------------------------------------------------------

output "api_endpoint" {
  description = "URL to which the paths of api/openapi.yaml are appended."
  value       = module.api.api_endpoint
}

output "api_key_id" {
  description = "Id of the client's API key; its value: aws apigateway get-api-key --include-value --query value --output text --api-key ID."
  value       = module.api.api_key_id
}

# ---------------------------------------------------------------------------------------------------------------------
# Queues
# ---------------------------------------------------------------------------------------------------------------------

output "transaction_queue_url" {
  description = "URL of the FIFO queue between acceptance and decision."
  value       = module.transaction_queue.queue_url
}

output "transaction_queue_arn" {
  description = "ARN of the FIFO queue between acceptance and decision."
  value       = module.transaction_queue.queue_arn
}

output "transaction_queue_name" {
  description = "Name of the FIFO queue between acceptance and decision."
  value       = module.transaction_queue.queue_name
}

output "transaction_dead_letter_queue_url" {
  description = "URL of the queue of transactions that were received three times in vain."
  value       = module.transaction_queue.dead_letter_queue_url
}

output "priority_queue_url" {
  description = "URL of the FIFO queue of decided transactions of high value; attach the consumer here."
  value       = module.priority_queue.queue_url
}

output "priority_queue_arn" {
  description = "ARN of the FIFO queue of decided transactions of high value."
  value       = module.priority_queue.queue_arn
}

output "priority_queue_name" {
  description = "Name of the FIFO queue of decided transactions of high value."
  value       = module.priority_queue.queue_name
}

output "review_queue_url" {
  description = "URL of the queue of questions to analysts."
  value       = module.review_queue.queue_url
}

output "learn_dead_letter_queue_url" {
  description = "URL of the queue of stream records that could not be learnt from."
  value       = module.learn_dead_letters.url
}

output "review_queue_arn" {
  description = "ARN of the queue of questions to analysts."
  value       = module.review_queue.queue_arn
}

# ---------------------------------------------------------------------------------------------------------------------
# Tables
# ---------------------------------------------------------------------------------------------------------------------

output "transactions_table_name" {
  description = "Name of the table of transactions, their decisions and their history."
  value       = module.transactions.name
}

output "transactions_table_arn" {
  description = "ARN of the table of transactions."
  value       = module.transactions.arn
}

output "accounts_table_name" {
  description = "Name of the table of account states and quarantines."
  value       = module.accounts.name
}

output "merchants_table_name" {
  description = "Name of the table of merchants: merchant_id, name, active, max_transaction_amount."
  value       = module.merchants.name
}

output "merchant_risk_table_name" {
  description = "Name of the table of what is known of merchants from decisions and labels."
  value       = module.merchant_risk.name
}

output "drift_table_name" {
  description = "Name of the table of hourly counts of decisions, and of the drift breaker."
  value       = module.drift_windows.name
}

output "cases_table_name" {
  description = "Name of the table of fraud cases."
  value       = module.cases.name
}

# ---------------------------------------------------------------------------------------------------------------------
# Policy document
# ---------------------------------------------------------------------------------------------------------------------

output "policy_parameter_name" {
  description = "Name of the parameter that holds the policy document."
  value       = module.policy_parameter.name
}

output "policy_parameter_arn" {
  description = "ARN of the parameter that holds the policy document, for the role of those who may change it."
  value       = module.policy_parameter.arn
}

# ---------------------------------------------------------------------------------------------------------------------
# Events, cases, archive
# ---------------------------------------------------------------------------------------------------------------------

output "event_bus_name" {
  description = "Name of the bus on which every decision is announced."
  value       = module.event_bus.name
}

output "event_bus_arn" {
  description = "ARN of the bus on which every decision is announced."
  value       = module.event_bus.arn
}

output "state_machine_name" {
  description = "Name of the case workflow."
  value       = module.case_workflow.name
}

output "state_machine_arn" {
  description = "ARN of the case workflow."
  value       = module.case_workflow.arn
}

output "archive_bucket_name" {
  description = "Name of the bucket that keeps every event."
  value       = module.archive_bucket.name
}

# ---------------------------------------------------------------------------------------------------------------------
# Functions and monitoring
# ---------------------------------------------------------------------------------------------------------------------

output "function_names" {
  description = "Names of the functions, by their role."
  value       = { for role, function in local.functions : role => function.name }
}

output "event_source_ids" {
  description = "Ids of the event source mappings by function, for pausing one by hand."
  value       = { for role, function in local.functions : role => function.event_source_ids if length(function.event_source_ids) > 0 }
}

output "processing_failures_topic_arn" {
  description = "ARN of the topic of processing failures and alarms."
  value       = module.monitoring.processing_failures_topic_arn
}

output "fraud_alerts_topic_arn" {
  description = "ARN of the topic of fraud alerts."
  value       = module.monitoring.fraud_alerts_topic_arn
}

output "dashboard_url" {
  description = "Address of the dashboard in the console."
  value       = module.monitoring.dashboard_url
}

output "critical_alarm_name" {
  description = "Name of the composite alarm: transactions fail, wait or are lost."
  value       = module.monitoring.composite_alarm_name
}

output "kms_key_arn" {
  description = "ARN of the customer key that encrypts everything."
  value       = module.encryption.key_arn
}

# ---------------------------------------------------------------------------------------------------------------------
# Game days
# ---------------------------------------------------------------------------------------------------------------------

output "experiment_template_ids" {
  description = "Ids of the templates of experiments with faults, by experiment; none without the variable chaos."
  value       = merge([for chaos in module.chaos : chaos.template_ids]...)
}
