# ---------------------------------------------------------------------------------------------------------------------
# Names and lifetime
# ---------------------------------------------------------------------------------------------------------------------

variable "environment" {
  description = "Last part of every name, which keeps two environments of one account apart: 1 to 12 lower-case letters, digits and hyphens, with a letter or digit at both ends."
  type        = string
  default     = "dev"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$", var.environment))
    error_message = "environment must be 1 to 12 lower-case letters, digits and hyphens, with a letter or digit at both ends."
  }
}

variable "region" {
  description = "AWS region of the whole system, as AWS writes it. To change it means to make the system anew."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2,3}(-[a-z]+)+-[1-9]$", var.region))
    error_message = "region must be the name of a region, such as us-east-1."
  }
}

variable "tags" {
  description = "Tags of every resource, beside Project, Environment, CostCenter and ManagedBy; the same keys here replace those. Budgets and Costs/DailySpend go by Project and Environment, which have to be activated as cost allocation tags once for an account."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether the tables refuse to be deleted. Switch off only where the environment must be destroyable."
  type        = bool
  default     = true
}

variable "force_destroy" {
  description = "Whether terraform destroy empties the buckets first. Locked reports stay until their time is over all the same. Switch on only where the environment must be destroyable."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "How long logs are kept, in days: one of the periods that CloudWatch Logs offers, 1 to 3,653."
  type        = number
  default     = 365
}

# ---------------------------------------------------------------------------------------------------------------------
# Network
# ---------------------------------------------------------------------------------------------------------------------

variable "network" {
  description = <<-EOT
    The private network of the functions, with endpoints for what they call; the function spend stays outside. Null: they run in no network of yours, and no endpoint is billed by the hour.
      cidr_block      : private IPv4 range, /16 to /22 (default 10.0.0.0/20)
      zones           : availability zones, 2 to 6 (default 2, with a warehouse 3)
      internet_access : way out by HTTPS: none (default); single, one NAT gateway for all zones; per_zone, one in each
  EOT
  type = object({
    cidr_block      = optional(string, "10.0.0.0/20")
    zones           = optional(number)
    internet_access = optional(string, "none")
  })
  default = {}
}

# ---------------------------------------------------------------------------------------------------------------------
# API
# ---------------------------------------------------------------------------------------------------------------------

variable "api" {
  description = <<-EOT
    How clients reach the system, and who may.
      authorization   : NONE, AWS_IAM (signed requests) or JWT (tokens of the user pool that is then made) (default NONE)
      api_key         : whether every request needs an API key besides (default true)
      submit_directly : whether the gateway puts transactions on the stream by itself, without the function ingest: faster and cheaper, but an id that is known already is found out only when it is decided (default false)
      rate_limit      : requests a second in the long run, more than 0 and up to 10,000 (default 10,000)
      burst_limit     : requests at once above that rate, 1 to 10,000 (default 5,000)
      clients         : further clients by name, each with a key and limits of its own: rate_limit, burst_limit, quota_per_day (default none)
      cors            : web pages of other origins that may call: allow_origins, allow_headers, max_age_seconds; null for none (default)
      cache           : reads whose answers the gateway keeps, billed by the hour: ttl_seconds (default 300), size_gb; null for none (default)
  EOT
  type = object({
    authorization   = optional(string, "NONE")
    api_key         = optional(bool, true)
    submit_directly = optional(bool, false)
    rate_limit      = optional(number, 10000)
    burst_limit     = optional(number, 5000)
    clients = optional(map(object({
      rate_limit    = number
      burst_limit   = number
      quota_per_day = optional(number)
    })), {})
    cors = optional(object({
      allow_origins   = set(string)
      allow_headers   = optional(set(string), [])
      max_age_seconds = optional(number, 3600)
    }))
    cache = optional(object({
      ttl_seconds = optional(number, 300)
      size_gb     = optional(string, "0.5")
    }))
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["NONE", "AWS_IAM", "JWT"], var.api.authorization)
    error_message = "api.authorization must be NONE, AWS_IAM or JWT."
  }

  validation {
    condition     = var.api.authorization != "NONE" || var.api.api_key
    error_message = "With api.authorization NONE and without api.api_key anybody could submit transactions: choose one of them."
  }

  validation {
    condition     = !(var.api.submit_directly && var.api.authorization == "JWT")
    error_message = "api.submit_directly does not go with JWT: the gateway cannot tell whether the token's customer is the transaction's."
  }
}

