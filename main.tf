# The flagship: REST API -> SQS FIFO per account -> score and commit -> stream -> event bus
#               -> priority queue / case workflow / archive; and what became of it -> labels -> merchants' risk, drift.
# docs/architecture.md tells why it is built this way.

locals {
  prefix    = "${var.project}-${terraform.workspace}"
  namespace = "TransactionPipeline/${local.prefix}" # environments of one account must not count as one

  process_timeout_seconds = 30
  relay_timeout_seconds   = 30
  archive_timeout_seconds = 60

  # To Lambda, a line without a level is INFO: so are those that hold metrics, and they must pass whatever the code logs.
  log_levels = { system = var.system_log_level, application = var.log_level == "DEBUG" ? "DEBUG" : "INFO" }

  # What Powertools reads in every function; each adds what it needs itself.
  environment = {
    for function in [
      "ingest", "process", "relay", "route", "failed", "sweep", "query", "archive", "case_context", "case_assess",
      "case_record", "label", "learn", "drift",
      ] : function => {
      POWERTOOLS_SERVICE_NAME      = function
      POWERTOOLS_METRICS_NAMESPACE = local.namespace
      POWERTOOLS_LOG_LEVEL         = var.log_level
    }
  }
  package = { for function in keys(local.environment) : function => "${path.root}/${var.packages_dir}/${function}.zip" }

  account_index  = "account-index"
  received_index = "received-index"
}

module "encryption" {
  source = "./modules/encryption"

  name = local.prefix
  uses = ["log_groups", "log_delivery", "event_buses", "events_to_queues", "alarms_to_topics"]
  # A role that a table, queue, topic or bucket lets in may use the key through it, and in no other way.
  via_services = ["dynamodb", "s3", "sns", "sqs", "ssm"]
}

# ---------------------------------------------------------------------------------------------------------------------
# Tables
# ---------------------------------------------------------------------------------------------------------------------

module "transactions" {
  source = "./modules/dynamo_pitr"

  name     = "${local.prefix}-transactions"
  hash_key = { name = "transaction_id", type = "S" }
  global_secondary_indexes = {
    (local.account_index) = {
      hash_key        = { name = "account_id", type = "S" }
      range_key       = { name = "received_at", type = "S" }
      projection_type = "INCLUDE"
      non_key_attributes = [
        "merchant_id", "amount", "currency", "occurred_at", "category", "channel", "location", "status", "revision",
        "correlation_id", "sequence", "decided_at", "decision", "evidence",
      ]
    }
    # Only what still waits for its decision is in here: the sweeper's list.
    (local.received_index) = {
      hash_key        = { name = "received_shard", type = "S" }
      range_key       = { name = "sweep_after", type = "S" }
      projection_type = "KEYS_ONLY"
    }
  }
  kms_key_arn         = module.encryption.key_arn
  deletion_protection = var.deletion_protection
  alarms              = { system_error_operations = ["BatchGetItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"] }
}

module "accounts" {
  source = "./modules/dynamo_pitr"

  name                = "${local.prefix}-accounts"
  hash_key            = { name = "account_id", type = "S" }
  kms_key_arn         = module.encryption.key_arn
  deletion_protection = var.deletion_protection
  alarms              = { system_error_operations = ["BatchGetItem", "TransactWriteItems", "UpdateItem"] }
}

module "merchants" {
  source = "./modules/dynamo_pitr"

  name                = "${local.prefix}-merchants"
  hash_key            = { name = "merchant_id", type = "S" }
  kms_key_arn         = module.encryption.key_arn
  deletion_protection = var.deletion_protection
  alarms              = { system_error_operations = ["BatchGetItem"] }
}

# What is known of each merchant from decided transactions and their labels. Apart from the merchants' configuration,
# which people write, and from the accounts, whose commits must not wait for a busy merchant.
module "merchant_risk" {
  source = "./modules/dynamo_pitr"

  name                = "${local.prefix}-merchant-risk"
  hash_key            = { name = "merchant_id", type = "S" }
  kms_key_arn         = module.encryption.key_arn
  deletion_protection = var.deletion_protection
  alarms              = { system_error_operations = ["BatchGetItem", "TransactWriteItems", "UpdateItem"] }
}

