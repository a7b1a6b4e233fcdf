variable "name" {
  description = "Full name of the network, 1 to 54 letters, digits, hyphens and underscores (the flow logs' role adds to it)."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,54}$", var.name)) && !startswith(var.name, "sg-")
    error_message = "name must be 1 to 54 letters, digits, hyphens and underscores, and not begin with sg-."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Addresses
# ---------------------------------------------------------------------------------------------------------------------

variable "cidr_block" {
  description = "Private IPv4 range of the network (10/8, 172.16/12 or 192.168/16), /16 to /22. Each zone's private subnet takes a sixteenth of it. Must not overlap with networks that are to be joined later."
  type        = string
  default     = "10.0.0.0/20"

  validation {
    condition     = try(cidrhost(var.cidr_block, 0) == split("/", var.cidr_block)[0], false)
    error_message = "cidr_block must be an IPv4 range such as 10.0.0.0/20, written with its first address."
  }

  validation {
    condition     = can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.)", var.cidr_block))
    error_message = "cidr_block must be private: in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16."
  }

  validation {
    condition     = try(tonumber(split("/", var.cidr_block)[1]) >= 16 && tonumber(split("/", var.cidr_block)[1]) <= 22, false)
    error_message = "cidr_block must be a /16 to a /22: larger AWS does not allow, and in smaller ones the endpoints use up a subnet."
  }
}

variable "zones" {
  description = <<-EOT
    Availability zones that get a private subnet.
      count : the first so many of the region, 2 to 6 (default 2)
      names : these zones instead, 2 to 6; for regions in which a zone lacks Lambda or one of the services
  EOT
  type = object({
    count = optional(number, 2)
    names = optional(list(string))
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.zones.count >= 2 && var.zones.count <= 6 && floor(var.zones.count) == var.zones.count
    error_message = "zones.count must be a whole number from 2 to 6: in a single zone, its failure would stop everything."
  }

  validation {
    condition     = var.zones.names == null ? true : length(distinct(var.zones.names)) >= 2 && length(var.zones.names) <= 6
    error_message = "zones.names must be 2 to 6 different zones."
  }
}

variable "internet_access" {
  description = "Way out to the internet, HTTPS only: none (default); single, one NAT gateway for all zones; per_zone, one in each. A gateway costs about $33 a month, and $0.045 for each GB."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "single", "per_zone"], var.internet_access)
    error_message = "internet_access must be none, single or per_zone."
  }
}

variable "data_ports" {
  description = "Ports on which the functions call data stores in the network, by a name: { dax = 9111, redshift = 5439 }. With any, there is a security group for the stores, which lets in the functions and nobody else."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for port in values(var.data_ports) : port >= 1024 && port <= 65535 && floor(port) == port])
    error_message = "data_ports must be whole numbers from 1,024 to 65,535, which the network ACL lets through."
  }

  validation {
    condition     = alltrue([for name in keys(var.data_ports) : can(regex("^[a-z][a-z0-9_-]{0,30}$", name))])
    error_message = "The names of data_ports must be 1 to 31 lower-case letters, digits, hyphens and underscores."
  }
}

