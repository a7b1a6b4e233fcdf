mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/txn-test-some" }
  }

  mock_resource "aws_redshiftserverless_namespace" {
    defaults = { admin_password_secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:redshift!txn-test-admin" }
  }

  mock_resource "aws_redshiftserverless_workgroup" {
    defaults = {
      arn      = "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/11111111-2222-3333-4444-555555555555"
      endpoint = [{ address = "txn-test.123456789012.eu-west-1.redshift-serverless.amazonaws.com", port = 5439, vpc_endpoint = [] }]
    }
  }

  mock_resource "aws_redshift_cluster" {
    defaults = {
      dns_name                   = "txn-test.abc.eu-west-1.redshift.amazonaws.com"
      master_password_secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:redshift!txn-test-admin"
    }
  }

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-west-1:123456789012:txn-test-loads-dead-letter" }
  }
}

variables {
  name              = "txn-test"
  kms_key_arn       = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  failure_topic_arn = "arn:aws:sns:eu-west-1:123456789012:txn-test-processing-failures"

  network = {
    subnet_ids         = ["subnet-1", "subnet-2", "subnet-3"]
    security_group_ids = ["sg-1"]
  }

  lake = {
    bucket_arn    = "arn:aws:s3:::txn-test-lake"
    kms_key_arn   = "arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555"
    database_name = "txn_test"
  }
}

# --- serverless ------------------------------------------------------------------------------------------------------

run "a_warehouse_is_serverless_unless_told_otherwise" {
  command = plan

  assert {
    condition     = keys(aws_redshiftserverless_workgroup.this) == ["this"] && length(aws_redshift_cluster.this) == 0 && length(aws_redshift_parameter_group.this) == 0
    error_message = "Nothing of a cluster must be made."
  }

  assert {
    condition     = aws_redshiftserverless_workgroup.this["this"].workgroup_name == "txn-test" && aws_redshiftserverless_namespace.this["this"].namespace_name == "txn-test" && aws_redshiftserverless_namespace.this["this"].db_name == "securebank"
    error_message = "Namespace and workgroup must bear the name."
  }
}

run "redshift_makes_and_keeps_the_administrators_password" {
  command = plan

  assert {
    condition     = aws_redshiftserverless_namespace.this["this"].manage_admin_password && aws_redshiftserverless_namespace.this["this"].admin_password_secret_kms_key_id == var.kms_key_arn
    error_message = "The password must lie in Secrets Manager, encrypted with the customer key."
  }

  assert {
    condition     = aws_redshiftserverless_namespace.this["this"].admin_user_password == null
    error_message = "No password may be in Terraform's state."
  }
}

run "the_data_is_encrypted_with_the_customer_key" {
  command = plan

  assert {
    condition     = aws_redshiftserverless_namespace.this["this"].kms_key_id == var.kms_key_arn
    error_message = "The namespace must be encrypted with kms_key_arn."
  }
}

run "a_workgroup_is_never_public_and_stays_in_the_vpc" {
  command = plan

  assert {
    condition     = aws_redshiftserverless_workgroup.this["this"].publicly_accessible == false && aws_redshiftserverless_workgroup.this["this"].enhanced_vpc_routing == true
    error_message = "It must not be reachable from outside, and go by way of the VPC."
  }

  assert {
    condition     = aws_redshiftserverless_workgroup.this["this"].subnet_ids == var.network.subnet_ids && aws_redshiftserverless_workgroup.this["this"].security_group_ids == var.network.security_group_ids
    error_message = "It must lie in the given subnets and groups."
  }
}

run "a_workgroup_takes_connections_with_tls_only_and_logs_what_is_run" {
  command = plan

  assert {
    condition = {
      for parameter in aws_redshiftserverless_workgroup.this["this"].config_parameter : parameter.parameter_key => parameter.parameter_value
      if contains(["require_ssl", "enable_user_activity_logging", "max_query_execution_time"], parameter.parameter_key)
    } == { require_ssl = "true", enable_user_activity_logging = "true", max_query_execution_time = "3600" }
    error_message = "TLS must be required, statements logged, and none run for ever."
  }

  assert {
    condition     = length(aws_redshiftserverless_workgroup.this["this"].config_parameter) == 9
    error_message = "All parameters with a default of AWS's own must be written out, or the next plan would change them."
  }
}

