# ---------------------------------------------------------------------------------------------------------------------
# Jobs
# ---------------------------------------------------------------------------------------------------------------------

variable "name" {
  description = "Prefix of the names of jobs, roles and log groups (1 to 28 lower-case letters, digits, hyphens): a job is called <name>-<key with hyphens>."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{0,27}$", var.name))
    error_message = "name must have 1 to 28 lower-case letters, digits or hyphens and begin with a letter or digit: with a job's name it must fit the 64 characters of a role."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer key that encrypts the lake, the logs and the bookmarks. CloudWatch Logs of this account must be able to use it."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "lake_bucket" {
  description = "Name of the bucket of the lake, which keeps the scripts, too, below code/."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{2,62}$", var.lake_bucket))
    error_message = "lake_bucket must be the name of a bucket, without dots."
  }
}

variable "packages_folder" {
  description = "Folder that `make package` has filled: the script <key>.py of each job, and lake_jobs.zip, the library that they share."
  type        = string

  validation {
    condition     = fileexists("${var.packages_folder}/lake_jobs.zip")
    error_message = "packages_folder holds no lake_jobs.zip. Build the packages first (make package)."
  }
}

variable "jobs" {
  description = <<-EOT
    The jobs, by the name of their script. Prefixes are those of the lake and end with a slash.
      description     : what it does
      schedule        : when it runs, a cron(...) expression in UTC
      reads           : prefixes that it reads
      writes          : prefixes in which it writes, reads and deletes
      parameters      : ARNs of parameters of Systems Manager that it reads, e.g. the policy (default none)
      arguments       : arguments of the script besides --lake, without the dashes (default none)
      maximum_workers : G.1X workers (4 processors, 16 GB) that it may grow to, 2 to 100; one of them drives (default 2)
      timeout_minutes : longest run, 1 to 10,080 (default 60)
      retries         : further attempts after a failure, 0 to 10 (default 1)
      bookmarks       : whether Glue remembers what a job has read, and hides it from the next run (default false)
  EOT
  type = map(object({
    description     = string
    schedule        = string
    reads           = list(string)
    writes          = list(string)
    parameters      = optional(list(string), [])
    arguments       = optional(map(string), {})
    maximum_workers = optional(number, 2)
    timeout_minutes = optional(number, 60)
    retries         = optional(number, 1)
    bookmarks       = optional(bool, false)
  }))
  default = {
    daily_transaction_aggregation = {
      description = "Sums up each customer's day by merchant category, and replaces what was known of that day."
      schedule    = "cron(0 2 * * ? *)"
      reads       = ["raw/transactions/"]
      writes = [
        "processed/daily-aggregates/", "processed/customer-profiles/", "processed/_manifests/", "processed/_staging/",
        "quarantine/",
      ]
    }
    fraud_pattern_analysis = {
      description = "Finds patterns of fraud in the week, and proposes thresholds for somebody to approve."
      schedule    = "cron(0 4 ? * SUN *)"
      reads       = ["raw/transactions/"]
      writes = [
        "processed/fraud-patterns/", "processed/_staging/", "analytics/threshold-proposals/",
        "analytics/trend-reports/", "quarantine/",
      ]
    }
  }
  nullable = false

  validation {
    condition     = length(var.jobs) > 0 && alltrue([for key in keys(var.jobs) : can(regex("^[a-z][a-z0-9_]{0,34}$", key))])
    error_message = "The keys of jobs must be lower snake case of at most 35 characters, and there must be one."
  }

  validation {
    condition     = alltrue([for key in keys(var.jobs) : fileexists("${var.packages_folder}/${key}.py")])
    error_message = "Each of jobs needs its script <key>.py in packages_folder (make package)."
  }

  validation {
    condition     = alltrue([for job in var.jobs : can(regex("^cron\\(.+\\)$", job.schedule))])
    error_message = "schedule of jobs must be a cron(...) expression: Glue knows no rate(...)."
  }

  validation {
    condition = alltrue(flatten([
      for job in var.jobs : [for prefix in concat(job.reads, job.writes) : can(regex("^([a-z0-9_-]+/)+$", prefix))]
    ]))
    error_message = "reads and writes of jobs must be prefixes that end with a slash, without wildcards."
  }

  validation {
    condition     = alltrue([for job in var.jobs : !contains([for prefix in job.writes : split("/", prefix)[0]], "raw")])
    error_message = "writes of jobs must not lie below raw/: what was decided is never rewritten."
  }

  validation {
    condition = alltrue(flatten([
      for job in var.jobs : [for name in keys(job.arguments) : can(regex("^[a-z][a-z0-9_]*$", name)) && !contains(["conf", "debug", "lake", "mode"], name)]
    ]))
    error_message = "Names of arguments must be lower snake case (Glue's own have hyphens, and its reader of arguments takes none), and not conf, debug, lake or mode."
  }

  validation {
    condition     = alltrue(flatten([for job in var.jobs : [for arn in job.parameters : can(regex("^arn:[a-z-]+:ssm:[a-z0-9-]+:[0-9]{12}:parameter/[A-Za-z0-9/_.-]+$", arn))]]))
    error_message = "parameters of jobs must be ARNs of parameters of Systems Manager, without wildcards."
  }

  validation {
    condition     = alltrue([for job in var.jobs : job.maximum_workers >= 2 && job.maximum_workers <= 100 && floor(job.maximum_workers) == job.maximum_workers])
    error_message = "maximum_workers of jobs must be a whole number from 2 to 100."
  }

  validation {
    condition     = alltrue([for job in var.jobs : job.timeout_minutes >= 1 && job.timeout_minutes <= 10080 && floor(job.timeout_minutes) == job.timeout_minutes])
    error_message = "timeout_minutes of jobs must be a whole number from 1 to 10,080 (seven days)."
  }

  validation {
    condition     = alltrue([for job in var.jobs : job.retries >= 0 && job.retries <= 10 && floor(job.retries) == job.retries])
    error_message = "retries of jobs must be a whole number from 0 to 10."
  }
}

variable "policy_parameter" {
  description = <<-EOT
    Parameter that holds the policy in force, which fraud_pattern_analysis then may read, and proposes thresholds. Null: it proposes none (default).
      arn : its ARN
  EOT
  type        = object({ arn = string })
  default     = null

  validation {
    condition     = var.policy_parameter == null ? true : can(regex("^arn:[a-z-]+:ssm:[a-z0-9-]+:[0-9]{12}:parameter/[A-Za-z0-9/_.-]+$", var.policy_parameter.arn))
    error_message = "policy_parameter.arn must be the ARN of a parameter of Systems Manager, without wildcards."
  }

  validation {
    condition     = var.policy_parameter == null || contains(keys(var.jobs), "fraud_pattern_analysis")
    error_message = "policy_parameter is for fraud_pattern_analysis, which jobs does not have."
  }
}

variable "schedules_enabled" {
  description = "Whether the jobs run by their schedules. Off, they run only when somebody starts them."
  type        = bool
  default     = true
  nullable    = false
}

# ---------------------------------------------------------------------------------------------------------------------
# Watching
# ---------------------------------------------------------------------------------------------------------------------

variable "failures_topic_arn" {
  description = "ARN of the topic that learns of each failed attempt. EventBridge rules must be able to publish to it."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.failures_topic_arn))
    error_message = "failures_topic_arn must be the ARN of a standard SNS topic."
  }
}

variable "log_retention_days" {
  description = "How long the logs of the jobs are kept, in days: one of the periods that CloudWatch Logs offers, 1 to 3,653."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "log_retention_days must be a period that CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}
