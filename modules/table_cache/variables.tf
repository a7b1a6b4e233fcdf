variable "name" {
  description = "Full name of the cluster, 1 to 20 lower-case letters, digits and single hyphens, beginning with a letter (DAX takes no longer one)."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) <= 20
    error_message = "name must be 1 to 20 lower-case letters, digits and single hyphens, and begin with a letter."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# What it caches
# ---------------------------------------------------------------------------------------------------------------------

variable "table_arns" {
  description = "ARNs of the DynamoDB tables that the cluster may use, their indexes included; at least one."
  type        = set(string)

  validation {
    condition     = length(var.table_arns) > 0 && alltrue([for arn in var.table_arns : can(regex("^arn:[a-z0-9-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]{3,255}$", arn))])
    error_message = "table_arns must be ARNs of DynamoDB tables, at least one, without wildcards."
  }
}

variable "table_key_arns" {
  description = "ARNs of the customer KMS keys that the tables are encrypted with."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.table_key_arns : can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", arn))])
    error_message = "table_key_arns must be ARNs of KMS keys (not of aliases)."
  }
}

variable "access" {
  description = "What clients may do through the cluster: read_only (default) or read_write."
  type        = string
  default     = "read_only"

  validation {
    condition     = contains(["read_only", "read_write"], var.access)
    error_message = "access must be read_only or read_write."
  }
}

variable "keep_seconds" {
  description = <<-EOT
    How long what was read is given again without asking the table, in seconds (1 to 86,400).
      items   : single items (default 60)
      queries : results of queries and scans (default 60), which writes through the cluster do not renew
  EOT
  type = object({
    items   = optional(number, 60)
    queries = optional(number, 60)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for seconds in values(var.keep_seconds) : seconds >= 1 && seconds <= 86400 && floor(seconds) == seconds])
    error_message = "keep_seconds must be whole numbers from 1 to 86,400."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Nodes and network
# ---------------------------------------------------------------------------------------------------------------------

variable "nodes" {
  description = <<-EOT
    Nodes of the cluster.
      type  : dax.TYPE (default dax.t3.small; dax.r5.large and larger for a steady load)
      count : 1 to 11 (default 3, so that the loss of a zone leaves two)
  EOT
  type = object({
    type  = optional(string, "dax.t3.small")
    count = optional(number, 3)
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^dax\\.[a-z0-9]+\\.[a-z0-9]+$", var.nodes.type))
    error_message = "nodes.type must be a node type of DAX, such as dax.t3.small."
  }

  validation {
    condition     = var.nodes.count >= 1 && var.nodes.count <= 11 && floor(var.nodes.count) == var.nodes.count
    error_message = "nodes.count must be a whole number from 1 to 11."
  }
}

variable "network" {
  description = <<-EOT
    Where the nodes are.
      subnet_ids         : private subnets, of two zones or more
      security_group_ids : at least one; the group data_security_group_id of private_network, with the port 9111
  EOT
  type = object({
    subnet_ids         = set(string)
    security_group_ids = set(string)
  })

  validation {
    condition     = length(var.network.subnet_ids) >= 2 && length(var.network.security_group_ids) >= 1
    error_message = "network must name two subnets or more, and a security group: the VPC's default group is no choice."
  }
}

variable "maintenance_window" {
  description = "Weekly hour in which AWS may replace nodes, in UTC: ddd:hh:mm-ddd:hh:mm."
  type        = string
  default     = "sun:04:00-sun:05:00"

  validation {
    condition     = can(regex("^(mon|tue|wed|thu|fri|sat|sun):[0-2][0-9]:[0-5][0-9]-(mon|tue|wed|thu|fri|sat|sun):[0-2][0-9]:[0-5][0-9]$", var.maintenance_window))
    error_message = "maintenance_window must look like sun:04:00-sun:05:00."
  }
}

variable "notification_topic_arn" {
  description = "ARN of the topic that is told of replaced nodes and the like, or null."
  type        = string
  default     = null

  validation {
    condition     = var.notification_topic_arn == null || can(regex("^arn:[a-z0-9-]+:sns:[a-z0-9-]+:[0-9]{12}:", var.notification_topic_arn))
    error_message = "notification_topic_arn must be the ARN of an SNS topic, or null."
  }
}
