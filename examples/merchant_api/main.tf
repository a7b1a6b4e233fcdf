# Merchants' transactions: REST API -> validation -> queue -> fraud detection -> table; what fails for good -> alert.
# README.md has the picture. All parts are modules and functions that the other systems use, too.

locals {
  name               = "merchant-api-%s-${var.environment_suffix}"
  namespace          = "TransactionPipeline/merchant-api-${var.environment_suffix}" # environments must not count as one
  log_retention_days = 30
  received_index     = "received-index"

  consumer_timeout_seconds = 30

  # To Lambda, a line without a level is INFO: so are those that hold metrics, and they must pass whatever the code logs.
  log_levels = { system = var.system_log_level, application = var.log_level == "DEBUG" ? "DEBUG" : "INFO" }
}

module "encryption" {
  source = "../../modules/encryption"

  name = format(local.name, "data")
  uses = ["alarms_to_topics", "log_groups"]
  # A role that a table, queue, topic or parameter lets in may use the key through it, and in no other way.
  via_services = ["dynamodb", "sns", "sqs", "ssm"]
}

# ---------------------------------------------------------------------------------------------------------------------
# Network: no way out
# ---------------------------------------------------------------------------------------------------------------------

locals {
  # What the functions may do is what needs an endpoint, and the most that passes it. Lambda, and AWS's services among
  # themselves, need none: not for logs, traces and the reading of queues, nor for what is done with the key.
  calls = toset(flatten([
    for function in local.functions : [for statement in function.policy_statements : statement.actions]
  ]))
  calls_by_service = { for action in local.calls : split(":", action)[0] => action... }
}

module "network" {
  source = "../../modules/private_network"

  name = format(local.name, "network")
  interface_endpoints = merge(
    { for service, actions in var.further_endpoints : service => { actions = actions, single_zone = true } },
    { for service, actions in local.calls_by_service : service => { actions = actions } if service != "dynamodb" },
  )
  gateway_endpoints = {
    dynamodb = { actions = local.calls_by_service.dynamodb }
    # Documented, and of no price. No function calls S3, so as little passes as can be said.
    s3 = { actions = ["s3:GetObject"] }
  }
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = local.log_retention_days
}

# ---------------------------------------------------------------------------------------------------------------------
# Tables, queue, policy document
# ---------------------------------------------------------------------------------------------------------------------

module "tables" {
  source = "../../modules/dynamo_pitr"

  for_each = {
    merchants = {
      name       = "merchant-config-${var.environment_suffix}"
      hash_key   = { name = "merchant_id", type = "S" }
      operations = ["BatchGetItem"]
      indexes    = {}
    }
    transactions = {
      name       = "processed-transactions-${var.environment_suffix}"
      hash_key   = { name = "transaction_id", type = "S" }
      operations = ["BatchGetItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"]
      indexes = {
        # What still waits for its decision: the list of the function sweep.
        (local.received_index) = {
          projection_type = "KEYS_ONLY"
          hash_key        = { name = "received_shard", type = "S" }
          range_key       = { name = "sweep_after", type = "S" }
        }
      }
    }
  }

  name                     = each.value.name
  hash_key                 = each.value.hash_key
  global_secondary_indexes = each.value.indexes
  kms_key_arn              = module.encryption.key_arn
  deletion_protection      = var.deletion_protection
  alarms                   = { system_error_operations = each.value.operations }
}

module "queue" {
  source = "../../modules/sqs_standard"

  name                       = format(local.name, "transactions")
  dead_letter_queue_name     = format(local.name, "transactions-dead-letter")
  kms_key_arn                = module.encryption.key_arn
  consumer_timeout_seconds   = local.consumer_timeout_seconds
  visibility_timeout_seconds = 6 * local.consumer_timeout_seconds
}

module "policy_parameter" {
  source = "../../modules/policy_parameter"

  name             = format(local.name, "policy")
  kms_key_arn      = module.encryption.key_arn
  initial_document = file("${path.root}/${var.policy_document}")
}

# ---------------------------------------------------------------------------------------------------------------------
# Functions
# ---------------------------------------------------------------------------------------------------------------------

