# SecureBank: REST API -> Kinesis -> decision in each customer's order -> tables -> S3 lake -> Spark, Athena, Redshift.
# README.md has the picture. All parts are modules and functions of this repository; what differs is an argument.

locals {
  name = "securebank-%s-${var.environment}"
  tags = merge({ Project = "SecureBank", Environment = var.environment, CostCenter = "transaction-processing", ManagedBy = "terraform" }, var.tags)

  # The documented namespace is that of production; environments of one account must not count as one.
  namespace = var.environment == "prod" ? "SecureBank" : "SecureBank/${var.environment}"

  received_index = "received-index"

  # To Lambda, a line without a level is INFO: so are those that hold metrics, and they must pass whatever the code logs.
  log_levels = { system = var.system_log_level, application = var.log_level == "DEBUG" ? "DEBUG" : "INFO" }
}

module "encryption" {
  source = "../../modules/encryption"

  name = format(local.name, "data")
  uses = concat(
    ["alarms_to_topics", "budgets_to_topics", "events_to_topics", "log_groups"],
    var.audit_trail == null ? [] : ["trails", "config_delivery"],
    var.chaos == null ? [] : ["log_delivery"],
  )
  # A role that a stream, bucket, table, queue, topic or parameter lets in may use the key through it, and in no other way.
  via_services = ["dynamodb", "kinesis", "s3", "sns", "sqs", "ssm"]
}

# ---------------------------------------------------------------------------------------------------------------------
# Network: a way to the services that the functions call, and none out
# ---------------------------------------------------------------------------------------------------------------------

locals {
  # What the functions may do is what needs an endpoint, and the most that passes it. Lambda, and AWS's services among
  # themselves, need none: not for logs, traces and the reading of streams, nor for what is done with the key.
  calls = toset(flatten([
    for function in concat(values(local.functions), module.stream.autoscaling[*]) : [
      for statement in function.policy_statements : statement.actions
    ] if try(function.in_network, true)
  ]))
  calls_by_service = { for action in local.calls : split(":", action)[0] => action... }

  # Endpoints that are not called as IAM calls the service.
  endpoint_names = { cloudwatch = "monitoring", kinesis = "kinesis-streams" }

  # Redshift sends these through the network, too. It takes its role in its own name and not in the account's, so its
  # endpoint is narrowed to that one role instead.
  warehouse_endpoints = {
    glue = { actions = ["glue:BatchGetPartition", "glue:GetDatabase", "glue:GetDatabases", "glue:GetPartition", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"], policy = null }
    kms  = { actions = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], policy = null }
    sts = { actions = null, policy = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Principal = "*", Action = "sts:AssumeRole", Resource = var.warehouse == null ? null : module.warehouse["this"].lake_role_arn }]
    }) }
  }
  warehouse_objects = ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"]

  # Ports of what is not there stay closed.
  data_ports = merge(
    { for port in [9111] : "dax" => port if var.table_cache != null },
    { for port in [5439] : "redshift" => port if var.warehouse != null },
  )
}

module "network" {
  source   = "../../modules/private_network"
  for_each = var.network == null ? toset([]) : toset(["this"])

  name            = format(local.name, "network")
  cidr_block      = var.network.cidr_block
  zones           = { count = local.zones }
  internet_access = var.network.internet_access
  interface_endpoints = merge(
    { for service, endpoint in local.warehouse_endpoints : service => endpoint if var.warehouse != null },
    {
      for service, actions in local.calls_by_service : lookup(local.endpoint_names, service, service) => { actions = actions, policy = null }
      if !contains(["dynamodb", "s3"], service)
    },
  )
  gateway_endpoints = {
    dynamodb = { actions = local.calls_by_service.dynamodb }
    s3       = { actions = setunion(local.calls_by_service.s3, var.warehouse == null ? [] : local.warehouse_objects) }
  }
  data_ports                = local.data_ports
  data_stores_call_services = var.warehouse != null
  kms_key_arn               = module.encryption.key_arn
  log_retention_days        = var.log_retention_days
}

locals {
  zones = coalesce(try(var.network.zones, null), var.warehouse == null ? 2 : 3) # Redshift Serverless asks for three

  network      = one(values(module.network))
  lambda_vpc   = one([for network in module.network : network.lambda_vpc])
  data_network = local.network == null ? null : { subnet_ids = values(local.network.private_subnet_ids), security_group_ids = local.network.data_security_group_id[*] }
}

# ---------------------------------------------------------------------------------------------------------------------
# Stream, tables, policy document
# ---------------------------------------------------------------------------------------------------------------------

