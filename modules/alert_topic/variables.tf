variable "name" {
  description = "Full name of the topic, 1 to 256 letters, digits, hyphens and underscores."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,256}$", var.name))
    error_message = "name must be 1 to 256 letters, digits, hyphens and underscores."
  }
}

variable "display_name" {
  description = "Sender's name in the e-mails, 1 to 100 characters. Null: AWS's own."
  type        = string
  default     = null

  validation {
    condition     = var.display_name == null ? true : length(var.display_name) >= 1 && length(var.display_name) <= 100
    error_message = "display_name must have 1 to 100 characters, or be null."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer KMS key that encrypts the topic. Its policy must let the services in publishers use it, or their messages are dropped in silence."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "email_subscriptions" {
  description = "E-mail addresses that get every message. Each has to confirm the subscription."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.email_subscriptions : can(regex("^[^@\\s/]+@[^@\\s/]+\\.[^@\\s/]+$", address))])
    error_message = "email_subscriptions must be e-mail addresses."
  }
}

variable "publishers" {
  description = <<-EOT
    AWS services of this account and region that may publish in their own name (roles publish by their own policies).
      alarm_names : names of CloudWatch alarms, in which * stands for any part; not * alone (default none)
      event_rules : whether EventBridge rules may publish (default false)
      budgets     : whether AWS Budgets may publish (default false)
  EOT
  type = object({
    alarm_names = optional(set(string), [])
    event_rules = optional(bool, false)
    budgets     = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in var.publishers.alarm_names : can(regex("^[A-Za-z0-9_*-]{1,255}$", name)) && can(regex("[^*]", name))])
    error_message = "publishers.alarm_names must be names of alarms: 1 to 255 letters, digits, hyphens, underscores and *, and not * alone."
  }
}
