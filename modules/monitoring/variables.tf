variable "name" {
  description = "Full name of the monitored system, which is in the names of its alarms, topics and dashboard unless name_formats says otherwise; 1 to 79 letters, digits, hyphens and underscores."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,79}$", var.name))
    error_message = "name must be 1 to 79 letters, digits, hyphens and underscores."
  }
}

variable "name_formats" {
  description = <<-EOT
    Other patterns for the names of what is made here: letters, digits, hyphens, underscores and %s once.
      alarm     : %s stands for the alarm's own name, such as fraud-rate (default: name-%s, with the argument name); not %s alone
      topic     : %s stands for processing-failures or fraud-alerts (default: name-%s)
      dashboard : %s stands for the argument name (default: %s alone)
  EOT
  type = object({
    alarm     = optional(string)
    topic     = optional(string)
    dashboard = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for format in values(var.name_formats) : format == null ? true : can(regex("^[A-Za-z0-9_-]{0,80}%s[A-Za-z0-9_-]{0,80}$", format))])
    error_message = "name_formats must be letters, digits, hyphens and underscores with %s once, and at most 80 on each side of it."
  }

  validation {
    condition     = var.name_formats.alarm != "%s"
    error_message = "name_formats.alarm must be more than %s, or the topics would take messages from every alarm of the account."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Topics
# ---------------------------------------------------------------------------------------------------------------------

variable "kms_key_arn" {
  description = "ARN of the customer KMS key that encrypts the topics. Its policy must let cloudwatch.amazonaws.com use it, or the alarms' messages are dropped in silence."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "failure_email_subscriptions" {
  description = "E-mail addresses that are told of processing failures and alarms. Each has to confirm the subscription."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.failure_email_subscriptions : can(regex("^[^@\\s/]+@[^@\\s/]+\\.[^@\\s/]+$", address))])
    error_message = "failure_email_subscriptions must be e-mail addresses."
  }
}

variable "fraud_email_subscriptions" {
  description = "E-mail addresses that are told of suspected fraud and of an unusual fraud rate. Each has to confirm the subscription."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.fraud_email_subscriptions : can(regex("^[^@\\s/]+@[^@\\s/]+\\.[^@\\s/]+$", address))])
    error_message = "fraud_email_subscriptions must be e-mail addresses."
  }

  validation {
    condition     = length(var.fraud_email_subscriptions) == 0 || var.fraud_topic == null
    error_message = "fraud_email_subscriptions belong to the topic that is made here; with fraud_topic there is none."
  }
}

