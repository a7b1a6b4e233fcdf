variable "name" {
  description = "Full name of the stream (1 to 128 letters, digits, underscores, hyphens, dots)."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{1,128}$", var.name))
    error_message = "name must have 1 to 128 letters, digits, underscores, hyphens or dots."
  }
}

variable "shard_count" {
  description = "Number of shards, 1 to 10,000; each takes in 1 MiB and 1,000 records a second. With autoscaling: what the stream is made with. Null: on demand, where AWS scales by itself and charges by the gigabyte."
  type        = number
  default     = 4

  validation {
    condition     = var.shard_count == null ? true : var.shard_count >= 1 && var.shard_count <= 10000 && floor(var.shard_count) == var.shard_count
    error_message = "shard_count must be a whole number from 1 to 10,000, or null for a stream on demand."
  }
}

variable "retention_hours" {
  description = "How long a record can be read, in hours (24 to 8,760). Beyond 24 it costs more."
  type        = number
  default     = 24
  nullable    = false

  validation {
    condition     = var.retention_hours >= 24 && var.retention_hours <= 8760 && floor(var.retention_hours) == var.retention_hours
    error_message = "retention_hours must be a whole number from 24 to 8,760 (365 days)."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer key that encrypts the records. Writers need kms:GenerateDataKey, readers kms:Decrypt."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "shard_level_metrics" {
  description = "Metrics that are also kept for each shard, at a price: IncomingBytes, IncomingRecords, IteratorAgeMilliseconds, OutgoingBytes, OutgoingRecords, ReadProvisionedThroughputExceeded, WriteProvisionedThroughputExceeded. They show which shard is hot."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = length(setsubtract(var.shard_level_metrics, [
      "IncomingBytes", "IncomingRecords", "IteratorAgeMilliseconds", "OutgoingBytes", "OutgoingRecords",
      "ReadProvisionedThroughputExceeded", "WriteProvisionedThroughputExceeded",
    ])) == 0
    error_message = "shard_level_metrics may hold IncomingBytes, IncomingRecords, IteratorAgeMilliseconds, OutgoingBytes, OutgoingRecords, ReadProvisionedThroughputExceeded and WriteProvisionedThroughputExceeded."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Autoscaling
# ---------------------------------------------------------------------------------------------------------------------

variable "autoscaling" {
  description = <<-EOT
    What the number of shards is scaled between, and when. Null: it stays as it is. Needs resharder.
      minimum                 : fewest shards, 1 or more (default 2)
      maximum                 : most shards, up to 10,000 (default 40)
      grow.above_percent      : load above which the stream is doubled, in percent of what its shards take in (default 70)
      grow.minutes            : for how long, 1 to 60 minutes (default 3)
      grow.cooldown_seconds   : rest after a change before it may grow, at least as long as grow.minutes, up to 86,400 (default 300)
      shrink.below_percent    : load below which it is halved; less than half of grow.above_percent (default 25)
      shrink.minutes          : for how long, 5 to 1,440 minutes in steps of five (default 30)
      shrink.cooldown_seconds : rest after a change before it may shrink, up to 86,400 (default 21,600: at most 4 of the 10 changes that AWS allows in 24 hours shrink it)
      metrics.namespace       : namespace that the function reshard writes its metrics to
      metrics.service         : its name in them (default reshard)
  EOT
  type = object({
    minimum = optional(number, 2)
    maximum = optional(number, 40)
    grow = optional(object({
      above_percent    = optional(number, 70)
      minutes          = optional(number, 3)
      cooldown_seconds = optional(number, 300)
    }), {})
    shrink = optional(object({
      below_percent    = optional(number, 25)
      minutes          = optional(number, 30)
      cooldown_seconds = optional(number, 21600)
    }), {})
    metrics = object({
      namespace = string
      service   = optional(string, "reshard")
    })
  })
  default = null

  validation {
    condition     = var.autoscaling == null ? true : var.shard_count != null
    error_message = "autoscaling is for provisioned streams: a stream on demand (shard_count null) scales by itself."
  }

  validation {
    condition     = var.autoscaling == null ? true : 1 <= var.autoscaling.minimum && var.autoscaling.minimum <= var.autoscaling.maximum && var.autoscaling.maximum <= 10000 && floor(var.autoscaling.minimum) == var.autoscaling.minimum && floor(var.autoscaling.maximum) == var.autoscaling.maximum
    error_message = "autoscaling.minimum and maximum must be whole numbers from 1 to 10,000, minimum not above maximum."
  }

  validation {
    condition     = var.autoscaling == null ? true : try(var.shard_count >= var.autoscaling.minimum && var.shard_count <= var.autoscaling.maximum, true)
    error_message = "shard_count must lie between autoscaling.minimum and maximum."
  }

  validation {
    condition     = var.autoscaling == null ? true : var.autoscaling.grow.above_percent > 0 && var.autoscaling.grow.above_percent < 100
    error_message = "autoscaling.grow.above_percent must lie between 0 and 100, both excluded."
  }

  # Half the shards have twice the load. Were that enough to grow again, the stream would go back and forth.
  validation {
    condition     = var.autoscaling == null ? true : var.autoscaling.shrink.below_percent > 0 && 2 * var.autoscaling.shrink.below_percent < var.autoscaling.grow.above_percent
    error_message = "autoscaling.shrink.below_percent must be more than 0 and less than half of grow.above_percent."
  }

  validation {
    condition     = var.autoscaling == null ? true : contains(range(1, 61), var.autoscaling.grow.minutes)
    error_message = "autoscaling.grow.minutes must be a whole number from 1 to 60."
  }

  validation {
    condition     = var.autoscaling == null ? true : contains(range(5, 1445, 5), var.autoscaling.shrink.minutes)
    error_message = "autoscaling.shrink.minutes must be a multiple of five from 5 to 1,440."
  }

  # Else the load before a change, which the alarm still looks at, would make it grow twice.
  validation {
    condition     = var.autoscaling == null ? true : var.autoscaling.grow.cooldown_seconds >= 60 * var.autoscaling.grow.minutes && var.autoscaling.grow.cooldown_seconds <= 86400
    error_message = "autoscaling.grow.cooldown_seconds must be at least as long as grow.minutes and at most 86,400."
  }

  # Closed shards, by which the last change is known, are listed for as long as records are kept.
  validation {
    condition     = var.autoscaling == null ? true : var.autoscaling.shrink.cooldown_seconds >= var.autoscaling.grow.cooldown_seconds && var.autoscaling.shrink.cooldown_seconds <= 86400
    error_message = "autoscaling.shrink.cooldown_seconds must be at least grow.cooldown_seconds and at most 86,400."
  }
}

variable "resharder" {
  description = <<-EOT
    The function reshard, which the alarms on the load call; for autoscaling, and only for it.
      function_name : its name
      arn           : ARN to call (of the alias, if there is one)
      qualifier     : the alias, if there is one
  EOT
  type = object({
    function_name = string
    arn           = string
    qualifier     = optional(string)
  })
  default = null

  validation {
    condition     = (var.resharder == null) == (var.autoscaling == null)
    error_message = "autoscaling needs resharder, the function that does it; without autoscaling there is nothing for it to do."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Alarms
# ---------------------------------------------------------------------------------------------------------------------

variable "alarms" {
  description = <<-EOT
    Thresholds of the stream's alarms.
      throttled : throttled writes, or reads, within 5 minutes above which the alarm fires (0 or more, default 0)
  EOT
  type = object({
    throttled = optional(number, 0)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.throttled >= 0
    error_message = "alarms.throttled must be 0 or more."
  }
}
