variable "name" {
  description = "Full name of the table (3 to 255 letters, digits, underscores, hyphens, dots)."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{3,255}$", var.name))
    error_message = "name must have 3 to 255 letters, digits, underscores, hyphens or dots."
  }
}

variable "hash_key" {
  description = <<-EOT
    Partition key of the table.
      name : attribute name
      type : S (string), N (number) or B (binary)
  EOT
  type = object({
    name = string
    type = string
  })

  validation {
    condition     = contains(["S", "N", "B"], var.hash_key.type)
    error_message = "The type of hash_key must be S, N or B."
  }
}

variable "range_key" {
  description = <<-EOT
    Sort key of the table; null for a table without one.
      name : attribute name
      type : S (string), N (number) or B (binary)
  EOT
  type = object({
    name = string
    type = string
  })
  default = null

  validation {
    condition     = var.range_key == null || contains(["S", "N", "B"], try(var.range_key.type, ""))
    error_message = "The type of range_key must be S, N or B."
  }
}

variable "global_secondary_indexes" {
  description = <<-EOT
    Global secondary indexes by name (at most 20).
      hash_key           : partition key of the index, name and type (S, N or B)
      range_key          : sort key of the index, name and type; null for none (default)
      projection_type    : KEYS_ONLY, INCLUDE or ALL (default)
      non_key_attributes : attributes that the index holds besides its keys; for INCLUDE, and only for it
  EOT
  type = map(object({
    hash_key = object({
      name = string
      type = string
    })
    range_key = optional(object({
      name = string
      type = string
    }))
    projection_type    = optional(string, "ALL")
    non_key_attributes = optional(set(string))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(var.global_secondary_indexes) <= 20
    error_message = "A table has at most 20 global secondary indexes."
  }

  validation {
    condition = alltrue(flatten([
      for index in values(var.global_secondary_indexes) : [
        for key in [index.hash_key, index.range_key] : contains(["S", "N", "B"], key.type) if key != null
      ]
    ]))
    error_message = "The type of each key in global_secondary_indexes must be S, N or B."
  }

  validation {
    condition     = alltrue([for index in values(var.global_secondary_indexes) : contains(["KEYS_ONLY", "INCLUDE", "ALL"], index.projection_type)])
    error_message = "projection_type in global_secondary_indexes must be KEYS_ONLY, INCLUDE or ALL."
  }

  validation {
    condition = alltrue([
      for index in values(var.global_secondary_indexes) :
      (index.projection_type == "INCLUDE") == (try(length(index.non_key_attributes), 0) > 0)
    ])
    error_message = "non_key_attributes in global_secondary_indexes belongs to projection_type INCLUDE, which needs at least one."
  }

  validation {
    condition = alltrue([
      for keys in values({
        for key in concat(
          [var.hash_key],
          var.range_key == null ? [] : [var.range_key],
          flatten([for index in values(var.global_secondary_indexes) : [for key in [index.hash_key, index.range_key] : key if key != null]]),
          [for index in values(var.local_secondary_indexes) : index.range_key],
        ) : key.name => key.type...
      }) : length(distinct(keys)) == 1
    ])
    error_message = "An attribute that is part of several keys must have the same type in all of them."
  }
}

variable "local_secondary_indexes" {
  description = <<-EOT
    Local secondary indexes by name (at most 5); they share the table's partition key and can only be made with the table.
      range_key          : sort key of the index, name and type (S, N or B)
      projection_type    : KEYS_ONLY, INCLUDE or ALL (default)
      non_key_attributes : attributes that the index holds besides its keys; for INCLUDE, and only for it
  EOT
  type = map(object({
    range_key = object({
      name = string
      type = string
    })
    projection_type    = optional(string, "ALL")
    non_key_attributes = optional(set(string))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(var.local_secondary_indexes) <= 5
    error_message = "A table has at most 5 local secondary indexes."
  }

  validation {
    condition     = length(var.local_secondary_indexes) == 0 || var.range_key != null
    error_message = "local_secondary_indexes need a table with a range_key."
  }

  validation {
    condition     = alltrue([for index in values(var.local_secondary_indexes) : contains(["S", "N", "B"], index.range_key.type)])
    error_message = "The type of each key in local_secondary_indexes must be S, N or B."
  }

  validation {
    condition     = alltrue([for index in values(var.local_secondary_indexes) : contains(["KEYS_ONLY", "INCLUDE", "ALL"], index.projection_type)])
    error_message = "projection_type in local_secondary_indexes must be KEYS_ONLY, INCLUDE or ALL."
  }

  validation {
    condition = alltrue([
      for index in values(var.local_secondary_indexes) :
      (index.projection_type == "INCLUDE") == (try(length(index.non_key_attributes), 0) > 0)
    ])
    error_message = "non_key_attributes in local_secondary_indexes belongs to projection_type INCLUDE, which needs at least one."
  }
}

variable "ttl_attribute" {
  description = "Attribute with the time, in seconds since 1970, after which DynamoDB deletes an item (within days, not at once); null for no expiry."
  type        = string
  default     = null

  validation {
    condition     = var.ttl_attribute == null || try(length(var.ttl_attribute) >= 1 && length(var.ttl_attribute) <= 255, false)
    error_message = "ttl_attribute must have 1 to 255 characters, or be null."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer key that encrypts the table. Null for the AWS-managed key of DynamoDB."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias), or null."
  }
}

variable "replica_regions" {
  description = <<-EOT
    Further regions that hold the table (a global table): each can be written to, and the last writer of an item wins. By the region's name; none by default.
      kms_key_arn : ARN of a customer key of that region; required with kms_key_arn of the table, and only then
  EOT
  type = map(object({
    kms_key_arn = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for region in keys(var.replica_regions) : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "replica_regions must be names of regions."
  }

  validation {
    condition     = alltrue([for replica in var.replica_regions : (replica.kms_key_arn == null) == (var.kms_key_arn == null)])
    error_message = "Each of replica_regions needs a kms_key_arn of its own where the table has one, and only there: a key belongs to one region."
  }

  validation {
    condition     = alltrue([for region, replica in var.replica_regions : replica.kms_key_arn == null ? true : can(regex("^arn:[a-z-]+:kms:${region}:[0-9]{12}:key/.+$", replica.kms_key_arn))])
    error_message = "The kms_key_arn of replica_regions must be the ARN of a KMS key (not of an alias) of the same region."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the table. Switch off only where the environment must be destroyable."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarms" {
  description = <<-EOT
    What the table's alarms watch.
      system_error_operations : DynamoDB operations that the application uses; each gets an alarm on errors of DynamoDB itself
  EOT
  type = object({
    system_error_operations = optional(set(string), ["GetItem", "PutItem", "Query", "TransactWriteItems"])
  })
  default  = {}
  nullable = false

  validation {
    condition = length(setsubtract(var.alarms.system_error_operations, [
      "BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "GetRecords", "PutItem", "Query", "Scan",
      "TransactGetItems", "TransactWriteItems", "UpdateItem",
    ])) == 0
    error_message = "alarms.system_error_operations may hold BatchGetItem, BatchWriteItem, DeleteItem, GetItem, GetRecords, PutItem, Query, Scan, TransactGetItems, TransactWriteItems and UpdateItem."
  }
}