variable "fraud_topic" {
  description = <<-EOT
    Existing topic for the fraud rate, which must let this system's alarms publish. Null: one is made here.
      arn : its ARN
  EOT
  type        = object({ arn = string })
  default     = null

  validation {
    condition     = var.fraud_topic == null ? true : can(regex("^arn:[a-z0-9-]+:sns:[a-z0-9-]+:[0-9]{12}:", var.fraud_topic.arn))
    error_message = "fraud_topic.arn must be the ARN of an SNS topic."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Alarms
# ---------------------------------------------------------------------------------------------------------------------

variable "failures_from_rules" {
  description = "Whether EventBridge rules of this account may publish to the failures topic, for failures that AWS tells by events (the loads of a warehouse, for instance). The policy of kms_key_arn must then let events.amazonaws.com use it."
  type        = bool
  default     = false
  nullable    = false
}

variable "functions" {
  description = <<-EOT
    Functions to watch, by a short name in lower case. Each gets alarms on its error rate, throttles and duration.
      name            : name of the function
      timeout_seconds : its timeout, 1 to 900
  EOT
  type = map(object({
    name            = string
    timeout_seconds = number
  }))
  default = {}

  validation {
    condition     = alltrue([for key in keys(var.functions) : can(regex("^[a-z][a-z0-9_-]*$", key))])
    error_message = "The names of functions must be lower-case letters, digits, hyphens and underscores."
  }

  validation {
    condition     = alltrue([for function in var.functions : function.timeout_seconds >= 1 && function.timeout_seconds <= 900])
    error_message = "timeout_seconds of functions must lie between 1 and 900."
  }
}

variable "alarms" {
  description = <<-EOT
    Further alarms, by the end of their name in lower case: the outputs `alarms` of the other modules, merged.
      description         : what has happened when it fires
      namespace           : the metric's namespace
      metric_name         : the metric
      dimensions          : its dimensions
      statistic           : SampleCount, Average, Sum (default), Minimum, Maximum or a percentile such as p99
      period_seconds      : length of one period: 10, 30 or a multiple of 60 (default 60)
      evaluation_periods  : periods in a row that must breach, 1 or more (default 1)
      threshold           : value to compare with (default 0: one is one too many)
      comparison_operator : GreaterThanThreshold (default), GreaterThanOrEqualToThreshold, LessThanThreshold or LessThanOrEqualToThreshold
      treat_missing_data  : notBreaching (default), breaching, ignore or missing
  EOT
  type = map(object({
    description         = string
    namespace           = string
    metric_name         = string
    dimensions          = map(string)
    statistic           = optional(string, "Sum")
    period_seconds      = optional(number, 60)
    evaluation_periods  = optional(number, 1)
    threshold           = optional(number, 0)
    comparison_operator = optional(string, "GreaterThanThreshold")
    treat_missing_data  = optional(string, "notBreaching")
  }))
  default = {}

  validation {
    condition     = alltrue([for key in keys(var.alarms) : can(regex("^[a-z][a-z0-9_-]*$", key))])
    error_message = "The names of alarms must be lower-case letters, digits, hyphens and underscores."
  }

  validation {
    condition = length(setintersection(keys(var.alarms), concat(["fraud-rate", "critical", "processing-failures-undelivered", "fraud-alerts-undelivered"], flatten([
      for key in keys(var.functions) : ["${key}-error-rate", "${key}-throttles", "${key}-duration"]
    ])))) == 0
    error_message = "alarms must not use the names of the alarms made here: fraud-rate, critical, processing-failures-undelivered, fraud-alerts-undelivered, and <function>-error-rate, -throttles and -duration."
  }

  validation {
    condition     = alltrue([for alarm in var.alarms : can(regex("^(SampleCount|Average|Sum|Minimum|Maximum|p[0-9]{1,2}(\\.[0-9]{1,10})?|p100)$", alarm.statistic))])
    error_message = "statistic of alarms must be SampleCount, Average, Sum, Minimum, Maximum or a percentile such as p99."
  }

  validation {
    condition     = alltrue([for alarm in var.alarms : contains([10, 30], alarm.period_seconds) || alarm.period_seconds >= 60 && alarm.period_seconds % 60 == 0])
    error_message = "period_seconds of alarms must be 10, 30 or a multiple of 60."
  }

  validation {
    condition     = alltrue([for alarm in var.alarms : alarm.evaluation_periods >= 1])
    error_message = "evaluation_periods of alarms must be 1 or more."
  }

  validation {
    condition     = alltrue([for alarm in var.alarms : contains(["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"], alarm.comparison_operator)])
    error_message = "comparison_operator of alarms must be GreaterThanThreshold, GreaterThanOrEqualToThreshold, LessThanThreshold or LessThanOrEqualToThreshold."
  }

  validation {
    condition     = alltrue([for alarm in var.alarms : contains(["notBreaching", "breaching", "ignore", "missing"], alarm.treat_missing_data)])
    error_message = "treat_missing_data of alarms must be notBreaching, breaching, ignore or missing."
  }
}

variable "critical_alarms" {
  description = "Names (keys) of those alarms that mean that transactions fail, wait or are lost. The composite alarm is on while one of them is, or the error rate of any function."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.critical_alarms, keys(var.alarms))) == 0
    error_message = "critical_alarms must be keys of alarms."
  }
}

variable "decision_metrics" {
  description = <<-EOT
    Where the decisions are counted: metrics Processed, FraudDetected, Rejected, PolicyRefreshFailed, PolicyFallback (counts)
    and DecisionLatency (ms) with the single dimension `service`.
      namespace : namespace of the metrics
      service   : value of the dimension (default process)
      names     : other names of the two that the fraud rate is made of: processed (default Processed) and fraud (default FraudDetected)
  EOT
  type = object({
    namespace = string
    service   = optional(string, "process")
    names = optional(object({
      processed = optional(string, "Processed")
      fraud     = optional(string, "FraudDetected")
    }), {})
  })

  validation {
    condition     = can(regex("^[A-Za-z0-9._/#:-]{1,255}$", var.decision_metrics.namespace)) && !startswith(var.decision_metrics.namespace, "AWS/")
    error_message = "decision_metrics.namespace must be 1 to 255 letters, digits and . _ / # : -, and not begin with AWS/."
  }

  validation {
    condition     = length(var.decision_metrics.service) >= 1 && length(var.decision_metrics.service) <= 1024
    error_message = "decision_metrics.service must have 1 to 1,024 characters."
  }

  validation {
    condition     = alltrue([for name in values(var.decision_metrics.names) : can(regex("^[A-Za-z0-9._/#:-]{1,255}$", name))])
    error_message = "decision_metrics.names must be 1 to 255 letters, digits and . _ / # : - each."
  }
}

