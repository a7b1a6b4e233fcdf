output "key_arn" {
  description = "ARN of the key, for every kms_key_arn argument."
  value       = aws_kms_key.this.arn
}

output "key_id" {
  description = "Id of the key."
  value       = aws_kms_key.this.key_id
}

output "alias_name" {
  description = "Alias of the key, with alias/ in front."
  value       = aws_kms_alias.this.name
}

output "configuration" {
  description = "What the key was given, for the checks of the root that composes it: rotation, deletion_window_days."
  value = {
    rotation             = aws_kms_key.this.enable_key_rotation
    deletion_window_days = aws_kms_key.this.deletion_window_in_days
  }
}