run "capacity_begins_small_and_is_bounded" {
  command = plan

  assert {
    condition     = aws_redshiftserverless_workgroup.this["this"].base_capacity == 8 && aws_redshiftserverless_workgroup.this["this"].max_capacity == 32
    error_message = "8 RPU to begin with, 32 at most."
  }
}

run "a_day_uses_24_rpu_hours_at_most" {
  command = apply

  assert {
    condition     = { for period, limit in aws_redshiftserverless_usage_limit.this : period => "${limit.usage_type} ${limit.amount} ${limit.period} ${limit.breach_action}" } == { daily = "serverless-compute 24 daily deactivate" }
    error_message = "What a day costs must be bounded."
  }

  assert {
    condition     = aws_redshiftserverless_usage_limit.this["daily"].resource_arn == aws_redshiftserverless_workgroup.this["this"].arn
    error_message = "The limit must be this workgroup's."
  }
}

run "capacity_and_limits_are_the_callers_choice" {
  command = plan

  variables {
    serverless = {
      base_capacity = 16
      max_capacity  = 128
      usage_limits  = { daily = { rpu_hours = 50, breach_action = "log" }, monthly = { rpu_hours = 900 } }
    }
  }

  assert {
    condition     = aws_redshiftserverless_workgroup.this["this"].base_capacity == 16 && aws_redshiftserverless_workgroup.this["this"].max_capacity == 128
    error_message = "The given capacities must count."
  }

  assert {
    condition     = { for period, limit in aws_redshiftserverless_usage_limit.this : period => "${limit.amount} ${limit.breach_action}" } == { daily = "50 log", monthly = "900 deactivate" }
    error_message = "Each period has a limit of its own."
  }
}

run "a_namespace_exports_its_three_logs_into_groups_that_end_and_are_encrypted" {
  command = plan

  assert {
    condition     = aws_redshiftserverless_namespace.this["this"].log_exports == toset(["connectionlog", "useractivitylog", "userlog"])
    error_message = "Connections, users and statements must be logged."
  }

  assert {
    condition     = sort([for group in aws_cloudwatch_log_group.this : group.name]) == tolist(["/aws/redshift/txn-test/connectionlog", "/aws/redshift/txn-test/useractivitylog", "/aws/redshift/txn-test/userlog"])
    error_message = "The groups must be there under the names that Redshift writes to."
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.retention_in_days == 365 && group.kms_key_id == var.kms_key_arn])
    error_message = "Logs must be encrypted and end."
  }
}

# --- provisioned -----------------------------------------------------------------------------------------------------

run "a_provisioned_warehouse_is_a_cluster_and_nothing_serverless" {
  command = plan

  variables {
    kind = "provisioned"
  }

  assert {
    condition     = keys(aws_redshift_cluster.this) == ["this"] && length(aws_redshiftserverless_workgroup.this) == 0 && length(aws_redshiftserverless_namespace.this) == 0 && length(aws_redshiftserverless_usage_limit.this) == 0
    error_message = "There must be one cluster and no workgroup."
  }

  assert {
    condition     = aws_redshift_cluster.this["this"].node_type == "ra3.large" && aws_redshift_cluster.this["this"].number_of_nodes == 2 && aws_redshift_cluster.this["this"].cluster_type == "multi-node"
    error_message = "Two nodes of ra3.large by default."
  }
}

