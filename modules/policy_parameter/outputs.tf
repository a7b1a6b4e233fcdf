output "name" {
  description = "Name of the parameter, as GetParameter and PutParameter take it."
  value       = aws_ssm_parameter.this.name
}

output "arn" {
  description = "ARN of the parameter, for the statements of those who read or write it."
  value       = aws_ssm_parameter.this.arn
}

output "configuration" {
  description = "What the parameter was given, for the checks of the root that composes it: type, tier, kms_key_arn, document_sha256 (of the document in plain text, which a SecureString itself hides)."
  value = {
    type            = aws_ssm_parameter.this.type
    tier            = aws_ssm_parameter.this.tier
    kms_key_arn     = aws_ssm_parameter.this.key_id
    document_sha256 = nonsensitive(sha256(aws_ssm_parameter.this.value))
  }
}
