# ---------------------------------------------------------------------------------------------------------------------
# Names and lifetime
# ---------------------------------------------------------------------------------------------------------------------

variable "project" {
  description = "First part of every name, before the workspace: 2 to 12 lower-case letters and digits, beginning with a letter."
  type        = string
  default     = "txn"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.project))
    error_message = "project must be 2 to 12 lower-case letters and digits and begin with a letter."
  }

  validation {
    condition     = can(regex("^${var.project}-[a-z0-9-]{1,12}$", "${var.project}-${terraform.workspace}"))
    error_message = "The name of the workspace becomes a part of every name: it must be 1 to 12 lower-case letters, digits and hyphens."
  }
}

variable "tags" {
  description = "Tags of every resource, beside Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
}

variable "deletion_protection" {
  description = "Whether the tables refuse to be deleted. Switch off only where the environment must be destroyable."
  type        = bool
  default     = true
}

variable "force_destroy" {
  description = "Whether terraform destroy empties the archive bucket first. Switch on only where the environment must be destroyable."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "How long logs are kept, in days: one of the periods that CloudWatch Logs offers (1 to 3,653)."
  type        = number
  default     = 365
}

# ---------------------------------------------------------------------------------------------------------------------
# API
# ---------------------------------------------------------------------------------------------------------------------

