output "installation" {
  description = "What `make warehouse` needs to install the SQL; the root gives it out as its output `warehouse`: workgroup_name or cluster_identifier (the other is null), database_name, admin_secret_arn, glue_database_name, lake_role_arn, loader_role_name."
  value = {
    workgroup_name     = local.workgroup_name
    cluster_identifier = local.cluster_identifier
    database_name      = var.database.name
    admin_secret_arn   = local.admin_secret_arn
    glue_database_name = var.lake.database_name
    lake_role_arn      = aws_iam_role.lake.arn
    loader_role_name   = aws_iam_role.loader.name
  }
}

output "arn" {
  description = "ARN of the workgroup or the cluster, for the policies of those who query it by the Data API."
  value       = local.arn
}

output "endpoint" {
  description = "Where clients inside the VPC connect, with TLS: address and port."
  value = one(concat(
    [for workgroup in aws_redshiftserverless_workgroup.this : { address = workgroup.endpoint[0].address, port = workgroup.endpoint[0].port }],
    [for cluster in aws_redshift_cluster.this : { address = cluster.dns_name, port = cluster.port }],
  ))
}

output "admin_secret_arn" {
  description = "ARN of the secret with the administrator's name and password."
  value       = local.admin_secret_arn
}

output "lake_role_arn" {
  description = "ARN of the role under which Redshift reads the lake."
  value       = aws_iam_role.lake.arn
}

output "loader_role_arn" {
  description = "ARN of the role of the schedules."
  value       = aws_iam_role.loader.arn
}

output "dead_letter_queue_name" {
  description = "Name of the queue of calls that the Data API did not take."
  value       = module.dead_letter_queue.name
}

output "alarms" {
  description = "Definitions of alarms for the monitoring module: a call that was not taken, a failure that could not be told, and of a cluster its health and its disks."
  value = merge(
    {
      not-taken = module.dead_letter_queue.alarm
      untold = {
        description         = "A failed load of the warehouse ${var.name} could not be told to the failures topic."
        namespace           = "AWS/Events"
        metric_name         = "FailedInvocations"
        dimensions          = { RuleName = aws_cloudwatch_event_rule.failed.name }
        statistic           = "Sum"
        period_seconds      = 300
        evaluation_periods  = 1
        threshold           = 0
        comparison_operator = "GreaterThanThreshold"
        treat_missing_data  = "notBreaching" # the metric is reported only when it is not zero
      }
    },
    var.kind == "serverless" ? {} : {
      unhealthy = {
        description         = "The cluster ${var.name} has been unhealthy for 5 minutes."
        namespace           = "AWS/Redshift"
        metric_name         = "HealthStatus"
        dimensions          = { ClusterIdentifier = var.name }
        statistic           = "Minimum"
        period_seconds      = 60
        evaluation_periods  = 5
        threshold           = 1
        comparison_operator = "LessThanThreshold"
        treat_missing_data  = "breaching" # a cluster that says nothing is not well
      }
      disk = {
        description         = "More than 80 % of the disks of the cluster ${var.name} have been used for 15 minutes."
        namespace           = "AWS/Redshift"
        metric_name         = "PercentageDiskSpaceUsed"
        dimensions          = { ClusterIdentifier = var.name }
        statistic           = "Maximum"
        period_seconds      = 300
        evaluation_periods  = 3
        threshold           = 80
        comparison_operator = "GreaterThanThreshold"
        treat_missing_data  = "notBreaching"
      }
    },
  )
}

output "configuration" {
  description = "What the resources were given, for the checks of the root that composes it: kind, kms_key_arn, publicly_accessible, enhanced_vpc_routing, require_ssl, base_capacity, max_capacity (null for a cluster), snapshot_retention_days (null for a namespace), log_exports, calls (expression, sql and state of each schedule)."
  value = {
    kind                    = var.kind
    kms_key_arn             = one(concat([for namespace in aws_redshiftserverless_namespace.this : namespace.kms_key_id], [for cluster in aws_redshift_cluster.this : cluster.kms_key_id]))
    publicly_accessible     = one(concat([for workgroup in aws_redshiftserverless_workgroup.this : workgroup.publicly_accessible], [for cluster in aws_redshift_cluster.this : cluster.publicly_accessible]))
    enhanced_vpc_routing    = one(concat([for workgroup in aws_redshiftserverless_workgroup.this : workgroup.enhanced_vpc_routing], [for cluster in aws_redshift_cluster.this : cluster.enhanced_vpc_routing]))
    require_ssl             = one(concat(flatten([for workgroup in aws_redshiftserverless_workgroup.this : [for parameter in workgroup.config_parameter : parameter.parameter_value if parameter.parameter_key == "require_ssl"]]), flatten([for group in aws_redshift_parameter_group.this : [for parameter in group.parameter : parameter.value if parameter.name == "require_ssl"]]))) == "true"
    base_capacity           = one([for workgroup in aws_redshiftserverless_workgroup.this : workgroup.base_capacity])
    max_capacity            = one([for workgroup in aws_redshiftserverless_workgroup.this : workgroup.max_capacity])
    snapshot_retention_days = one([for cluster in aws_redshift_cluster.this : cluster.automated_snapshot_retention_period])
    log_exports             = one(concat([for namespace in aws_redshiftserverless_namespace.this : namespace.log_exports], [for logging in aws_redshift_logging.this : logging.log_exports]))
    calls = {
      for key, schedule in aws_scheduler_schedule.this : key => {
        expression = schedule.schedule_expression
        sql        = jsondecode(schedule.target[0].input).Sqls[0]
        state      = schedule.state
      }
    }
  }
}
