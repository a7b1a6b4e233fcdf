variable "name" {
  description = "Full name of the API, and of its key and usage plan where it has them, 1 to 51 letters, digits, hyphens and underscores (a role's name of 64 has to fit a suffix)."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,51}$", var.name))
    error_message = "name must be 1 to 51 letters, digits, hyphens and underscores."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# API, its paths and methods
# ---------------------------------------------------------------------------------------------------------------------

variable "openapi" {
  description = <<-EOT
    OpenAPI 3.0 document as text, YAML or JSON. Used of it: info, paths (at most five segments deep) with operationId,
    parameters, JSON request bodies and security (API keys). A body is checked against its schema, which must hold no
    $ref of its own, or against the schema that the extension x-gateway-model names beside it.
  EOT
  type        = string

  validation {
    condition     = can(regex("^3\\.0\\.", yamldecode(var.openapi).openapi)) && can(yamldecode(var.openapi).info.title) && can(yamldecode(var.openapi).info.version) && can(keys(yamldecode(var.openapi).paths))
    error_message = "openapi must be an OpenAPI 3.0 document in YAML or JSON, with info and paths."
  }

  validation {
    condition = try(alltrue(flatten([
      for item in values(yamldecode(var.openapi).paths) : [
        for verb, operation in item : can(regex("^[A-Za-z][A-Za-z0-9]*$", operation.operationId))
        if contains(["get", "put", "post", "delete", "options", "head", "patch"], verb)
      ]
    ])), false)
    error_message = "Each operation of openapi needs an operationId of letters and digits."
  }

  validation {
    condition     = try(alltrue([for path in keys(yamldecode(var.openapi).paths) : can(regex("^(/[^/]+){1,5}$", path))]), false)
    error_message = "Each path of openapi must begin with a slash and have one to five segments."
  }

  validation {
    condition = try(alltrue(flatten([
      for item in values(yamldecode(var.openapi).paths) : [
        for verb, operation in item : contains(keys(yamldecode(var.openapi).components.schemas), try(
          operation.requestBody.content["application/json"]["x-gateway-model"],
          trimprefix(operation.requestBody.content["application/json"].schema["$ref"], "#/components/schemas/"),
        )) if can(operation.requestBody)
      ]
    ])), false)
    error_message = "Each request body of openapi must be application/json and name a schema of components, by $ref or by x-gateway-model."
  }
}

