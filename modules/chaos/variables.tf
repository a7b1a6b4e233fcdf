variable "name" {
  description = "Full name of the experiments, with which all names here begin (3 to 35 lower-case letters, digits, hyphens, beginning with a letter); account id and region are appended to the bucket's."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,34}$", var.name))
    error_message = "name must have 3 to 35 lower-case letters, digits or hyphens and begin with a letter: with account id and region it must fit the 63 characters of a bucket name."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer key that encrypts the log of the experiments and what FIS tells the functions. CloudWatch Logs and its delivery must be let in (uses log_groups and log_delivery of the module encryption)."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "log_retention_days" {
  description = "How long the log of the experiments is kept, in days: one of the periods that CloudWatch Logs offers, 1 to 3,653."
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

# ---------------------------------------------------------------------------------------------------------------------
# Limits
# ---------------------------------------------------------------------------------------------------------------------

variable "stop_alarm_arns" {
  description = "ARNs of the alarms that stop every experiment, 1 to 5 (FIS takes no more): those that say that a promise is broken, not those that an experiment is expected to ring."
  type        = set(string)

  validation {
    condition     = length(var.stop_alarm_arns) >= 1 && length(var.stop_alarm_arns) <= 5
    error_message = "stop_alarm_arns must be 1 to 5 alarms: an experiment that nothing stops is not to be had here, and FIS takes no more than 5."
  }

  validation {
    condition     = alltrue([for arn in var.stop_alarm_arns : can(regex("^arn:[a-z0-9-]+:cloudwatch:[a-z0-9-]+:[0-9]{12}:alarm:.+$", arn))])
    error_message = "stop_alarm_arns must be ARNs of CloudWatch alarms."
  }
}

variable "minutes" {
  description = "How long each experiment lasts, 1 to 60 minutes. AWS charges $0.10 for each."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.minutes >= 1 && var.minutes <= 60 && floor(var.minutes) == var.minutes
    error_message = "minutes must be a whole number from 1 to 60."
  }
}

variable "percent" {
  description = "Share of the calls that an experiment affects, 1 to 100. Cutting a network off affects all."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.percent >= 1 && var.percent <= 100 && floor(var.percent) == var.percent
    error_message = "percent must be a whole number from 1 to 100."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Targets
# ---------------------------------------------------------------------------------------------------------------------

variable "functions" {
  description = <<-EOT
    Functions whose calls are failed and delayed, by a name in lower case. Each must have the output `fault_injection` (argument of the same name of lambda_graviton). Names and not ARNs, since the functions are made with that output.
      name            : full name of the function, in this account and region
      timeout_seconds : its timeout, 1 to 898; calls are delayed for longer than that
  EOT
  type = map(object({
    name            = string
    timeout_seconds = number
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.functions) : can(regex("^[a-z][a-z0-9-]{0,31}$", key))])
    error_message = "The keys of functions must be 1 to 32 lower-case letters, digits and hyphens and begin with a letter."
  }

  validation {
    condition     = alltrue([for function in var.functions : can(regex("^[A-Za-z0-9_-]{1,64}$", function.name))])
    error_message = "name of functions must be the name of a function, not its ARN."
  }

  validation {
    condition     = alltrue([for function in var.functions : function.timeout_seconds >= 1 && function.timeout_seconds <= 898])
    error_message = "timeout_seconds of functions must lie between 1 and 898: FIS delays a call for 900 seconds at most."
  }

  validation {
    condition     = length(var.functions) + length(var.kinesis_callers) + length(var.subnets[*]) > 0
    error_message = "There must be a target: at least one of functions, kinesis_callers and subnets."
  }
}

variable "kinesis_callers" {
  description = <<-EOT
    Roles whose calls of Kinesis are throttled, by a name in lower case.
      role_arn   : ARN of the role
      operations : operations of Kinesis that are throttled (default PutRecord and PutRecords)
  EOT
  type = map(object({
    role_arn   = string
    operations = optional(set(string), ["PutRecord", "PutRecords"])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.kinesis_callers) : can(regex("^[a-z][a-z0-9-]{0,31}$", key))])
    error_message = "The keys of kinesis_callers must be 1 to 32 lower-case letters, digits and hyphens and begin with a letter."
  }

  validation {
    condition     = alltrue([for caller in var.kinesis_callers : can(regex("^arn:[a-z0-9-]+:iam::[0-9]{12}:role/.+$", caller.role_arn))])
    error_message = "role_arn of kinesis_callers must be the ARN of a role."
  }

  validation {
    condition     = alltrue([for caller in var.kinesis_callers : length(caller.operations) > 0 && alltrue([for operation in caller.operations : can(regex("^[A-Z][A-Za-z]+$", operation))])])
    error_message = "operations of kinesis_callers must be names of the Kinesis API such as PutRecord, at least one."
  }
}

variable "subnets" {
  description = <<-EOT
    Subnets that are cut off, first from one service, then from the other: there is an experiment for each. FIS does it with a copy of their network ACL, which may have 20 entries at most. Null: none.
      vpc_id : id of their VPC
      ids    : ids of the subnets, 1 to 30
      from   : regional services that they are cut off from: dynamodb, s3 (default both)
  EOT
  type = object({
    vpc_id = string
    ids    = set(string)
    from   = optional(set(string), ["dynamodb", "s3"])
  })
  default = null

  validation {
    condition     = var.subnets == null ? true : length(var.subnets.ids) >= 1 && length(var.subnets.ids) <= 30
    error_message = "ids of subnets must be 1 to 30."
  }

  validation {
    condition     = var.subnets == null ? true : length(var.subnets.from) > 0 && length(setsubtract(var.subnets.from, ["dynamodb", "s3"])) == 0
    error_message = "from of subnets must be dynamodb, s3 or both."
  }
}
