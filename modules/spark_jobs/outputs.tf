output "job_names" {
  description = "Names of the jobs, by the name of their script."
  value       = { for key, job in aws_glue_job.this : key => job.name }
}

output "job_arns" {
  description = "ARNs of the jobs, by the name of their script: who starts one needs glue:StartJobRun on it."
  value       = { for key, job in aws_glue_job.this : key => job.arn }
}

output "role_arns" {
  description = "ARNs of the roles of the jobs, by the name of their script."
  value       = { for key, role in aws_iam_role.this : key => role.arn }
}

output "log_group_names" {
  description = "Names of the log groups: error (what Spark and the jobs log) and output (what they print)."
  value       = { for key, group in aws_cloudwatch_log_group.this : key => group.name }
}

output "configuration" {
  description = "What the jobs were given, for the checks of the root that composes it: arguments (of each job, by the name of its script), schedules (likewise; null where switched off)."
  value = {
    arguments = { for key, job in aws_glue_job.this : key => job.default_arguments }
    schedules = { for key, trigger in aws_glue_trigger.this : key => trigger.enabled ? trigger.schedule : null }
  }
}
