output "name" {
  description = "Name of the bucket, account id and region included."
  value       = aws_s3_bucket.this.bucket
}

output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "retention_days" {
  description = "Days for which a report is locked."
  value       = var.retention.days
}
