# ---------------------------------------------------------------------------------------------------------------------
# Names, tags and place
# ---------------------------------------------------------------------------------------------------------------------

variable "environment_suffix" {
  description = "Last part of every name, which keeps two environments of one account apart: 1 to 20 lower-case letters, digits and hyphens, not beginning or ending with a hyphen."
  type        = string
  default     = "dev"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$", var.environment_suffix))
    error_message = "environment_suffix must be 1 to 20 lower-case letters, digits and hyphens, and must not begin or end with a hyphen."
  }
}

variable "region" {
  description = "AWS region that everything is made in, such as us-east-1."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2,3}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the name of an AWS region, such as us-east-1."
  }
}

variable "tags" {
  description = "Tags of every resource, besides Environment = production and CostCenter = fraud-detection; the same keys here replace those."
  type        = map(string)
  default     = {}
}

# ---------------------------------------------------------------------------------------------------------------------
# API
# ---------------------------------------------------------------------------------------------------------------------

variable "api_throttle" {
  description = <<-EOT
    Requests that the API lets through; more get 429.
      rate_limit  : requests a second in the long run, more than 0 and up to 10,000 (default 100)
      burst_limit : requests at once above that rate, 1 to 10,000 (default 50, as many as the first function takes at once)
  EOT
  type = object({
    rate_limit  = optional(number, 100)
    burst_limit = optional(number, 50)
  })
  default = {}
}

variable "traced_share" {
  description = "Share of the requests that X-Ray traces, 0 to 1; what follows on the stream is not traced. Null: X-Ray's own rule, the first request of each second and 5 % of the others, which at a million requests a month is nearly each of them, for $5; null also where X-Ray's rules do not exist: the emulators."
  type        = number
  default     = 0.05
}

variable "api_key_required" {
  description = "Whether requests need an API key in the header x-api-key. The documented system asks for none: then whoever knows the URL may submit transactions."
  type        = bool
  default     = false
  nullable    = false
}

variable "api_key_value" {
  description = "Value of the API key, 20 to 128 characters, to take an existing key along; hand it in through TF_VAR_api_key_value. Null: AWS makes one. Only with api_key_required."
  type        = string
  default     = null
  sensitive   = true

  # To ignore it would leave open what its giver takes for closed.
  validation {
    condition     = var.api_key_value == null || var.api_key_required
    error_message = "api_key_value needs api_key_required = true; without it the API asks for no key."
  }
}

variable "manage_account_logging" {
  description = "Whether to create the role by which API Gateway writes logs and to set it for the whole account and region. False where another stack has set one already: there can be only one."
  type        = bool
  default     = true
}

# ---------------------------------------------------------------------------------------------------------------------
# Functions
# ---------------------------------------------------------------------------------------------------------------------

variable "packages_dir" {
  description = "Folder of the functions' zips, relative to this folder; make package fills the default one."
  type        = string
  default     = "../../build/packages"
}

variable "runtime" {
  description = "Python runtime of the three functions, python3.9 to python3.13. The default is the documented one, which AWS has deprecated, like python3.10: a warning reminds of it until another is set."
  type        = string
  default     = "python3.9"
  nullable    = false
}

variable "reserved_concurrency" {
  description = "Calls of each function that may run at once, taken out of the account's pool (2 to 1,000). Null: no reservation, for accounts whose quota allows none."
  type        = number
  default     = 50

  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= 2 && var.reserved_concurrency <= 1000 && floor(var.reserved_concurrency) == var.reserved_concurrency
    error_message = "reserved_concurrency must be a whole number from 2 to 1,000, or null."
  }
}

variable "process_transaction_provisioned_concurrency" {
  description = "Warm environments of the first function, 1 up to its reserved_concurrency, billed whether used or not; the API then calls its alias `live`, and up to that many requests at once wait for no cold start. Null: none."
  type        = number
  default     = null

  validation {
    condition     = var.process_transaction_provisioned_concurrency == null ? true : var.process_transaction_provisioned_concurrency >= 1 && floor(var.process_transaction_provisioned_concurrency) == var.process_transaction_provisioned_concurrency
    error_message = "process_transaction_provisioned_concurrency must be a whole number of 1 or more, or null."
  }

  validation {
    condition     = var.process_transaction_provisioned_concurrency == null || var.reserved_concurrency == null ? true : var.process_transaction_provisioned_concurrency <= var.reserved_concurrency
    error_message = "process_transaction_provisioned_concurrency must not exceed reserved_concurrency."
  }
}

variable "log_level" {
  description = "From which level on the functions log: DEBUG, INFO, WARNING or ERROR. INFO is a line for each step of a transaction."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "log_level is DEBUG, INFO, WARNING or ERROR."
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

# ---------------------------------------------------------------------------------------------------------------------
# Decisions
# ---------------------------------------------------------------------------------------------------------------------

variable "policy_document" {
  description = "File of the first policy document, relative to this folder: a JSON object of at most 8,192 bytes. It is only written when the environment is made; later versions are put with scripts/policy."
  type        = string
  default     = "../../policy_documents/points.json"

  validation {
    condition     = fileexists("${path.root}/${var.policy_document}")
    error_message = "policy_document names no file."
  }
}

variable "policy_refresh_seconds" {
  description = "After how long a function reads the policy document again, in whole seconds (1 to 900)."
  type        = number
  default     = 60

  validation {
    condition     = contains(range(1, 901), var.policy_refresh_seconds)
    error_message = "policy_refresh_seconds must be a whole number from 1 to 900."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# People
# ---------------------------------------------------------------------------------------------------------------------

variable "notification_emails" {
  description = "E-mail addresses of the team that is alerted of suspicious transactions; each has to confirm once. A warning reminds of it while there are none."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "failure_emails" {
  description = "E-mail addresses that hear of alarms; each has to confirm once."
  type        = set(string)
  default     = []
}