module "stream" {
  source = "../../modules/kinesis_stream"

  name            = local.stream_name
  shard_count     = var.stream.on_demand ? null : var.stream.shards
  retention_hours = var.stream.retention_hours
  kms_key_arn     = module.encryption.key_arn
  autoscaling = local.autoscales ? {
    minimum = var.stream_autoscaling.minimum
    maximum = var.stream_autoscaling.maximum
    metrics = { namespace = local.namespace }
  } : null
  resharder = local.autoscales ? { arn = module.reshard["this"].arn, function_name = module.reshard["this"].name } : null
}

locals {
  stream_name = format(local.name, "transactions")
  # A stream on demand scales by itself.
  autoscales = !var.stream.on_demand && var.stream_autoscaling != null
}

module "tables" {
  source   = "../../modules/dynamo_pitr"
  for_each = local.tables

  name                     = format(local.name, each.key)
  hash_key                 = each.value.hash_key
  range_key                = try(each.value.range_key, null)
  global_secondary_indexes = try(each.value.global_indexes, {})
  local_secondary_indexes  = try(each.value.local_indexes, {})
  kms_key_arn              = module.encryption.key_arn
  replica_regions          = var.replica_regions
  deletion_protection      = var.deletion_protection
  alarms                   = { system_error_operations = each.value.operations }
}

locals {
  tables = {
    transactions = {
      hash_key = { name = "customer_id", type = "S" }
      # The event time in ISO 8601 and the id: two transactions of one instant are two rows (decision 23).
      range_key = { name = "timestamp", type = "S" }
      global_indexes = {
        TransactionIdIndex = { hash_key = { name = "transaction_id", type = "S" } }
        MerchantIndex      = { hash_key = { name = "merchant_id", type = "S" }, range_key = { name = "timestamp", type = "S" } }
        # What still waits for its decision: the list of the function sweep.
        (local.received_index) = {
          hash_key        = { name = "received_shard", type = "S" }
          range_key       = { name = "sweep_after", type = "S" }
          projection_type = "KEYS_ONLY"
        }
      }
      local_indexes = { AmountIndex = { range_key = { name = "amount", type = "N" } } }
      operations    = ["BatchGetItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"]
    }
    customers       = { hash_key = { name = "customer_id", type = "S" }, operations = ["BatchGetItem", "TransactWriteItems", "UpdateItem"] }
    transaction-ids = { hash_key = { name = "transaction_id", type = "S" }, operations = ["BatchGetItem", "GetItem", "TransactWriteItems"] }
    fraud-insights  = { hash_key = { name = "bucket", type = "S" }, operations = ["BatchGetItem", "TransactWriteItems"] }
  }
}

# For readers that you bring: the functions of this system do not speak DAX.
module "table_cache" {
  source   = "../../modules/table_cache"
  for_each = var.table_cache == null ? toset([]) : toset(["this"])

  name                   = "sb-dax-${var.environment}" # DAX takes no longer one
  table_arns             = [module.tables["transactions"].arn, module.tables["customers"].arn]
  table_key_arns         = [module.encryption.key_arn]
  nodes                  = { type = var.table_cache.node_type, count = var.table_cache.nodes }
  network                = local.data_network
  notification_topic_arn = module.events_topic.arn
}

module "policy_parameter" {
  source = "../../modules/policy_parameter"

  name             = format(local.name, "policy")
  kms_key_arn      = module.encryption.key_arn
  initial_document = file("${path.root}/${var.policy_document}")
}

# Where Lambda reports what it gave up: of the stream (read by stream_failed), and of the table's stream.
module "stream_dead_letters" {
  source = "../../modules/sqs_standard"

  name                       = format(local.name, "stream-given-up")
  kms_key_arn                = module.encryption.key_arn
  consumer_timeout_seconds   = 60
  visibility_timeout_seconds = 360
}

module "lake_dead_letters" {
  source = "../../modules/dead_letter_queue"

  name        = format(local.name, "lake-dead-letter")
  kms_key_arn = module.encryption.key_arn
}

# ---------------------------------------------------------------------------------------------------------------------
# Lake, Spark jobs, reports, warehouse
# ---------------------------------------------------------------------------------------------------------------------

module "lake" {
  source = "../../modules/data_lake"

  name                   = format(local.name, "lake")
  kms_key_arn            = module.encryption.key_arn
  force_destroy          = var.force_destroy
  replication            = var.lake.replication
  transfer_acceleration  = var.lake.transfer_acceleration
  storage_class_analysis = var.lake.storage_class_analysis
  partitions             = { first_day = var.lake.first_day }
  bytes_scanned_limit    = var.lake.bytes_scanned_limit
}

