variable "name" {
  description = "Full name of the vault and the plan, 2 to 50 letters, digits, hyphens and underscores (roles and rules add to it)."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{2,50}$", var.name))
    error_message = "name must be 2 to 50 letters, digits, hyphens and underscores."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer KMS key that encrypts the vault."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# What is backed up, when, for how long
# ---------------------------------------------------------------------------------------------------------------------

variable "table_arns" {
  description = "ARNs of the DynamoDB tables that are backed up, at least one. Buckets have versions and replicas, and Redshift has snapshots of its own."
  type        = set(string)

  validation {
    condition     = length(var.table_arns) > 0
    error_message = "table_arns must name at least one table: a plan that backs up nothing looks like a backup."
  }

  validation {
    condition     = alltrue([for arn in var.table_arns : can(regex("^arn:[a-z0-9-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]{3,255}$", arn))])
    error_message = "table_arns must be ARNs of DynamoDB tables, without wildcards."
  }
}

variable "source_key_arns" {
  description = "ARNs of the KMS keys that the tables are encrypted with, where they are not kms_key_arn."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.source_key_arns : can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", arn))])
    error_message = "source_key_arns must be ARNs of KMS keys (not of aliases)."
  }
}

variable "schedule" {
  description = <<-EOT
    When backups are made.
      expression                : cron expression of AWS, in UTC (default: Sundays at 03:00)
      start_window_minutes      : how late a backup may begin before it has failed, 60 or more (default 60)
      completion_window_minutes : how long it may take from its schedule on, more than start_window_minutes (default 480)
  EOT
  type = object({
    expression                = optional(string, "cron(0 3 ? * SUN *)")
    start_window_minutes      = optional(number, 60)
    completion_window_minutes = optional(number, 480)
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^cron\\(([^ ()]+ ){5}[^ ()]+\\)$", var.schedule.expression))
    error_message = "schedule.expression must be a cron expression of AWS with six fields: cron(0 3 ? * SUN *)."
  }

  validation {
    condition     = var.schedule.start_window_minutes >= 60 && var.schedule.completion_window_minutes > var.schedule.start_window_minutes
    error_message = "schedule.start_window_minutes must be 60 or more, and schedule.completion_window_minutes more than that."
  }
}

variable "retention" {
  description = <<-EOT
    How long backups are kept.
      delete_after_days       : days after which a backup is deleted, 1 to 36,500 (default 365)
      cold_storage_after_days : days after which it moves to cold storage, a third of the price, for 90 days at least (default 30; 0: never)
  EOT
  type = object({
    delete_after_days       = optional(number, 365)
    cold_storage_after_days = optional(number, 30)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.retention.delete_after_days >= 1 && var.retention.delete_after_days <= 36500
    error_message = "retention.delete_after_days must lie between 1 and 36,500."
  }

  validation {
    condition = (
      var.retention.cold_storage_after_days == 0 ||
      var.retention.cold_storage_after_days > 0 && var.retention.delete_after_days >= var.retention.cold_storage_after_days + 90
    )
    error_message = "retention.cold_storage_after_days must be 0 or more, and delete_after_days at least 90 more: AWS keeps a backup in cold storage for 90 days."
  }
}

variable "protect_backups" {
  description = "Whether the vault's policy refuses to everybody to delete a backup or to shorten its life. Switch off only where there are no policies of vaults, as on an emulator."
  type        = bool
  default     = true
  nullable    = false
}

variable "vault_lock" {
  description = <<-EOT
    Lock of the vault, which holds for the account's administrators too; null for none (default).
      min_retention_days  : shortest retention of a backup that the vault takes, 1 or more (default 7)
      max_retention_days  : longest, null for any (default)
      changeable_for_days : days after which nobody, AWS included, can take the lock away, 3 or more; null: whoever may call backup:DeleteBackupVaultLockConfiguration can (default)
  EOT
  type = object({
    min_retention_days  = optional(number, 7)
    max_retention_days  = optional(number)
    changeable_for_days = optional(number)
  })
  default = null

  validation {
    condition = var.vault_lock == null ? true : (
      var.vault_lock.min_retention_days >= 1 &&
      var.retention.delete_after_days >= var.vault_lock.min_retention_days &&
      var.retention.delete_after_days <= coalesce(var.vault_lock.max_retention_days, 36500)
    )
    error_message = "retention.delete_after_days must lie between vault_lock.min_retention_days (1 or more) and max_retention_days: the vault would refuse every backup."
  }

  validation {
    condition     = try(var.vault_lock.changeable_for_days, null) == null ? true : var.vault_lock.changeable_for_days >= 3
    error_message = "vault_lock.changeable_for_days must be 3 or more."
  }
}

variable "copy" {
  description = <<-EOT
    Second copy of each backup in another vault, of another region or account; null for none (default).
      vault_arn               : ARN of that vault
      delete_after_days       : days after which the copy is deleted, 1 to 36,500 (default 365)
      cold_storage_after_days : days after which it moves to cold storage (default 0: never)
  EOT
  type = object({
    vault_arn               = string
    delete_after_days       = optional(number, 365)
    cold_storage_after_days = optional(number, 0)
  })
  default = null

  validation {
    condition     = var.copy == null ? true : can(regex("^arn:[a-z0-9-]+:backup:[a-z0-9-]+:[0-9]{12}:backup-vault:[A-Za-z0-9_-]{2,50}$", var.copy.vault_arn))
    error_message = "copy.vault_arn must be the ARN of a backup vault."
  }

  validation {
    condition = var.copy == null ? true : (
      var.copy.delete_after_days >= 1 && var.copy.delete_after_days <= 36500 &&
      (var.copy.cold_storage_after_days == 0 || var.copy.cold_storage_after_days > 0 && var.copy.delete_after_days >= var.copy.cold_storage_after_days + 90)
    )
    error_message = "copy.delete_after_days must lie between 1 and 36,500, and be at least 90 more than cold_storage_after_days."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Failures, end
# ---------------------------------------------------------------------------------------------------------------------

variable "failures_topic_arn" {
  description = "ARN of the topic that is told of failed jobs. It must let EventBridge rules publish (publishers.event_rules of alert_topic), and its key must let EventBridge use it (use events_to_topics of the encryption module)."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:sns:[a-z0-9-]+:[0-9]{12}:", var.failures_topic_arn))
    error_message = "failures_topic_arn must be the ARN of an SNS topic."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy deletes the vault with all backups in it. Switch on only where the environment must be destroyable."
  type        = bool
  default     = false
  nullable    = false
}
