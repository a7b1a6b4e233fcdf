# ---------------------------------------------------------------------------------------------------------------------
# Lake
# ---------------------------------------------------------------------------------------------------------------------

variable "name" {
  description = "Full name of the lake, and of its Athena workgroup (3 to 35 lower-case letters, digits, hyphens, beginning with a letter or digit); for the bucket account id and region are appended to make it unique."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{2,34}$", var.name))
    error_message = "name must have 3 to 35 lower-case letters, digits or hyphens and begin with a letter or digit: with account id and region it must fit the 63 characters of a bucket name."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer key that encrypts the objects and the results of queries."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy deletes the bucket with all that is in it, and the workgroup with its history. Switch on only where the environment must be destroyable."
  type        = bool
  default     = false
  nullable    = false
}

# ---------------------------------------------------------------------------------------------------------------------
# Storage
# ---------------------------------------------------------------------------------------------------------------------

variable "storage_plans" {
  description = <<-EOT
    What becomes of the objects below each prefix: standard (they stay), infrequent_access (STANDARD_IA after a
    time), archive (STANDARD_IA, then Glacier) or intelligent_tiering (at once, and S3 watches who reads what).
      raw        : the transactions as they were decided, read less and less (default archive)
      processed  : results of the Spark jobs, of which nobody knows what will be read (default intelligent_tiering)
      analytics  : proposals, reports and counts (default infrequent_access)
      quarantine : what could not be read, with the reason (default infrequent_access)
  EOT
  type = object({
    raw        = optional(string, "archive")
    processed  = optional(string, "intelligent_tiering")
    analytics  = optional(string, "infrequent_access")
    quarantine = optional(string, "infrequent_access")
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for plan in values(var.storage_plans) : contains(["standard", "infrequent_access", "archive", "intelligent_tiering"], plan)
    ])
    error_message = "Each of storage_plans must be standard, infrequent_access, archive or intelligent_tiering."
  }
}

