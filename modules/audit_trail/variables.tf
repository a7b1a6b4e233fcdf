variable "name" {
  description = "Full name of the trail, 3 to 35 lower-case letters, digits and hyphens, beginning and ending with a letter or digit; the bucket adds account id and region to it."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9](-?[a-z0-9])+$", var.name)) && length(var.name) >= 3 && length(var.name) <= 35
    error_message = "name must have 3 to 35 lower-case letters, digits or single hyphens, and begin and end with a letter or digit."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer KMS key that encrypts log files, bucket and log group. Its policy must let CloudTrail and CloudWatch Logs use it, and AWS Config with manage_config_recorder (uses trails, log_groups, config_delivery of the encryption module)."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# What is recorded
# ---------------------------------------------------------------------------------------------------------------------

variable "multi_region" {
  description = "Whether the calls of all regions are recorded, those to come included."
  type        = bool
  default     = true
  nullable    = false
}

variable "data_events" {
  description = <<-EOT
    Access to data that is recorded, reading and writing; management of resources is recorded always. $0.10 for 100,000 events.
      bucket_arns  : buckets whose objects are watched (default none)
      table_arns   : DynamoDB tables whose items are watched (default none)
      except_roles : names of roles whose own access is not recorded, such as those of the functions: a transaction is several events (default none)
  EOT
  type = object({
    bucket_arns  = optional(set(string), [])
    table_arns   = optional(set(string), [])
    except_roles = optional(set(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for arn in var.data_events.bucket_arns : can(regex("^arn:[a-z0-9-]+:s3:::[a-z0-9][a-z0-9.-]{2,62}$", arn))])
    error_message = "data_events.bucket_arns must be ARNs of buckets, without a path."
  }

  validation {
    condition     = alltrue([for arn in var.data_events.table_arns : can(regex("^arn:[a-z0-9-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]{3,255}$", arn))])
    error_message = "data_events.table_arns must be ARNs of DynamoDB tables."
  }

  validation {
    condition     = alltrue([for role in var.data_events.except_roles : can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", role))])
    error_message = "data_events.except_roles must be names of roles, without a path and without wildcards."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# How long it is kept
# ---------------------------------------------------------------------------------------------------------------------

variable "retention" {
  description = <<-EOT
    Days for which the bucket keeps log files.
      cold_after_days   : days after which they move to GLACIER, 1 or more (default 90)
      delete_after_days : days after which they are deleted, more than cold_after_days (default 2,555: seven years)
  EOT
  type = object({
    cold_after_days   = optional(number, 90)
    delete_after_days = optional(number, 2555)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.retention.cold_after_days >= 1 && var.retention.delete_after_days > var.retention.cold_after_days
    error_message = "retention.cold_after_days must be 1 or more, and delete_after_days more than that."
  }

  validation {
    condition     = var.retention.delete_after_days >= 365
    error_message = "retention.delete_after_days must be 365 or more: PCI DSS asks for a year of audit logs."
  }
}

variable "object_lock" {
  description = <<-EOT
    Lock that keeps log files from being deleted or overwritten; null for none (default). Only for a new bucket.
      mode : GOVERNANCE (default), which privileged people can pass, or COMPLIANCE, which nobody can
      days : for how long, 1 or more (default 365)
  EOT
  type = object({
    mode = optional(string, "GOVERNANCE")
    days = optional(number, 365)
  })
  default = null

  validation {
    condition     = var.object_lock == null ? true : contains(["GOVERNANCE", "COMPLIANCE"], var.object_lock.mode)
    error_message = "object_lock.mode must be GOVERNANCE or COMPLIANCE."
  }

  validation {
    condition     = var.object_lock == null ? true : var.object_lock.days >= 1 && var.object_lock.days <= var.retention.delete_after_days
    error_message = "object_lock.days must be 1 or more, and at most retention.delete_after_days: what is locked longer could not be deleted in time."
  }
}

variable "log_retention_days" {
  description = "How long the log group keeps the events that alarms look at, in days: one of the periods that CloudWatch Logs offers, 1 to 3,653."
  type        = number
  default     = 365

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "log_retention_days must be a period that CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy deletes the bucket with all that is in it. Switch on only where the environment must be destroyable."
  type        = bool
  default     = false
  nullable    = false
}

# ---------------------------------------------------------------------------------------------------------------------
# What is watched
# ---------------------------------------------------------------------------------------------------------------------

variable "unauthorised_calls_threshold" {
  description = "Refused calls within 5 minutes above which the alarm fires, 0 or more. Every account has some: consoles ask for more than people may see."
  type        = number
  default     = 10

  validation {
    condition     = var.unauthorised_calls_threshold >= 0 && floor(var.unauthorised_calls_threshold) == var.unauthorised_calls_threshold
    error_message = "unauthorised_calls_threshold must be a whole number, 0 or more."
  }
}

variable "manage_config_recorder" {
  description = "Whether the recorder and the delivery channel of AWS Config are made here. A region has one of each: leave it off where there are some already. The service-linked role AWSServiceRoleForConfig must exist."
  type        = bool
  default     = false
  nullable    = false
}

variable "config_rules" {
  description = "Names of AWS's managed rules that are evaluated, out of those that concern this project (see main.tf). Null: all but api-gw-associated-with-waf and lambda-inside-vpc where manage_config_recorder is on, else none. AWS refuses rules in a region without a recorder."
  type        = set(string)
  default     = null

  validation {
    condition     = var.config_rules == null ? true : length(setsubtract(var.config_rules, keys(local.known_rules))) == 0
    error_message = "config_rules may hold ${join(", ", keys(local.known_rules))}."
  }
}

variable "findings_topic" {
  description = <<-EOT
    Existing topic that is told when a rule of AWS Config finds something; null for none (default). It must let EventBridge
    rules publish, and its key must let EventBridge use it.
      arn : its ARN
  EOT
  type        = object({ arn = string })
  default     = null

  validation {
    condition     = var.findings_topic == null ? true : can(regex("^arn:[a-z0-9-]+:sns:[a-z0-9-]+:[0-9]{12}:", var.findings_topic.arn))
    error_message = "findings_topic.arn must be the ARN of an SNS topic."
  }
}