variable "api_key_value" {
  description = "Value of the first client's API key, 20 to 128 characters, to take an existing key along; hand it in through TF_VAR_api_key_value. Null: AWS makes one, which is the better way."
  type        = string
  default     = null
  sensitive   = true
}

variable "traced_share" {
  description = "Share of the requests that X-Ray traces, 0 to 1; what follows on the streams is not traced. Null: X-Ray's own rule, the first request of each second and 5 % of the others, which at a million requests a month is nearly each of them, for $5; null also where X-Ray's rules do not exist: the emulators."
  type        = number
  default     = 0.05
}

variable "manage_account_logging" {
  description = "Whether to set the role by which API Gateway writes logs, which is one for all APIs of an account and region. False where something else has set it already."
  type        = bool
  default     = true
}

# ---------------------------------------------------------------------------------------------------------------------
# Real-time path
# ---------------------------------------------------------------------------------------------------------------------

variable "stream" {
  description = <<-EOT
    The Kinesis stream between acceptance and decision.
      shards          : shards that it is made with, each for 1 MiB and 1,000 records a second (default 4)
      on_demand       : whether AWS scales by itself and charges by the gigabyte; shards and stream_autoscaling then count for nothing (default false)
      retention_hours : how long a record can be read again, 24 to 8,760 (default 24)
  EOT
  type = object({
    shards          = optional(number, 4)
    on_demand       = optional(bool, false)
    retention_hours = optional(number, 24)
  })
  default  = {}
  nullable = false
}

variable "stream_autoscaling" {
  description = <<-EOT
    Shards between which the function reshard scales the stream. Null: the stream keeps the number that it is made with.
      minimum : fewest (default 2)
      maximum : most (default 40)
  EOT
  type = object({
    minimum = optional(number, 2)
    maximum = optional(number, 40)
  })
  default = {}
}

variable "processor" {
  description = <<-EOT
    The function that decides, with batches of 100 from each shard.
      maximum_retries     : retries of a batch before its records are given up, 1 to 10,000 (default 100)
      maximum_age_seconds : age at which a record is given up, 60 to 86,400 (default 43,200: half of what the stream remembers, so that what was given up can still be read)
  EOT
  type = object({
    maximum_retries     = optional(number, 100)
    maximum_age_seconds = optional(number, 43200)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.processor.maximum_retries >= 1 && var.processor.maximum_retries <= 10000
    error_message = "processor.maximum_retries must lie between 1 and 10,000."
  }
}

variable "processor_reserved_concurrency" {
  description = "Calls of the function that decides that may run at once, taken out of the account's pool of usually 1,000. AWS keeps 100 of it unreserved and the function reshard reserves 1: the documented 1,000 need a quota of 1,101. Null: no reservation."
  type        = number
  default     = 1000

  validation {
    condition     = var.processor_reserved_concurrency == null ? true : var.processor_reserved_concurrency >= 1 && floor(var.processor_reserved_concurrency) == var.processor_reserved_concurrency
    error_message = "processor_reserved_concurrency must be a whole number of 1 or more, or null: with 0 nothing would be decided."
  }
}

variable "provisioned_concurrency" {
  description = <<-EOT
    Warm environments of the functions behind the API, billed whether used or not; the API then calls their alias `live`.
      ingest         : 1 or more; null for none (default)
      customer_query : 1 or more; null for none (default)
  EOT
  type = object({
    ingest         = optional(number)
    customer_query = optional(number)
  })
  default  = {}
  nullable = false
}

variable "packages_dir" {
  description = "Folder of the functions' zips and the Spark jobs, relative to this folder; make package fills the default one."
  type        = string
  default     = "../../build/packages"
}

variable "log_level" {
  description = "What the functions log: DEBUG, INFO, WARNING or ERROR, and what is more severe."
  type        = string
  default     = "INFO"

  validation {
    condition     = can(regex("^(DEBUG|INFO|WARNING|ERROR)$", var.log_level))
    error_message = "log_level must be one of DEBUG, INFO, WARNING and ERROR."
  }
}

variable "system_log_level" {
  description = "What Lambda itself logs of the functions: WARN, only starts and calls that failed; INFO, also each call's start and report (730 bytes) with its memory; DEBUG, all there is."
  type        = string
  default     = "WARN"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARN"], var.system_log_level)
    error_message = "system_log_level must be DEBUG, INFO or WARN."
  }
}

