# Alerts on suspicious transactions: REST API -> table -> its stream -> decision -> queue -> one e-mail each.
# README.md has the picture and tells what happens when a part fails.

locals {
  # Every name is {resource-type}-{purpose}-{suffix}, as documented.
  suffix    = var.environment_suffix
  namespace = "TransactionPipeline/stream-alerts-${local.suffix}" # environments of one account must not count as one
  tags      = merge({ Environment = "production", CostCenter = "fraud-detection" }, var.tags)

  log_retention_days     = 7
  notify_timeout_seconds = 30

  # To Lambda, a line without a level is INFO: so are those that hold metrics, and they must pass whatever the code logs.
  log_levels = { system = var.system_log_level, application = var.log_level == "DEBUG" ? "DEBUG" : "INFO" }
}

check "runtime_is_supported" {
  assert {
    condition     = contains(["python3.11", "python3.12", "python3.13"], var.runtime)
    error_message = "${var.runtime} is deprecated, and from 2027-02-01 on AWS blocks the creation of new functions with it. Set runtime to python3.13."
  }
}

check "somebody_is_alerted" {
  assert {
    condition     = length(var.notification_emails) > 0
    error_message = "notification_emails is empty. SNS takes alerts for a topic without subscribers, too: they count as sent, and nobody reads them."
  }
}

module "encryption" {
  source = "../../modules/encryption"

  name                 = "kms-stream-alerts-${local.suffix}"
  deletion_window_days = 7 # the shortest that AWS allows: nothing here is to outlive a destroy
  uses                 = ["log_groups", "alarms_to_topics"]
  via_services         = ["dynamodb", "sns", "sqs", "ssm"]
}

# ---------------------------------------------------------------------------------------------------------------------
# Tables
# ---------------------------------------------------------------------------------------------------------------------

module "transactions" {
  source = "../../modules/dynamo_pitr"

  name                = "dynamodb-transactions-${local.suffix}"
  hash_key            = { name = "transaction_id", type = "S" }
  range_key           = { name = "timestamp", type = "N" }
  kms_key_arn         = module.encryption.key_arn
  deletion_protection = false
  alarms              = { system_error_operations = ["TransactWriteItems", "UpdateItem"] }
}

# The sort key is part of a row's identity, so the table itself would take one id at two timestamps for two
# transactions. This one knows each id once; both are written together, or neither.
module "transaction_ids" {
  source = "../../modules/dynamo_pitr"

  name                = "dynamodb-transaction-ids-${local.suffix}"
  hash_key            = { name = "transaction_id", type = "S" }
  kms_key_arn         = module.encryption.key_arn
  deletion_protection = false
  alarms              = { system_error_operations = ["TransactWriteItems"] }
}

# ---------------------------------------------------------------------------------------------------------------------
# Policy document
# ---------------------------------------------------------------------------------------------------------------------

# By which rules is decided. Operators change it without a deployment (scripts/policy).
module "policy_parameter" {
  source = "../../modules/policy_parameter"

  name             = "parameter-fraud-policy-${local.suffix}" # AWS refuses names that begin with ssm
  kms_key_arn      = module.encryption.key_arn
  initial_document = file("${path.root}/${var.policy_document}")
}

# ---------------------------------------------------------------------------------------------------------------------
# Queues and the topic
# ---------------------------------------------------------------------------------------------------------------------

# What looks suspicious, on its way to the team.
module "alerts" {
  source = "../../modules/sqs_standard"

  name                       = "sqs-fraud-alerts-${local.suffix}"
  dead_letter_queue_name     = "sqs-fraud-alerts-dead-letter-${local.suffix}"
  kms_key_arn                = module.encryption.key_arn
  visibility_timeout_seconds = 300
  consumer_timeout_seconds   = local.notify_timeout_seconds
}

# Records of the stream that `detect` gave up or could not read.
module "detect_dead_letters" {
  source = "../../modules/dead_letter_queue"

  name        = "sqs-detect-fraud-dead-letter-${local.suffix}"
  kms_key_arn = module.encryption.key_arn
}

module "notifications" {
  source = "../../modules/alert_topic"

  name                = "sns-fraud-notifications-${local.suffix}"
  display_name        = "Fraud alerts"
  kms_key_arn         = module.encryption.key_arn
  email_subscriptions = var.notification_emails
  publishers          = { alarm_names = ["alarm-fraud-rate-${local.suffix}"] } # concerns the same team
}

# ---------------------------------------------------------------------------------------------------------------------
# Functions
# ---------------------------------------------------------------------------------------------------------------------

