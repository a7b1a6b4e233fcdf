data "aws_region" "current" {}

data "aws_partition" "current" {}

locals {
  suffix          = data.aws_partition.current.dns_suffix
  scopes          = var.resource_server == null ? [] : [for scope in sort(keys(var.resource_server.scopes)) : "${var.resource_server.identifier}/${scope}"]
  customer_id     = "customer_id"
  own_attributes  = ["email", "name"]
  token_units     = { access_token = "minutes", id_token = "minutes", refresh_token = "hours" }
  operators_group = "operators"
}

resource "aws_cognito_user_pool" "this" {
  name                = var.name
  deletion_protection = var.deletion_protection ? "ACTIVE" : "INACTIVE"
  user_pool_tier      = var.threat_protection == "OFF" ? "ESSENTIALS" : "PLUS"
  mfa_configuration   = var.mfa

  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]

  username_configuration {
    case_sensitive = false
  }

  # Whose transactions a user may see is decided by whoever makes the user.
  admin_create_user_config {
    allow_admin_create_user_only = true
  }

  # Set when the user is made, and never again: not by the user, and not by a client that is added later either.
  schema {
    name                = local.customer_id
    attribute_data_type = "String"
    mutable             = false

    string_attribute_constraints {
      min_length = "1"
      max_length = "64"
    }
  }

  password_policy {
    minimum_length                   = var.password_policy.minimum_length
    require_lowercase                = true
    require_uppercase                = true
    require_numbers                  = true
    require_symbols                  = true
    temporary_password_validity_days = var.password_policy.temporary_days
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  # Codes by text message can be stolen with the telephone number.
  dynamic "software_token_mfa_configuration" {
    for_each = var.mfa == "OFF" ? [] : [1]

    content {
      enabled = true
    }
  }

  dynamic "user_pool_add_ons" {
    for_each = var.threat_protection == "OFF" ? [] : [var.threat_protection]

    content {
      advanced_security_mode = user_pool_add_ons.value
    }
  }
}

resource "aws_cognito_user_group" "operators" {
  user_pool_id = aws_cognito_user_pool.this.id
  name         = local.operators_group
  description  = "May see what all customers may see"
}

# ---------------------------------------------------------------------------------------------------------------------
# Clients: the application that users log in with, and machines
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_cognito_user_pool_client" "users" {
  user_pool_id    = aws_cognito_user_pool.this.id
  name            = "${var.name}-users"
  generate_secret = false # An application in a browser or on a telephone keeps none.

  explicit_auth_flows = concat(
    ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
    var.password_login ? ["ALLOW_USER_PASSWORD_AUTH"] : [],
  )
  read_attributes  = concat(["custom:${local.customer_id}", "email_verified"], local.own_attributes)
  write_attributes = local.own_attributes

  access_token_validity         = var.token_validity.minutes
  id_token_validity             = var.token_validity.minutes
  refresh_token_validity        = var.token_validity.refresh_hours
  enable_token_revocation       = true
  prevent_user_existence_errors = "ENABLED"

  token_validity_units {
    access_token  = local.token_units.access_token
    id_token      = local.token_units.id_token
    refresh_token = local.token_units.refresh_token
  }
}

resource "aws_cognito_resource_server" "this" {
  for_each = var.resource_server == null ? {} : { this = var.resource_server }

  user_pool_id = aws_cognito_user_pool.this.id
  identifier   = each.value.identifier
  name         = each.value.identifier

  dynamic "scope" {
    for_each = each.value.scopes

    content {
      scope_name        = scope.key
      scope_description = scope.value
    }
  }
}

resource "aws_cognito_user_pool_domain" "this" {
  for_each = var.domain_prefix == null ? toset([]) : toset([var.domain_prefix])

  user_pool_id = aws_cognito_user_pool.this.id
  domain       = each.value
}

# Its secret is read with: aws cognito-idp describe-user-pool-client. Like every resource it is in the state.
resource "aws_cognito_user_pool_client" "machine" {
  for_each = var.machine_clients

  user_pool_id    = aws_cognito_user_pool.this.id
  name            = "${var.name}-${each.key}"
  generate_secret = true

  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["client_credentials"]
  allowed_oauth_scopes                 = [for scope in each.value.scopes : "${var.resource_server.identifier}/${scope}"]

  access_token_validity   = var.token_validity.minutes
  enable_token_revocation = true

  token_validity_units {
    access_token = local.token_units.access_token
  }

  depends_on = [aws_cognito_resource_server.this]
}