variable "data_stores_call_services" {
  description = "Whether the data stores may call the endpoints and S3 over HTTPS, as Redshift does with enhanced VPC routing. Without (default) they call nobody. Needs data_ports."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.data_stores_call_services || length(var.data_ports) > 0
    error_message = "data_stores_call_services needs data_ports: without any there is no group of data stores."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Endpoints
# ---------------------------------------------------------------------------------------------------------------------

variable "interface_endpoints" {
  description = <<-EOT
    Services that the functions' code calls, by the name of the endpoint: appconfigdata, athena, events, glue,
    kinesis-firehose, kinesis-streams, kms, lambda, logs, monitoring, redshift-data, secretsmanager, sns, sqs, ssm,
    states, sts. Each is billed by the hour and zone. What Lambda itself does for a function (logs, traces, reading of
    queues and streams, decryption of its environment) needs none.
      actions     : IAM actions that may pass (default: all of the service), by this account's principals on its resources
      policy      : whole endpoint policy as JSON text instead
      single_zone : whether it stands in the first zone only (default: in every zone). It then costs one zone's hours, and all zones call it; with that zone the service is out of reach for all of them
  EOT
  type = map(object({
    actions     = optional(set(string))
    policy      = optional(string)
    single_zone = optional(bool, false)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.interface_endpoints), keys(local.interface_services))) == 0
    error_message = "interface_endpoints may hold ${join(", ", keys(local.interface_services))}. S3 and DynamoDB have gateway endpoints, always."
  }

  validation {
    condition = alltrue(flatten([
      for service, endpoint in var.interface_endpoints : [
        for action in coalesce(endpoint.actions, []) :
        can(regex("^${try(local.interface_services[service], service)}:[A-Z][A-Za-z0-9]+$", action))
      ]
    ]))
    error_message = "actions of interface_endpoints must be written out, without wildcards, and belong to the endpoint's service."
  }

  validation {
    condition = alltrue([
      for endpoint in var.interface_endpoints :
      endpoint.policy == null ? true : endpoint.actions == null && can(jsondecode(endpoint.policy).Statement)
    ])
    error_message = "policy of interface_endpoints must be a policy as JSON text, and stands instead of actions."
  }

  validation {
    condition     = alltrue([for endpoint in var.interface_endpoints : endpoint.actions == null ? true : length(endpoint.actions) > 0])
    error_message = "actions of interface_endpoints must not be empty: leave the endpoint out instead."
  }
}

variable "gateway_endpoints" {
  description = <<-EOT
    What may pass the endpoints of S3 and DynamoDB, which are always there and cost nothing.
      s3.actions           : IAM actions that may pass (default: all of S3), by this account's principals on its resources
      s3.policy            : whole endpoint policy as JSON text instead
      s3.aws_owned_objects : ARNs of objects in buckets of AWS's own accounts that anything in the network may read, such as container layers (objects of prod-<region>-starport-layer-bucket); default none, which is what functions need
      dynamodb.actions     : the same for DynamoDB
      dynamodb.policy      : the same for DynamoDB
  EOT
  type = object({
    s3 = optional(object({
      actions           = optional(set(string))
      policy            = optional(string)
      aws_owned_objects = optional(set(string), [])
    }), {})
    dynamodb = optional(object({
      actions = optional(set(string))
      policy  = optional(string)
    }), {})
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue(concat(
      [for action in coalesce(var.gateway_endpoints.s3.actions, []) : can(regex("^s3:[A-Z][A-Za-z0-9]+$", action))],
      [for action in coalesce(var.gateway_endpoints.dynamodb.actions, []) : can(regex("^dynamodb:[A-Z][A-Za-z0-9]+$", action))],
    ))
    error_message = "actions of gateway_endpoints must be written out, without wildcards, and belong to the endpoint's service."
  }

  validation {
    condition = alltrue([
      for endpoint in [var.gateway_endpoints.s3, var.gateway_endpoints.dynamodb] :
      endpoint.policy == null ? true : endpoint.actions == null && can(jsondecode(endpoint.policy).Statement)
    ])
    error_message = "policy of gateway_endpoints must be a policy as JSON text, and stands instead of actions."
  }

  validation {
    condition     = var.gateway_endpoints.s3.policy == null || length(var.gateway_endpoints.s3.aws_owned_objects) == 0
    error_message = "aws_owned_objects adds to the policy made here; write it into a policy of your own instead."
  }

  validation {
    condition = alltrue([
      for arn in var.gateway_endpoints.s3.aws_owned_objects : can(regex("^arn:[a-z-]+:s3:::[a-z0-9][a-z0-9.-]{2,62}/.+$", arn))
    ])
    error_message = "aws_owned_objects must be ARNs of objects in a named bucket, that end in bucket/*."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Flow logs
# ---------------------------------------------------------------------------------------------------------------------

variable "kms_key_arn" {
  description = "ARN of the customer KMS key that encrypts the flow logs. Its policy must let CloudWatch Logs use it (use log_groups of the encryption module)."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "log_retention_days" {
  description = "How long flow logs are kept, in days: one of the periods that CloudWatch Logs offers, 1 to 3,653."
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
