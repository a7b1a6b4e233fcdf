variable "name" {
  description = "Full name of the queue (1 to 68 letters, digits, hyphens, underscores)."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,68}$", var.name))
    error_message = "name must have 1 to 68 letters, digits, hyphens or underscores."
  }
}

variable "dead_letter_queue_name" {
  description = "Full name of the dead-letter queue (1 to 80 letters, digits, hyphens, underscores). Null: the queue's name with -dead-letter."
  type        = string
  default     = null

  validation {
    condition     = var.dead_letter_queue_name == null ? true : can(regex("^[A-Za-z0-9_-]{1,80}$", var.dead_letter_queue_name)) && var.dead_letter_queue_name != var.name
    error_message = "dead_letter_queue_name must have 1 to 80 letters, digits, hyphens or underscores and differ from name, or be null."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer key that encrypts both queues. Null for the AWS-managed key alias/aws/sqs, which no AWS service in senders can use."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias), or null."
  }
}

variable "senders" {
  description = <<-EOT
    AWS services that may send to the queue, by a short name of the sender. They need a customer key (kms_key_arn).
      service    : service principal, e.g. events.amazonaws.com
      source_arn : ARN of the one thing that sends, account id included; * may stand for a part of its name
  EOT
  type = map(object({
    service    = string
    source_arn = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(var.senders) == 0 || var.kms_key_arn != null
    error_message = "senders need kms_key_arn: the policy of alias/aws/sqs cannot be changed, so AWS services cannot encrypt with it and their messages would be lost."
  }
}

variable "visibility_timeout_seconds" {
  description = "How long a received message stays hidden, in seconds (0 to 43,200). At least six times consumer_timeout_seconds, so that a slow batch is not delivered twice."
  type        = number
  default     = 180
  nullable    = false

  validation {
    condition     = var.visibility_timeout_seconds >= 0 && var.visibility_timeout_seconds <= 43200
    error_message = "visibility_timeout_seconds must lie between 0 and 43,200 (12 hours)."
  }

  validation {
    condition     = var.visibility_timeout_seconds >= 6 * var.consumer_timeout_seconds
    error_message = "visibility_timeout_seconds must be at least six times consumer_timeout_seconds."
  }
}

variable "consumer_timeout_seconds" {
  description = "Timeout of the function that reads the queue, in seconds (1 to 900). Only checked against visibility_timeout_seconds."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.consumer_timeout_seconds >= 1 && var.consumer_timeout_seconds <= 900
    error_message = "consumer_timeout_seconds must lie between 1 and 900 (15 minutes, the longest that a function runs)."
  }
}

variable "alarms" {
  description = <<-EOT
    Thresholds of the queue's alarms.
      depth_messages     : visible messages above which the backlog alarm fires (0 or more, default 1,000)
      oldest_age_seconds : age of the oldest message, in seconds (1 to 1,209,600), above which the delay alarm fires (default 60)
  EOT
  type = object({
    depth_messages     = optional(number, 1000)
    oldest_age_seconds = optional(number, 60)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.depth_messages >= 0
    error_message = "alarms.depth_messages must be 0 or more."
  }

  validation {
    condition     = var.alarms.oldest_age_seconds >= 1 && var.alarms.oldest_age_seconds <= 1209600
    error_message = "alarms.oldest_age_seconds must lie between 1 and 1,209,600 (14 days, the longest that SQS keeps a message)."
  }
}