locals {
  # By the package that each runs.
  functions = {
    ingest = {
      purpose         = "process-transaction"
      description     = "Accepts transactions: validates, stores, answers."
      timeout_seconds = 25 # all retries of its calls, and still below the gateway's 29
      # The only function that somebody waits for.
      provisioned_concurrency = var.process_transaction_provisioned_concurrency
      environment = {
        TRANSACTIONS_TABLE    = module.transactions.name
        TRANSACTION_IDS_TABLE = module.transaction_ids.name
        REQUEST_SCHEMA        = "stream_alerts"
      }
      policy_statements = {
        accept_transactions = { actions = ["dynamodb:PutItem"], resources = [module.transactions.arn, module.transaction_ids.arn] }
      }
      event_sources = {}
    }

    detect = {
      purpose         = "detect-fraud"
      description     = "Decides on what the stream says was accepted, and queues an alert for what looks suspicious."
      timeout_seconds = 30
      begins_traces   = false # one for each record of the stream would cost as much as the rest of the API
      environment = {
        TRANSACTIONS_TABLE     = module.transactions.name
        ALERT_QUEUE_URL        = module.alerts.queue_url
        DEAD_LETTER_QUEUE_URL  = module.detect_dead_letters.url
        POLICY_PARAMETER       = module.policy_parameter.name
        POLICY_REFRESH_SECONDS = var.policy_refresh_seconds
      }
      policy_statements = {
        settle_transactions = { actions = ["dynamodb:UpdateItem"], resources = [module.transactions.arn] }
        hand_on             = { actions = ["sqs:SendMessage"], resources = [module.alerts.queue_arn, module.detect_dead_letters.arn] }
        # The history is for a start while the newest document is one that does not validate.
        read_policy = { actions = ["ssm:GetParameter", "ssm:GetParameterHistory"], resources = [module.policy_parameter.arn] }
      }
      event_sources = {
        transactions = {
          kind       = "dynamodb"
          arn        = module.transactions.stream_arn
          batch_size = 10
          # What was just accepted, and none of the function's own changes.
          filters        = [jsonencode({ eventName = ["INSERT"], dynamodb = { NewImage = { status = { S = ["RECEIVED"] } } } })]
          on_failure_arn = module.detect_dead_letters.arn
          # A failing batch is halved until the bad record is alone. It must not hold the others up for longer.
          maximum_retries     = 10
          maximum_age_seconds = 3600
        }
      }
    }

    notify = {
      purpose         = "notify-team"
      description     = "Sends the team one alert for each suspicious transaction."
      timeout_seconds = local.notify_timeout_seconds
      environment = {
        TRANSACTIONS_TABLE = module.transactions.name
        ALERTS_TOPIC_ARN   = module.notifications.arn
        LEASE_SECONDS      = 2 * local.notify_timeout_seconds # who holds one must have ended before another takes it
      }
      policy_statements = {
        lease_alerts = { actions = ["dynamodb:UpdateItem"], resources = [module.transactions.arn] }
        alert        = { actions = ["sns:Publish"], resources = [module.notifications.arn] }
      }
      event_sources = {
        # Three receives are few: no alert may lose one because a call was throttled, or another alert took all its time.
        alerts = { kind = "sqs", arn = module.alerts.queue_arn, batch_size = 1, maximum_concurrency = var.reserved_concurrency }
      }
    }
  }
}

module "functions" {
  source   = "../../modules/lambda_graviton"
  for_each = local.functions

  name                    = "lambda-${each.value.purpose}-${local.suffix}"
  role_name               = "role-${each.value.purpose}-${local.suffix}"
  description             = each.value.description
  handler                 = "${each.key}.handler.handler"
  package_path            = "${path.root}/${var.packages_dir}/${each.key}.zip"
  runtime                 = var.runtime
  memory_mb               = 512
  timeout_seconds         = each.value.timeout_seconds
  reserved_concurrency    = var.reserved_concurrency
  provisioned_concurrency = lookup(each.value, "provisioned_concurrency", null)
  begins_traces           = lookup(each.value, "begins_traces", true)
  kms_key_arn             = module.encryption.key_arn
  log_retention_days      = local.log_retention_days
  log_levels              = local.log_levels
  policy_statements       = each.value.policy_statements
  event_sources           = each.value.event_sources
  environment = merge(each.value.environment, {
    POWERTOOLS_SERVICE_NAME      = each.key
    POWERTOOLS_METRICS_NAMESPACE = local.namespace
    POWERTOOLS_LOG_LEVEL         = var.log_level
  })
}