variable "storage_days" {
  description = <<-EOT
    Ages at which storage changes, in days.
      infrequent_access : objects move to STANDARD_IA (30 to 3,650; default 30, the least that S3 takes)
      archive           : objects move on to Glacier, at least 30 days later (default 365)
      athena_results    : results of queries are deleted (1 to 365; default 7, as long as Athena can reuse them)
      old_versions      : overwritten and deleted objects can no longer be brought back (1 to 3,650; default 90)
  EOT
  type = object({
    infrequent_access = optional(number, 30)
    archive           = optional(number, 365)
    athena_results    = optional(number, 7)
    old_versions      = optional(number, 90)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.storage_days.infrequent_access >= 30 && var.storage_days.infrequent_access <= 3650
    error_message = "storage_days.infrequent_access must lie between 30 and 3,650."
  }

  validation {
    condition     = var.storage_days.archive >= var.storage_days.infrequent_access + 30 && var.storage_days.archive <= 36500
    error_message = "storage_days.archive must be at least 30 days more than infrequent_access: S3 demands it."
  }

  validation {
    condition     = var.storage_days.athena_results >= 1 && var.storage_days.athena_results <= 365
    error_message = "storage_days.athena_results must lie between 1 and 365."
  }

  validation {
    condition     = var.storage_days.old_versions >= 1 && var.storage_days.old_versions <= 3650
    error_message = "storage_days.old_versions must lie between 1 and 3,650 (ten years)."
  }
}

variable "archive_class" {
  description = "Glacier class of the archive plan: GLACIER_IR is read in milliseconds, by queries too. GLACIER (flexible retrieval) costs less, but Athena leaves its objects out of results without a word, until each is restored."
  type        = string
  default     = "GLACIER_IR"
  nullable    = false

  validation {
    condition     = contains(["GLACIER_IR", "GLACIER"], var.archive_class)
    error_message = "archive_class must be GLACIER_IR or GLACIER."
  }
}

variable "replication" {
  description = <<-EOT
    Copy of raw/, of the tables in processed/, of analytics/ and quarantine/ in a bucket of another region, which must
    exist, be versioned and let this account's replication in. Null: none.
      bucket_arn    : the bucket that takes the copies
      kms_key_arn   : key of its region that encrypts them
      storage_class : of the copies: STANDARD, STANDARD_IA (default), INTELLIGENT_TIERING or GLACIER_IR
      time_control  : whether S3 promises 99.9 % within 15 minutes and measures it, for a fee (default false)
  EOT
  type = object({
    bucket_arn    = string
    kms_key_arn   = string
    storage_class = optional(string, "STANDARD_IA")
    time_control  = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.replication == null ? true : can(regex("^arn:[a-z-]+:s3:::[a-z0-9][a-z0-9.-]{2,62}$", var.replication.bucket_arn))
    error_message = "replication.bucket_arn must be the ARN of a bucket."
  }

  validation {
    condition     = var.replication == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.replication.kms_key_arn))
    error_message = "replication.kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }

  validation {
    condition     = var.replication == null ? true : contains(["STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "GLACIER_IR"], var.replication.storage_class)
    error_message = "replication.storage_class must be STANDARD, STANDARD_IA, INTELLIGENT_TIERING or GLACIER_IR."
  }
}

variable "transfer_acceleration" {
  description = "Whether far clients may send through the nearest edge location, for a fee on each gigabyte."
  type        = bool
  default     = false
  nullable    = false
}

variable "storage_class_analysis" {
  description = "Whether S3 watches how old the objects of raw/ and processed/ are when they are read, for a fee on each object. The console shows the result after 30 days; it tells which plan would pay."
  type        = bool
  default     = false
  nullable    = false
}

# ---------------------------------------------------------------------------------------------------------------------
# Catalogue
# ---------------------------------------------------------------------------------------------------------------------

variable "database_name" {
  description = "Name of the Glue database (1 to 255 lower-case letters, digits, underscores). Null: name with underscores."
  type        = string
  default     = null

  validation {
    condition     = var.database_name == null ? true : can(regex("^[a-z0-9_]{1,255}$", var.database_name))
    error_message = "database_name must have 1 to 255 lower-case letters, digits or underscores."
  }
}

variable "partitions" {
  description = <<-EOT
    Range of the partitions that queries look for. What lies outside is not found, and says nothing; a query
    that names no partition looks for all of them, so leave no years that cannot occur.
      first_day : oldest day with data, YYYY-MM-DD (default 2025-01-01)
      last_year : last year with data (default 2034); tables by day or week end today
  EOT
  type = object({
    first_day = optional(string, "2025-01-01")
    last_year = optional(number, 2034)
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", var.partitions.first_day)) && can(timeadd("${var.partitions.first_day}T00:00:00Z", "0s"))
    error_message = "partitions.first_day must be a day, YYYY-MM-DD."
  }

  validation {
    condition     = var.partitions.last_year >= tonumber(substr(var.partitions.first_day, 0, 4)) && var.partitions.last_year <= tonumber(substr(var.partitions.first_day, 0, 4)) + 50
    error_message = "partitions.last_year must lie between the year of first_day and 50 years later."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Queries
# ---------------------------------------------------------------------------------------------------------------------

variable "bytes_scanned_limit" {
  description = "Bytes of data after which Athena breaks off a query (10,485,760 to 1 PiB; default 10 GiB, about 5 US cents)."
  type        = number
  default     = 10737418240
  nullable    = false

  validation {
    condition     = var.bytes_scanned_limit >= 10485760 && var.bytes_scanned_limit <= 1125899906842624 && floor(var.bytes_scanned_limit) == var.bytes_scanned_limit
    error_message = "bytes_scanned_limit must be a whole number from 10,485,760 (the least that Athena takes) to 1,125,899,906,842,624 (1 PiB)."
  }
}
