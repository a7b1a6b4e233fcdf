variable "name" {
  description = "Full name of the warehouse: of its namespace and workgroup, or cluster, and the beginning of all other names (3 to 40 lower-case letters, digits and single hyphens, beginning with a letter)."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) >= 3 && length(var.name) <= 40
    error_message = "name must have 3 to 40 lower-case letters, digits and single hyphens, begin with a letter and not end with a hyphen."
  }
}

variable "kind" {
  description = "serverless: paid by the second of use (default). provisioned: a cluster of RA3 nodes, paid by the hour."
  type        = string
  default     = "serverless"
  nullable    = false

  validation {
    condition     = contains(["serverless", "provisioned"], var.kind)
    error_message = "kind must be serverless or provisioned."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer key that encrypts the data, the administrator's secret, the logs and undelivered calls. Its policy must let CloudWatch Logs use it."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "network" {
  description = <<-EOT
    Where the warehouse lies; it is never reachable from the internet.
      subnet_ids           : private subnets: serverless three or more in as many zones (two are enough without enhanced routing), provisioned one or more
      security_group_ids   : groups of the warehouse, 1 to 5; clients come in at port 5439
      enhanced_vpc_routing : whether COPY, UNLOAD and the catalogue are reached by way of the VPC (default true); it must then have endpoints for S3, Glue, KMS and STS
  EOT
  type = object({
    subnet_ids           = set(string)
    security_group_ids   = set(string)
    enhanced_vpc_routing = optional(bool, true)
  })

  validation {
    condition     = alltrue([for id in var.network.subnet_ids : can(regex("^subnet-[0-9a-z]+$", id))]) && length(var.network.subnet_ids) >= 1
    error_message = "network.subnet_ids must be ids of subnets, one at least."
  }

  validation {
    condition     = var.kind != "serverless" || length(var.network.subnet_ids) >= (var.network.enhanced_vpc_routing ? 3 : 2)
    error_message = "Redshift Serverless takes three subnets or more, or two without enhanced_vpc_routing."
  }

  validation {
    condition     = alltrue([for id in var.network.security_group_ids : can(regex("^sg-[0-9a-z]+$", id))]) && length(var.network.security_group_ids) >= 1 && length(var.network.security_group_ids) <= 5
    error_message = "network.security_group_ids must be 1 to 5 ids of security groups: without one the VPC's default would hold."
  }
}

variable "database" {
  description = <<-EOT
    The database.
      name           : its name (default securebank)
      admin_username : name of the administrator, whose password Redshift makes and keeps in Secrets Manager (default warehouse_admin)
  EOT
  type = object({
    name           = optional(string, "securebank")
    admin_username = optional(string, "warehouse_admin")
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database.name))
    error_message = "database.name must have 1 to 63 lower-case letters, digits and underscores and begin with a letter."
  }

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database.admin_username)) && var.database.admin_username != "public"
    error_message = "database.admin_username must have 1 to 63 lower-case letters, digits and underscores, begin with a letter, and not be public."
  }
}

