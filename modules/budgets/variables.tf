variable "name" {
  description = "Full name of the budget, 1 to 100 letters, digits, spaces, hyphens and underscores."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_ -]{1,100}$", var.name))
    error_message = "name must be 1 to 100 letters, digits, spaces, hyphens and underscores."
  }
}

variable "amounts" {
  description = "Amounts of US dollars a month at which somebody is told, 1 to 5 of them; the largest is the budget."
  type        = set(number)
  default     = [100, 200, 500]
  nullable    = false

  validation {
    condition     = length(var.amounts) >= 1 && length(var.amounts) <= 5
    error_message = "amounts must be 1 to 5: AWS takes ten notifications a budget, and each amount can have two."
  }

  validation {
    condition     = alltrue([for amount in var.amounts : amount >= 1 && floor(amount) == amount])
    error_message = "amounts must be whole US dollars, 1 or more."
  }
}

variable "notify" {
  description = <<-EOT
    What is compared with the amounts.
      actual   : what the month has cost so far (default true)
      forecast : what AWS expects the whole month to cost (default true); it needs about five weeks of history
  EOT
  type = object({
    actual   = optional(bool, true)
    forecast = optional(bool, true)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.notify.actual || var.notify.forecast
    error_message = "notify must hold actual or forecast: a budget that tells nobody is none."
  }
}

variable "cost_tag" {
  description = <<-EOT
    Cost allocation tag whose costs count; null for all costs of the account (default).
      key    : of the tag, without AWS's prefix user:
      values : of the tag, at least one; costs of any of them count
  EOT
  type = object({
    key    = string
    values = set(string)
  })
  default = null

  validation {
    condition     = var.cost_tag == null ? true : can(regex("^[A-Za-z0-9 +=._/@-]{1,128}$", var.cost_tag.key)) && !startswith(var.cost_tag.key, "user:")
    error_message = "cost_tag.key must be the key of a tag, 1 to 128 characters, without user: in front."
  }

  validation {
    condition     = var.cost_tag == null ? true : length(var.cost_tag.values) > 0 && alltrue([for value in var.cost_tag.values : can(regex("^[A-Za-z0-9 +=._:/@-]{1,256}$", value))])
    error_message = "cost_tag.values must be 1 or more values of a tag, each of 1 to 256 characters."
  }
}

variable "activate_cost_tag" {
  description = "Whether cost_tag is made a cost allocation tag here. Only in the account that pays, and only after AWS has seen the tag on a resource for a day."
  type        = bool
  default     = false
  nullable    = false
}

variable "topic_arn" {
  description = "ARN of the topic that is told, or null. It must let AWS Budgets publish (publishers.budgets of alert_topic), and its key must let AWS Budgets use it (use budgets_to_topics of the encryption module)."
  type        = string
  default     = null

  validation {
    condition     = var.topic_arn == null || can(regex("^arn:[a-z0-9-]+:sns:[a-z0-9-]+:[0-9]{12}:", var.topic_arn))
    error_message = "topic_arn must be the ARN of an SNS topic, or null."
  }
}

variable "email_addresses" {
  description = "E-mail addresses that are told, at most 10, without a confirmation."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.email_addresses : can(regex("^[^@\\s/]+@[^@\\s/]+\\.[^@\\s/]+$", address))])
    error_message = "email_addresses must be e-mail addresses."
  }

  validation {
    condition     = length(var.email_addresses) <= 10
    error_message = "email_addresses must be at most 10: AWS takes no more for a notification."
  }

  validation {
    condition     = length(var.email_addresses) > 0 || var.topic_arn != null
    error_message = "email_addresses or topic_arn must name somebody who is told."
  }
}