# Counts of each hour's decisions, which expire, and the breaker, which does not: it carries no expires_at.
module "drift_windows" {
  source = "./modules/dynamo_pitr"

  name                = "${local.prefix}-drift"
  hash_key            = { name = "window", type = "S" }
  ttl_attribute       = "expires_at"
  kms_key_arn         = module.encryption.key_arn
  deletion_protection = var.deletion_protection
  alarms              = { system_error_operations = ["BatchGetItem", "GetItem", "UpdateItem"] }
}

module "cases" {
  source = "./modules/dynamo_pitr"

  name                = "${local.prefix}-cases"
  hash_key            = { name = "case_id", type = "S" }
  kms_key_arn         = module.encryption.key_arn
  deletion_protection = var.deletion_protection
  alarms              = { system_error_operations = ["GetItem", "PutItem", "TransactWriteItems", "UpdateItem"] }
}

# ---------------------------------------------------------------------------------------------------------------------
# Policy document
# ---------------------------------------------------------------------------------------------------------------------

# Which policy decides, and by which numbers. Operators change it without a deployment (scripts/policy).
module "policy_parameter" {
  source = "./modules/policy_parameter"

  name             = "${local.prefix}-policy"
  kms_key_arn      = module.encryption.key_arn
  initial_document = file("${path.root}/${var.policy_document}")
}

locals {
  # The history is for a start while the newest document is one that does not validate.
  read_policy = { actions = ["ssm:GetParameter", "ssm:GetParameterHistory"], resources = [module.policy_parameter.arn] }
}

# ---------------------------------------------------------------------------------------------------------------------
# Queues
# ---------------------------------------------------------------------------------------------------------------------

# Between acceptance and decision: the message group is the account, so each account is decided in order.
module "transaction_queue" {
  source = "./modules/sqs_fifo"

  name                       = "${local.prefix}-transactions"
  kms_key_arn                = module.encryption.key_arn
  visibility_timeout_seconds = 6 * local.process_timeout_seconds
  consumer_timeout_seconds   = local.process_timeout_seconds
}

# Decided transactions of high value, grouped by account, for the consumer that the bank attaches. Order them by
# `sequence` and drop repeats by `event_id`: neither the stream nor the bus keeps the order between two transactions.
module "priority_queue" {
  source = "./modules/sqs_fifo"

  name        = "${local.prefix}-priority"
  kms_key_arn = module.encryption.key_arn
}

# Every event on its way to the archive.
module "archive_queue" {
  source = "./modules/sqs_standard"

  name                       = "${local.prefix}-archive"
  kms_key_arn                = module.encryption.key_arn
  alarms                     = { oldest_age_seconds = var.archive_window_seconds + 2 * local.archive_timeout_seconds + 60 }
  visibility_timeout_seconds = var.archive_window_seconds + 6 * local.archive_timeout_seconds # a message waits out the window unseen
  consumer_timeout_seconds   = local.archive_timeout_seconds
  senders = {
    bus = { service = "events.amazonaws.com", source_arn = "${module.event_bus.rule_arn_prefix}/archive" }
  }
}

# The questions that cases put to analysts, each with the token that answers it.
module "review_queue" {
  source = "./modules/sqs_standard"

  name        = "${local.prefix}-review"
  kms_key_arn = module.encryption.key_arn
}

# ---------------------------------------------------------------------------------------------------------------------
# The way of a transaction: ingest -> process -> relay
# ---------------------------------------------------------------------------------------------------------------------

module "ingest" {
  source = "./modules/lambda_graviton"