module "spark_jobs" {
  source = "../../modules/spark_jobs"

  name               = format(local.name, "spark")
  lake_bucket        = module.lake.name
  packages_folder    = "${path.root}/${var.packages_dir}"
  policy_parameter   = { arn = module.policy_parameter.arn }
  schedules_enabled  = var.spark_schedules_enabled
  failures_topic_arn = module.events_topic.arn
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
}

module "reports" {
  source = "../../modules/report_archive"

  name          = format(local.name, "reports")
  retention     = var.report_retention
  kms_key_arn   = module.encryption.key_arn
  force_destroy = var.force_destroy
}

module "warehouse" {
  source   = "../../modules/warehouse"
  for_each = var.warehouse == null ? toset([]) : toset(["this"])

  name        = format(local.name, "warehouse")
  kind        = var.warehouse.kind
  serverless  = { max_capacity = var.warehouse.max_capacity }
  provisioned = { node_type = var.warehouse.node_type, nodes = var.warehouse.nodes }
  network     = local.data_network
  lake = {
    bucket_arn    = module.lake.arn
    kms_key_arn   = module.encryption.key_arn
    database_name = module.lake.database_name
  }
  loads_enabled      = var.warehouse.loads_enabled
  failure_topic_arn  = module.events_topic.arn
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  force_destroy      = var.force_destroy
}

# ---------------------------------------------------------------------------------------------------------------------
# Functions
# ---------------------------------------------------------------------------------------------------------------------