locals {
  # What a function has unless it says otherwise.
  function_defaults = { memory_mb = 512, provisioned_concurrency = null, event_sources = {}, schedules = {}, destinations = null }

  functions = {
    validation = {
      package                 = "ingest"
      description             = "Checks transactions and their merchants, stores, queues, answers."
      memory_mb               = 1024
      timeout_seconds         = 25 # three calls with all their retries, and still below the gateway's 29
      provisioned_concurrency = var.validation_provisioned_concurrency
      environment = {
        REQUEST_SCHEMA         = "merchant_api"
        TRANSACTIONS_TABLE     = module.tables["transactions"].name
        MERCHANTS_TABLE        = module.tables["merchants"].name
        MERCHANT_CACHE_SECONDS = var.timing.merchant_cache
        TRANSACTION_QUEUE_URL  = module.queue.queue_url
        SWEEP_AFTER_SECONDS    = var.timing.sweep_after
      }
      policy_statements = {
        accept_transactions = { resources = [module.tables["transactions"].arn], actions = ["dynamodb:GetItem", "dynamodb:PutItem"] }
        find_merchants      = { resources = [module.tables["merchants"].arn], actions = ["dynamodb:BatchGetItem"] }
        send_to_the_queue   = { resources = [module.queue.queue_arn], actions = ["sqs:SendMessage"] }
      }
    }

    fraud-detection = {
      package         = "process"
      description     = "Decides what is queued by the policy document, and writes the decision into the table."
      memory_mb       = 1024
      timeout_seconds = local.consumer_timeout_seconds
      environment = {
        TRANSACTIONS_TABLE     = module.tables["transactions"].name
        MERCHANTS_TABLE        = module.tables["merchants"].name
        MERCHANT_CACHE_SECONDS = var.timing.merchant_cache
        TRANSACTION_QUEUE_URL  = module.queue.queue_url
        RETRY_BASE_SECONDS     = var.timing.retry_base
        POLICY_PARAMETER       = module.policy_parameter.name
        POLICY_REFRESH_SECONDS = var.timing.policy_refresh
      }
      policy_statements = {
        decide_transactions = {
          resources = [module.tables["transactions"].arn]
          actions   = ["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        }
        find_merchants     = { resources = [module.tables["merchants"].arn], actions = ["dynamodb:BatchGetItem"] }
        postpone_a_receive = { resources = [module.queue.queue_arn], actions = ["sqs:ChangeMessageVisibility"] }
        # The history is for a start while the newest document is one that does not validate.
        read_the_policy = { resources = [module.policy_parameter.arn], actions = ["ssm:GetParameter", "ssm:GetParameterHistory"] }
      }
      event_sources = {
        queue = { kind = "sqs", arn = module.queue.queue_arn, maximum_concurrency = var.fraud_detection_concurrency }
      }
    }

    failed-transaction = {
      package         = "failed"
      description     = "Records what was received three times in vain, and alerts."
      timeout_seconds = local.consumer_timeout_seconds
      environment = {
        TRANSACTIONS_TABLE            = module.tables["transactions"].name
        PROCESSING_FAILURES_TOPIC_ARN = module.monitoring.processing_failures_topic_arn
      }
      policy_statements = {
        record_failures = {
          resources = [module.tables["transactions"].arn]
          actions   = ["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        }
        tell_the_topic = { resources = [module.monitoring.processing_failures_topic_arn], actions = ["sns:Publish"] }
      }
      event_sources = {
        dead_letters = { kind = "sqs", arn = module.queue.dead_letter_queue_arn }
      }
    }

    # Heals what lies between two writes: a row that was stored, and whose message was never sent.
    sweep = {
      package         = "sweep"
      description     = "Queues again what was accepted and has waited too long."
      timeout_seconds = 60
      environment = {
        TRANSACTIONS_TABLE    = module.tables["transactions"].name
        RECEIVED_INDEX_NAME   = local.received_index
        TRANSACTION_QUEUE_URL = module.queue.queue_url
        SWEEP_AFTER_SECONDS   = var.timing.sweep_after
      }
      policy_statements = {
        find_what_waits     = { resources = [module.tables["transactions"].index_arns[local.received_index]], actions = ["dynamodb:Query"] }
        postpone_next_sweep = { resources = [module.tables["transactions"].arn], actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"] }
        send_to_the_queue   = { resources = [module.queue.queue_arn], actions = ["sqs:SendMessage"] }
      }
      schedules    = { every-minute = "rate(1 minute)" }
      destinations = { on_failure_arn = module.monitoring.processing_failures_topic_arn }
    }
  }
}

module "functions" {
  source   = "../../modules/lambda_graviton"
  for_each = { for name, function in local.functions : name => merge(local.function_defaults, function) }

  name         = format(local.name, each.key)
  description  = each.value.description
  package_path = "${path.root}/${var.packages_dir}/${each.value.package}.zip"
  handler      = "${each.value.package}.handler.handler"
  environment = merge(each.value.environment, {
    POWERTOOLS_SERVICE_NAME      = each.value.package
    POWERTOOLS_METRICS_NAMESPACE = local.namespace
    POWERTOOLS_LOG_LEVEL         = var.log_level
  })
  memory_mb               = each.value.memory_mb
  timeout_seconds         = each.value.timeout_seconds
  provisioned_concurrency = each.value.provisioned_concurrency
  policy_statements       = each.value.policy_statements
  event_sources           = each.value.event_sources
  schedules               = each.value.schedules
  destinations            = each.value.destinations
  vpc                     = module.network.lambda_vpc
  kms_key_arn             = module.encryption.key_arn
  log_retention_days      = local.log_retention_days
  log_levels              = local.log_levels
}

# ---------------------------------------------------------------------------------------------------------------------
# API
# ---------------------------------------------------------------------------------------------------------------------

module "firewall" {
  source = "../../modules/web_acl"

  name               = format(local.name, "firewall")
  requests_per_ip    = 300 * var.usage_plan.rate_limit + var.usage_plan.burst_limit # in five minutes: what the usage plan lets one client send
  logs_enabled       = var.waf_logs
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = local.log_retention_days
}

module "api" {
  source = "../../modules/rest_api"

  name       = format(local.name, "gateway")
  stage_name = "prod"
  openapi    = file("${path.root}/openapi.yaml")
  integrations = {
    submitTransaction = {
      function_name = module.functions["validation"].name
      invoke_arn    = module.functions["validation"].invoke_arn
      qualifier     = module.functions["validation"].qualifier
    }
  }
  web_acl                = { arn = module.firewall.arn }
  throttle               = { rate_limit = var.usage_plan.rate_limit, burst_limit = var.usage_plan.burst_limit }
  quota_per_day          = var.usage_plan.quota_per_day
  api_key_value          = var.api_key_value
  logging_role_name      = format(local.name, "gateway-logs")
  manage_account_logging = var.manage_account_logging
  traced_share           = var.traced_share
  kms_key_arn            = module.encryption.key_arn
  log_retention_days     = local.log_retention_days
}

# ---------------------------------------------------------------------------------------------------------------------
# Monitoring
# ---------------------------------------------------------------------------------------------------------------------

locals {
  # Counted by the functions themselves: one is one too many.
  counted = {
    transactions-failed   = ["failed", "Failed", "A transaction failed for good."]
    failures-unrecorded   = ["failed", "FailureNotRecorded", "A failed transaction could not be recorded; it stays in the dead-letter queue and is tried again."]
    transactions-stale    = ["sweep", "StaleReceived", "An accepted transaction waited too long and was queued again."]
    sweep-failed          = ["sweep", "SweepFailed", "A waiting transaction could not be queued again."]
    settlement-failed     = ["process", "SettlementFailed", "A transaction could not be decided; it is tried again, three times in all."]
    merchant-unreadable   = ["ingest", "MerchantUnreadable", "A merchant's row holds a limit that is no number; its new transactions are answered with 503."]
    policy-refresh-failed = ["process", "PolicyRefreshFailed", "A policy document could not be read or was refused; the one before it decides."]
    policy-fallback       = ["process", "PolicyFallback", "No policy document could be read at a start; packaged rules decide."]
  }
}

locals {
  alarms = merge(
    module.api.alarms,
    { for name, alarm in module.firewall.alarms : "firewall-${name}" => alarm },
    { for name, alarm in module.queue.alarms : "queue-${name}" => alarm },
    merge([for key, table in module.tables : { for name, alarm in table.alarms : "${key}-${name}" => alarm }]...),
    { for name, counted in local.counted : name => {
      namespace   = local.namespace
      dimensions  = { service = counted[0] }
      metric_name = counted[1]
      description = counted[2]
    } },
  )
}

module "monitoring" {
  source = "../../modules/monitoring"

  name                        = format(local.name, "overview")
  name_formats                = { alarm = local.name, topic = local.name }
  kms_key_arn                 = module.encryption.key_arn
  failure_email_subscriptions = var.alert_emails
  fraud_email_subscriptions   = var.alert_emails
  functions = {
    for key, function in module.functions : key => { name = function.name, timeout_seconds = function.timeout_seconds }
  }
  alarms = local.alarms
  critical_alarms = [
    "transactions-failed", "failures-unrecorded", "transactions-stale", "sweep-failed", "policy-fallback",
    "queue-backlog", "queue-dead-letter",
  ]
  decision_metrics = { namespace = local.namespace }
  dashboard = {
    api                = { name = module.api.name, stage = module.api.stage_name }
    queues             = { transactions = module.queue.queue_name }
    dead_letter_queues = { transactions = module.queue.dead_letter_queue_name }
    tables             = { for key, table in module.tables : key => table.name }
  }
}
