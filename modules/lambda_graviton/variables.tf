variable "name" {
  description = "Full name of the function, and of its role unless role_name says otherwise; 1 to 64 letters, digits, hyphens and underscores."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "name must be 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "description" {
  description = "What the function does, in a sentence of 1 to 256 characters."
  type        = string

  validation {
    condition     = length(var.description) >= 1 && length(var.description) <= 256
    error_message = "description must have 1 to 256 characters."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Role
# ---------------------------------------------------------------------------------------------------------------------

variable "role_name" {
  description = "Full name of the role, 1 to 64 letters, digits and the characters _ + = , . @ -. Null: the function's name."
  type        = string
  default     = null

  validation {
    condition     = var.role_name == null ? true : can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.role_name))
    error_message = "role_name must be 1 to 64 letters, digits and the characters _ + = , . @ -, or null."
  }
}

variable "policy_statements" {
  description = <<-EOT
    What the code may do, by a name in lower snake case. What the function itself needs (its log group, traces, event
    sources, destinations, network) is granted by the module and does not belong here.
      actions    : IAM actions, without wildcards
      resources  : ARNs that they may be done to; "*" alone for ce:GetCostAndUsage and cloudwatch:GetMetricData only, which AWS grants on nothing narrower
      conditions : further limits (test, variable, values); all must hold
  EOT
  type = map(object({
    actions   = set(string)
    resources = set(string)
    conditions = optional(list(object({
      test     = string
      variable = string
      values   = set(string)
    })), [])
  }))
  default = {}

  validation {
    condition     = alltrue([for name in keys(var.policy_statements) : can(regex("^[a-z][a-z0-9_]*$", name))])
    error_message = "The names of policy_statements must be lower snake case."
  }

  validation {
    condition = alltrue(flatten([
      for statement in var.policy_statements : [
        for action in statement.actions : can(regex("^[a-z0-9-]+:[A-Za-z0-9]+$", action))
      ]
    ]))
    error_message = "Each action of policy_statements must be written out as service:Action, without wildcards."
  }

  validation {
    condition = alltrue([
      for statement in var.policy_statements : length(statement.actions) > 0 && length(statement.resources) > 0
    ])
    error_message = "Each of policy_statements needs at least one action and one resource."
  }

  validation {
    condition = alltrue([
      for statement in var.policy_statements : !contains(statement.resources, "*") || length(setsubtract(statement.actions, local.unscopable)) == 0
    ])
    error_message = "The resources of policy_statements must be named; \"*\" alone is for ${join(", ", local.unscopable)} only, which AWS grants on nothing narrower."
  }
}