variable "serverless" {
  description = <<-EOT
    Capacity of kind serverless, in Redshift processing units (RPU).
      base_capacity : RPU that a query begins with: 4, 8 to 512 in steps of 8, or up to 1,024 in steps of 32 (default 8); not each region has all
      max_capacity  : RPU that all queries together may take, a multiple of 8, at least base_capacity, at most 1,024 (default 32)
      usage_limits  : by period (daily, weekly, monthly): rpu_hours, 1 or more, and breach_action when they are used up: log, emit-metric or deactivate (default: daily 24, deactivate)
  EOT
  type = object({
    base_capacity = optional(number, 8)
    max_capacity  = optional(number, 32)
    usage_limits = optional(map(object({
      rpu_hours     = number
      breach_action = optional(string, "deactivate")
    })), { daily = { rpu_hours = 24 } })
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.serverless.base_capacity == 4 || (var.serverless.base_capacity >= 8 && var.serverless.base_capacity <= 1024 && var.serverless.base_capacity % (var.serverless.base_capacity <= 512 ? 8 : 32) == 0)
    error_message = "serverless.base_capacity must be 4, lie between 8 and 512 in steps of 8, or between 512 and 1,024 in steps of 32."
  }

  validation {
    condition     = var.serverless.max_capacity % 8 == 0 && var.serverless.max_capacity >= var.serverless.base_capacity && var.serverless.max_capacity <= 1024
    error_message = "serverless.max_capacity must be a multiple of 8 between base_capacity and 1,024."
  }

  validation {
    condition     = length(setsubtract(keys(var.serverless.usage_limits), ["daily", "weekly", "monthly"])) == 0
    error_message = "The periods of serverless.usage_limits are daily, weekly and monthly."
  }

  validation {
    condition     = alltrue([for limit in var.serverless.usage_limits : limit.rpu_hours >= 1 && floor(limit.rpu_hours) == limit.rpu_hours && contains(["log", "emit-metric", "deactivate"], limit.breach_action)])
    error_message = "Each of serverless.usage_limits needs whole rpu_hours of 1 or more, and log, emit-metric or deactivate as its breach_action."
  }
}

variable "provisioned" {
  description = <<-EOT
    The cluster of kind provisioned.
      node_type               : ra3.large (default), ra3.xlplus, ra3.4xlarge or ra3.16xlarge
      nodes                   : 1 to 128 (default 2); the two largest types take 2 or more
      snapshot_retention_days : days for which automatic snapshots are kept, 1 to 35 (default 35)
      maintenance_window      : ddd:hh:mm-ddd:hh:mm in UTC (default sun:04:00-sun:04:30)
      spectrum_limits         : by period (daily, weekly, monthly): terabytes that may be read in the lake, 1 or more, and breach_action: log, emit-metric or disable (default: daily 1, disable)
  EOT
  type = object({
    node_type               = optional(string, "ra3.large")
    nodes                   = optional(number, 2)
    snapshot_retention_days = optional(number, 35)
    maintenance_window      = optional(string, "sun:04:00-sun:04:30")
    spectrum_limits = optional(map(object({
      terabytes     = number
      breach_action = optional(string, "disable")
    })), { daily = { terabytes = 1 } })
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["ra3.large", "ra3.xlplus", "ra3.4xlarge", "ra3.16xlarge"], var.provisioned.node_type)
    error_message = "provisioned.node_type must be ra3.large, ra3.xlplus, ra3.4xlarge or ra3.16xlarge."
  }

  validation {
    condition     = floor(var.provisioned.nodes) == var.provisioned.nodes && var.provisioned.nodes >= (contains(["ra3.4xlarge", "ra3.16xlarge"], var.provisioned.node_type) ? 2 : 1) && var.provisioned.nodes <= 128
    error_message = "provisioned.nodes must lie between 1 and 128, for ra3.4xlarge and ra3.16xlarge from 2 on."
  }

  validation {
    condition     = var.provisioned.snapshot_retention_days >= 1 && var.provisioned.snapshot_retention_days <= 35
    error_message = "provisioned.snapshot_retention_days must lie between 1 and 35."
  }

  validation {
    condition     = can(regex("^(mon|tue|wed|thu|fri|sat|sun):[0-2][0-9]:[0-5][0-9]-(mon|tue|wed|thu|fri|sat|sun):[0-2][0-9]:[0-5][0-9]$", var.provisioned.maintenance_window))
    error_message = "provisioned.maintenance_window must look like sun:04:00-sun:04:30."
  }

  validation {
    condition     = length(setsubtract(keys(var.provisioned.spectrum_limits), ["daily", "weekly", "monthly"])) == 0
    error_message = "The periods of provisioned.spectrum_limits are daily, weekly and monthly."
  }

  validation {
    condition     = alltrue([for limit in var.provisioned.spectrum_limits : limit.terabytes >= 1 && floor(limit.terabytes) == limit.terabytes && contains(["log", "emit-metric", "disable"], limit.breach_action)])
    error_message = "Each of provisioned.spectrum_limits needs whole terabytes of 1 or more, and log, emit-metric or disable as its breach_action."
  }
}

variable "statement_timeout_seconds" {
  description = "Time after which a statement, a load among them, is broken off, in seconds (60 to 86,400)."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = var.statement_timeout_seconds >= 60 && var.statement_timeout_seconds <= 86400
    error_message = "statement_timeout_seconds must lie between 60 and 86,400 (a day)."
  }
}

variable "log_retention_days" {
  description = "How long connections, users' changes and statements are kept in CloudWatch Logs, in days."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of the periods that CloudWatch Logs offers, such as 30, 90 or 365."
  }
}

variable "force_destroy" {
  description = "Whether a cluster is destroyed without a last snapshot. A namespace has none in any case."
  type        = bool
  default     = false
  nullable    = false
}

# ---------------------------------------------------------------------------------------------------------------------
# Lake
# ---------------------------------------------------------------------------------------------------------------------

