# ---------------------------------------------------------------------------------------------------------------------
# Names and lifetime
# ---------------------------------------------------------------------------------------------------------------------

variable "environment_suffix" {
  description = "Last part of every name: 1 to 12 lower-case letters, digits and hyphens, with a letter or digit at both ends. Two environments of an account and region need two suffixes, and a state (workspace) each."
  type        = string
  default     = "dev"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$", var.environment_suffix))
    error_message = "environment_suffix must be 1 to 12 lower-case letters, digits and hyphens, with a letter or digit at both ends."
  }
}

variable "region" {
  description = "AWS region of the whole system, as AWS writes it. To change it means to make the system anew."
  type        = string
  default     = "us-east-2"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[1-9]$", var.region))
    error_message = "region must be the name of a region, such as us-east-2."
  }
}

variable "tags" {
  description = "Tags of every resource, beside Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
}

variable "deletion_protection" {
  description = "Whether the two tables refuse to be deleted. Switch off only where the environment must be destroyable."
  type        = bool
  default     = true
}

# ---------------------------------------------------------------------------------------------------------------------
# API
# ---------------------------------------------------------------------------------------------------------------------

variable "usage_plan" {
  description = <<-EOT
    What a client may use; more is answered with 429. One address may send 300 times rate_limit plus burst_limit in five minutes.
      rate_limit    : requests a second in the long run, a whole number from 1 to 10,000 (default 500)
      burst_limit   : requests at once above that rate, a whole number from 1 to 10,000 (default 1,000)
      quota_per_day : requests a day, 1 or more (default 10,000)
  EOT
  type = object({
    rate_limit    = optional(number, 500)
    burst_limit   = optional(number, 1000)
    quota_per_day = optional(number, 10000)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for limit in [var.usage_plan.rate_limit, var.usage_plan.burst_limit] : limit >= 1 && limit <= 10000 && floor(limit) == limit])
    error_message = "usage_plan.rate_limit and usage_plan.burst_limit must be whole numbers from 1 to 10,000."
  }
}

variable "traced_share" {
  description = "Share of the requests that X-Ray traces, 0 to 1, each with all that follows from it up to the decision. Null: X-Ray's own rule, the first request of each second and 5 % of the others, which at a million requests a month is nearly each of them, for $5; null also where X-Ray's rules do not exist: the emulators."
  type        = number
  default     = 0.05
}

variable "api_key_value" {
  description = "Value of the client's API key, 20 to 128 characters, to take an existing key along; hand it in through TF_VAR_api_key_value. Null: AWS makes one, which is the better way."
  type        = string
  default     = null
  sensitive   = true
}

variable "manage_account_logging" {
  description = "Whether to set the role by which API Gateway writes logs, which is one for all APIs of an account and region. False where something else has set it already, another environment of this system included."
  type        = bool
  default     = true
}

variable "waf_logs" {
  description = "Whether the web ACL logs what it blocks. False only where WAF's logging does not exist: the emulator MiniStack."
  type        = bool
  default     = true
}

# ---------------------------------------------------------------------------------------------------------------------
# Network
# ---------------------------------------------------------------------------------------------------------------------

variable "further_endpoints" {
  description = "Interface endpoints besides those that the functions call (SQS, SNS, Systems Manager), by service, each with the actions that may pass. The defaults are documented for this system, but no function calls them, so they stand in one zone: {} leaves them out and saves their price by the hour. A service that a function does call has its endpoint in every zone, also if it is named here."
  type        = map(set(string))
  default = {
    kms  = ["kms:Decrypt", "kms:GenerateDataKey"]
    logs = ["logs:CreateLogStream", "logs:PutLogEvents"]
  }
  nullable = false
}

# ---------------------------------------------------------------------------------------------------------------------
# Functions
# ---------------------------------------------------------------------------------------------------------------------

variable "validation_provisioned_concurrency" {
  description = "Warm environments of the validation function (1 or more), billed whether used or not; the API then calls its alias `live`. Null: none."
  type        = number
  default     = null
}

variable "fraud_detection_concurrency" {
  description = "Batches that are decided at once (2 to 1,000), each of up to 10 transactions."
  type        = number
  default     = 100
}

variable "packages_dir" {
  description = "Folder of the functions' zips, relative to this folder; make package fills the default one."
  type        = string
  default     = "../../build/packages"
}

variable "log_level" {
  description = "What the functions log: DEBUG, INFO, WARNING or ERROR, and what is more severe."
  type        = string
  default     = "INFO"

  validation {
    condition     = can(regex("^(DEBUG|INFO|WARNING|ERROR)$", var.log_level))
    error_message = "log_level must be one of DEBUG, INFO, WARNING and ERROR."
  }
}

variable "system_log_level" {
  description = "What Lambda itself logs of the functions: WARN, only starts and calls that failed; INFO, also each call's start and report (730 bytes) with its memory; DEBUG, all there is."
  type        = string
  default     = "WARN"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARN"], var.system_log_level)
    error_message = "system_log_level must be DEBUG, INFO or WARN."
  }
}

variable "timing" {
  description = <<-EOT
    How long things may take or be remembered, in whole seconds.
      merchant_cache : a merchant's configuration is cached, 1 to 60: after that a switched-off merchant takes nothing more (default 60)
      policy_refresh : the policy document is cached, 1 to 900; each warm function reads it that often (default 60)
      retry_base     : the most that a failed transaction waits before its second receive, 1 to 100; before its third it waits up to eight times as long (default 20)
      sweep_after    : an accepted transaction may wait for its decision before it is queued again and alarmed, 9 times retry_base plus 180 or more, up to 86,400 (default 900)
  EOT
  type = object({
    merchant_cache = optional(number, 60)
    policy_refresh = optional(number, 60)
    retry_base     = optional(number, 20)
    sweep_after    = optional(number, 900)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for seconds in values(var.timing) : seconds >= 1 && floor(seconds) == seconds])
    error_message = "timing must be whole numbers of seconds, 1 or more."
  }

  validation {
    condition     = var.timing.merchant_cache <= 60 && var.timing.policy_refresh <= 900 && var.timing.retry_base <= 100 && var.timing.sweep_after <= 86400
    error_message = "timing allows at most 60 for merchant_cache, 900 for policy_refresh, 100 for retry_base and 86,400 for sweep_after."
  }

  validation {
    condition     = var.timing.sweep_after >= 9 * var.timing.retry_base + 180
    error_message = "timing.sweep_after must be at least 9 times retry_base plus 180, or ordinary retries would look stale."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Decisions and alerts
# ---------------------------------------------------------------------------------------------------------------------

variable "policy_document" {
  description = "File of the first policy document, relative to this folder. It is only written when the environment is made; later versions are put into the parameter."
  type        = string
  default     = "../../policy_documents/points.json"

  validation {
    condition     = try(length(jsondecode(file("${path.root}/${var.policy_document}")).champion) > 0, false)
    error_message = "policy_document must name a JSON file that has a champion."
  }
}

variable "alert_emails" {
  description = "E-mail addresses that hear of failed transactions and of alarms; each has to confirm once."
  type        = set(string)
  default     = []
}
