variable "name" {
  description = "Full name of the archive (3 to 35 lower-case letters, digits, hyphens, beginning with a letter or digit); account id and region are appended to make it unique."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{2,34}$", var.name))
    error_message = "name must have 3 to 35 lower-case letters, digits or hyphens and begin with a letter or digit: with account id and region it must fit the 63 characters of a bucket name."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer key that encrypts the objects."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy deletes the bucket with all that is in it. Switch on only where the environment must be destroyable."
  type        = bool
  default     = false
  nullable    = false
}

variable "intelligent_tiering_after_days" {
  description = "Days after which an object moves to INTELLIGENT_TIERING (0 to 365; 0 is within a day of its creation). Objects below 128 KB stay in STANDARD, where they are cheaper."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.intelligent_tiering_after_days >= 0 && var.intelligent_tiering_after_days <= 365
    error_message = "intelligent_tiering_after_days must lie between 0 and 365."
  }
}

variable "noncurrent_version_days" {
  description = "Days for which an overwritten or deleted object can be brought back (1 to 3,650)."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.noncurrent_version_days >= 1 && var.noncurrent_version_days <= 3650
    error_message = "noncurrent_version_days must lie between 1 and 3,650 (ten years)."
  }
}
