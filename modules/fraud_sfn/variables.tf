variable "name" {
  description = "Full name of the state machine, e.g. txn-dev-cases (1 to 59 letters, digits, \"-\" and \"_\"); its role and log group are named after it."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,59}$", var.name))
    error_message = "name must be 1 to 59 letters, digits, \"-\" or \"_\": the role's name is name + \"-role\", and AWS allows 64 characters."
  }
}

variable "functions" {
  description = <<-EOT
    ARNs of the functions that do the work; an alias's or a version's ARN is fine.
      context : reads the account, its last transactions and the merchant
      assess  : assesses the account and the merchant, and decides the action
      record  : opens, holds, closes and fails cases
  EOT
  type = object({
    context = string
    assess  = string
    record  = string
  })

  validation {
    condition     = alltrue([for arn in values(var.functions) : can(regex("^arn:[^:]+:lambda:[^:]+:[0-9]{12}:function:[^*]+$", arn))])
    error_message = "functions must hold ARNs of Lambda functions."
  }
}

variable "review_queue" {
  description = "The standard SQS queue that analysts are asked through: its ARN and its URL."
  type = object({
    arn = string
    url = string
  })

  validation {
    condition     = can(regex("^arn:[^:]+:sqs:[^:]+:[0-9]{12}:[^*]+$", var.review_queue.arn)) && !endswith(var.review_queue.arn, ".fifo")
    error_message = "review_queue.arn must be the ARN of a standard SQS queue: a question has no message group."
  }

  validation {
    condition     = startswith(var.review_queue.url, "http")
    error_message = "review_queue.url must be the queue's URL."
  }
}

variable "review_timeout_seconds" {
  description = "How long an analyst may take to answer, in seconds (1 to 1,209,600, the 14 days that the review queue keeps a message). After it a held transaction is declined, and one that was not held keeps its status."
  type        = number
  default     = 14400

  validation {
    condition     = var.review_timeout_seconds >= 1 && var.review_timeout_seconds <= 1209600 && floor(var.review_timeout_seconds) == var.review_timeout_seconds
    error_message = "review_timeout_seconds must be a whole number from 1 to 1,209,600 (14 days)."
  }
}

variable "alerts_topic_arn" {
  description = "ARN of the SNS topic that hears of held and flagged transactions, unanswered cases and failed workflows."
  type        = string

  validation {
    condition     = can(regex("^arn:[^:]+:sns:[^:]+:[0-9]{12}:[^*]+$", var.alerts_topic_arn))
    error_message = "alerts_topic_arn must be the ARN of an SNS topic."
  }
}

variable "event_bus" {
  description = "The event bus on which a closed case is announced: its name and its ARN."
  type = object({
    name = string
    arn  = string
  })

  validation {
    condition     = can(regex("^arn:[^:]+:events:[^:]+:[0-9]{12}:event-bus/[^*]+$", var.event_bus.arn)) && endswith(var.event_bus.arn, "/${var.event_bus.name}")
    error_message = "event_bus must hold the ARN of an event bus and the name that this ARN ends in."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer key that encrypts the log group, the review queue and the topic. Its policy has to let the CloudWatch Logs service of this region use it."
  type        = string

  validation {
    condition     = can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/[^*]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "log_retention_days" {
  description = "How long the workflow's log is kept, in days (one of the values that CloudWatch Logs offers, 1 to 3,653). A year by default: cases are evidence."
  type        = number
  default     = 365

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "log_retention_days must be a value that CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}
