variable "name" {
  description = "Full name of the archive (3 to 35 lower-case letters, digits, hyphens, beginning with a letter or digit); account id and region are appended to make it unique."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{2,34}$", var.name))
    error_message = "name must have 3 to 35 lower-case letters, digits or hyphens and begin with a letter or digit: with account id and region it must fit the 63 characters of a bucket name."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer key that encrypts the reports. Without the key a report is lost although it is locked."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "retention" {
  description = <<-EOT
    How long a report can be neither changed nor deleted, from the moment it is written.
      days : 1 to 36,500 (default 2,555, seven years)
      mode : GOVERNANCE (default): nobody, while this bucket's policy stands, which an administrator can change.
             COMPLIANCE: nobody at all, not even the account's root, and no mistake can be taken back
  EOT
  type = object({
    days = optional(number, 2555)
    mode = optional(string, "GOVERNANCE")
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.retention.days >= 1 && var.retention.days <= 36500 && floor(var.retention.days) == var.retention.days
    error_message = "retention.days must be a whole number from 1 to 36,500 (a hundred years)."
  }

  validation {
    condition     = contains(["GOVERNANCE", "COMPLIANCE"], var.retention.mode)
    error_message = "retention.mode must be GOVERNANCE or COMPLIANCE."
  }
}

variable "glacier_after_days" {
  description = "Days after which a report moves to Glacier (1 to 3,650), where it can be had in milliseconds (GLACIER_IR). Objects below 128 KB stay where they are: there they are cheaper."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.glacier_after_days >= 1 && var.glacier_after_days <= 3650
    error_message = "glacier_after_days must lie between 1 and 3,650."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy deletes the bucket with all that is in it, locks of GOVERNANCE included. Switch on only where the environment must be destroyable; it cannot be with COMPLIANCE."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !(var.force_destroy && var.retention.mode == "COMPLIANCE")
    error_message = "force_destroy does not go with COMPLIANCE: nobody can delete what it locks."
  }
}
