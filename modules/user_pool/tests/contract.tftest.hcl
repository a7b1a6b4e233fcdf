mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }
  mock_resource "aws_cognito_user_pool" {
    defaults = { id = "eu-west-1_abc", arn = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc" }
  }
}

variables {
  name = "bank-test-users"
}

run "nobody_signs_up_by_themselves" {
  command = plan

  assert {
    condition     = !output.configuration.self_sign_up
    error_message = "Users are made by those who know whose customer they are."
  }
}

run "the_customer_is_set_once_and_never_by_the_user" {
  command = plan

  assert {
    condition     = one([for attribute in aws_cognito_user_pool.this.schema : attribute.mutable if attribute.name == "customer_id"]) == false
    error_message = "Whose transactions a user sees must not be changed."
  }

  assert {
    condition     = contains(aws_cognito_user_pool_client.users.read_attributes, "custom:customer_id") && aws_cognito_user_pool_client.users.write_attributes == toset(["email", "name"])
    error_message = "The application may read it, and write the user's own attributes only."
  }

  assert {
    condition     = output.customer_id_claim == "custom:customer_id"
    error_message = "Functions look for this claim."
  }
}

run "passwords_are_long_and_of_all_kinds_of_characters" {
  command = plan

  assert {
    condition     = one(aws_cognito_user_pool.this.password_policy).minimum_length == 14 && one(aws_cognito_user_pool.this.password_policy).temporary_password_validity_days == 3
    error_message = "14 characters, the first one replaced within 3 days."
  }

  assert {
    condition     = alltrue([for kind in ["lowercase", "uppercase", "numbers", "symbols"] : one(aws_cognito_user_pool.this.password_policy)["require_${kind}"]])
    error_message = "All four kinds must be demanded."
  }
}

run "a_second_factor_is_each_users_choice_and_never_a_text_message" {
  command = plan

  assert {
    condition     = output.configuration.mfa == "OPTIONAL" && one(aws_cognito_user_pool.this.software_token_mfa_configuration).enabled && length(aws_cognito_user_pool.this.sms_configuration) == 0
    error_message = "The factor must be an authenticator application."
  }
}

run "the_second_factor_can_be_demanded" {
  command = plan

  variables {
    mfa = "ON"
  }

  assert {
    condition     = output.configuration.mfa == "ON"
    error_message = "What is given must reach the pool."
  }
}

run "the_pool_cannot_be_deleted_by_mistake" {
  command = plan

  assert {
    condition     = output.configuration.deletion_protection
    error_message = "The users would be gone with it."
  }
}

run "threat_protection_is_off_and_can_be_had_with_its_tier" {
  command = plan

  variables {
    threat_protection = "ENFORCED"
  }

  assert {
    condition     = output.configuration.threat_protection == "ENFORCED" && output.configuration.tier == "PLUS"
    error_message = "Cognito has it in the tier Plus only."
  }
}

run "without_threat_protection_the_pool_is_in_the_cheaper_tier" {
  command = plan

  assert {
    condition     = output.configuration.threat_protection == null && output.configuration.tier == "ESSENTIALS"
    error_message = "Nothing may be paid for that is not asked for."
  }
}

run "users_prove_that_they_know_the_password_and_do_not_send_it" {
  command = plan

  assert {
    condition     = output.configuration.user_login_flows == toset(["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"])
    error_message = "SRP and renewal only."
  }

  assert {
    condition     = aws_cognito_user_pool_client.users.prevent_user_existence_errors == "ENABLED" && aws_cognito_user_pool_client.users.enable_token_revocation && !aws_cognito_user_pool_client.users.generate_secret
    error_message = "A login must not tell which users exist, and tokens must be revocable."
  }
}

run "scripts_can_log_in_with_a_password" {
  command = plan

  variables {
    password_login = true
  }

  assert {
    condition     = contains(output.configuration.user_login_flows, "ALLOW_USER_PASSWORD_AUTH")
    error_message = "What is given must reach the client."
  }
}

run "tokens_are_good_for_an_hour_and_can_be_renewed_for_a_day" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool_client.users.id_token_validity == 60 && aws_cognito_user_pool_client.users.access_token_validity == 60 && aws_cognito_user_pool_client.users.refresh_token_validity == 24
    error_message = "60 minutes, 24 hours."
  }

  assert {
    condition     = one(aws_cognito_user_pool_client.users.token_validity_units).id_token == "minutes" && one(aws_cognito_user_pool_client.users.token_validity_units).refresh_token == "hours"
    error_message = "The numbers must be read in these units."
  }
}

