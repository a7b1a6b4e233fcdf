variable "name" {
  description = "Full name of the bus and of its archive (1 to 48 letters, digits, hyphens, underscores)."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,48}$", var.name))
    error_message = "name must have 1 to 48 letters, digits, hyphens or underscores: it also names the archive, which AWS allows 48 characters."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer key that encrypts the bus and the queue of undelivered events. Its policy must let EventBridge use it for both (uses event_buses and events_to_queues of the encryption module)."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "archive_retention_days" {
  description = "Days for which the archive keeps each event for replay (1 to 3,650), or 0 to keep them for ever."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.archive_retention_days >= 0 && var.archive_retention_days <= 3650
    error_message = "archive_retention_days must lie between 0 (for ever) and 3,650 (ten years)."
  }
}

variable "rules" {
  description = <<-EOT
    Rules of the bus by name (1 to 64 letters, digits, dots, hyphens, underscores).
      description : what the rule is for
      pattern     : event pattern as JSON text
      targets     : where matching events go, 1 to 5 by name
        kind                      : sqs (standard), state_machine or lambda
        arn                       : ARN of the queue, state machine or function (with or without its alias)
        input_path                : JSON path of the part of the event to deliver, e.g. $.detail; null for the whole event (default)
        maximum_event_age_seconds : age at which delivery is given up, in seconds (60 to 86,400, default 86,400)
        maximum_retry_attempts    : attempts after the first one (0 to 185, default 185)
        dead_letter_queue_arn     : standard queue for what could not be delivered; null for the bus's own (default)
  EOT
  type = map(object({
    description = string
    pattern     = string
    targets = map(object({
      kind                      = string
      arn                       = string
      input_path                = optional(string)
      maximum_event_age_seconds = optional(number, 86400)
      maximum_retry_attempts    = optional(number, 185)
      dead_letter_queue_arn     = optional(string)
    }))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.rules) : can(regex("^[A-Za-z0-9._-]{1,64}$", name))])
    error_message = "The name of each rule must have 1 to 64 letters, digits, dots, hyphens or underscores."
  }

  validation {
    condition     = alltrue([for rule in values(var.rules) : can(keys(jsondecode(rule.pattern)))])
    error_message = "The pattern of each rule must be a JSON object."
  }

  validation {
    condition     = alltrue([for rule in values(var.rules) : length(rule.targets) >= 1 && length(rule.targets) <= 5])
    error_message = "Each rule must have 1 to 5 targets."
  }

  validation {
    condition = alltrue(flatten([
      for rule in values(var.rules) : [for target in values(rule.targets) : contains(["sqs", "state_machine", "lambda"], target.kind)]
    ]))
    error_message = "The kind of each target must be sqs, state_machine or lambda."
  }

  validation {
    condition = alltrue(flatten([
      for rule in values(var.rules) : [
        for target in values(rule.targets) : can(regex({
          sqs           = "^arn:[a-z-]+:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$"
          state_machine = "^arn:[a-z-]+:states:[a-z0-9-]+:[0-9]{12}:stateMachine:.+$"
          lambda        = "^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:.+$"
        }[target.kind], target.arn))
      ] if alltrue([for target in values(rule.targets) : contains(["sqs", "state_machine", "lambda"], target.kind)])
    ]))
    error_message = "The arn of each target must be that of a standard queue, state machine or function, as its kind says."
  }

  validation {
    condition = alltrue(flatten([
      for rule in values(var.rules) : [
        for target in values(rule.targets) :
        target.input_path == null ? true : startswith(target.input_path, "$") && length(target.input_path) <= 256
      ]
    ]))
    error_message = "input_path must be a JSON path, which begins with $, of at most 256 characters."
  }

  validation {
    condition = alltrue(flatten([
      for rule in values(var.rules) : [
        for target in values(rule.targets) : target.maximum_event_age_seconds >= 60 && target.maximum_event_age_seconds <= 86400
      ]
    ]))
    error_message = "maximum_event_age_seconds of each target must lie between 60 and 86,400 (one day)."
  }

  validation {
    condition = alltrue(flatten([
      for rule in values(var.rules) : [
        for target in values(rule.targets) : target.maximum_retry_attempts >= 0 && target.maximum_retry_attempts <= 185
      ]
    ]))
    error_message = "maximum_retry_attempts of each target must lie between 0 and 185."
  }
}
