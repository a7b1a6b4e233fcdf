variable "queue_name" {
  description = "Full name of the queue as AWS knows it (1 to 80 characters, with .fifo where it is a FIFO queue)."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,80}$", var.queue_name)) || can(regex("^[A-Za-z0-9_-]{1,75}\\.fifo$", var.queue_name))
    error_message = "queue_name must have 1 to 80 letters, digits, hyphens or underscores, the ending .fifo included."
  }
}

variable "senders" {
  description = <<-EOT
    AWS services that may send to the queue, by a short name of the sender.
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
    condition     = alltrue([for sender in values(var.senders) : can(regex("^[a-z0-9.-]+\\.amazonaws\\.com$", sender.service))])
    error_message = "The service of each sender must be a service principal such as events.amazonaws.com."
  }

  validation {
    condition     = alltrue([for sender in values(var.senders) : can(regex("^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$", sender.source_arn))])
    error_message = "The source_arn of each sender must be an ARN with an account id, or another account could send through the same service."
  }
}

variable "depth_messages" {
  description = "Visible messages above which the depth alarm fires (0 or more; 0 is right for a dead-letter queue: any message counts)."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.depth_messages >= 0 && floor(var.depth_messages) == var.depth_messages
    error_message = "depth_messages must be a whole number, 0 or more."
  }
}

variable "oldest_age_seconds" {
  description = "Age of the oldest message, in seconds (1 to 1,209,600), above which the delay alarm fires."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.oldest_age_seconds >= 1 && var.oldest_age_seconds <= 1209600
    error_message = "oldest_age_seconds must lie between 1 and 1,209,600 (14 days, the longest that SQS keeps a message)."
  }
}
