variable "name" {
  description = "Full name of the user pool, and of its clients with a suffix, 1 to 90 letters, digits, hyphens and underscores."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,90}$", var.name))
    error_message = "name must be 1 to 90 letters, digits, hyphens and underscores."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the pool, with all its users. Switch off only where the environment must be destroyable."
  type        = bool
  default     = true
  nullable    = false
}

variable "mfa" {
  description = "Second factor, a code of an authenticator application: OFF, OPTIONAL (each user decides, default) or ON."
  type        = string
  default     = "OPTIONAL"
  nullable    = false

  validation {
    condition     = contains(["OFF", "OPTIONAL", "ON"], var.mfa)
    error_message = "mfa must be OFF, OPTIONAL or ON."
  }
}

variable "threat_protection" {
  description = "What Cognito does about risky logins (stolen passwords, unusual places): OFF (default), AUDIT (it only tells) or ENFORCED. All but OFF put the pool into the tier Plus, which costs more for each user."
  type        = string
  default     = "OFF"
  nullable    = false

  validation {
    condition     = contains(["OFF", "AUDIT", "ENFORCED"], var.threat_protection)
    error_message = "threat_protection must be OFF, AUDIT or ENFORCED."
  }
}

variable "password_policy" {
  description = <<-EOT
    What passwords must be; small and capital letters, digits and symbols are always demanded.
      minimum_length : characters, 12 to 99 (default 14)
      temporary_days : days in which a new user must replace the first password, 1 to 30 (default 3)
  EOT
  type = object({
    minimum_length = optional(number, 14)
    temporary_days = optional(number, 3)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.password_policy.minimum_length >= 12 && var.password_policy.minimum_length <= 99
    error_message = "password_policy.minimum_length must lie between 12 and 99."
  }

  validation {
    condition     = var.password_policy.temporary_days >= 1 && var.password_policy.temporary_days <= 30
    error_message = "password_policy.temporary_days must lie between 1 and 30."
  }
}

variable "token_validity" {
  description = <<-EOT
    How long tokens are good.
      minutes       : ID and access tokens, 5 to 1,440 minutes (default 60)
      refresh_hours : refresh tokens, 1 to 720 hours, and longer than the others (default 24)
  EOT
  type = object({
    minutes       = optional(number, 60)
    refresh_hours = optional(number, 24)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.token_validity.minutes >= 5 && var.token_validity.minutes <= 1440
    error_message = "token_validity.minutes must lie between 5 and 1,440 (a day)."
  }

  validation {
    condition     = var.token_validity.refresh_hours >= 1 && var.token_validity.refresh_hours <= 720 && var.token_validity.refresh_hours * 60 > var.token_validity.minutes
    error_message = "token_validity.refresh_hours must lie between 1 and 720 (30 days) and be longer than token_validity.minutes."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Clients
# ---------------------------------------------------------------------------------------------------------------------

variable "password_login" {
  description = "Whether users may send their password itself (over TLS), besides the proof that they know it (SRP). For scripts and tests."
  type        = bool
  default     = false
  nullable    = false
}

variable "resource_server" {
  description = <<-EOT
    What access tokens may be for. Null: nothing, then only ID tokens are of use.
      identifier : name of the API, which begins each scope
      scopes     : descriptions, by the name of the scope; 1 to 100
  EOT
  type = object({
    identifier = string
    scopes     = map(string)
  })
  default = null

  validation {
    condition     = var.resource_server == null ? true : can(regex("^[A-Za-z0-9_.:-]{1,256}$", var.resource_server.identifier))
    error_message = "resource_server.identifier must be 1 to 256 letters, digits and the characters _ . : -."
  }

  validation {
    condition     = var.resource_server == null ? true : length(var.resource_server.scopes) >= 1 && length(var.resource_server.scopes) <= 100 && alltrue([for scope in keys(var.resource_server.scopes) : can(regex("^[A-Za-z0-9_.:-]{1,256}$", scope))])
    error_message = "resource_server.scopes must be 1 to 100, named by letters, digits and the characters _ . : -."
  }
}

variable "machine_clients" {
  description = <<-EOT
    Programs that log in by themselves (client credentials), by a name in lower case. Each gets a secret, which is no output. They need resource_server and domain_prefix.
      scopes : what they may, names in resource_server.scopes
  EOT
  type        = map(object({ scopes = set(string) }))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for client in keys(var.machine_clients) : can(regex("^[a-z][a-z0-9-]{0,31}$", client)) && client != "users"])
    error_message = "The names of machine_clients must be 1 to 32 lower-case letters, digits and hyphens, begin with a letter and not be users."
  }

  validation {
    condition     = alltrue([for client in var.machine_clients : length(client.scopes) > 0 && length(setsubtract(client.scopes, try(keys(var.resource_server.scopes), []))) == 0])
    error_message = "The scopes of machine_clients must be among resource_server.scopes, at least one each."
  }

  validation {
    condition     = length(var.machine_clients) == 0 || var.domain_prefix != null
    error_message = "machine_clients need domain_prefix: they get their tokens from the pool's domain."
  }
}

variable "domain_prefix" {
  description = "First part of the domain that machines get their tokens from, unique in the region: 1 to 63 small letters, digits and hyphens, without aws, amazon and cognito. Null: no domain."
  type        = string
  default     = null

  validation {
    condition     = var.domain_prefix == null ? true : can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.domain_prefix)) && !can(regex("aws|amazon|cognito", var.domain_prefix))
    error_message = "domain_prefix must be 1 to 63 small letters, digits and hyphens, without aws, amazon and cognito, or null."
  }
}
