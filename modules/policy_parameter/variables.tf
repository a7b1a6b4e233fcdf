variable "name" {
  description = "Name of the parameter (1 to 200 letters, digits, hyphens, underscores, dots)."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{1,200}$", var.name)) && !can(regex("(?i)^(aws|ssm)", var.name))
    error_message = "name must have 1 to 200 letters, digits, hyphens, underscores or dots and not begin with aws or ssm, which AWS keeps for itself."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer key that encrypts the parameter. Who reads it needs kms:Decrypt on the key too, who writes it kms:Encrypt and kms:GenerateDataKey."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (not of an alias)."
  }
}

variable "initial_document" {
  description = "First version of the document, a JSON object as text of at most 8,192 bytes. Only written when the parameter is made: later changes of this argument change nothing."
  type        = string

  validation {
    condition     = can(keys(jsondecode(var.initial_document)))
    error_message = "initial_document must be a JSON object."
  }

  validation {
    # length() counts characters; Base64 makes four of each three bytes, and fills up with equals signs.
    condition     = length(base64encode(var.initial_document)) / 4 * 3 - length(regexall("=", base64encode(var.initial_document))) <= 8192
    error_message = "initial_document must not be larger than 8,192 bytes, the most that a parameter holds."
  }

  validation {
    condition     = !strcontains(var.initial_document, "{{")
    error_message = "initial_document must not hold {{, which Systems Manager takes for a reference to another parameter."
  }
}
