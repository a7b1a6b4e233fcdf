output "fault_injection" {
  description = "What a function needs to be a target: the argument fault_injection of lambda_graviton. Null where no function is a target."
  value = one([for extension in data.aws_ssm_parameter.extension : {
    layer_arn    = extension.insecure_value
    location_arn = local.location_arn
  }])
}

output "template_ids" {
  description = "Ids of the experiment templates, by experiment; for aws fis start-experiment."
  value       = { for experiment, stack in aws_cloudformation_stack.experiment : experiment => stack.outputs["Id"] }
}

output "role_arn" {
  description = "ARN of the role that FIS takes for the experiments; who starts one needs no right to pass it."
  value       = aws_iam_role.this.arn
}

output "log_group_name" {
  description = "Name of the log group in which each experiment tells what it did to which targets."
  value       = aws_cloudwatch_log_group.this.name
}
