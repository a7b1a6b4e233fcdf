output "name" {
  description = "Name of the bucket, account id and region included."
  value       = aws_s3_bucket.this.bucket
}

output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "database_name" {
  description = "Name of the Glue database."
  value       = aws_glue_catalog_database.this.name
}

output "table_names" {
  description = "Names of the tables in the database."
  value       = [for table in aws_glue_catalog_table.this : table.name]
}

output "workgroup_name" {
  description = "Name of the Athena workgroup in which the queries run."
  value       = aws_athena_workgroup.this.name
}

output "workgroup_arn" {
  description = "ARN of the workgroup."
  value       = aws_athena_workgroup.this.arn
}

output "named_queries" {
  description = "Ids of the named queries, by name."
  value       = { for name, query in aws_athena_named_query.this : name => query.id }
}

output "replication_role_arn" {
  description = "ARN of the role that writes the copies of another region, which that region's key must let in; null without replication."
  value       = one([for role in aws_iam_role.replication : role.arn])
}