variable "integrations" {
  description = <<-EOT
    The function that serves each operation, by its operationId; exactly the operations of the document.
      function_name : name of the function
      invoke_arn    : its ARN for integrations (of the alias, if there is one)
      qualifier     : the alias, if there is one
  EOT
  type = map(object({
    function_name = string
    invoke_arn    = string
    qualifier     = optional(string)
  }))

  validation {
    condition = toset(keys(var.integrations)) == toset(try(flatten([
      for item in values(yamldecode(var.openapi).paths) : [
        for verb, operation in item : operation.operationId
        if contains(["get", "put", "post", "delete", "options", "head", "patch"], verb)
      ]
    ]), []))
    error_message = "integrations must name exactly the operations (operationId) of openapi: none missing, none unknown."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Stage
# ---------------------------------------------------------------------------------------------------------------------

variable "stage_name" {
  description = "Name of the stage, which is the first part of the URL's path; 1 to 128 letters, digits, hyphens and underscores. The API's version belongs into the document's paths."
  type        = string
  default     = "live"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.stage_name))
    error_message = "stage_name must be 1 to 128 letters, digits, hyphens and underscores."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer KMS key that encrypts the logs."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "log_retention_days" {
  description = "How long access and execution logs are kept, in days: one of the periods that CloudWatch Logs offers, 1 to 3,653."
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

variable "throttle" {
  description = <<-EOT
    Requests that are let through, for each key (if there are keys) and for each method of the stage; more get 429.
      rate_limit  : requests a second in the long run, more than 0 and up to 10,000 (default 100)
      burst_limit : requests at once above that rate, 1 to 10,000 (default 200)
  EOT
  type = object({
    rate_limit  = optional(number, 100)
    burst_limit = optional(number, 200)
  })
  default = {}

  validation {
    condition     = var.throttle.rate_limit > 0 && var.throttle.rate_limit <= 10000
    error_message = "throttle.rate_limit must be more than 0 and at most 10,000 requests a second."
  }

  validation {
    condition     = var.throttle.burst_limit >= 1 && var.throttle.burst_limit <= 10000 && floor(var.throttle.burst_limit) == var.throttle.burst_limit
    error_message = "throttle.burst_limit must be a whole number from 1 to 10,000."
  }
}

variable "web_acl" {
  description = <<-EOT
    Web ACL (WAFv2, regional) in front of the stage. Null: none.
      arn : its ARN
  EOT
  type        = object({ arn = string })
  default     = null

  validation {
    condition     = var.web_acl == null ? true : can(regex("^arn:[a-z0-9-]+:wafv2:[a-z0-9-]+:[0-9]{12}:regional/webacl/", var.web_acl.arn))
    error_message = "web_acl.arn must be the ARN of a regional WAFv2 web ACL."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Clients
# ---------------------------------------------------------------------------------------------------------------------

variable "api_key_value" {
  description = "Value of the client's API key, 20 to 128 characters, to take an existing key along; only where the document demands keys. Null: AWS makes one, which is the better way; the emulator MiniStack cannot and needs a value."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = var.api_key_value == null ? true : length(var.api_key_value) >= 20 && length(var.api_key_value) <= 128
    error_message = "api_key_value must have 20 to 128 characters, or be null."
  }

  validation {
    condition     = var.api_key_value == null || length(local.clients) > 0
    error_message = "api_key_value is given, but no operation of openapi demands an API key."
  }
}

variable "quota_per_day" {
  description = "Requests that a key may make a day (1 or more); more get 429. Only where the document demands keys. Null: no quota."
  type        = number
  default     = null

  validation {
    condition     = var.quota_per_day == null ? true : var.quota_per_day >= 1 && floor(var.quota_per_day) == var.quota_per_day
    error_message = "quota_per_day must be a whole number of 1 or more, or null."
  }

  validation {
    condition     = var.quota_per_day == null || length(local.clients) > 0
    error_message = "quota_per_day counts the requests of a key, but no operation of openapi demands one."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Logging role
# ---------------------------------------------------------------------------------------------------------------------

variable "manage_account_logging" {
  description = "Whether to create the role by which API Gateway writes logs and to set it for the whole account and region. False where something else has set one already: there can be only one, and without one the stage cannot be created."
  type        = bool
  default     = true
}

variable "logging_role_name" {
  description = "Full name of that role, 1 to 64 letters, digits and the characters _ + = , . @ -. Null: the API's name with -gateway-logs."
  type        = string
  default     = null

  validation {
    condition     = var.logging_role_name == null ? true : can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.logging_role_name))
    error_message = "logging_role_name must be 1 to 64 letters, digits and the characters _ + = , . @ -, or null."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Alarms
# ---------------------------------------------------------------------------------------------------------------------

variable "alarms" {
  description = <<-EOT
    Thresholds of the API's alarms.
      error_percent  : share of answers with a 5xx status over 5 minutes, in percent, above which the error alarm fires (default 1)
      latency_p99_ms : 99th percentile of the answer time over 5 minutes, in milliseconds, above which the latency alarm fires (default 1,000)
  EOT
  type = object({
    error_percent  = optional(number, 1)
    latency_p99_ms = optional(number, 1000)
  })
  default = {}

  validation {
    condition     = var.alarms.error_percent > 0 && var.alarms.error_percent < 100
    error_message = "alarms.error_percent must lie between 0 and 100, both excluded."
  }

  validation {
    condition     = var.alarms.latency_p99_ms >= 1 && var.alarms.latency_p99_ms <= 29000
    error_message = "alarms.latency_p99_ms must lie between 1 and 29,000, where the gateway gives up."
  }
}