# ---------------------------------------------------------------------------------------------------------------------
# API
# ---------------------------------------------------------------------------------------------------------------------

locals {
  document = yamldecode(file("${path.root}/openapi.yaml"))

  # What a key adds to the document.
  key = {
    security = [{ ApiKeyAuth = [] }]
    components = merge(local.document.components, {
      securitySchemes = { ApiKeyAuth = { type = "apiKey", in = "header", name = "x-api-key" } }
    })
  }
}

module "api" {
  source = "../../modules/rest_api"

  name    = "api-transactions-${local.suffix}"
  openapi = jsonencode(merge([local.document, { for part, value in local.key : part => value if var.api_key_required }]...))
  integrations = {
    submitTransaction = {
      function_name = module.functions["ingest"].name
      invoke_arn    = module.functions["ingest"].invoke_arn
      qualifier     = module.functions["ingest"].qualifier
    }
  }
  throttle               = var.api_throttle
  api_key_value          = var.api_key_value
  manage_account_logging = var.manage_account_logging
  traced_share           = var.traced_share
  logging_role_name      = "role-api-gateway-logs-${local.suffix}"
  kms_key_arn            = module.encryption.key_arn
  log_retention_days     = local.log_retention_days
}

# ---------------------------------------------------------------------------------------------------------------------
# Monitoring
# ---------------------------------------------------------------------------------------------------------------------

locals {
  tables = { transactions = module.transactions, transaction-ids = module.transaction_ids }

  # Counted by the functions themselves: one is one too many.
  counted_alarms = {
    for name, alarm in {
      detection-failed      = { service = "detect", metric = "DetectionFailed", text = "A record of the stream could not be decided; it is tried again, ten times and for an hour at most." }
      record-unreadable     = { service = "detect", metric = "PoisonRecord", text = "A record of the stream is no transaction; its keys are in the dead-letter queue." }
      policy-refresh-failed = { service = "detect", metric = "PolicyRefreshFailed", text = "A policy document could not be read or was refused; the one before it decides." }
      policy-fallback       = { service = "detect", metric = "PolicyFallback", text = "No policy document could be read at a start; packaged rules decide." }
      alert-failed          = { service = "notify", metric = "AlertFailed", text = "An alert could not be sent; it is tried again after five minutes, three times in all." }
    } : name => { description = alarm.text, namespace = local.namespace, metric_name = alarm.metric, dimensions = { service = alarm.service } }
  }

  # Accepted, and not yet decided.
  detect_delay = {
    description = "Decisions are made more than a minute late."
    namespace   = "AWS/Lambda"
    metric_name = "IteratorAge"
    dimensions  = { FunctionName = module.functions["detect"].name }
    statistic   = "Maximum"
    threshold   = 60000
  }

  alarms = merge(
    module.api.alarms,
    merge([for table, module in local.tables : { for name, alarm in module.alarms : "table-${table}-${name}" => alarm }]...),
    { for name, alarm in module.alerts.alarms : "fraud-alerts-${name}" => alarm },
    { for name, alarm in module.notifications.alarms : "fraud-notifications-${name}" => alarm },
    { detect-fraud-dead-letter = module.detect_dead_letters.alarm, detect-fraud-delay = local.detect_delay },
    local.counted_alarms,
  )
}

module "monitoring" {
  source = "../../modules/monitoring"

  name = "stream-alerts"
  name_formats = {
    alarm     = "alarm-%s-${local.suffix}"
    topic     = "sns-%s-${local.suffix}"
    dashboard = "dashboard-%s-${local.suffix}"
  }
  kms_key_arn                 = module.encryption.key_arn
  failure_email_subscriptions = var.failure_emails
  fraud_topic                 = { arn = module.notifications.arn }
  functions = {
    for package, function in module.functions : local.functions[package].purpose => { name = function.name, timeout_seconds = function.timeout_seconds }
  }
  alarms           = local.alarms
  critical_alarms  = ["api-errors", "detect-fraud-dead-letter", "detect-fraud-delay", "fraud-alerts-dead-letter", "policy-fallback"]
  decision_metrics = { namespace = local.namespace, service = "detect" }
  dashboard = {
    api                = { name = module.api.name, stage = module.api.stage_name }
    queues             = { fraud-alerts = module.alerts.queue_name }
    dead_letter_queues = { fraud-alerts = module.alerts.dead_letter_queue_name, detect-fraud = module.detect_dead_letters.name }
    tables             = { for name, table in local.tables : name => table.name }
  }
}
