output "vault_name" {
  description = "Name of the vault."
  value       = aws_backup_vault.this.name
}

output "vault_arn" {
  description = "ARN of the vault, for the argument copy of another region's module."
  value       = aws_backup_vault.this.arn
}

output "plan_id" {
  description = "Id of the plan."
  value       = aws_backup_plan.this.id
}

output "backup_role_arn" {
  description = "ARN of the role that backs up, also for a backup by hand (aws backup start-backup-job)."
  value       = aws_iam_role.backup.arn
}

output "restore_role_arn" {
  description = "ARN of the role that restores (aws backup start-restore-job), into the same table name or one that begins with it and a hyphen."
  value       = aws_iam_role.restore.arn
}

output "configuration" {
  description = "What the backup was given, for the checks of the root that composes it: kms_key_arn, schedule, delete_after_days, cold_storage_after_days, tables, copies (vaults), protected (by the vault's policy), lock."
  value = {
    kms_key_arn             = aws_backup_vault.this.kms_key_arn
    schedule                = one(aws_backup_plan.this.rule).schedule
    delete_after_days       = one(one(aws_backup_plan.this.rule).lifecycle).delete_after
    cold_storage_after_days = one(one(aws_backup_plan.this.rule).lifecycle).cold_storage_after
    tables                  = aws_backup_selection.tables.resources
    copies                  = [for copy in one(aws_backup_plan.this.rule).copy_action : copy.destination_vault_arn]
    protected               = length(aws_backup_vault_policy.this) > 0
    lock                    = length(aws_backup_vault_lock_configuration.this) > 0
  }
}