variable "lake" {
  description = <<-EOT
    What Redshift may read of the lake.
      bucket_arn    : ARN of its bucket
      kms_key_arn   : ARN of the key that encrypts its objects
      database_name : name of its Glue database
      prefixes      : beginnings of the keys that may be read, without a slash at the end (default: the three that the loads and the reconciliation need)
      tables        : tables of the database that may be seen (default: those of the three prefixes)
  EOT
  type = object({
    bucket_arn    = string
    kms_key_arn   = string
    database_name = string
    prefixes      = optional(set(string), ["analytics/table-counts", "processed/daily-aggregates", "raw/transactions"])
    tables        = optional(set(string), ["daily_aggregates", "raw_transactions", "table_counts"])
  })

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:s3:::[a-z0-9.-]{3,63}$", var.lake.bucket_arn))
    error_message = "lake.bucket_arn must be the ARN of a bucket."
  }

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.lake.kms_key_arn))
    error_message = "lake.kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }

  validation {
    condition     = can(regex("^[a-z0-9_]{1,255}$", var.lake.database_name))
    error_message = "lake.database_name must have 1 to 255 lower-case letters, digits and underscores."
  }

  validation {
    condition     = length(var.lake.prefixes) >= 1 && alltrue([for prefix in var.lake.prefixes : can(regex("^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", prefix))])
    error_message = "lake.prefixes must be one or more names of folders, separated by slashes, without one at the end and without wildcards."
  }

  validation {
    condition     = length(var.lake.tables) >= 1 && alltrue([for table in var.lake.tables : can(regex("^[a-z0-9_]{1,255}$", table))])
    error_message = "lake.tables must be one or more names of tables, without wildcards."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Loads
# ---------------------------------------------------------------------------------------------------------------------

variable "loads" {
  description = <<-EOT
    When the lake is loaded, by a short name in lower case; UTC.
      expression    : rate(...) or cron(...) of EventBridge Scheduler
      lookback_days : days before the newest loaded event that are read again, 0 to 3,650: what came late, and new labels
    Default: recent, every hour, 3 days; settled, at 03:30, 120 days, for labels that come with chargebacks.
  EOT
  type = map(object({
    expression    = string
    lookback_days = number
  }))
  default = {
    recent  = { expression = "rate(1 hour)", lookback_days = 3 }
    settled = { expression = "cron(30 3 * * ? *)", lookback_days = 120 }
  }
  nullable = false

  validation {
    condition     = length(var.loads) >= 1 && alltrue([for key in keys(var.loads) : can(regex("^[a-z][a-z0-9-]{0,19}$", key)) && key != "partitions"])
    error_message = "The names of loads must have 1 to 20 lower-case letters, digits and hyphens, begin with a letter, and not be partitions; there must be one at least."
  }

  validation {
    condition     = alltrue([for load in var.loads : can(regex("^(rate\\([0-9]+ (minutes?|hours?|days?)\\)|cron\\([^()]+\\))$", load.expression))])
    error_message = "expression of loads must be rate(...) or cron(...)."
  }

  validation {
    condition     = alltrue([for load in var.loads : load.lookback_days >= 0 && load.lookback_days <= 3650 && floor(load.lookback_days) == load.lookback_days])
    error_message = "lookback_days of loads must be whole days between 0 and 3,650."
  }
}

variable "loads_enabled" {
  description = "Whether the schedules run. False until `make warehouse` has installed the SQL for the first time, or while it is worked on."
  type        = bool
  default     = true
  nullable    = false
}

variable "partition_check" {
  description = <<-EOT
    When it is checked that the lake's partitions are registered far enough ahead; UTC.
      expression : rate(...) or cron(...) of EventBridge Scheduler (default: 06:00)
      days_ahead : days ahead for which they must be there, 1 to 365 (default 30)
  EOT
  type = object({
    expression = optional(string, "cron(0 6 * * ? *)")
    days_ahead = optional(number, 30)
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^(rate\\([0-9]+ (minutes?|hours?|days?)\\)|cron\\([^()]+\\))$", var.partition_check.expression))
    error_message = "partition_check.expression must be rate(...) or cron(...)."
  }

  validation {
    condition     = var.partition_check.days_ahead >= 1 && var.partition_check.days_ahead <= 365 && floor(var.partition_check.days_ahead) == var.partition_check.days_ahead
    error_message = "partition_check.days_ahead must be whole days between 1 and 365."
  }
}

variable "failure_topic_arn" {
  description = "ARN of the topic that is told of a load or check that failed. Its policy must let EventBridge rules publish, and the policy of its key must let EventBridge use it."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:sns:[a-z0-9-]+:[0-9]{12}:", var.failure_topic_arn))
    error_message = "failure_topic_arn must be the ARN of an SNS topic."
  }
}