variable "thresholds" {
  description = <<-EOT
    Thresholds of the alarms that are made here; each must be exceeded.
      error_rate_percent          : failed calls of a function, in percent (default 1)
      error_rate_minutes          : length of the period that they are counted in, 1 to 60 (default 10)
      error_rate_periods          : periods in a row in each of which they must be exceeded, 1 to 10 (default 1)
      duration_percent_of_timeout : 99th percentile of a function's duration over 5 minutes, in percent of its timeout (default 80)
      fraud_rate_percent          : decisions that found fraud, in percent (default 5)
      fraud_rate_minutes          : time over which they are counted, 1 to 60 (default 15)
      fraud_minimum_decisions     : decisions within that time below which a fraud rate says nothing (default 50)
  EOT
  type = object({
    error_rate_percent          = optional(number, 1)
    error_rate_minutes          = optional(number, 10)
    error_rate_periods          = optional(number, 1)
    duration_percent_of_timeout = optional(number, 80)
    fraud_rate_percent          = optional(number, 5)
    fraud_rate_minutes          = optional(number, 15)
    fraud_minimum_decisions     = optional(number, 50)
  })
  default = {}

  validation {
    condition = alltrue([
      for percent in [var.thresholds.error_rate_percent, var.thresholds.duration_percent_of_timeout, var.thresholds.fraud_rate_percent] :
      percent > 0 && percent < 100
    ])
    error_message = "Percentages of thresholds must lie between 0 and 100, both excluded."
  }

  validation {
    condition     = var.thresholds.fraud_minimum_decisions >= 1
    error_message = "thresholds.fraud_minimum_decisions must be 1 or more."
  }

  validation {
    condition     = alltrue([for minutes in [var.thresholds.error_rate_minutes, var.thresholds.fraud_rate_minutes] : minutes >= 1 && minutes <= 60 && floor(minutes) == minutes])
    error_message = "thresholds.error_rate_minutes and fraud_rate_minutes must be whole minutes between 1 and 60."
  }

  validation {
    condition     = var.thresholds.error_rate_periods >= 1 && var.thresholds.error_rate_periods <= 10 && floor(var.thresholds.error_rate_periods) == var.thresholds.error_rate_periods
    error_message = "thresholds.error_rate_periods must be a whole number between 1 and 10."
  }
}