variable "timing" {
  description = <<-EOT
    How long things may take or be remembered, in whole seconds.
      policy_refresh : the policy document is cached, 1 to 900; each warm function reads it that often (default 60)
      sweep_after    : an accepted transaction may wait for its decision before it is put on the stream again and alarmed, 60 to 86,400 (default 900)
  EOT
  type = object({
    policy_refresh = optional(number, 60)
    sweep_after    = optional(number, 900)
  })
  default  = {}
  nullable = false

  validation {
    condition = contains(range(1, 901), var.timing.policy_refresh) && (
      var.timing.sweep_after >= 60 && var.timing.sweep_after <= 86400 && floor(var.timing.sweep_after) == var.timing.sweep_after
    )
    error_message = "timing.policy_refresh must be a whole number from 1 to 900, timing.sweep_after one from 60 to 86,400."
  }
}

variable "policy_document" {
  description = "File of the first policy document, relative to this folder. It is only written when the environment is made; later versions are put into the parameter."
  type        = string
  default     = "../../policy_documents/weights.json"

  validation {
    condition     = try(length(jsondecode(file("${path.root}/${var.policy_document}")).champion) > 0, false)
    error_message = "policy_document must name a JSON file that has a champion."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Lake and reports
# ---------------------------------------------------------------------------------------------------------------------

variable "lake" {
  description = <<-EOT
    The lake of what was decided.
      batching_window_seconds : how long the function lake waits for a fuller object, 0 to 300 (default 60)
      first_day               : oldest day that queries look for, YYYY-MM-DD (default 2025-01-01)
      bytes_scanned_limit     : bytes after which Athena breaks a query off (default 10 GiB)
      transfer_acceleration   : whether far clients may send through the nearest edge location, for a fee (default false)
      storage_class_analysis  : whether S3 watches how old objects are when they are read, for a fee (default false)
      replication             : copy in another region: bucket_arn, kms_key_arn, storage_class, time_control; null for none (default)
  EOT
  type = object({
    batching_window_seconds = optional(number, 60)
    first_day               = optional(string, "2025-01-01")
    bytes_scanned_limit     = optional(number, 10737418240)
    transfer_acceleration   = optional(bool, false)
    storage_class_analysis  = optional(bool, false)
    replication = optional(object({
      bucket_arn    = string
      kms_key_arn   = string
      storage_class = optional(string, "STANDARD_IA")
      time_control  = optional(bool, false)
    }))
  })
  default  = {}
  nullable = false
}

variable "spark_schedules_enabled" {
  description = "Whether the Spark jobs run by the clock: the daily one at 02:00 UTC, the weekly one on Sundays. Off, they run only when somebody starts them."
  type        = bool
  default     = true
}

variable "report_retention" {
  description = <<-EOT
    How long nobody can change or delete a compliance report.
      days : 1 to 36,500 (default 2,555, seven years)
      mode : GOVERNANCE (default), or COMPLIANCE, which not even the account's root can take back
  EOT
  type = object({
    days = optional(number, 2555)
    mode = optional(string, "GOVERNANCE")
  })
  default  = {}
  nullable = false
}

variable "warehouse" {
  description = <<-EOT
    A Redshift that reads the lake, billed as long as it is there; it needs the network. Null: none (default).
      kind          : serverless (default), or provisioned, a cluster of RA3 nodes
      max_capacity  : Redshift processing units that a serverless one may take, a multiple of 8 (default 32)
      node_type     : of a provisioned one (default ra3.large)
      nodes         : of a provisioned one (default 2)
      loads_enabled : whether it is loaded by the clock; false until make warehouse has installed the SQL (default false)
  EOT
  type = object({
    kind          = optional(string, "serverless")
    max_capacity  = optional(number, 32)
    node_type     = optional(string, "ra3.large")
    nodes         = optional(number, 2)
    loads_enabled = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.warehouse == null || var.network != null
    error_message = "warehouse needs the network: it is never reachable from the internet."
  }

  validation {
    condition     = try(var.warehouse.kind, "provisioned") != "serverless" || try(coalesce(var.network.zones, 3), 3) >= 3
    error_message = "A serverless warehouse needs network.zones of 3 or more."
  }
}

variable "report_schedule" {
  description = "When the compliance report of the day before is made, an EventBridge expression in UTC; after the daily Spark job."
  type        = string
  default     = "cron(0 5 * * ? *)"
}

# ---------------------------------------------------------------------------------------------------------------------
# Resilience, audit, cost
# ---------------------------------------------------------------------------------------------------------------------

variable "backup" {
  description = "Whether AWS Backup keeps weekly copies of the tables, beside the 35 days of point-in-time recovery."
  type        = bool
  default     = true
}

variable "replica_regions" {
  description = <<-EOT
    Further regions that hold the tables (global tables), by the region's name; none by default. Only this region may decide.
      kms_key_arn : ARN of a customer key of that region
  EOT
  type        = map(object({ kms_key_arn = string }))
  default     = {}
  nullable    = false
}

variable "table_cache" {
  description = <<-EOT
    A DAX cluster before the tables of transactions and customers, for readers that you bring: the functions of this system do not use it. It needs the network, and is billed by the hour and node. Null: none (default).
      node_type : dax.TYPE (default dax.t3.small)
      nodes     : 1 to 11 (default 3)
  EOT
  type = object({
    node_type = optional(string, "dax.t3.small")
    nodes     = optional(number, 3)
  })
  default = null

  validation {
    condition     = var.table_cache == null || var.network != null
    error_message = "table_cache needs the network: DAX is reached from within only."
  }
}

variable "budget_amounts" {
  description = "Amounts of US dollars a month at which somebody is told; the largest is the budget."
  type        = set(number)
  default     = [100, 200, 500]
}

variable "audit_trail" {
  description = <<-EOT
    CloudTrail with the data events of tables and buckets, and alarms on what nobody should do. Null: none, where the account has a trail of its own.
      multi_region           : whether the calls of all regions are recorded (default true)
      manage_config_recorder : whether the recorder of AWS Config and its rules are made here; a region has one (default false)
  EOT
  type = object({
    multi_region           = optional(bool, true)
    manage_config_recorder = optional(bool, false)
  })
  default = {}
}

variable "chaos" {
  description = <<-EOT
    Experiments of AWS FIS for game days on a real account: Kinesis throttles ingest, and the private subnets, if there are any, do not reach DynamoDB or S3. Null: none (default).
      minutes : how long each experiment lasts, 1 to 60 (default 5)
      percent : share of the calls of Kinesis that are throttled, 1 to 100 (default 100)
  EOT
  type = object({
    minutes = optional(number, 5)
    percent = optional(number, 100)
  })
  default = null
}

# ---------------------------------------------------------------------------------------------------------------------
# People
# ---------------------------------------------------------------------------------------------------------------------

variable "alert_emails" {
  description = "E-mail addresses that hear of failures, of alarms and of an unusual fraud rate; each has to confirm once."
  type        = set(string)
  default     = []
}