variable "decrypt_key_arns" {
  description = "Further KMS keys that the function's event sources are encrypted with, besides kms_key_arn."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.decrypt_key_arns : can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", arn))])
    error_message = "decrypt_key_arns must be ARNs of KMS keys (not of aliases)."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Function
# ---------------------------------------------------------------------------------------------------------------------

variable "log_retention_days" {
  description = "How long the function's logs are kept, in days: one of the periods that CloudWatch Logs offers, 1 to 3,653."
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

variable "log_levels" {
  description = <<-EOT
    Which lines Lambda passes on to the log group: those of a level and the more severe ones.
      system      : Lambda's own. WARN: a start or a call that failed, with its time and memory (default); INFO: also the start and the report of each call, about 730 bytes; DEBUG: all there are
      application : the code's: INFO (default) or DEBUG. Less is the code's own affair: to Lambda a line without a level is INFO, and metrics are such lines
  EOT
  type = object({
    system      = optional(string, "WARN")
    application = optional(string, "INFO")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARN"], var.log_levels.system)
    error_message = "log_levels.system must be DEBUG, INFO or WARN."
  }

  validation {
    condition     = contains(["DEBUG", "INFO"], var.log_levels.application)
    error_message = "log_levels.application must be DEBUG or INFO: above it, Lambda drops the lines that hold metrics."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer KMS key that encrypts the environment variables and the log group."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "package_path" {
  description = "Path of the zip to deploy. Its SHA-256 decides whether the function changes: same bytes, empty plan."
  type        = string

  validation {
    condition     = fileexists(var.package_path)
    error_message = "package_path names no file. Build the packages first (make package)."
  }
}

variable "handler" {
  description = "Entry point inside the package as module.function, for instance ingest.handler.handler."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_/.]*\\.[A-Za-z_][A-Za-z0-9_]*$", var.handler))
    error_message = "handler must have the form module.function."
  }
}

variable "runtime" {
  description = "Python runtime, python3.9 to python3.13."
  type        = string
  default     = "python3.13"

  validation {
    condition     = contains(["python3.9", "python3.10", "python3.11", "python3.12", "python3.13"], var.runtime)
    error_message = "runtime must be python3.9, python3.10, python3.11, python3.12 or python3.13."
  }
}

variable "memory_mb" {
  description = "Memory in MB, 128 to 10,240. The processor share grows with it."
  type        = number
  default     = 512

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240 && floor(var.memory_mb) == var.memory_mb
    error_message = "memory_mb must be a whole number from 128 to 10,240."
  }
}

variable "timeout_seconds" {
  description = "Longest run of one call, in seconds (1 to 900). A queue's visibility timeout must be at least six times as long."
  type        = number
  default     = 30

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "timeout_seconds must be a whole number from 1 to 900."
  }
}

variable "reserved_concurrency" {
  description = "Calls that may run at once, taken out of the account's shared pool (0 stops the function). Null: no reservation and no limit of its own."
  type        = number
  default     = null

  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= 0 && floor(var.reserved_concurrency) == var.reserved_concurrency
    error_message = "reserved_concurrency must be a whole number of 0 or more, or null."
  }
}

variable "provisioned_concurrency" {
  description = "Environments kept warm (1 or more), billed whether used or not. Publishes versions and the alias `live`, which all callers then use. Null: none."
  type        = number
  default     = null

  validation {
    condition     = var.provisioned_concurrency == null ? true : var.provisioned_concurrency >= 1 && floor(var.provisioned_concurrency) == var.provisioned_concurrency
    error_message = "provisioned_concurrency must be a whole number of 1 or more, or null."
  }

  validation {
    condition     = var.provisioned_concurrency == null || var.reserved_concurrency == null ? true : var.provisioned_concurrency <= var.reserved_concurrency
    error_message = "provisioned_concurrency must not exceed reserved_concurrency."
  }
}

variable "environment" {
  description = "Environment variables, encrypted with kms_key_arn. No secrets: who may read the function's configuration sees them."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Za-z][A-Za-z0-9_]+$", name)) && !startswith(name, "AWS_")])
    error_message = "Names of environment variables must be two or more letters, digits and underscores, begin with a letter, and not with AWS_, which Lambda keeps for itself."
  }
}

variable "begins_traces" {
  description = "Whether a call that brings no trace begins one: Lambda records the first of each second and 5 % of the others, and X-Ray takes $5 for a million. False: the function takes part in traces that are there, and begins none."
  type        = bool
  default     = true
}

variable "fault_injection" {
  description = <<-EOT
    Lets experiments of AWS FIS fail or delay calls; takes the output `fault_injection` of the module chaos. Adds the FIS extension, which lengthens cold starts and costs a poll of S3 a minute, its variables, and the right to read what it is told. Null: none of it.
      layer_arn    : ARN of a version of the extension for arm64, in this region
      location_arn : ARN of the bucket and the folder, ending in /, where FIS tells the extension what to inject; if it is encrypted with a key other than kms_key_arn, add that to decrypt_key_arns
  EOT
  type = object({
    layer_arn    = string
    location_arn = string
  })
  default = null

  validation {
    condition     = var.fault_injection == null ? true : can(regex("^arn:[a-z0-9-]+:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+$", var.fault_injection.layer_arn))
    error_message = "layer_arn of fault_injection must be the ARN of a version of a layer."
  }

  validation {
    condition     = var.fault_injection == null ? true : can(regex("^arn:[a-z0-9-]+:s3:::[a-z0-9.-]{3,63}/[A-Za-z0-9_./-]*[A-Za-z0-9_.-]/$", var.fault_injection.location_arn))
    error_message = "location_arn of fault_injection must be the ARN of a bucket with a folder, ending in /."
  }
}