  name                    = "${local.prefix}-ingest"
  description             = "Accepts transactions: validates, stores, queues, answers."
  handler                 = "ingest.handler.handler"
  package_path            = local.package.ingest
  runtime                 = var.runtime
  memory_mb               = 1024
  timeout_seconds         = 25 # three calls with all their retries, and still below the gateway's 29
  provisioned_concurrency = var.ingest_provisioned_concurrency
  kms_key_arn             = module.encryption.key_arn
  log_retention_days      = var.log_retention_days
  log_levels              = local.log_levels
  environment = merge(local.environment.ingest, {
    TRANSACTIONS_TABLE     = module.transactions.name
    MERCHANTS_TABLE        = module.merchants.name
    TRANSACTION_QUEUE_URL  = module.transaction_queue.queue_url
    MERCHANT_CACHE_SECONDS = var.merchant_cache_seconds
    SWEEP_AFTER_SECONDS    = var.sweep_after_seconds
  })
  policy_statements = {
    accept_transactions = { actions = ["dynamodb:PutItem", "dynamodb:GetItem"], resources = [module.transactions.arn] }
    read_merchants      = { actions = ["dynamodb:BatchGetItem"], resources = [module.merchants.arn] }
    queue_transactions  = { actions = ["sqs:SendMessage"], resources = [module.transaction_queue.queue_arn] }
  }
}

module "process" {
  source = "./modules/lambda_graviton"

  name            = "${local.prefix}-process"
  description     = "Scores and commits what is queued, in order per account."
  handler         = "process.handler.handler"
  package_path    = local.package.process
  runtime         = var.runtime
  memory_mb       = 1024
  timeout_seconds = local.process_timeout_seconds
  # A throttled call counts as a receive of its messages, and three are few.
  reserved_concurrency = var.process_reserved_concurrency
  kms_key_arn          = module.encryption.key_arn
  log_retention_days   = var.log_retention_days
  fault_injection      = local.fault_injection
  log_levels           = local.log_levels
  environment = merge(local.environment.process, {
    TRANSACTIONS_TABLE     = module.transactions.name
    ACCOUNTS_TABLE         = module.accounts.name
    MERCHANTS_TABLE        = module.merchants.name
    MERCHANT_RISK_TABLE    = module.merchant_risk.name
    TRANSACTION_QUEUE_URL  = module.transaction_queue.queue_url
    MERCHANT_CACHE_SECONDS = var.merchant_cache_seconds
    RETRY_BASE_SECONDS     = var.retry_base_seconds
    POLICY_PARAMETER       = module.policy_parameter.name
    POLICY_REFRESH_SECONDS = var.policy_refresh_seconds
  })
  policy_statements = {
    settle_transactions = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      resources = [module.transactions.arn]
    }
    settle_accounts = { actions = ["dynamodb:BatchGetItem", "dynamodb:UpdateItem"], resources = [module.accounts.arn] }
    read_merchants  = { actions = ["dynamodb:BatchGetItem"], resources = [module.merchants.arn, module.merchant_risk.arn] }
    read_policy     = local.read_policy
    back_off        = { actions = ["sqs:ChangeMessageVisibility"], resources = [module.transaction_queue.queue_arn] }
  }
  event_sources = {
    transactions = {
      kind                = "sqs"
      arn                 = module.transaction_queue.queue_arn
      batch_size          = 10
      maximum_concurrency = var.process_maximum_concurrency
    }
  }
}

module "relay" {
  source = "./modules/lambda_graviton"