run "a_cluster_is_encrypted_private_and_has_no_password_in_the_state" {
  command = plan

  variables {
    kind = "provisioned"
  }

  assert {
    condition     = aws_redshift_cluster.this["this"].encrypted && aws_redshift_cluster.this["this"].kms_key_id == var.kms_key_arn
    error_message = "The cluster must be encrypted with kms_key_arn."
  }

  assert {
    condition     = aws_redshift_cluster.this["this"].publicly_accessible == false && aws_redshift_cluster.this["this"].enhanced_vpc_routing == true
    error_message = "It must not be reachable from outside, and go by way of the VPC."
  }

  assert {
    condition     = aws_redshift_cluster.this["this"].manage_master_password && aws_redshift_cluster.this["this"].master_password_secret_kms_key_id == var.kms_key_arn && aws_redshift_cluster.this["this"].master_password == null
    error_message = "The password must be Redshift's to keep."
  }
}

run "a_cluster_lies_in_the_given_subnets_and_groups" {
  command = plan

  variables {
    kind = "provisioned"
  }

  assert {
    condition     = aws_redshift_subnet_group.this["this"].subnet_ids == var.network.subnet_ids && aws_redshift_cluster.this["this"].cluster_subnet_group_name == "txn-test" && aws_redshift_cluster.this["this"].vpc_security_group_ids == var.network.security_group_ids
    error_message = "The cluster must lie where it was told to."
  }
}

run "a_cluster_takes_connections_with_tls_only_and_logs_what_is_run" {
  command = plan

  variables {
    kind = "provisioned"
  }

  assert {
    condition     = { for parameter in aws_redshift_parameter_group.this["this"].parameter : parameter.name => parameter.value } == { require_ssl = "true", enable_user_activity_logging = "true", statement_timeout = "3600000" }
    error_message = "TLS must be required, statements logged, and none run for ever (milliseconds)."
  }

  assert {
    condition     = aws_redshift_cluster.this["this"].cluster_parameter_group_name == aws_redshift_parameter_group.this["this"].name
    error_message = "The cluster must use its parameters."
  }

  assert {
    condition     = aws_redshift_logging.this["this"].log_destination_type == "cloudwatch" && aws_redshift_logging.this["this"].log_exports == toset(["connectionlog", "useractivitylog", "userlog"])
    error_message = "Connections, users and statements must be logged."
  }

  assert {
    condition     = contains([for group in aws_cloudwatch_log_group.this : group.name], "/aws/redshift/cluster/txn-test/connectionlog")
    error_message = "The groups must be there under the names that Redshift writes to."
  }
}

run "snapshots_of_a_cluster_are_kept_for_35_days_and_one_more_at_its_end" {
  command = plan

  variables {
    kind = "provisioned"
  }

  assert {
    condition     = aws_redshift_cluster.this["this"].automated_snapshot_retention_period == 35
    error_message = "Automatic snapshots must be kept as long as AWS lets them."
  }

  assert {
    condition     = !aws_redshift_cluster.this["this"].skip_final_snapshot && aws_redshift_cluster.this["this"].final_snapshot_identifier == "txn-test-final"
    error_message = "A destroyed cluster must leave a snapshot."
  }
}

run "a_cluster_can_be_destroyed_without_a_trace" {
  command = plan

  variables {
    kind          = "provisioned"
    force_destroy = true
  }

  assert {
    condition     = aws_redshift_cluster.this["this"].skip_final_snapshot && aws_redshift_cluster.this["this"].final_snapshot_identifier == null
    error_message = "The switch must count."
  }
}

run "a_cluster_reads_a_terabyte_of_the_lake_a_day_at_most" {
  command = plan

  variables {
    kind = "provisioned"
  }

  assert {
    condition     = { for period, limit in aws_redshift_usage_limit.spectrum : period => "${limit.feature_type} ${limit.limit_type} ${limit.amount} ${limit.breach_action}" } == { daily = "spectrum data-scanned 1 disable" }
    error_message = "What a day of Spectrum costs must be bounded."
  }
}

run "one_node_is_a_single_node_cluster" {
  command = plan

  variables {
    kind        = "provisioned"
    provisioned = { nodes = 1 }
  }

  assert {
    condition     = aws_redshift_cluster.this["this"].cluster_type == "single-node"
    error_message = "AWS knows one node by another type."
  }
}

# --- loads -----------------------------------------------------------------------------------------------------------

