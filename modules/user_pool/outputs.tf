output "id" {
  description = "Id of the user pool."
  value       = aws_cognito_user_pool.this.id
}

output "arn" {
  description = "ARN of the user pool, for the argument jwt of the module rest_api."
  value       = aws_cognito_user_pool.this.arn
}

output "issuer" {
  description = "URL that the pool's tokens name as their issuer."
  value       = "https://cognito-idp.${data.aws_region.current.name}.${local.suffix}/${aws_cognito_user_pool.this.id}"
}

output "operators_group_name" {
  description = "Group whose members may see what all customers may see."
  value       = aws_cognito_user_group.operators.name
}

output "customer_id_claim" {
  description = "Claim of an ID token that holds the user's customer."
  value       = "custom:${local.customer_id}"
}

# ---------------------------------------------------------------------------------------------------------------------
# Clients
# ---------------------------------------------------------------------------------------------------------------------

output "user_client_id" {
  description = "Id of the client that users log in with. It has no secret."
  value       = aws_cognito_user_pool_client.users.id
}

output "machine_client_ids" {
  description = "Ids of the machines' clients, by name. A secret is read with: aws cognito-idp describe-user-pool-client --user-pool-id POOL --client-id ID."
  value       = { for name, client in aws_cognito_user_pool_client.machine : name => client.id }
}

output "scopes" {
  description = "Scopes as access tokens bear them, for the argument jwt of the module rest_api; empty without resource_server."
  value       = local.scopes
}

output "token_endpoint" {
  description = "Where machines get their tokens; null without domain_prefix."
  value       = var.domain_prefix == null ? null : "https://${var.domain_prefix}.auth.${data.aws_region.current.name}.amazoncognito.com/oauth2/token"
}

output "configuration" {
  description = "What the pool was given, for the checks of the root that composes it: deletion_protection, mfa, tier, threat_protection (null: off), password_minimum_length, self_sign_up, token_minutes, user_login_flows."
  value = {
    deletion_protection     = aws_cognito_user_pool.this.deletion_protection == "ACTIVE"
    mfa                     = aws_cognito_user_pool.this.mfa_configuration
    tier                    = aws_cognito_user_pool.this.user_pool_tier
    threat_protection       = one(aws_cognito_user_pool.this.user_pool_add_ons[*].advanced_security_mode)
    password_minimum_length = one(aws_cognito_user_pool.this.password_policy).minimum_length
    self_sign_up            = !one(aws_cognito_user_pool.this.admin_create_user_config).allow_admin_create_user_only
    token_minutes           = aws_cognito_user_pool_client.users.id_token_validity
    user_login_flows        = aws_cognito_user_pool_client.users.explicit_auth_flows
  }
}