variable "vpc" {
  description = <<-EOT
    Network that the function runs in. Null: Lambda's own, from which AWS services are reached directly.
      subnet_ids         : private subnets, in two zones or more for availability
      security_group_ids : security groups of its network interfaces
  EOT
  type = object({
    subnet_ids         = set(string)
    security_group_ids = set(string)
  })
  default = null

  validation {
    condition     = var.vpc == null ? true : length(var.vpc.subnet_ids) > 0 && length(var.vpc.security_group_ids) > 0
    error_message = "vpc needs at least one subnet and one security group."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Asynchronous calls
# ---------------------------------------------------------------------------------------------------------------------

variable "destinations" {
  description = <<-EOT
    Where the outcome of asynchronous calls goes (schedules, bus, SNS; queues and streams have their own ways). At
    least one of the two; each the ARN of a standard queue, topic, function or event bus. The grant is made here.
      on_success_arn : receives the event and the answer
      on_failure_arn : receives the event and the error, after two retries
  EOT
  type = object({
    on_success_arn = optional(string)
    on_failure_arn = optional(string)
  })
  default = null

  validation {
    condition     = var.destinations == null ? true : var.destinations.on_success_arn != null || var.destinations.on_failure_arn != null
    error_message = "destinations needs on_success_arn, on_failure_arn or both."
  }

  validation {
    condition = var.destinations == null ? true : alltrue([
      for arn in [var.destinations.on_success_arn, var.destinations.on_failure_arn] :
      arn == null ? true : can(regex("^arn:[a-z0-9-]+:(sqs|sns|lambda|events):", arn)) && !endswith(arn, ".fifo")
    ])
    error_message = "destinations must be ARNs of a standard (not FIFO) queue or topic, a function or an event bus."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Event sources
# ---------------------------------------------------------------------------------------------------------------------

variable "event_sources" {
  description = <<-EOT
    Queues and streams that the function reads, by a name of your choice. It must answer with the records to be
    delivered again (ReportBatchItemFailures). The grants are made here.
      kind                    : sqs, dynamodb or kinesis
      arn                     : ARN of the queue or stream
      batch_size              : most records a call, 1 to 10,000 (default 10; a FIFO queue allows no more)
      batching_window_seconds : longest wait for a fuller batch, 0 to 300 (default 0; not for FIFO queues)
      filters                 : event patterns as JSON text, of which one must match; others are dropped (default none)
      enabled                 : false pauses the reading (default true)
    Queues only:
      maximum_concurrency     : calls at once from this queue, 2 to 1,000 (default: no limit)
    Streams only; a failing batch is halved until the bad record is alone:
      on_failure_arn          : required: standard queue or topic that learns of records given up
      maximum_retries         : retries before a record is given up, 0 to 10,000 (default 10)
      maximum_age_seconds     : age at which a record is given up, 60 to 604,800 (default 86,400)
      starting_position       : TRIM_HORIZON, so that nothing is missed (default), or LATEST
      parallelization_factor  : batches of one shard at once, in order per key, 1 to 10 (default 1)
  EOT
  type = map(object({
    kind                    = string
    arn                     = string
    batch_size              = optional(number, 10)
    batching_window_seconds = optional(number, 0)
    filters                 = optional(list(string), [])
    enabled                 = optional(bool, true)
    maximum_concurrency     = optional(number)
    on_failure_arn          = optional(string)
    maximum_retries         = optional(number, 10)
    maximum_age_seconds     = optional(number, 86400)
    starting_position       = optional(string, "TRIM_HORIZON")
    parallelization_factor  = optional(number, 1)
  }))
  default = {}

  validation {
    condition     = alltrue([for source in var.event_sources : contains(["sqs", "dynamodb", "kinesis"], source.kind)])
    error_message = "kind of event_sources must be sqs, dynamodb or kinesis."
  }

  validation {
    condition     = alltrue([for source in var.event_sources : source.batch_size >= 1 && source.batch_size <= (endswith(source.arn, ".fifo") ? 10 : 10000)])
    error_message = "batch_size of event_sources must lie between 1 and 10,000, for a FIFO queue between 1 and 10."
  }

  validation {
    condition     = alltrue([for source in var.event_sources : source.batching_window_seconds >= 0 && source.batching_window_seconds <= (endswith(source.arn, ".fifo") ? 0 : 300)])
    error_message = "batching_window_seconds of event_sources must lie between 0 and 300; a FIFO queue allows 0 only."
  }

  validation {
    condition     = alltrue([for source in var.event_sources : source.kind != "sqs" || source.batch_size <= 10 || source.batching_window_seconds >= 1])
    error_message = "A queue's batch_size over 10 needs a batching_window_seconds of at least 1."
  }

  validation {
    condition     = alltrue(flatten([for source in var.event_sources : [for pattern in source.filters : can(keys(jsondecode(pattern)))]]))
    error_message = "filters of event_sources must be JSON objects as text."
  }

  validation {
    condition     = alltrue([for source in var.event_sources : source.maximum_concurrency == null ? true : source.kind == "sqs" && source.maximum_concurrency >= 2 && source.maximum_concurrency <= 1000])
    error_message = "maximum_concurrency of event_sources is for queues only and must lie between 2 and 1,000."
  }

  validation {
    condition     = alltrue([for source in var.event_sources : source.maximum_concurrency == null || var.reserved_concurrency == null ? true : source.maximum_concurrency <= var.reserved_concurrency])
    error_message = "maximum_concurrency of event_sources must not exceed reserved_concurrency: the surplus would be throttled and count as receives."
  }

  validation {
    condition     = alltrue([for source in var.event_sources : (source.kind == "sqs") == (source.on_failure_arn == null)])
    error_message = "on_failure_arn of event_sources is required for streams, or records would vanish when retries end; a queue has its dead-letter queue instead."
  }

  validation {
    condition     = alltrue([for source in var.event_sources : source.maximum_retries >= 0 && source.maximum_retries <= 10000])
    error_message = "maximum_retries of event_sources must lie between 0 and 10,000."
  }

  validation {
    condition     = alltrue([for source in var.event_sources : source.maximum_age_seconds >= 60 && source.maximum_age_seconds <= 604800])
    error_message = "maximum_age_seconds of event_sources must lie between 60 and 604,800 (7 days)."
  }

  validation {
    condition     = alltrue([for source in var.event_sources : contains(["TRIM_HORIZON", "LATEST"], source.starting_position)])
    error_message = "starting_position of event_sources must be TRIM_HORIZON or LATEST."
  }

  validation {
    condition     = alltrue([for source in var.event_sources : source.parallelization_factor >= 1 && source.parallelization_factor <= 10])
    error_message = "parallelization_factor of event_sources must lie between 1 and 10."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Schedules
# ---------------------------------------------------------------------------------------------------------------------

variable "schedules" {
  description = "When the function is called, by a name in lower case: EventBridge expressions such as rate(5 minutes) or cron(0 3 * * ? *), in UTC."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for expression in values(var.schedules) : can(regex("^(rate|cron)\\(.+\\)$", expression))])
    error_message = "schedules must be rate(...) or cron(...) expressions."
  }

  validation {
    condition     = alltrue([for name in keys(var.schedules) : can(regex("^[a-z][a-z0-9-]*$", name)) && length("${var.name}-${name}") <= 64])
    error_message = "Names of schedules must be lower-case letters, digits and hyphens, and together with the function's name at most 64 characters."
  }
}