run "the_lake_is_loaded_every_hour_and_once_a_night_far_back" {
  command = plan

  assert {
    condition = output.configuration.calls == {
      recent     = { expression = "rate(1 hour)", sql = "CALL warehouse.load_lake(3)", state = "ENABLED" }
      settled    = { expression = "cron(30 3 * * ? *)", sql = "CALL warehouse.load_lake(120)", state = "ENABLED" }
      partitions = { expression = "cron(0 6 * * ? *)", sql = "CALL warehouse.require_partitions(30)", state = "ENABLED" }
    }
    error_message = "Two loads and the check of the partitions."
  }

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.this : schedule.schedule_expression_timezone == "UTC" && schedule.group_name == "txn-test"])
    error_message = "The lake's days are UTC."
  }
}

run "a_schedule_calls_the_data_api_of_the_workgroup_once_a_run_and_asks_for_an_event" {
  command = apply

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.this : schedule.target[0].arn == "arn:aws:scheduler:::aws-sdk:redshiftdata:batchExecuteStatement"])
    error_message = "The Data API must be called without a function in between."
  }

  assert {
    condition = jsondecode(aws_scheduler_schedule.this["recent"].target[0].input) == {
      Database      = "securebank"
      WorkgroupName = "txn-test"
      Sqls          = ["CALL warehouse.load_lake(3)"]
      StatementName = "txn-test-recent"
      WithEvent     = true
      ClientToken   = "<aws.scheduler.execution-id>"
    }
    error_message = "The call must name the workgroup, be the same for each attempt, and tell of its end."
  }
}

run "a_schedule_calls_the_data_api_of_the_cluster" {
  command = apply

  variables {
    kind = "provisioned"
  }

  assert {
    condition     = jsondecode(aws_scheduler_schedule.this["recent"].target[0].input).ClusterIdentifier == "txn-test" && !can(jsondecode(aws_scheduler_schedule.this["recent"].target[0].input).WorkgroupName)
    error_message = "The call must name the cluster and no workgroup."
  }
}

run "a_call_that_is_not_taken_is_tried_again_and_then_kept" {
  command = apply

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.this : schedule.target[0].retry_policy[0].maximum_retry_attempts == 5 && schedule.target[0].retry_policy[0].maximum_event_age_in_seconds == 1800])
    error_message = "Attempts must be bounded."
  }

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.this : schedule.target[0].dead_letter_config[0].arn == module.dead_letter_queue.arn])
    error_message = "What could not be called must be kept."
  }

  assert {
    condition     = output.alarms.not-taken.dimensions.QueueName == "txn-test-loads-dead-letter"
    error_message = "And somebody must hear of it."
  }
}

run "loads_can_be_switched_off" {
  command = plan

  variables {
    loads_enabled = false
  }

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.this : schedule.state == "DISABLED"])
    error_message = "Before the SQL is installed every load would fail."
  }
}

run "when_to_load_is_the_callers_choice" {
  command = plan

  variables {
    loads           = { nightly = { expression = "cron(0 1 * * ? *)", lookback_days = 40 } }
    partition_check = { expression = "rate(7 days)", days_ahead = 60 }
  }

  assert {
    condition = { for key, call in output.configuration.calls : key => "${call.expression} ${call.sql}" } == {
      nightly    = "cron(0 1 * * ? *) CALL warehouse.load_lake(40)"
      partitions = "rate(7 days) CALL warehouse.require_partitions(60)"
    }
    error_message = "The given times must count."
  }
}

# --- failures --------------------------------------------------------------------------------------------------------

run "a_load_that_fails_or_is_broken_off_is_told_to_the_topic" {
  command = plan

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.failed.event_pattern) == {
      source      = ["aws.redshift-data"]
      detail-type = ["Redshift Data Statement Status Change"]
      detail      = { state = ["ABORTED", "FAILED"], statementName = ["txn-test-partitions", "txn-test-recent", "txn-test-settled"] }
    }
    error_message = "Every call of the schedules must be watched, and no other statement."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.failed.event_bus_name == "default" || aws_cloudwatch_event_rule.failed.event_bus_name == null
    error_message = "AWS's own events come to the default bus."
  }

  assert {
    condition     = aws_cloudwatch_event_target.failed.arn == var.failure_topic_arn
    error_message = "The topic must be told."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_event_target.failed.input_transformer[0].input_template, "describe-statement --id <id>")
    error_message = "The event holds no reason: the message must say where it is."
  }
}

