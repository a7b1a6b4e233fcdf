variable "name" {
  description = "Full name of what the key protects (1 to 250 letters, digits, hyphens, underscores); the alias is alias/<name>."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,250}$", var.name)) && !startswith(var.name, "aws")
    error_message = "name must have 1 to 250 letters, digits, hyphens or underscores and not begin with aws, which AWS keeps for its own aliases."
  }
}

variable "deletion_window_days" {
  description = "Days between a request to delete the key and its end (7 to 30), in which the deletion can be cancelled."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "deletion_window_days must lie between 7 and 30."
  }
}

variable "uses" {
  description = <<-EOT
    What AWS services may do with the key in their own name, each only for resources of this account and region.
      log_groups        : CloudWatch Logs encrypts log groups
      log_delivery      : CloudWatch Logs takes in the logs of services that encrypt them with the key (Step Functions)
      event_buses       : EventBridge encrypts event buses and archives
      events_to_queues  : EventBridge rules (and their dead letters) send to encrypted SQS queues
      events_to_topics  : EventBridge rules publish to encrypted SNS topics
      topics_to_queues  : SNS topics send to encrypted SQS queues
      alarms_to_topics  : CloudWatch alarms publish to encrypted SNS topics
      budgets_to_topics : AWS Budgets publishes to encrypted SNS topics
      trails            : CloudTrail encrypts its log files
      config_delivery   : AWS Config writes to an encrypted bucket
  EOT
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = length(setsubtract(var.uses, [
      "log_groups", "log_delivery", "event_buses", "events_to_queues", "events_to_topics", "topics_to_queues", "alarms_to_topics",
      "budgets_to_topics", "trails", "config_delivery",
    ])) == 0
    error_message = "uses may hold log_groups, log_delivery, event_buses, events_to_queues, events_to_topics, topics_to_queues, alarms_to_topics, budgets_to_topics, trails and config_delivery."
  }
}

variable "via_services" {
  description = "Services through which every principal of this account that the service lets in may use the key, without a KMS statement in its own policy: dynamodb, kinesis, s3, sns, sqs, ssm. Empty is stricter: each role then needs its own statement."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.via_services, ["dynamodb", "kinesis", "s3", "sns", "sqs", "ssm"])) == 0
    error_message = "via_services may hold dynamodb, kinesis, s3, sns, sqs and ssm."
  }
}