variable "api" {
  description = <<-EOT
    Limits of the REST API, for each key.
      rate_limit             : requests a second in the long run, above 0 to 10,000 (default 500)
      burst_limit            : requests at once above that rate, 1 to 10,000 (default 1,000)
      quota_per_day          : requests a day, 1 or more; null for no quota (default)
      web_acl                : object with the arn of a regional WAFv2 web ACL; null for none (default)
      manage_account_logging : false where the account's API Gateway logging role is set elsewhere (default true)
  EOT
  type = object({
    rate_limit             = optional(number, 500)
    burst_limit            = optional(number, 1000)
    quota_per_day          = optional(number)
    web_acl                = optional(object({ arn = string }))
    manage_account_logging = optional(bool, true)
  })
  default = {}
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

# ---------------------------------------------------------------------------------------------------------------------
# Functions
# ---------------------------------------------------------------------------------------------------------------------

variable "packages_dir" {
  description = "Folder of the functions' zips, relative to this folder; make package fills the default one."
  type        = string
  default     = "build/packages"
}

variable "runtime" {
  description = "Python runtime of the functions, python3.9 to python3.13."
  type        = string
  default     = "python3.13"
}

variable "log_level" {
  description = "Least severe level that the functions log: DEBUG, INFO, WARNING or ERROR."
  type        = string
  default     = "INFO"

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "log_level must be DEBUG, INFO, WARNING or ERROR."
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

variable "ingest_provisioned_concurrency" {
  description = "Warm environments of the function behind POST (1 or more), billed whether used or not. Null: none."
  type        = number
  default     = null
}

variable "process_maximum_concurrency" {
  description = "Batches that are decided at once, over all accounts (2 to 1,000). One account is never in two batches."
  type        = number
  default     = 100
}

variable "process_reserved_concurrency" {
  description = "Concurrency kept free for deciding, at least process_maximum_concurrency. Without it a burst elsewhere in the account can throttle decisions, and each throttled call costs one of a transaction's three receives. Null: none, for accounts whose quota allows no reservation."
  type        = number
  default     = null

  validation {
    condition     = var.process_reserved_concurrency == null ? true : var.process_reserved_concurrency >= var.process_maximum_concurrency
    error_message = "process_reserved_concurrency must be at least process_maximum_concurrency."
  }
}

variable "retry_base_seconds" {
  description = "The most that a failed transaction waits before its second receive, in seconds (1 to 100); before its third it waits up to eight times as long, drawn with full jitter. An outage shorter than these waits quarantines no account."
  type        = number
  default     = 20

  validation {
    condition     = var.retry_base_seconds >= 1 && var.retry_base_seconds <= 100
    error_message = "retry_base_seconds must lie between 1 and 100."
  }
}

variable "merchant_cache_seconds" {
  description = "How long a merchant's configuration is cached, in seconds (1 to 60): after that a switched-off merchant takes nothing more."
  type        = number
  default     = 60

  validation {
    condition     = var.merchant_cache_seconds >= 1 && var.merchant_cache_seconds <= 60 && floor(var.merchant_cache_seconds) == var.merchant_cache_seconds
    error_message = "merchant_cache_seconds must be a whole number from 1 to 60."
  }
}

variable "sweep_after_seconds" {
  description = "How long an accepted transaction may wait for its decision before it is queued again and alarmed, in seconds (60 to 86,400)."
  type        = number
  default     = 900

  validation {
    condition     = var.sweep_after_seconds >= 9 * var.retry_base_seconds + 180
    error_message = "sweep_after_seconds must be at least 9 times retry_base_seconds plus 180, or ordinary retries would look stale."
  }

  validation {
    condition     = var.sweep_after_seconds >= 60 && var.sweep_after_seconds <= 86400 && floor(var.sweep_after_seconds) == var.sweep_after_seconds
    error_message = "sweep_after_seconds must be a whole number from 60 to 86,400 (one day)."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Decisions and cases
# ---------------------------------------------------------------------------------------------------------------------

variable "policy_document" {
  description = "File of the first policy document, relative to this folder: a JSON object of at most 8,192 bytes. It is only written when the environment is made; later versions are put with scripts/policy."
  type        = string
  default     = "policy_documents/flagship.json"

  validation {
    condition     = fileexists("${path.root}/${var.policy_document}")
    error_message = "policy_document names no file."
  }

  validation {
    condition     = can(keys(jsondecode(file("${path.root}/${var.policy_document}"))))
    error_message = "policy_document must be a JSON object."
  }

  validation {
    # Which fields there are and what they may hold is told by policy_documents/policy.schema.json; make policy-check checks it all.
    condition = try(alltrue([
      for document in [jsondecode(file("${path.root}/${var.policy_document}"))] :
      document.schema == 1 && length(document.version) > 0 && contains(keys(document.policies), document.champion)
    ]), false)
    error_message = "policy_document needs the fields schema (1), version and champion, and champion must be one of its policies."
  }
}

variable "policy_refresh_seconds" {
  description = "After how long a function reads the policy document again, in seconds (1 to 900): so long may two of them decide by different versions. Each warm function reads that often; Systems Manager answers 40 reads a second in an account."
  type        = number
  default     = 60

  validation {
    condition     = var.policy_refresh_seconds >= 1 && var.policy_refresh_seconds <= 900 && floor(var.policy_refresh_seconds) == var.policy_refresh_seconds
    error_message = "policy_refresh_seconds must be a whole number from 1 to 900."
  }
}

variable "learn_window_seconds" {
  description = "How long decisions and labels are collected before merchants' risk and the counts of drift are brought up to date, in seconds (0 to 300). Decisions see a merchant's risk of seven days ago, and drift is judged once an hour: nobody waits, and fuller batches cost less."
  type        = number
  default     = 180

  validation {
    condition     = var.learn_window_seconds >= 0 && var.learn_window_seconds <= 300 && floor(var.learn_window_seconds) == var.learn_window_seconds
    error_message = "learn_window_seconds must be a whole number from 0 to 300."
  }
}

variable "review_timeout_seconds" {
  description = "How long an analyst may take over a case, in seconds (1 to 1,209,600); after that a held transaction is declined."
  type        = number
  default     = 14400
}

# ---------------------------------------------------------------------------------------------------------------------
# Archive and alerts
# ---------------------------------------------------------------------------------------------------------------------

variable "event_archive_days" {
  description = "Days for which the bus keeps each event for replay (1 to 3,650), or 0 to keep them for ever. The archive bucket keeps them for ever anyway."
  type        = number
  default     = 30
}

variable "archive_window_seconds" {
  description = "How long events are collected before an object of the archive is written, in seconds (1 to 300). They wait in the archive queue; the longer, the fewer and fuller the objects: each costs a write, and those below 128 KB stay in S3 STANDARD."
  type        = number
  default     = 300

  validation {
    condition     = var.archive_window_seconds >= 1 && var.archive_window_seconds <= 300 && floor(var.archive_window_seconds) == var.archive_window_seconds
    error_message = "archive_window_seconds must be a whole number from 1 to 300."
  }
}

variable "failure_emails" {
  description = "E-mail addresses that hear of processing failures and alarms; each has to confirm once."
  type        = set(string)
  default     = []
}

variable "fraud_emails" {
  description = "E-mail addresses that hear of fraud alerts; each has to confirm once."
  type        = set(string)
  default     = []
}

# ---------------------------------------------------------------------------------------------------------------------
# Game days
# ---------------------------------------------------------------------------------------------------------------------

variable "chaos" {
  description = <<-EOT
    Experiments of AWS FIS that fail and delay calls of process and relay, for game days on a real account; no emulator has it. The functions get AWS's extension for it, which lengthens their cold starts, so switch it on for the day: {}. Null: nothing of it (default).
      minutes : how long each experiment lasts, 1 to 60 (default 5: a transaction is received twice in that time, so none is given up)
      percent : share of the calls that are affected, 1 to 100 (default 100)
  EOT
  type = object({
    minutes = optional(number, 5)
    percent = optional(number, 100)
  })
  default = null
}