variable "response_time" {
  description = <<-EOT
    How fast the functions behind the API answer, as they measure it themselves, in the namespace of decision_metrics. Null: they do not.
      services       : values of the dimension `service`: the functions, each of which gets an alarm <service>-response-time
      metric_name    : the metric, in ms (default API/ResponseTime)
      statistic      : Average, or a percentile such as p95 (default)
      threshold_ms   : what must be exceeded, in ms (default 100)
      period_seconds : length of one period, a multiple of 60 (default 60)
      periods        : periods in a row that must exceed it, 1 to 10 (default 3)
  EOT
  type = object({
    services       = set(string)
    metric_name    = optional(string, "API/ResponseTime")
    statistic      = optional(string, "p95")
    threshold_ms   = optional(number, 100)
    period_seconds = optional(number, 60)
    periods        = optional(number, 3)
  })
  default = null

  validation {
    condition     = var.response_time == null ? true : length(var.response_time.services) >= 1 && alltrue([for service in var.response_time.services : can(regex("^[a-z][a-z0-9_-]*$", service))])
    error_message = "response_time.services must be one or more names of lower-case letters, digits, hyphens and underscores."
  }

  validation {
    condition     = var.response_time == null ? true : can(regex("^[A-Za-z0-9._/#:-]{1,255}$", var.response_time.metric_name))
    error_message = "response_time.metric_name must be 1 to 255 letters, digits and . _ / # : -."
  }

  validation {
    condition     = var.response_time == null ? true : can(regex("^(Average|p[0-9]{1,2}(\\.[0-9]{1,10})?|p100)$", var.response_time.statistic))
    error_message = "response_time.statistic must be Average or a percentile such as p95."
  }

  validation {
    condition     = var.response_time == null ? true : var.response_time.threshold_ms > 0 && var.response_time.period_seconds >= 60 && var.response_time.period_seconds % 60 == 0
    error_message = "response_time.threshold_ms must be more than 0, and period_seconds a multiple of 60."
  }

  validation {
    condition     = var.response_time == null ? true : var.response_time.periods >= 1 && var.response_time.periods <= 10 && floor(var.response_time.periods) == var.response_time.periods
    error_message = "response_time.periods must be a whole number between 1 and 10."
  }

  validation {
    condition     = var.response_time == null ? true : length(setintersection(keys(var.alarms), [for service in var.response_time.services : "${replace(service, "_", "-")}-response-time"])) == 0
    error_message = "alarms must not use the names <service>-response-time of response_time."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Dashboards
# ---------------------------------------------------------------------------------------------------------------------

variable "dashboard" {
  description = <<-EOT
    What the dashboard shows besides the functions and the decisions; what is not given is left out.
      api                : name and stage of the REST API
      queues             : names of queues, by a short name
      dead_letter_queues : names of dead-letter queues, by a short name
      tables             : names of tables, by a short name
      streams            : names of Kinesis streams, by a short name
      state_machine_arn  : ARN of the case workflow
      event_bus_name     : name of the event bus
      drift_service      : value of the dimension `service` under which AlertRate, PopulationStability and DriftBreakerOpen are told, in the namespace of decision_metrics
  EOT
  type = object({
    api                = optional(object({ name = string, stage = string }))
    queues             = optional(map(string), {})
    dead_letter_queues = optional(map(string), {})
    tables             = optional(map(string), {})
    streams            = optional(map(string), {})
    state_machine_arn  = optional(string)
    event_bus_name     = optional(string)
    drift_service      = optional(string)
  })
  default = {}

  validation {
    condition     = var.dashboard.state_machine_arn == null ? true : can(regex("^arn:[a-z0-9-]+:states:[a-z0-9-]+:[0-9]{12}:stateMachine:", var.dashboard.state_machine_arn))
    error_message = "dashboard.state_machine_arn must be the ARN of a state machine."
  }
}

variable "dashboards" {
  description = <<-EOT
    Further dashboards. With any of them the first one is called operations: the names are name-operations, name-business, name-cost.
      business : whether there is one of transactions, fraud and what customers notice (default false)
      cost     : one of what a day cost and what it was spent on; null: none
        cost.spend_metric        : metric of what a day cost, in US dollars, in the namespace of decision_metrics (default Costs/DailySpend)
        cost.spend_service       : value of its dimension `service` (default spend)
        cost.daily_limits_usd    : lines to draw across it, in US dollars (default none)
        cost.buckets             : names of buckets, by a short name
        cost.athena_workgroups   : names of Athena workgroups, by a short name
        cost.redshift_workgroups : names of Redshift workgroups, by a short name
  EOT
  type = object({
    business = optional(bool, false)
    cost = optional(object({
      spend_metric        = optional(string, "Costs/DailySpend")
      spend_service       = optional(string, "spend")
      daily_limits_usd    = optional(list(number), [])
      buckets             = optional(map(string), {})
      athena_workgroups   = optional(map(string), {})
      redshift_workgroups = optional(map(string), {})
    }))
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.dashboards.cost == null ? true : can(regex("^[A-Za-z0-9._/#:-]{1,255}$", var.dashboards.cost.spend_metric)) && length(var.dashboards.cost.spend_service) >= 1
    error_message = "dashboards.cost.spend_metric must be 1 to 255 letters, digits and . _ / # : -, and spend_service not empty."
  }

  validation {
    condition     = var.dashboards.cost == null ? true : alltrue([for limit in var.dashboards.cost.daily_limits_usd : limit > 0])
    error_message = "dashboards.cost.daily_limits_usd must be more than 0."
  }

  validation {
    condition     = var.dashboards.cost == null ? true : alltrue([for key in keys(var.dashboards.cost.athena_workgroups) : can(regex("^[a-z][a-z0-9_-]*$", key))])
    error_message = "The short names of dashboards.cost.athena_workgroups must be lower-case letters, digits, hyphens and underscores."
  }
}
