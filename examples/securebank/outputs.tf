# ---------------------------------------------------------------------------------------------------------------------
# API
# ---------------------------------------------------------------------------------------------------------------------

output "api_endpoint" {
  description = "URL of the stage v1, to which /transactions and the other paths are appended."
  value       = module.api.api_endpoint
}

output "api_key_id" {
  description = "Id of the first client's API key; null where none is asked for. Its value: aws apigateway get-api-key --include-value --query value --output text --api-key ID."
  value       = module.api.api_key_id
}

# ---------------------------------------------------------------------------------------------------------------------
# Real-time path
# ---------------------------------------------------------------------------------------------------------------------

output "transaction_stream_name" {
  description = "Name of the Kinesis stream between acceptance and decision."
  value       = module.stream.name
}

output "transactions_table_name" {
  description = "Name of the table of transactions, their decisions and their history; the key is customer_id and timestamp."
  value       = module.tables["transactions"].name
}

output "customers_table_name" {
  description = "Name of the table of customers: what each usually does, and whether one waits for an operator."
  value       = module.tables["customers"].name
}

output "transaction_ids_table_name" {
  description = "Name of the table that knows each transaction id once, and where its row lies."
  value       = module.tables["transaction-ids"].name
}

output "fraud_insights_table_name" {
  description = "Name of the table of counters by day, committed together with the decisions."
  value       = module.tables["fraud-insights"].name
}

output "given_up_queue_url" {
  description = "URL of the queue in which Lambda tells of records that it gave up; the function stream_failed reads it."
  value       = module.stream_dead_letters.queue_url
}

output "lake_dead_letter_queue_url" {
  description = "URL of the queue in which Lambda tells of changes that the lake did not take within a day."
  value       = module.lake_dead_letters.url
}

output "function_names" {
  description = "Names of the functions, by the package that each runs."
  value       = { for package, function in merge(module.functions, { for key in keys(module.reshard) : "reshard" => module.reshard[key] }) : package => function.name }
}

output "report_function_name" {
  description = "Name of the function that makes the compliance report of a day, as make report calls it."
  value       = module.functions["report"].name
}

output "user_pool_id" {
  description = "Id of the Cognito user pool whose tokens the API takes; null unless api.authorization is JWT."
  value       = one([for pool in module.user_pool : pool.id])
}

output "user_pool_client_id" {
  description = "Id of the client that users log in with; null unless api.authorization is JWT."
  value       = one([for pool in module.user_pool : pool.user_client_id])
}

output "policy_parameter_name" {
  description = "Name of the parameter that holds the policy document."
  value       = module.policy_parameter.name
}

# ---------------------------------------------------------------------------------------------------------------------
# Lake and reports
# ---------------------------------------------------------------------------------------------------------------------

output "lake_bucket_name" {
  description = "Name of the bucket of the lake: raw/, processed/, analytics/, quarantine/."
  value       = module.lake.name
}

output "glue_database_name" {
  description = "Name of the database of the lake's tables in the Glue catalogue."
  value       = module.lake.database_name
}

output "athena_workgroup" {
  description = "Name of the Athena workgroup in which the named queries run."
  value       = module.lake.workgroup_name
}

output "named_queries" {
  description = "Ids of the named queries, by name."
  value       = module.lake.named_queries
}

output "spark_job_names" {
  description = "Names of the Glue jobs, by the name of their script."
  value       = module.spark_jobs.job_names
}

output "warehouse" {
  description = "What make warehouse needs to install the SQL: workgroup_name or cluster_identifier, database_name, admin_secret_arn and others; null without a warehouse."
  value       = one([for warehouse in module.warehouse : warehouse.installation])
}

output "reports_bucket_name" {
  description = "Name of the bucket of the compliance reports, which nobody can change."
  value       = module.reports.name
}

# ---------------------------------------------------------------------------------------------------------------------
# Network
# ---------------------------------------------------------------------------------------------------------------------

output "network" {
  description = "Where the functions run, for what you add beside them: vpc_id, private_subnet_ids (by zone), functions_security_group_id, and nat_addresses (by zone; none without internet_access). Null without a network."
  value = one([for network in module.network : {
    vpc_id                      = network.vpc_id
    private_subnet_ids          = network.private_subnet_ids
    functions_security_group_id = network.functions_security_group_id
    nat_addresses               = network.nat_addresses
  }])
}

output "table_cache_endpoint" {
  description = "Host and port of DAX (TLS), for readers in the functions' security group; null without a table cache."
  value       = one([for cache in module.table_cache : cache.configuration_endpoint])
}

# ---------------------------------------------------------------------------------------------------------------------
# Watching
# ---------------------------------------------------------------------------------------------------------------------

output "processing_failures_topic_arn" {
  description = "ARN of the topic that tells of failures and alarms."
  value       = module.monitoring.processing_failures_topic_arn
}

output "fraud_alerts_topic_arn" {
  description = "ARN of the topic that tells of an unusual fraud rate."
  value       = module.monitoring.fraud_alerts_topic_arn
}

output "dashboard_url" {
  description = "Address of the dashboard of operations in the console."
  value       = module.monitoring.dashboard_url
}

output "dashboard_urls" {
  description = "Addresses of the dashboards in the console: operations, business, cost."
  value       = module.monitoring.dashboard_urls
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