  name               = "${local.prefix}-relay"
  description        = "Announces what was committed: the table's stream becomes events on the bus."
  handler            = "relay.handler.handler"
  package_path       = local.package.relay
  runtime            = var.runtime
  timeout_seconds    = local.relay_timeout_seconds
  begins_traces      = false
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  log_levels         = local.log_levels
  environment        = merge(local.environment.relay, { EVENT_BUS_NAME = module.event_bus.name })
  fault_injection    = local.fault_injection
  policy_statements = {
    announce = { actions = ["events:PutEvents"], resources = [module.event_bus.arn] }
  }
  event_sources = {
    transactions = {
      kind       = "dynamodb"
      arn        = module.transactions.stream_arn
      batch_size = 100
      # Acceptance is not announced; only what was settled is.
      filters        = [jsonencode({ dynamodb = { NewImage = { status = { S = [{ "anything-but" = ["RECEIVED"] }] } } } })]
      on_failure_arn = module.event_bus.dead_letter_queue_arn
      # What is given up must be replayed by hand, so the records' age ends the retries, and not their number.
      maximum_retries     = 10000
      maximum_age_seconds = 86400
    }
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# What is learnt afterwards: labels, merchants' risk, drift
# ---------------------------------------------------------------------------------------------------------------------

module "label" {
  source = "./modules/lambda_graviton"

  name               = "${local.prefix}-label"
  description        = "Records what a transaction turned out to be."
  handler            = "label.handler.handler"
  package_path       = local.package.label
  runtime            = var.runtime
  timeout_seconds    = 15
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  log_levels         = local.log_levels
  environment        = merge(local.environment.label, { TRANSACTIONS_TABLE = module.transactions.name })
  policy_statements = {
    label_transactions = { actions = ["dynamodb:UpdateItem"], resources = [module.transactions.arn] }
  }
}

# The stream's second and last consumer: DynamoDB advises no more than two for a shard.
module "learn" {
  source = "./modules/lambda_graviton"

  name               = "${local.prefix}-learn"
  description        = "Learns merchants' risk from decisions and labels, and counts what drift is measured by."
  handler            = "learn.handler.handler"
  package_path       = local.package.learn
  runtime            = var.runtime
  timeout_seconds    = 60
  begins_traces      = false
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  log_levels         = local.log_levels
  environment = merge(local.environment.learn, {
    TRANSACTIONS_TABLE  = module.transactions.name
    MERCHANT_RISK_TABLE = module.merchant_risk.name
    DRIFT_TABLE         = module.drift_windows.name
  })
  policy_statements = {
    mark_labels = { actions = ["dynamodb:BatchGetItem", "dynamodb:UpdateItem"], resources = [module.transactions.arn] }
    learn_merchants = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:UpdateItem"]
      resources = [module.merchant_risk.arn]
    }
    count_decisions = { actions = ["dynamodb:UpdateItem"], resources = [module.drift_windows.arn] }
  }
  event_sources = {
    transactions = {
      kind                    = "dynamodb"
      arn                     = module.transactions.stream_arn
      batch_size              = 60 # a merchant remembers its last 64: of a larger batch a repeat could count twice
      batching_window_seconds = var.learn_window_seconds
      # Only what is decided can be learnt from. What changed, the function sees by comparing both images.
      filters             = [jsonencode({ dynamodb = { NewImage = { decided_at = { S = [{ exists = true }] } } } })]
      on_failure_arn      = module.learn_dead_letters.arn
      maximum_retries     = 100
      maximum_age_seconds = 21600 # a record that fails for six hours must not keep the others waiting any longer
    }
  }
}

# Records of the stream that `learn` gave up.
module "learn_dead_letters" {
  source = "./modules/dead_letter_queue"

  name        = "${local.prefix}-learn-dead-letter"
  kms_key_arn = module.encryption.key_arn
}

module "drift" {
  source = "./modules/lambda_graviton"

  name               = "${local.prefix}-drift"
  description        = "Compares the decisions of a day with what the model was trained on; opens and closes the breaker."
  handler            = "drift.handler.handler"
  package_path       = local.package.drift
  runtime            = var.runtime
  timeout_seconds    = 60
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  log_levels         = local.log_levels
  environment = merge(local.environment.drift, {
    DRIFT_TABLE      = module.drift_windows.name
    POLICY_PARAMETER = module.policy_parameter.name
  })
  policy_statements = {
    watch_decisions = { actions = ["dynamodb:BatchGetItem", "dynamodb:UpdateItem"], resources = [module.drift_windows.arn] }
    read_policy     = local.read_policy
  }
  schedules    = { every-hour = "rate(1 hour)" }
  destinations = { on_failure_arn = module.monitoring.processing_failures_topic_arn }
}

# ---------------------------------------------------------------------------------------------------------------------
# What goes wrong, and what waits too long
# ---------------------------------------------------------------------------------------------------------------------

module "failed" {
  source = "./modules/lambda_graviton"

