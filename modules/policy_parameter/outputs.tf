output "name" {
  description = "Name of the parameter, as GetParameter and PutParameter take it."
  value       = aws_ssm_parameter.this.name
}

output "arn" {
  description = "ARN of the parameter, for the statements of those who read or write it."
  value       = aws_ssm_parameter.this.arn
}
