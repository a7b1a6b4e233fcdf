output "arn" {
  description = "ARN of the cluster, for policies that let a client in (dax:GetItem and the like)."
  value       = aws_dax_cluster.this.arn
}

output "configuration_endpoint" {
  description = "Host and port that a client of DAX is given (TLS, port 9111)."
  value       = aws_dax_cluster.this.configuration_endpoint
}

output "role_arn" {
  description = "ARN of the role with which the cluster uses the tables."
  value       = aws_iam_role.this.arn
}

output "alarms" {
  description = "Definitions of the cluster's alarms for the monitoring module: faults (DAX answers with errors of its own), cpu (over 90 % for a quarter of an hour)."
  value = {
    faults = {
      description         = "DAX answers requests to ${var.name} with errors of its own."
      namespace           = "AWS/DAX"
      metric_name         = "FaultRequestCount"
      dimensions          = { ClusterId = var.name }
      statistic           = "Sum"
      period_seconds      = 300
      evaluation_periods  = 1
      threshold           = 0
      comparison_operator = "GreaterThanThreshold"
      treat_missing_data  = "notBreaching"
    }
    cpu = {
      description         = "The nodes of ${var.name} were busier than 90 % for a quarter of an hour."
      namespace           = "AWS/DAX"
      metric_name         = "CPUUtilization"
      dimensions          = { ClusterId = var.name }
      statistic           = "Average"
      period_seconds      = 300
      evaluation_periods  = 3
      threshold           = 90
      comparison_operator = "GreaterThanThreshold"
      treat_missing_data  = "notBreaching"
    }
  }
}

output "configuration" {
  description = "What the cluster was given, for the checks of the root that composes it: nodes, encrypted_at_rest, endpoint_encryption."
  value = {
    nodes               = aws_dax_cluster.this.replication_factor
    encrypted_at_rest   = one(aws_dax_cluster.this.server_side_encryption).enabled
    endpoint_encryption = aws_dax_cluster.this.cluster_endpoint_encryption_type
  }
}
