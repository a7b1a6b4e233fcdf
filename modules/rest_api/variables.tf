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
    parameters, JSON request bodies and security. A body is checked against its schema, which must hold no $ref of its
    own, or against the schema that the extension x-gateway-model names beside it.
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
    What serves each operation, by its operationId; exactly the operations of the document. Either a function:
      function_name : name of the function
      invoke_arn    : its ARN for integrations (of the alias, if there is one)
      qualifier     : the alias, if there is one
    or kinesis, a stream that the gateway writes the body to by itself, checked against its whole schema (whatever x-gateway-model says):
      kinesis.stream_name         : name of the stream
      kinesis.stream_arn          : its ARN
      kinesis.kms_key_arn         : ARN of the key that encrypts it
      kinesis.partition_key_field : field of the body that is the record's key (default customer_id); required, with a pattern that allows no quotes
      kinesis.id_field            : field that is answered as transaction_id (default transaction_id); likewise
      kinesis.message             : what is answered with 202, letters, digits, spaces and . , - only (default Transaction validated and queued)
      kinesis.status              : the status that is answered with it, likewise (default pending_fraud_check)
  EOT
  type = map(object({
    function_name = optional(string)
    invoke_arn    = optional(string)
    qualifier     = optional(string)
    kinesis = optional(object({
      stream_name         = string
      stream_arn          = string
      kms_key_arn         = string
      partition_key_field = optional(string, "customer_id")
      id_field            = optional(string, "transaction_id")
      message             = optional(string, "Transaction validated and queued")
      status              = optional(string, "pending_fraud_check")
    }))
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

  validation {
    condition = alltrue([
      for integration in var.integrations : (integration.kinesis == null) == (integration.function_name != null) && (integration.kinesis == null) == (integration.invoke_arn != null)
    ])
    error_message = "Each of integrations needs either function_name and invoke_arn, or kinesis."
  }

  validation {
    condition = alltrue([
      for integration in var.integrations : integration.kinesis == null ? true : can(regex("^[A-Za-z0-9_.-]{1,128}$", integration.kinesis.stream_name)) && alltrue([
        for text in [integration.kinesis.message, integration.kinesis.status] : can(regex("^[A-Za-z0-9 _.,-]+$", text))
      ])
    ])
    error_message = "kinesis.stream_name of integrations must be a stream's name; message and status may hold letters, digits, spaces and the characters _ . , - only."
  }

  # What the gateway refuses by the schema never gets near the stream. The patterns are tried with what must not pass.
  validation {
    condition = alltrue([
      for name, integration in var.integrations : integration.kinesis == null ? true : try(alltrue(flatten([
        for item in values(yamldecode(var.openapi).paths) : [
          for operation in values(item) : [
            for schema in [yamldecode(var.openapi).components.schemas[trimprefix(operation.requestBody.content["application/json"].schema["$ref"], "#/components/schemas/")]] : [
              for field in [integration.kinesis.partition_key_field, integration.kinesis.id_field] :
              can(regex("^[A-Za-z0-9_]+$", field)) && contains(schema.required, field) && schema.properties[field].type == "string" && can(regex(schema.properties[field].pattern, "a")) && alltrue([
                for text in ["", "a\"a", "a'a", "a\\a", "a a", "a\na", "a\n", join("", [for _ in range(257) : "a"])] : !can(regex(schema.properties[field].pattern, text))
              ])
            ]
          ] if try(operation.operationId, "") == name
        ]
      ])), false)
    ])
    error_message = "An operation with kinesis needs a body by $ref in which partition_key_field and id_field are required strings of 1 to 256 characters at most, with a pattern that lets no quote, backslash or white space through."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Who may call what
# ---------------------------------------------------------------------------------------------------------------------

variable "security" {
  description = "Names of the securitySchemes of openapi that every operation demands, all of them together, in place of what the document says; operations that it opens with an empty list stay open. Null: what the document says."
  type        = set(string)
  default     = null

  validation {
    condition     = var.security == null ? true : length(setsubtract(var.security, keys(local.schemes))) == 0
    error_message = "security may name schemes of openapi's components.securitySchemes only."
  }
}

variable "jwt" {
  description = <<-EOT
    What tokens are checked by; where an operation demands a scheme of tokens, and only there.
      user_pool_arns : Cognito user pools whose tokens are good, 1 or more
      scopes         : OAuth scopes of which a token needs one, besides those that the document names for an operation. Without any, ID tokens are demanded; with some, access tokens.
  EOT
  type = object({
    user_pool_arns = set(string)
    scopes         = optional(set(string), [])
  })
  default = null

  validation {
    condition     = var.jwt == null ? true : length(var.jwt.user_pool_arns) > 0 && alltrue([for arn in var.jwt.user_pool_arns : can(regex("^arn:[a-z0-9-]+:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool/", arn))])
    error_message = "jwt.user_pool_arns must be ARNs of Cognito user pools, at least one."
  }

  validation {
    condition     = (var.jwt != null) == local.uses_jwt
    error_message = "jwt is needed where an operation demands a scheme of tokens, and only there."
  }
}

variable "stream_role_name" {
  description = "Full name of the role by which the gateway writes to streams, 1 to 64 letters, digits and the characters _ + = , . @ -. Null: the API's name with -to-kinesis."
  type        = string
  default     = null

  validation {
    condition     = var.stream_role_name == null ? true : can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.stream_role_name))
    error_message = "stream_role_name must be 1 to 64 letters, digits and the characters _ + = , . @ -, or null."
  }
}

variable "cors" {
  description = <<-EOT
    Web pages of other origins that may call the API. Null: none. Methods are those of the document at each path.
      allow_origins   : origins as https://host or https://host:port, or * alone for all
      allow_headers   : headers that pages may send besides Content-Type, those of keys, tokens and signatures, and those of the document
      max_age_seconds : how long a browser remembers the answer, 0 to 86,400 (default 3,600)
  EOT
  type = object({
    allow_origins   = set(string)
    allow_headers   = optional(set(string), [])
    max_age_seconds = optional(number, 3600)
  })
  default = null

  validation {
    condition     = var.cors == null ? true : length(var.cors.allow_origins) > 0 && (var.cors.allow_origins == toset(["*"]) || alltrue([for origin in var.cors.allow_origins : can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]+)?$", origin))]))
    error_message = "cors.allow_origins must be origins such as https://bank.example, without a path, or * alone."
  }

  validation {
    condition     = var.cors == null ? true : alltrue([for header in var.cors.allow_headers : can(regex("^[A-Za-z0-9-]+$", header))])
    error_message = "cors.allow_headers must be names of headers."
  }

  validation {
    condition     = var.cors == null ? true : var.cors.max_age_seconds >= 0 && var.cors.max_age_seconds <= 86400 && floor(var.cors.max_age_seconds) == var.cors.max_age_seconds
    error_message = "cors.max_age_seconds must be a whole number from 0 to 86,400."
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

variable "traced_share" {
  description = "Share of the requests that X-Ray traces, 0 to 1, together with what follows from them; X-Ray takes $5 for a million traces. Null: X-Ray's own rule, which is the first request of each second and 5 % of the others: nearly all of an API with less than one a second."
  type        = number
  default     = null

  validation {
    condition     = var.traced_share == null ? true : var.traced_share >= 0 && var.traced_share <= 1
    error_message = "traced_share must lie between 0 and 1."
  }
}

variable "throttle" {
  description = <<-EOT
    Requests that are let through, for the first client (if there are keys) and for each method of the stage; more get 429.
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

variable "cache" {
  description = <<-EOT
    Answers that may be some time old. Null: none. It is billed by the hour, whether used or not.
      operations  : operationIds whose answers are kept, only such with GET
      ttl_seconds : for how long, 1 to 3,600 (default 300)
      size_gb     : 0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118 or 237 (default 0.5)
  EOT
  type = object({
    operations  = set(string)
    ttl_seconds = optional(number, 300)
    size_gb     = optional(string, "0.5")
  })
  default = null

  validation {
    condition     = var.cache == null ? true : length(var.cache.operations) > 0 && alltrue([for name in var.cache.operations : try(local.operations[name].method, "") == "GET"])
    error_message = "cache.operations must be operations of openapi with the method GET, at least one."
  }

  validation {
    condition     = var.cache == null ? true : var.cache.ttl_seconds >= 1 && var.cache.ttl_seconds <= 3600 && floor(var.cache.ttl_seconds) == var.cache.ttl_seconds
    error_message = "cache.ttl_seconds must be a whole number from 1 to 3,600."
  }

  validation {
    condition     = var.cache == null ? true : contains(["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"], var.cache.size_gb)
    error_message = "cache.size_gb must be 0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118 or 237."
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
    condition     = var.api_key_value == null || local.demands_keys
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
    condition     = var.quota_per_day == null || local.demands_keys
    error_message = "quota_per_day counts the requests of a key, but no operation of openapi demands one."
  }
}

variable "clients" {
  description = <<-EOT
    Further clients, by a name in lower case, each with a key and limits of its own; only where the document demands keys.
      rate_limit    : requests a second in the long run, more than 0 and up to 10,000
      burst_limit   : requests at once above that rate, 1 to 10,000
      quota_per_day : requests a day, 1 or more (default: no quota)
  EOT
  type = map(object({
    rate_limit    = number
    burst_limit   = number
    quota_per_day = optional(number)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for client in keys(var.clients) : can(regex("^[a-z][a-z0-9-]{0,31}$", client)) && client != "this"])
    error_message = "The names of clients must be 1 to 32 lower-case letters, digits and hyphens, begin with a letter and not be this, which is the first client's."
  }

  validation {
    condition     = alltrue([for client in var.clients : client.rate_limit > 0 && client.rate_limit <= 10000])
    error_message = "rate_limit of clients must be more than 0 and at most 10,000 requests a second."
  }

  validation {
    condition     = alltrue([for client in var.clients : client.burst_limit >= 1 && client.burst_limit <= 10000 && floor(client.burst_limit) == client.burst_limit])
    error_message = "burst_limit of clients must be a whole number from 1 to 10,000."
  }

  validation {
    condition     = alltrue([for client in var.clients : client.quota_per_day == null ? true : client.quota_per_day >= 1 && floor(client.quota_per_day) == client.quota_per_day])
    error_message = "quota_per_day of clients must be a whole number of 1 or more, or null."
  }

  validation {
    condition     = length(var.clients) == 0 || local.demands_keys
    error_message = "clients are told apart by their keys, but no operation of openapi demands one."
  }
}

variable "client_key_values" {
  description = "Values of keys of clients, by their name, 20 to 128 characters each, to take existing keys along. AWS makes those that are not given, which is the better way."
  type        = map(string)
  default     = {}
  sensitive   = true
  nullable    = false

  validation {
    condition     = alltrue([for value in values(var.client_key_values) : length(value) >= 20 && length(value) <= 128])
    error_message = "Each of client_key_values must have 20 to 128 characters."
  }

  validation {
    condition     = length(setsubtract(keys(var.client_key_values), keys(var.clients))) == 0
    error_message = "client_key_values may hold values for names of clients only."
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
      error_percent   : share of answers with a 5xx status over 5 minutes, in percent, above which the error alarm fires (default 1)
      latency_p99_ms  : 99th percentile of the answer time over 5 minutes, in milliseconds, above which the latency alarm fires (default 1,000)
      latency_periods : periods of 5 minutes in a row in each of which it must lie above, 1 to 10 (default 1)
  EOT
  type = object({
    error_percent   = optional(number, 1)
    latency_p99_ms  = optional(number, 1000)
    latency_periods = optional(number, 1)
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

  validation {
    condition     = var.alarms.latency_periods >= 1 && var.alarms.latency_periods <= 10 && floor(var.alarms.latency_periods) == var.alarms.latency_periods
    error_message = "alarms.latency_periods must be a whole number from 1 to 10."
  }
}