run "there_is_a_group_of_operators" {
  command = plan

  assert {
    condition     = output.operators_group_name == "operators"
    error_message = "Functions look for this group."
  }
}

run "without_a_resource_server_there_are_no_scopes_and_no_domain" {
  command = plan

  assert {
    condition     = length(output.scopes) == 0 && output.token_endpoint == null && length(aws_cognito_resource_server.this) + length(aws_cognito_user_pool_domain.this) + length(aws_cognito_user_pool_client.machine) == 0
    error_message = "Nothing of it unless asked for."
  }
}

run "machines_log_in_by_client_credentials_with_the_scopes_they_are_given" {
  command = plan

  variables {
    resource_server = { identifier = "bank", scopes = { read = "See transactions", submit = "Submit transactions" } }
    domain_prefix   = "bank-test"
    machine_clients = { loader = { scopes = ["submit"] } }
  }

  assert {
    condition     = aws_cognito_user_pool_client.machine["loader"].allowed_oauth_flows == toset(["client_credentials"]) && aws_cognito_user_pool_client.machine["loader"].allowed_oauth_scopes == toset(["bank/submit"]) && aws_cognito_user_pool_client.machine["loader"].generate_secret
    error_message = "A machine must get its own scopes and no others."
  }

  assert {
    condition     = output.scopes == tolist(["bank/read", "bank/submit"]) && output.token_endpoint == "https://bank-test.auth.eu-west-1.amazoncognito.com/oauth2/token"
    error_message = "The API and the machine need these."
  }
}

run "id_arn_and_issuer_are_given_out" {
  command = apply

  assert {
    condition     = output.id == "eu-west-1_abc" && output.arn == "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc" && output.issuer == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc"
    error_message = "Those who check tokens need these."
  }
}

# --- refusals --------------------------------------------------------------------------------------------------------

run "a_name_with_a_space_is_refused" {
  command = plan
  variables {
    name = "bank users"
  }
  expect_failures = [var.name]
}

run "an_unknown_second_factor_is_refused" {
  command = plan
  variables {
    mfa = "SMS"
  }
  expect_failures = [var.mfa]
}

run "an_unknown_threat_protection_is_refused" {
  command = plan
  variables {
    threat_protection = "ON"
  }
  expect_failures = [var.threat_protection]
}

run "passwords_under_12_characters_are_refused" {
  command = plan
  variables {
    password_policy = { minimum_length = 11 }
  }
  expect_failures = [var.password_policy]
}

run "first_passwords_of_more_than_30_days_are_refused" {
  command = plan
  variables {
    password_policy = { temporary_days = 31 }
  }
  expect_failures = [var.password_policy]
}

run "tokens_of_more_than_a_day_are_refused" {
  command = plan
  variables {
    token_validity = { minutes = 1441, refresh_hours = 48 }
  }
  expect_failures = [var.token_validity]
}

run "refresh_tokens_shorter_than_the_others_are_refused" {
  command = plan
  variables {
    token_validity = { minutes = 120, refresh_hours = 1 }
  }
  expect_failures = [var.token_validity]
}

run "a_resource_server_without_scopes_is_refused" {
  command = plan
  variables {
    resource_server = { identifier = "bank", scopes = {} }
  }
  expect_failures = [var.resource_server]
}

run "a_resource_server_with_a_slash_is_refused" {
  command = plan
  variables {
    resource_server = { identifier = "bank/api", scopes = { read = "See" } }
  }
  expect_failures = [var.resource_server]
}

run "a_machine_with_an_unknown_scope_is_refused" {
  command = plan
  variables {
    domain_prefix   = "bank-test"
    machine_clients = { loader = { scopes = ["submit"] } }
  }
  expect_failures = [var.machine_clients]
}

run "a_machine_without_a_domain_is_refused" {
  command = plan
  variables {
    resource_server = { identifier = "bank", scopes = { submit = "Submit transactions" } }
    machine_clients = { loader = { scopes = ["submit"] } }
  }
  expect_failures = [var.machine_clients]
}

run "a_machine_named_users_is_refused" {
  command = plan
  variables {
    resource_server = { identifier = "bank", scopes = { submit = "Submit transactions" } }
    domain_prefix   = "bank-test"
    machine_clients = { users = { scopes = ["submit"] } }
  }
  expect_failures = [var.machine_clients]
}

run "a_domain_with_a_name_of_amazons_is_refused" {
  command = plan
  variables {
    domain_prefix = "my-aws-bank"
  }
  expect_failures = [var.domain_prefix]
}
