# Named as the flagship's, so that both are measured alike.

output "api_endpoint" {
  description = "URL of the API's stage."
  value       = module.api.api_endpoint
}

output "transaction_queue_url" {
  description = "URL of the queue that the deciding function reads."
  value       = module.queue.queue_url
}

output "transactions_table_name" {
  description = "Name of the table of decided transactions."
  value       = module.transactions.name
}