run "a_failure_that_cannot_be_told_alarms" {
  command = plan

  assert {
    condition     = output.alarms.untold.metric_name == "FailedInvocations" && output.alarms.untold.dimensions == { RuleName = "txn-test-load-failed" }
    error_message = "The alarm must be on this rule."
  }
}

run "only_a_cluster_has_alarms_on_its_health_and_disks" {
  command = plan

  assert {
    condition     = join(" ", keys(output.alarms)) == "not-taken untold"
    error_message = "A workgroup has neither."
  }
}

run "a_cluster_that_is_unwell_or_full_alarms" {
  command = plan

  variables {
    kind = "provisioned"
  }

  assert {
    condition     = { for key, alarm in output.alarms : key => "${alarm.metric_name} ${alarm.comparison_operator} ${alarm.threshold}" if contains(["disk", "unhealthy"], key) } == { disk = "PercentageDiskSpaceUsed GreaterThanThreshold 80", unhealthy = "HealthStatus LessThanThreshold 1" }
    error_message = "Both must be watched."
  }
}

# --- for the root that composes it -----------------------------------------------------------------------------------

run "a_workgroup_tells_how_the_sql_is_installed_in_it" {
  command = apply

  assert {
    condition = output.installation == {
      workgroup_name     = "txn-test"
      cluster_identifier = null
      database_name      = "securebank"
      admin_secret_arn   = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:redshift!txn-test-admin"
      glue_database_name = "txn_test"
      lake_role_arn      = "arn:aws:iam::123456789012:role/txn-test-some"
      loader_role_name   = "txn-test-loader"
    }
    error_message = "make warehouse reads all of this."
  }

  assert {
    condition     = output.endpoint == { address = "txn-test.123456789012.eu-west-1.redshift-serverless.amazonaws.com", port = 5439 }
    error_message = "Clients must find it."
  }
}

run "a_cluster_tells_how_the_sql_is_installed_in_it" {
  command = apply

  variables {
    kind = "provisioned"
  }

  assert {
    condition     = output.installation.cluster_identifier == "txn-test" && output.installation.workgroup_name == null && output.installation.admin_secret_arn == "arn:aws:secretsmanager:eu-west-1:123456789012:secret:redshift!txn-test-admin"
    error_message = "make warehouse reads all of this."
  }

  assert {
    condition     = output.endpoint.address == "txn-test.abc.eu-west-1.redshift.amazonaws.com" && output.arn == "arn:aws:redshift:eu-west-1:123456789012:cluster:txn-test"
    error_message = "Clients must find it, and policies name it."
  }
}

run "both_kinds_tell_their_configuration_alike" {
  command = plan

  variables {
    kind = "provisioned"
  }

  assert {
    condition     = output.configuration.kind == "provisioned" && output.configuration.require_ssl && !output.configuration.publicly_accessible && output.configuration.enhanced_vpc_routing && output.configuration.kms_key_arn == var.kms_key_arn && output.configuration.snapshot_retention_days == 35 && output.configuration.base_capacity == null
    error_message = "What a root checks must be told for a cluster."
  }
}

run "a_workgroup_tells_its_configuration" {
  command = plan

  assert {
    condition     = output.configuration.kind == "serverless" && output.configuration.require_ssl && !output.configuration.publicly_accessible && output.configuration.enhanced_vpc_routing && output.configuration.kms_key_arn == var.kms_key_arn && output.configuration.base_capacity == 8 && output.configuration.max_capacity == 32 && output.configuration.snapshot_retention_days == null
    error_message = "What a root checks must be told for a workgroup."
  }
}
