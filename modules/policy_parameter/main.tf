resource "aws_ssm_parameter" "this" {
  name        = var.name
  description = "Which policies decide and which only watch, their thresholds and lists. Operators change it; Terraform wrote the first version."
  type        = "SecureString"
  key_id      = var.kms_key_arn
  value       = var.initial_document

  # Up to 4 KB the parameter is free; with the first larger document it becomes an advanced one, by itself and for good.
  tier = "Intelligent-Tiering"

  lifecycle {
    # The document lives on without Terraform: an apply must never bring an old policy back.
    ignore_changes = [value]
  }
}