locals {
  packages_dir = "${path.root}/${var.packages_dir}"

  # What a function has unless it says otherwise.
  function_defaults = {
    memory_mb               = 512
    timeout_seconds         = 30
    reserved_concurrency    = null
    provisioned_concurrency = null
    event_sources           = {}
    schedules               = {}
    destinations            = null
    in_network              = true
  }

  table = module.tables

  # By the package that each runs.
  functions = merge(local.recording_functions, local.reading_functions, local.scheduled_functions)

  # What stands for each in names. Written out: the trail has to leave out the roles, and the report has to know the trail.
  purposes = ["customer-query", "ingest", "label", "lake", "report", "spend", "stream-failed", "stream-process", "sweep"]

  # The real-time path.
  recording_functions = {
    ingest = {
      description             = "Accepts transactions: checks, stores, puts them on the stream, answers."
      memory_mb               = 1024
      timeout_seconds         = 25 # all retries of its calls, and still below the gateway's 29
      provisioned_concurrency = var.provisioned_concurrency.ingest
      environment = {
        REQUEST_SCHEMA          = "securebank"
        TRANSACTIONS_TABLE      = local.table["transactions"].name
        TRANSACTION_IDS_TABLE   = local.table["transaction-ids"].name
        TRANSACTION_STREAM_NAME = module.stream.name
        SWEEP_AFTER_SECONDS     = var.timing.sweep_after
        RESPONSE_TIME_METRIC    = "API/ResponseTime"
        CORS_ORIGINS            = local.origins
      }
      policy_statements = {
        accept_transactions = {
          actions   = ["dynamodb:PutItem"]
          resources = [local.table["transactions"].arn, local.table["transaction-ids"].arn]
        }
        put_on_the_stream = { actions = ["kinesis:PutRecord"], resources = [module.stream.arn] }
      }
    }

    stream_process = {
      description          = "Decides what the stream brings, in each customer's order, and commits it."
      reserved_concurrency = var.processor_reserved_concurrency
      environment = {
        REQUEST_SCHEMA                = "securebank"
        TRANSACTIONS_TABLE            = local.table["transactions"].name
        TRANSACTION_IDS_TABLE         = local.table["transaction-ids"].name
        CUSTOMERS_TABLE               = local.table["customers"].name
        FRAUD_INSIGHTS_TABLE          = local.table["fraud-insights"].name
        PROCESSING_FAILURES_TOPIC_ARN = module.monitoring.processing_failures_topic_arn
        POLICY_PARAMETER              = module.policy_parameter.name
        POLICY_REFRESH_SECONDS        = var.timing.policy_refresh
      }
      policy_statements = {
        settle_transactions = {
          actions   = ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
          resources = [local.table["transactions"].arn]
        }
        claim_ids = {
          actions   = ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:PutItem"]
          resources = [local.table["transaction-ids"].arn]
        }
        move_customers  = { actions = ["dynamodb:BatchGetItem", "dynamodb:UpdateItem"], resources = [local.table["customers"].arn] }
        count_decisions = { actions = ["dynamodb:UpdateItem"], resources = [local.table["fraud-insights"].arn] }
        tell_the_topic  = { actions = ["sns:Publish"], resources = [module.monitoring.processing_failures_topic_arn] }
        # The history is for a start while the newest document is one that does not validate.
        read_the_policy = { actions = ["ssm:GetParameter", "ssm:GetParameterHistory"], resources = [module.policy_parameter.arn] }
      }
      event_sources = {
        transactions = {
          kind                = "kinesis"
          arn                 = module.stream.arn
          batch_size          = 100
          maximum_retries     = var.processor.maximum_retries
          maximum_age_seconds = var.processor.maximum_age_seconds
          on_failure_arn      = module.stream_dead_letters.queue_arn
        }
      }
    }

    stream_failed = {
      description     = "Records what the stream's retries could not settle, alerts, and lets its customer wait."
      timeout_seconds = 60
      environment = {
        REQUEST_SCHEMA                = "securebank"
        TRANSACTIONS_TABLE            = local.table["transactions"].name
        TRANSACTION_IDS_TABLE         = local.table["transaction-ids"].name
        CUSTOMERS_TABLE               = local.table["customers"].name
        PROCESSING_FAILURES_TOPIC_ARN = module.monitoring.processing_failures_topic_arn
      }
      policy_statements = {
        read_the_stream = { actions = ["kinesis:GetRecords", "kinesis:GetShardIterator"], resources = [module.stream.arn] }
        record_failures = { actions = ["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], resources = [local.table["transactions"].arn] }
        claim_ids       = { actions = ["dynamodb:BatchGetItem", "dynamodb:PutItem"], resources = [local.table["transaction-ids"].arn] }
        hold_customers  = { actions = ["dynamodb:BatchGetItem", "dynamodb:UpdateItem"], resources = [local.table["customers"].arn] }
        tell_the_topic  = { actions = ["sns:Publish"], resources = [module.monitoring.processing_failures_topic_arn] }
      }
      event_sources = { given_up = { kind = "sqs", arn = module.stream_dead_letters.queue_arn } }
    }

    label = {
      description     = "Records what a transaction turned out to be."
      timeout_seconds = 25
      environment = {
        TRANSACTIONS_TABLE    = local.table["transactions"].name
        TRANSACTION_IDS_TABLE = local.table["transaction-ids"].name
        RESPONSE_TIME_METRIC  = "API/ResponseTime"
        CORS_ORIGINS          = local.origins
      }
      policy_statements = {
        label_transactions = { actions = ["dynamodb:UpdateItem"], resources = [local.table["transactions"].arn] }
        find_ids           = { actions = ["dynamodb:GetItem"], resources = [local.table["transaction-ids"].arn] }
      }
    }

    # What was decided, as lines of the lake: up to a thousand an object, and nobody waits for them.
    lake = {
      description     = "Writes what the table's stream tells into the lake, many transactions an object."
      timeout_seconds = 60
      environment     = { LAKE_BUCKET = module.lake.name }
      policy_statements = {
        write_lines = { actions = ["s3:PutObject"], resources = ["${module.lake.arn}/raw/transactions/*", "${module.lake.arn}/quarantine/*"] }
      }
      event_sources = {
        transactions = {
          kind                    = "dynamodb"
          arn                     = local.table["transactions"].stream_arn
          batch_size              = 1000
          batching_window_seconds = var.lake.batching_window_seconds
          on_failure_arn          = module.lake_dead_letters.arn
          maximum_retries         = 10000 # S3 is waited for as long as the stream remembers
          maximum_age_seconds     = 86400
        }
      }
    }
  }

  # What clients read.
  reading_functions = {
    customer_query = {
      description             = "Answers what became of transactions, and what is known about fraud."
      memory_mb               = 1024
      timeout_seconds         = 25
      provisioned_concurrency = var.provisioned_concurrency.customer_query
      environment = {
        TRANSACTIONS_TABLE    = local.table["transactions"].name
        TRANSACTION_IDS_TABLE = local.table["transaction-ids"].name
        FRAUD_INSIGHTS_TABLE  = local.table["fraud-insights"].name
        CACHE_SECONDS         = var.api.cache == null ? 0 : var.api.cache.ttl_seconds
        CORS_ORIGINS          = local.origins
      }
      policy_statements = {
        read_transactions = { actions = ["dynamodb:GetItem", "dynamodb:Query"], resources = [local.table["transactions"].arn] }
        find_ids          = { actions = ["dynamodb:GetItem"], resources = [local.table["transaction-ids"].arn] }
        read_insights     = { actions = ["dynamodb:BatchGetItem"], resources = [local.table["fraud-insights"].arn] }
      }
    }
  }

  # What runs by the clock.
  scheduled_functions = merge(
    {
      # Heals what lies between two writes: a row that was stored, and whose record was never put on the stream.
      sweep = {
        description     = "Puts on the stream again what was accepted and has waited too long."
        timeout_seconds = 60
        environment = {
          TRANSACTIONS_TABLE      = local.table["transactions"].name
          RECEIVED_INDEX_NAME     = local.received_index
          TRANSACTION_STREAM_NAME = module.stream.name
          SWEEP_AFTER_SECONDS     = var.timing.sweep_after
        }
        policy_statements = {
          find_what_waits     = { actions = ["dynamodb:Query"], resources = [local.table["transactions"].index_arns[local.received_index]] }
          postpone_next_sweep = { actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [local.table["transactions"].arn] }
          put_on_the_stream   = { actions = ["kinesis:PutRecord"], resources = [module.stream.arn] }
        }
        schedules    = { every-minute = "rate(1 minute)" }
        destinations = { on_failure_arn = module.monitoring.processing_failures_topic_arn }
      }

      report = {
        description     = "Compares table and lake for a day, and keeps what it found where nobody can change it."
        memory_mb       = 1024
        timeout_seconds = 900
        environment = merge(
          {
            TRANSACTIONS_TABLE    = local.table["transactions"].name
            FRAUD_INSIGHTS_TABLE  = local.table["fraud-insights"].name
            LAKE_BUCKET           = module.lake.name
            REPORTS_BUCKET        = module.reports.name
            REPORT_RETENTION_DAYS = module.reports.retention_days
            REPORT_LOCK_MODE      = var.report_retention.mode
            API_NAME              = local.api_name
            API_STAGE             = local.api_stage
          },
          local.trail == null ? {} : { TRAIL_BUCKET = local.trail.bucket_name, TRAIL_PREFIX = local.trail_prefix },
        )
        policy_statements = merge(
          {
            read_the_table  = { actions = ["dynamodb:Scan"], resources = [local.table["transactions"].arn] }
            read_counters   = { actions = ["dynamodb:BatchGetItem"], resources = [local.table["fraud-insights"].arn] }
            list_the_lake   = { actions = ["s3:ListBucket"], resources = [module.lake.arn] }
            read_the_lake   = { actions = ["s3:GetObject"], resources = ["${module.lake.arn}/raw/transactions/*"] }
            write_counts    = { actions = ["s3:PutObject"], resources = ["${module.lake.arn}/analytics/table-counts/*"] }
            keep_the_report = { actions = ["s3:PutObject", "s3:PutObjectRetention"], resources = ["${module.reports.arn}/reports/*"] }
            count_calls     = { actions = ["cloudwatch:GetMetricData"], resources = ["*"] }
          },
          local.trail == null ? {} : {
            list_the_trail = { actions = ["s3:ListBucket"], resources = [local.trail.bucket_arn] }
            read_the_trail = { actions = ["s3:GetObject"], resources = ["${local.trail.bucket_arn}/${local.trail_prefix}*"] }
          },
        )
        schedules    = { daily = var.report_schedule }
        destinations = { on_failure_arn = module.monitoring.processing_failures_topic_arn }
      }

      spend = {
        description = "Publishes what the day before cost, by the tags of this environment."
        memory_mb   = 256
        in_network  = false # an endpoint of Cost Explorer takes no policy: it would let foreign credentials out
        environment = { COST_PROJECT = local.tags.Project, COST_ENVIRONMENT = local.tags.Environment }
        policy_statements = {
          read_the_bill = { actions = ["ce:GetCostAndUsage"], resources = ["*"] }
        }
        schedules    = { daily = "cron(0 12 * * ? *)" } # a day's cost is known up to 24 hours later
        destinations = { on_failure_arn = module.monitoring.processing_failures_topic_arn }
      }
    },
  )
}

module "functions" {
  source   = "../../modules/lambda_graviton"
  for_each = { for package, function in local.functions : package => merge(local.function_defaults, function) }

  name         = format(local.name, replace(each.key, "_", "-"))
  description  = each.value.description
  package_path = "${path.root}/${var.packages_dir}/${each.key}.zip"
  handler      = "${each.key}.handler.handler"
  environment = merge(each.value.environment, {
    POWERTOOLS_SERVICE_NAME      = each.key
    POWERTOOLS_METRICS_NAMESPACE = local.namespace
    POWERTOOLS_LOG_LEVEL         = var.log_level
  })
  memory_mb               = each.value.memory_mb
  timeout_seconds         = each.value.timeout_seconds
  reserved_concurrency    = each.value.reserved_concurrency
  provisioned_concurrency = each.value.provisioned_concurrency
  policy_statements       = each.value.policy_statements
  event_sources           = each.value.event_sources
  schedules               = each.value.schedules
  destinations            = each.value.destinations
  vpc                     = each.value.in_network ? local.lambda_vpc : null
  begins_traces           = !contains(["stream_process", "lake"], each.key) # one for each batch of a stream would cost most
  kms_key_arn             = module.encryption.key_arn
  log_retention_days      = var.log_retention_days
  log_levels              = local.log_levels
}

# Apart from the others: the stream's alarms call it, and it changes the stream.
module "reshard" {
  source   = "../../modules/lambda_graviton"
  for_each = local.autoscales ? toset(["this"]) : toset([])

  name         = format(local.name, "reshard")
  description  = "Doubles or halves the stream's shards when the writers' load asks for it."
  package_path = "${path.root}/${var.packages_dir}/reshard.zip"
  handler      = "reshard.handler.handler"
  environment = merge(module.stream.autoscaling.environment, {
    POWERTOOLS_SERVICE_NAME      = "reshard"
    POWERTOOLS_METRICS_NAMESPACE = local.namespace
    POWERTOOLS_LOG_LEVEL         = var.log_level
  })
  timeout_seconds      = 30
  reserved_concurrency = 1 # two at once would decide from the same look
  policy_statements    = module.stream.autoscaling.policy_statements
  schedules            = module.stream.autoscaling.schedules
  destinations         = { on_failure_arn = module.monitoring.processing_failures_topic_arn }
  vpc                  = local.lambda_vpc
  kms_key_arn          = module.encryption.key_arn
  log_retention_days   = var.log_retention_days
  log_levels           = local.log_levels
}

# ---------------------------------------------------------------------------------------------------------------------
# API
# ---------------------------------------------------------------------------------------------------------------------

locals {
  api_name  = format(local.name, "api")
  api_stage = "v1"

  origins = var.api.cors == null ? "" : join(",", var.api.cors.allow_origins)

  schemes = concat(
    var.api.api_key ? ["ApiKeyAuth"] : [],
    { NONE = [], AWS_IAM = ["IamAuth"], JWT = ["JwtAuth"] }[var.api.authorization],
  )

  served_by = {
    submitTransaction        = "ingest"
    getTransaction           = "customer_query"
    listCustomerTransactions = "customer_query"
    getFraudInsights         = "customer_query"
    recordLabel              = "label"
    getHealth                = "customer_query"
  }

  # The one operation that the gateway can do by itself.
  by_gateway = { for operation in keys(local.served_by) : operation => var.api.submit_directly && operation == "submitTransaction" }
}

module "api" {
  source = "../../modules/rest_api"

  name       = local.api_name
  stage_name = local.api_stage
  openapi    = file("${path.root}/openapi.yaml")

  # Choice by choice, and not the one object or the other: of those, a plan would have to know everything.
  integrations = {
    for operation, package in local.served_by : operation => {
      function_name = local.by_gateway[operation] ? null : module.functions[package].name
      invoke_arn    = local.by_gateway[operation] ? null : module.functions[package].invoke_arn
      qualifier     = local.by_gateway[operation] ? null : module.functions[package].qualifier
      kinesis = local.by_gateway[operation] ? {
        stream_name = module.stream.name
        stream_arn  = module.stream.arn
        kms_key_arn = module.encryption.key_arn
      } : null
    }
  }

  security = local.schemes
  jwt      = var.api.authorization == "JWT" ? { user_pool_arns = [module.user_pool["this"].arn] } : null
  throttle = { rate_limit = var.api.rate_limit, burst_limit = var.api.burst_limit }
  cors     = var.api.cors
  cache = var.api.cache == null ? null : merge(var.api.cache, {
    operations = ["getTransaction", "listCustomerTransactions", "getFraudInsights"]
  })
  clients                = var.api.clients
  api_key_value          = var.api_key_value
  traced_share           = var.traced_share
  manage_account_logging = var.manage_account_logging
  kms_key_arn            = module.encryption.key_arn
  log_retention_days     = var.log_retention_days
  alarms                 = { latency_p99_ms = 100, latency_periods = 3 }
}

module "user_pool" {
  source   = "../../modules/user_pool"
  for_each = var.api.authorization == "JWT" ? toset(["this"]) : toset([])

  name                = format(local.name, "users")
  deletion_protection = var.deletion_protection
}

# ---------------------------------------------------------------------------------------------------------------------
# Resilience, audit, cost
# ---------------------------------------------------------------------------------------------------------------------

# What AWS itself tells of: failed jobs, loads and backups, findings of AWS Config, and the month's cost. Alarms have a
# topic of their own.
module "events_topic" {
  source = "../../modules/alert_topic"

  name                = format(local.name, "events")
  display_name        = "SecureBank events"
  kms_key_arn         = module.encryption.key_arn
  email_subscriptions = var.alert_emails
  publishers          = { event_rules = true, budgets = true }
}

module "backup" {
  source   = "../../modules/backup"
  for_each = var.backup ? toset(["this"]) : toset([])

  name               = format(local.name, "backup")
  table_arns         = [for table in module.tables : table.arn]
  kms_key_arn        = module.encryption.key_arn
  failures_topic_arn = module.events_topic.arn
  force_destroy      = var.force_destroy
}

module "budget" {
  source = "../../modules/budgets"

  name      = format(local.name, "monthly")
  amounts   = var.budget_amounts
  cost_tag  = { key = "Project", values = [local.tags.Project] }
  topic_arn = module.events_topic.arn # its addresses hear of it there, and once
}

module "audit_trail" {
  source   = "../../modules/audit_trail"
  for_each = var.audit_trail == null ? toset([]) : toset(["this"])

  name         = format(local.name, "trail")
  multi_region = var.audit_trail.multi_region
  data_events = {
    bucket_arns = [module.lake.arn, module.reports.arn]
    table_arns  = [module.tables["transactions"].arn, module.tables["customers"].arn]
    # A transaction is several calls of the functions, which tell nothing that their logs do not.
    except_roles = [for purpose in local.purposes : format(local.name, purpose)]
  }
  manage_config_recorder = var.audit_trail.manage_config_recorder
  findings_topic         = { arn = module.events_topic.arn }
  kms_key_arn            = module.encryption.key_arn
  log_retention_days     = var.log_retention_days
  force_destroy          = var.force_destroy
}

locals {
  trail        = one(values(module.audit_trail))
  trail_prefix = "AWSLogs/${data.aws_caller_identity.current.account_id}/CloudTrail/"
}

data "aws_caller_identity" "current" {}

# ---------------------------------------------------------------------------------------------------------------------
# Monitoring
# ---------------------------------------------------------------------------------------------------------------------

locals {
  # Counted by the functions themselves: one is one too many.
  counted = {
    failures-unrecorded   = ["stream_failed", "FailureNotRecorded", "What the stream's retries could not settle could not be recorded; it stays in its queue and is tried again."]
    settlement-failed     = ["stream_process", "SettlementFailed", "A transaction could not be decided for a reason of its own or ours; its customer's records come again, or wait."]
    records-lost          = ["stream_failed", "RecordsLost", "Records that the stream's retries gave up can no longer be read: the stream forgot them first."]
    transactions-failed   = ["stream_process", "Failed", "A transaction failed for good; its customer waits for an operator."]
    given-up-failed       = ["stream_failed", "Failed", "A transaction was given up by the stream's retries; its customer waits for an operator."]
    transactions-stale    = ["sweep", "StaleReceived", "An accepted transaction waited too long and was put on the stream again."]
    sweep-failed          = ["sweep", "SweepFailed", "A waiting transaction could not be put on the stream again."]
    policy-refresh-failed = ["stream_process", "PolicyRefreshFailed", "A policy document could not be read or was refused; the one before it decides."]
    policy-fallback       = ["stream_process", "PolicyFallback", "No policy document could be read at a start; packaged rules decide."]
  }

  # Told with each report, 0 included: between two of them, the books are as they were.
  reported = {
    books-differ       = ["Report/Differences", "The compliance report found transactions that table and lake do not agree on."]
    books-not-compared = ["Report/NotCompared", "The compliance report could not compare table and lake."]
  }

  delays = {
    decision-delay = { function = "stream_process", seconds = 60, text = "Decisions are made more than a minute late." }
    lake-delay     = { function = "lake", seconds = 3600, text = "The lake is more than an hour behind the table." }
  }

  alarms = merge(
    module.api.alarms,
    { for name, alarm in module.stream.alarms : "stream-${name}" => alarm },
    merge([for key, table in module.tables : { for name, alarm in table.alarms : "table-${key}-${lower(name)}" => alarm }]...),
    { for name, alarm in module.stream_dead_letters.alarms : "given-up-${name}" => alarm },
    { lake-dead-letter = module.lake_dead_letters.alarm },
    { for name, alarm in module.events_topic.alarms : "events-${name}" => alarm },
    local.trail == null ? {} : { for name, alarm in local.trail.alarms : "audit-${name}" => alarm },
    merge([for cache in module.table_cache : { for name, alarm in cache.alarms : "cache-${name}" => alarm }]...),
    merge([for warehouse in module.warehouse : { for name, alarm in warehouse.alarms : "warehouse-${name}" => alarm }]...),
    { for name, counted in local.counted : name => {
      namespace   = local.namespace
      dimensions  = { service = counted[0] }
      metric_name = counted[1]
      description = counted[2]
    } },
    { for name, reported in local.reported : name => {
      namespace          = local.namespace
      dimensions         = { service = "report" }
      metric_name        = reported[0]
      description        = reported[1]
      statistic          = "Maximum"
      period_seconds     = 3600
      treat_missing_data = "ignore"
    } },
    { for name, delay in local.delays : name => {
      description = delay.text
      namespace   = "AWS/Lambda"
      metric_name = "IteratorAge"
      dimensions  = { FunctionName = module.functions[delay.function].name }
      statistic   = "Maximum"
      threshold   = 1000 * delay.seconds
    } },
  )
}

module "monitoring" {
  source = "../../modules/monitoring"

  name                        = "securebank"
  name_formats                = { alarm = local.name, topic = local.name, dashboard = "%s-${var.environment}" }
  kms_key_arn                 = module.encryption.key_arn
  failure_email_subscriptions = var.alert_emails
  fraud_email_subscriptions   = var.alert_emails
  functions = {
    for package, function in merge(module.functions, { for package in keys(module.reshard) : "reshard" => module.reshard[package] }) :
    replace(package, "_", "-") => { name = function.name, timeout_seconds = function.timeout_seconds }
  }
  alarms = local.alarms
  critical_alarms = [
    "decision-delay", "failures-unrecorded", "given-up-failed", "lake-dead-letter", "policy-fallback", "records-lost",
    "sweep-failed", "transactions-failed", "transactions-stale",
  ]
  decision_metrics = {
    namespace = local.namespace
    service   = "stream_process"
    names     = { processed = "Transactions/ProcessedCount", fraud = "Fraud/DetectedCount" }
  }
  thresholds    = { fraud_rate_minutes = 5, error_rate_minutes = 5, error_rate_periods = 2 }
  response_time = { services = toset([for package in local.served_by : package if package != "ingest" || !var.api.submit_directly]) }
  dashboard = {
    api                = { name = module.api.name, stage = module.api.stage_name }
    queues             = { given-up = module.stream_dead_letters.queue_name }
    dead_letter_queues = { lake = module.lake_dead_letters.name }
    streams            = { transactions = module.stream.name }
    tables             = { for key, table in module.tables : key => table.name }
  }
  dashboards = {
    business = true
    cost = {
      # A thirtieth of each amount that is told of in a month.
      daily_limits_usd    = [for amount in sort([for amount in var.budget_amounts : format("%09.2f", amount / 30)]) : tonumber(amount)]
      buckets             = { lake = module.lake.name, reports = module.reports.name }
      athena_workgroups   = { lake = module.lake.workgroup_name }
      redshift_workgroups = { for warehouse in module.warehouse : "warehouse" => warehouse.installation.workgroup_name if warehouse.installation.workgroup_name != null }
    }
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Experiments with faults, for game days
# ---------------------------------------------------------------------------------------------------------------------

module "chaos" {
  source   = "../../modules/chaos"
  for_each = var.chaos == null ? toset([]) : toset(["this"])

  name               = format(local.name, "chaos")
  kms_key_arn        = module.encryption.key_arn
  log_retention_days = var.log_retention_days
  minutes            = var.chaos.minutes
  percent            = var.chaos.percent
  kinesis_callers    = { ingest = { role_arn = module.functions["ingest"].role_arn, operations = ["PutRecord"] } }
  subnets            = one([for network in module.network : { vpc_id = network.vpc_id, ids = values(network.private_subnet_ids) }])
  # What no experiment may bring about.
  stop_alarm_arns = [
    for alarm in ["transactions-failed", "given-up-failed", "failures-unrecorded", "records-lost", "sweep-failed"] :
    module.monitoring.alarm_arns[alarm]
  ]
}
