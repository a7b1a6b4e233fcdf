variable "name" {
  description = "Full name of the web ACL and of its metric, 1 to 114 letters, digits, hyphens and underscores; its log group is aws-waf-logs-<name>."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,114}$", var.name))
    error_message = "name must be 1 to 114 letters, digits, hyphens and underscores."
  }
}

variable "stage_arns" {
  description = "API stages to protect, as ARNs by a name of your choice. None where the module rest_api attaches the web ACL itself (its argument web_acl). A stage has one web ACL at most."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.stage_arns : can(regex("^arn:[a-z-]+:apigateway:[a-z0-9-]+::/restapis/[a-z0-9]+/stages/[A-Za-z0-9_-]+$", arn))])
    error_message = "stage_arns must be ARNs of stages of REST APIs (WAF does not protect HTTP APIs)."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Rules
# ---------------------------------------------------------------------------------------------------------------------

variable "requests_per_ip" {
  description = "Requests that one address may make in any 5 minutes, 10 to 2,000,000,000; more are blocked (403) until it slows down. Not less than 300 times the usage plan's rate_limit plus its burst_limit, or a client that keeps to the plan is blocked: 500 a second and 1,000 at once are 151,000."
  type        = number

  validation {
    condition     = var.requests_per_ip >= 10 && var.requests_per_ip <= 2000000000 && floor(var.requests_per_ip) == var.requests_per_ip
    error_message = "requests_per_ip must be a whole number from 10 to 2,000,000,000."
  }
}

variable "body_limit_bytes" {
  description = "Largest body that is let through, in bytes (1 to 65,536). Over 8,192 the rule SizeRestrictions_BODY only counts, because it cannot be moved; over 16,384 WAF is made to look into the whole body, which is billed."
  type        = number
  default     = 8192
  nullable    = false

  validation {
    condition     = var.body_limit_bytes >= 1 && var.body_limit_bytes <= 65536 && floor(var.body_limit_bytes) == var.body_limit_bytes
    error_message = "body_limit_bytes must be a whole number from 1 to 65,536: WAF looks into no more, so a larger body would pass unseen."
  }
}

variable "counted_rules" {
  description = "Rules of AWS's rule groups that only count instead of blocking, each with the reason why, e.g. NoUserAgent_HEADER = \"Two merchants' clients send no User-Agent\"."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.counted_rules), local.managed_rules)) == 0
    error_message = "counted_rules must be rules of the groups used here; WAF would pass over another name in silence. There are: ${join(", ", local.managed_rules)}."
  }

  validation {
    condition     = alltrue([for reason in var.counted_rules : length(split(" ", trimspace(reason))) >= 3])
    error_message = "Each of counted_rules needs its reason in words."
  }

  validation {
    condition     = !contains(keys(var.counted_rules), "SizeRestrictions_BODY")
    error_message = "SizeRestrictions_BODY follows from body_limit_bytes; to count it alone would let bodies through that WAF does not look into."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Logs
# ---------------------------------------------------------------------------------------------------------------------

variable "kms_key_arn" {
  description = "ARN of the customer KMS key that encrypts the logs. Its policy must let CloudWatch Logs use it (use log_groups of the encryption module)."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept, in days: one of the periods that CloudWatch Logs offers, 1 to 3,653."
  type        = number
  default     = 365

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "log_retention_days must be a period that CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "log_allowed_requests" {
  description = "Whether requests that no rule blocked or counted are logged too, besides the API's own access log."
  type        = bool
  default     = false
  nullable    = false
}

variable "further_redacted_headers" {
  description = "Headers that never appear in logs and samples, in lower case, besides authorization and x-api-key."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for header in var.further_redacted_headers : can(regex("^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$", header))])
    error_message = "further_redacted_headers must be names of headers in lower case."
  }

  validation {
    condition     = length(var.further_redacted_headers) <= 98
    error_message = "further_redacted_headers may hold at most 98 headers: WAF redacts 100."
  }
}

variable "logs_enabled" {
  description = "Whether to log at all. False only where WAF's logging does not exist: the emulator MiniStack."
  type        = bool
  default     = true
  nullable    = false
}

# ---------------------------------------------------------------------------------------------------------------------
# Alarms
# ---------------------------------------------------------------------------------------------------------------------

variable "alarms" {
  description = <<-EOT
    Thresholds of the web ACL's alarms.
      blocked_requests : requests blocked in 5 minutes above which the alarm fires, 0 or more (default 1,000)
  EOT
  type = object({
    blocked_requests = optional(number, 1000)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.blocked_requests >= 0
    error_message = "alarms.blocked_requests must be 0 or more."
  }
}