  name               = "${local.prefix}-failed"
  description        = "Records what the dead-letter queue holds, alerts, and quarantines the account."
  handler            = "failed.handler.handler"
  package_path       = local.package.failed
  runtime            = var.runtime
  timeout_seconds    = local.process_timeout_seconds
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  log_levels         = local.log_levels
  environment = merge(local.environment.failed, {
    TRANSACTIONS_TABLE            = module.transactions.name
    ACCOUNTS_TABLE                = module.accounts.name
    PROCESSING_FAILURES_TOPIC_ARN = module.monitoring.processing_failures_topic_arn
  })
  policy_statements = {
    record_failures = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      resources = [module.transactions.arn]
    }
    quarantine_accounts = { actions = ["dynamodb:BatchGetItem", "dynamodb:UpdateItem"], resources = [module.accounts.arn] }
    alert               = { actions = ["sns:Publish"], resources = [module.monitoring.processing_failures_topic_arn] }
  }
  event_sources = {
    dead_letters = { kind = "sqs", arn = module.transaction_queue.dead_letter_queue_arn, batch_size = 10 }
  }
}

module "sweep" {
  source = "./modules/lambda_graviton"

  name               = "${local.prefix}-sweep"
  description        = "Queues again what was accepted and has waited too long."
  handler            = "sweep.handler.handler"
  package_path       = local.package.sweep
  runtime            = var.runtime
  timeout_seconds    = 60
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  log_levels         = local.log_levels
  environment = merge(local.environment.sweep, {
    TRANSACTIONS_TABLE    = module.transactions.name
    RECEIVED_INDEX_NAME   = local.received_index
    TRANSACTION_QUEUE_URL = module.transaction_queue.queue_url
    SWEEP_AFTER_SECONDS   = var.sweep_after_seconds
  })
  policy_statements = {
    find_waiting       = { actions = ["dynamodb:Query"], resources = [module.transactions.index_arns[local.received_index]] }
    postpone           = { actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [module.transactions.arn] }
    queue_transactions = { actions = ["sqs:SendMessage"], resources = [module.transaction_queue.queue_arn] }
  }
  schedules = { every-minute = "rate(1 minute)" }
  destinations = {
    on_success_arn = module.event_bus.arn
    on_failure_arn = module.monitoring.processing_failures_topic_arn
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# API
# ---------------------------------------------------------------------------------------------------------------------

module "query" {
  source = "./modules/lambda_graviton"

  name               = "${local.prefix}-query"
  description        = "Answers the reading operations of the API."
  handler            = "query.handler.handler"
  package_path       = local.package.query
  runtime            = var.runtime
  timeout_seconds    = 15
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  log_levels         = local.log_levels
  environment = merge(local.environment.query, {
    TRANSACTIONS_TABLE = module.transactions.name
    ACCOUNT_INDEX_NAME = local.account_index
  })
  policy_statements = {
    read_transactions = { actions = ["dynamodb:GetItem"], resources = [module.transactions.arn] }
    list_transactions = { actions = ["dynamodb:Query"], resources = [module.transactions.index_arns[local.account_index]] }
  }
}

module "api" {
  source = "./modules/rest_api"

  name    = local.prefix
  openapi = file("${path.root}/api/openapi.yaml")
  integrations = {
    for operation, function in {
      submitTransaction       = module.ingest
      getTransaction          = module.query
      listAccountTransactions = module.query
      recordLabel             = module.label
      getHealth               = module.query
      } : operation => {
      function_name = function.name
      invoke_arn    = function.invoke_arn
      qualifier     = function.qualifier
    }
  }
  throttle               = { rate_limit = var.api.rate_limit, burst_limit = var.api.burst_limit }
  quota_per_day          = var.api.quota_per_day
  api_key_value          = var.api_key_value
  web_acl                = var.api.web_acl
  traced_share           = var.traced_share
  manage_account_logging = var.api.manage_account_logging
  kms_key_arn            = module.encryption.key_arn
  log_retention_days     = var.log_retention_days
}

# ---------------------------------------------------------------------------------------------------------------------
# Events: routes, cases, archive
# ---------------------------------------------------------------------------------------------------------------------

module "event_bus" {
  source = "./modules/event_bus"

  name                   = local.prefix
  kms_key_arn            = module.encryption.key_arn
  archive_retention_days = var.event_archive_days
  rules = {
    # The policy names the routes of a transaction; amounts are compared once, in the decision.
    high-value = {
      description = "Decided transactions above the high-value threshold go to the priority queue."
      pattern = jsonencode({
        source      = ["transaction-pipeline"]
        detail-type = ["TransactionDecided"]
        detail      = { routes = ["high_value"] }
      })
      targets = {
        route = { kind = "lambda", arn = module.route.arn, input_path = "$.detail" }
      }
    }
    flagged = {
      description = "Transactions that look like fraud open a case."
      pattern = jsonencode({
        source      = ["transaction-pipeline"]
        detail-type = ["TransactionDecided"]
        detail      = { status = ["REVIEW_REQUIRED", "FRAUD_SUSPECTED"] }
      })
      targets = {
        case = { kind = "state_machine", arn = module.case_workflow.arn }
      }
    }
    archive = {
      description = "Every event of the pipeline is archived."
      pattern     = jsonencode({ source = ["transaction-pipeline"] })
      targets     = { archive = { kind = "sqs", arn = module.archive_queue.queue_arn } }
    }
  }
}

module "route" {
  source = "./modules/lambda_graviton"

  name               = "${local.prefix}-route"
  description        = "Sends decided transactions of high value to the priority queue, grouped by account."
  handler            = "route.handler.handler"
  package_path       = local.package.route
  runtime            = var.runtime
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  log_levels         = local.log_levels
  environment        = merge(local.environment.route, { PRIORITY_QUEUE_URL = module.priority_queue.queue_url })
  policy_statements = {
    queue_transactions = { actions = ["sqs:SendMessage"], resources = [module.priority_queue.queue_arn] }
  }
  destinations = { on_failure_arn = module.event_bus.dead_letter_queue_arn }
}

module "case_context" {
  source = "./modules/lambda_graviton"

  name               = "${local.prefix}-case-context"
  description        = "Gathers what surrounds a flagged transaction."
  handler            = "case_context.handler.handler"
  package_path       = local.package.case_context
  runtime            = var.runtime
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  log_levels         = local.log_levels
  environment = merge(local.environment.case_context, {
    TRANSACTIONS_TABLE = module.transactions.name
    ACCOUNTS_TABLE     = module.accounts.name
    MERCHANTS_TABLE    = module.merchants.name
    ACCOUNT_INDEX_NAME = local.account_index
  })
  policy_statements = {
    read_history = { actions = ["dynamodb:Query"], resources = [module.transactions.index_arns[local.account_index]] }
    read_parties = { actions = ["dynamodb:BatchGetItem"], resources = [module.accounts.arn, module.merchants.arn] }
  }
}

module "case_assess" {
  source = "./modules/lambda_graviton"

  name               = "${local.prefix}-case-assess"
  description        = "Assesses a case and decides what to do; it touches no data."
  handler            = "case_assess.handler.handler"
  package_path       = local.package.case_assess
  runtime            = var.runtime
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  log_levels         = local.log_levels
  environment        = local.environment.case_assess
}

module "case_record" {
  source = "./modules/lambda_graviton"

  name               = "${local.prefix}-case-record"
  description        = "Opens, holds, closes and fails cases."
  handler            = "case_record.handler.handler"
  package_path       = local.package.case_record
  runtime            = var.runtime
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  log_levels         = local.log_levels
  environment = merge(local.environment.case_record, {
    TRANSACTIONS_TABLE = module.transactions.name
    CASES_TABLE        = module.cases.name
  })
  policy_statements = {
    record_cases = {
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      resources = [module.cases.arn]
    }
    change_transactions = {
      actions   = ["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:UpdateItem"]
      resources = [module.transactions.arn]
    }
  }
}

module "case_workflow" {
  source = "./modules/fraud_sfn"

  name                   = "${local.prefix}-cases"
  functions              = { context = module.case_context.arn, assess = module.case_assess.arn, record = module.case_record.arn }
  review_queue           = { arn = module.review_queue.queue_arn, url = module.review_queue.queue_url }
  review_timeout_seconds = var.review_timeout_seconds
  alerts_topic_arn       = module.monitoring.fraud_alerts_topic_arn
  event_bus              = { name = module.event_bus.name, arn = module.event_bus.arn }
  kms_key_arn            = module.encryption.key_arn
  log_retention_days     = var.log_retention_days
}

module "archive_bucket" {
  source = "./modules/archive_bucket"

  name          = "${local.prefix}-archive"
  kms_key_arn   = module.encryption.key_arn
  force_destroy = var.force_destroy
}

module "archive" {
  source = "./modules/lambda_graviton"

  name               = "${local.prefix}-archive"
  description        = "Writes events to the archive bucket, many to an object."
  handler            = "archive.handler.handler"
  package_path       = local.package.archive
  runtime            = var.runtime
  memory_mb          = 1024
  timeout_seconds    = local.archive_timeout_seconds
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  log_levels         = local.log_levels
  environment        = merge(local.environment.archive, { ARCHIVE_BUCKET = module.archive_bucket.name })
  policy_statements = {
    write_archive = { actions = ["s3:PutObject"], resources = ["${module.archive_bucket.arn}/*"] }
  }
  event_sources = {
    events = {
      kind                    = "sqs"
      arn                     = module.archive_queue.queue_arn
      batch_size              = 1000
      batching_window_seconds = var.archive_window_seconds
      maximum_concurrency     = 2
    }
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Monitoring
# ---------------------------------------------------------------------------------------------------------------------

locals {
  functions = {
    ingest       = module.ingest
    process      = module.process
    relay        = module.relay
    route        = module.route
    failed       = module.failed
    sweep        = module.sweep
    query        = module.query
    archive      = module.archive
    case-context = module.case_context
    case-assess  = module.case_assess
    case-record  = module.case_record
    label        = module.label
    learn        = module.learn
    drift        = module.drift
  }
  queues = {
    transactions = module.transaction_queue
    priority     = module.priority_queue
    archive      = module.archive_queue
    review       = module.review_queue
  }
  tables = {
    transactions  = module.transactions
    accounts      = module.accounts
    merchants     = module.merchants
    merchant-risk = module.merchant_risk
    drift-windows = module.drift_windows
    cases         = module.cases
  }

  # People and the bank's own consumer read these two at their own pace, so age is no fault there.
  unhurried = ["priority", "review"]

  # Counted by the functions themselves: one is one too many.
  counted_alarms = {
    for name, alarm in {
      transactions-failed      = { service = "failed", metric = "Failed", text = "A transaction failed for good; its account is quarantined." }
      failures-unrecorded      = { service = "failed", metric = "FailureNotRecorded", text = "A failed transaction could not be recorded; it stays in the dead-letter queue and is tried again." }
      transactions-stale       = { service = "sweep", metric = "StaleReceived", text = "An accepted transaction waited too long and was queued again." }
      sweep-failed             = { service = "sweep", metric = "SweepFailed", text = "A waiting transaction could not be queued again." }
      settlement-failed        = { service = "process", metric = "SettlementFailed", text = "Transactions of an account could not be decided; they are tried again, three times in all." }
      merchant-unreadable      = { service = "ingest", metric = "MerchantUnreadable", text = "A merchant's row holds a limit that is no number; its new transactions are answered with 503." }
      policy-refresh-failed    = { service = "process", metric = "PolicyRefreshFailed", text = "A policy document could not be read or was refused; the one before it decides." }
      policy-fallback          = { service = "process", metric = "PolicyFallback", text = "No policy document could be read at a start; packaged rules decide." }
      learn-skipped            = { service = "learn", metric = "LearnSkipped", text = "A record of the stream could not be read and was passed over." }
      merchant-risk-unreadable = { service = "learn", metric = "MerchantRiskUnreadable", text = "What is known of a merchant cannot be read; nothing more is learnt of it." }
    } : name => { description = alarm.text, namespace = local.namespace, metric_name = alarm.metric, dimensions = { service = alarm.service } }
  }

  # The outbox: what is decided and not yet announced.
  relay_delay = {
    description         = "Decisions are announced more than a minute late: cases open late, the archive lags."
    namespace           = "AWS/Lambda"
    metric_name         = "IteratorAge"
    dimensions          = { FunctionName = module.relay.name }
    statistic           = "Maximum"
    period_seconds      = 60
    evaluation_periods  = 2
    threshold           = 60000
    comparison_operator = "GreaterThanThreshold"
    treat_missing_data  = "notBreaching"
  }

  learn_delay = {
    description         = "Decisions and labels are learnt from more than ten minutes late."
    namespace           = "AWS/Lambda"
    metric_name         = "IteratorAge"
    dimensions          = { FunctionName = module.learn.name }
    statistic           = "Maximum"
    period_seconds      = 60
    evaluation_periods  = 2
    threshold           = 600000
    comparison_operator = "GreaterThanThreshold"
    treat_missing_data  = "notBreaching"
  }

  # Told once an hour: between two runs, and if one is missing, the breaker is as it was.
  drift_breaker = {
    description         = "What is decided differs too much from what the policies were made for; no policy may be promoted."
    namespace           = local.namespace
    metric_name         = "DriftBreakerOpen"
    dimensions          = { service = "drift" }
    statistic           = "Maximum"
    period_seconds      = 3600
    evaluation_periods  = 1
    threshold           = 0
    comparison_operator = "GreaterThanThreshold"
    treat_missing_data  = "ignore"
  }

  alarms = merge(
    merge([for queue, module in local.queues : {
      for name, alarm in module.alarms : "queue-${queue}-${name}" => alarm if name != "delay" || !contains(local.unhurried, queue)
    }]...),
    merge([for table, module in local.tables : { for name, alarm in module.alarms : "table-${table}-${name}" => alarm }]...),
    { for name, alarm in module.api.alarms : name => alarm },
    { for name, alarm in module.event_bus.alarms : "bus-${name}" => alarm },
    { for name, alarm in module.case_workflow.alarms : "cases-${name}" => alarm },
    local.counted_alarms,
    { relay-delay = local.relay_delay },
    { learn-delay = local.learn_delay },
    { learn-dead-letter = module.learn_dead_letters.alarm },
    { drift-breaker-open = local.drift_breaker },
  )
}

module "monitoring" {
  source = "./modules/monitoring"

  name                        = local.prefix
  kms_key_arn                 = module.encryption.key_arn
  failure_email_subscriptions = var.failure_emails
  fraud_email_subscriptions   = var.fraud_emails
  functions                   = { for key, function in local.functions : key => { name = function.name, timeout_seconds = function.timeout_seconds } }
  alarms                      = local.alarms
  critical_alarms = [
    "transactions-failed", "transactions-stale", "failures-unrecorded", "sweep-failed", "relay-delay", "bus-undelivered",
    "policy-fallback",
    "queue-transactions-backlog", "queue-transactions-dead-letter",
    "bus-high-value-lost-events", "bus-flagged-lost-events", "bus-archive-lost-events",
  ]
  decision_metrics = { namespace = local.namespace }
  dashboard = {
    api    = { name = module.api.name, stage = module.api.stage_name }
    queues = { for name, queue in local.queues : name => queue.queue_name }
    dead_letter_queues = merge(
      { for name, queue in local.queues : name => queue.dead_letter_queue_name },
      { learn = module.learn_dead_letters.name },
    )
    tables            = { for name, table in local.tables : name => table.name }
    state_machine_arn = module.case_workflow.arn
    event_bus_name    = module.event_bus.name
    drift_service     = "drift"
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Experiments with faults, for game days
# ---------------------------------------------------------------------------------------------------------------------

locals {
  # This one output by its name: the functions must not wait for the experiments, which wait for alarms on the functions.
  fault_injection = var.chaos == null ? null : module.chaos["this"].fault_injection

  # By name, for they are made with what the module puts out.
  experiment_targets = {
    process = { name = "${local.prefix}-process", timeout_seconds = local.process_timeout_seconds }
    relay   = { name = "${local.prefix}-relay", timeout_seconds = local.relay_timeout_seconds }
  }
}

module "chaos" {
  source   = "./modules/chaos"
  for_each = var.chaos == null ? toset([]) : toset(["this"])

  name               = "${local.prefix}-chaos"
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  minutes            = var.chaos.minutes
  percent            = var.chaos.percent
  functions          = local.experiment_targets
  # What no experiment may bring about. What each must ring is in docs/operations.md.
  stop_alarm_arns = [
    for alarm in [
      "transactions-failed", "failures-unrecorded", "sweep-failed", "bus-undelivered", "queue-transactions-backlog",
    ] : module.monitoring.alarm_arns[alarm]
  ]
}
