mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
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

run "a_name_with_capitals_is_refused" {
  command = plan

  variables {
    name = "Txn-Test"
  }

  expect_failures = [var.name]
}

run "a_name_with_two_hyphens_in_a_row_is_refused" {
  command = plan

  variables {
    name = "txn--test"
  }

  expect_failures = [var.name]
}

run "a_name_of_41_characters_is_refused" {
  command = plan

  variables {
    name = join("", [for number in range(41) : "a"])
  }

  expect_failures = [var.name]
}

run "a_kind_that_does_not_exist_is_refused" {
  command = plan

  variables {
    kind = "dc2"
  }

  expect_failures = [var.kind]
}

run "an_alias_in_place_of_a_key_is_refused" {
  command = plan

  variables {
    kms_key_arn = "alias/aws/redshift"
  }

  expect_failures = [var.kms_key_arn]
}

run "two_subnets_are_too_few_for_a_workgroup_with_enhanced_routing" {
  command = plan

  variables {
    network = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
  }

  expect_failures = [var.network]
}

run "one_subnet_is_too_few_for_a_workgroup" {
  command = plan

  variables {
    network = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"], enhanced_vpc_routing = false }
  }

  expect_failures = [var.network]
}

run "a_subnet_by_name_is_refused" {
  command = plan

  variables {
    network = { subnet_ids = ["subnet-1", "subnet-2", "private"], security_group_ids = ["sg-1"] }
  }

  expect_failures = [var.network]
}

run "a_warehouse_without_a_security_group_is_refused" {
  command = plan

  variables {
    network = { subnet_ids = ["subnet-1", "subnet-2", "subnet-3"], security_group_ids = [] }
  }

  expect_failures = [var.network]
}

run "a_database_name_with_a_hyphen_is_refused" {
  command = plan

  variables {
    database = { name = "secure-bank" }
  }

  expect_failures = [var.database]
}

run "an_administrator_called_public_is_refused" {
  command = plan

  variables {
    database = { admin_username = "public" }
  }

  expect_failures = [var.database]
}

run "a_base_capacity_of_12_is_refused" {
  command = plan

  variables {
    serverless = { base_capacity = 12 }
  }

  expect_failures = [var.serverless]
}

run "a_base_capacity_of_520_is_refused" {
  command = plan

  variables {
    serverless = { base_capacity = 520, max_capacity = 1024 }
  }

  expect_failures = [var.serverless]
}

run "a_base_capacity_over_1024_is_refused" {
  command = plan

  variables {
    serverless = { base_capacity = 1056, max_capacity = 1024 }
  }

  expect_failures = [var.serverless]
}

run "a_maximum_below_the_base_is_refused" {
  command = plan

  variables {
    serverless = { base_capacity = 64, max_capacity = 32 }
  }

  expect_failures = [var.serverless]
}

run "a_maximum_over_1024_is_refused" {
  command = plan

  variables {
    serverless = { max_capacity = 1032 }
  }

  expect_failures = [var.serverless]
}

run "a_yearly_usage_limit_is_refused" {
  command = plan

  variables {
    serverless = { usage_limits = { yearly = { rpu_hours = 100 } } }
  }

  expect_failures = [var.serverless]
}

run "a_usage_limit_of_nothing_is_refused" {
  command = plan

  variables {
    serverless = { usage_limits = { daily = { rpu_hours = 0 } } }
  }

  expect_failures = [var.serverless]
}

run "a_usage_limit_with_an_action_of_clusters_is_refused" {
  command = plan

  variables {
    serverless = { usage_limits = { daily = { rpu_hours = 1, breach_action = "disable" } } }
  }

  expect_failures = [var.serverless]
}

run "a_node_of_the_last_generation_is_refused" {
  command = plan

  variables {
    provisioned = { node_type = "dc2.large" }
  }

  expect_failures = [var.provisioned]
}

run "one_of_the_large_nodes_is_refused" {
  command = plan

  variables {
    provisioned = { node_type = "ra3.4xlarge", nodes = 1 }
  }

  expect_failures = [var.provisioned]
}

run "no_nodes_are_refused" {
  command = plan

  variables {
    provisioned = { nodes = 0 }
  }

  expect_failures = [var.provisioned]
}

run "a_cluster_without_snapshots_is_refused" {
  command = plan

  variables {
    provisioned = { snapshot_retention_days = 0 }
  }

  expect_failures = [var.provisioned]
}

run "snapshots_of_36_days_are_refused" {
  command = plan

  variables {
    provisioned = { snapshot_retention_days = 36 }
  }

  expect_failures = [var.provisioned]
}

run "a_maintenance_window_without_days_is_refused" {
  command = plan

  variables {
    provisioned = { maintenance_window = "04:00-04:30" }
  }

  expect_failures = [var.provisioned]
}

run "a_yearly_limit_of_spectrum_is_refused" {
  command = plan

  variables {
    provisioned = { spectrum_limits = { yearly = { terabytes = 1 } } }
  }

  expect_failures = [var.provisioned]
}

run "a_limit_of_spectrum_with_an_action_of_workgroups_is_refused" {
  command = plan

  variables {
    provisioned = { spectrum_limits = { daily = { terabytes = 1, breach_action = "deactivate" } } }
  }

  expect_failures = [var.provisioned]
}

run "a_timeout_below_a_minute_is_refused" {
  command = plan

  variables {
    statement_timeout_seconds = 59
  }

  expect_failures = [var.statement_timeout_seconds]
}

run "a_timeout_over_a_day_is_refused" {
  command = plan

  variables {
    statement_timeout_seconds = 86401
  }

  expect_failures = [var.statement_timeout_seconds]
}

run "a_log_retention_that_aws_has_not_is_refused" {
  command = plan

  variables {
    log_retention_days = 100
  }

  expect_failures = [var.log_retention_days]
}

run "a_lake_by_the_name_of_its_bucket_is_refused" {
  command = plan

  variables {
    lake = merge(var.lake, { bucket_arn = "txn-test-lake" })
  }

  expect_failures = [var.lake]
}

run "an_alias_of_the_lakes_key_is_refused" {
  command = plan

  variables {
    lake = merge(var.lake, { kms_key_arn = "alias/lake" })
  }

  expect_failures = [var.lake]
}

run "a_glue_database_with_a_hyphen_is_refused" {
  command = plan

  variables {
    lake = merge(var.lake, { database_name = "txn-test" })
  }

  expect_failures = [var.lake]
}

run "a_prefix_with_a_wildcard_is_refused" {
  command = plan

  variables {
    lake = merge(var.lake, { prefixes = ["*"] })
  }

  expect_failures = [var.lake]
}

run "a_prefix_with_a_slash_at_its_end_is_refused" {
  command = plan

  variables {
    lake = merge(var.lake, { prefixes = ["raw/"] })
  }

  expect_failures = [var.lake]
}

run "every_table_at_once_is_refused" {
  command = plan

  variables {
    lake = merge(var.lake, { tables = ["*"] })
  }

  expect_failures = [var.lake]
}

run "no_load_at_all_is_refused" {
  command = plan

  variables {
    loads = {}
  }

  expect_failures = [var.loads]
}

run "a_load_with_the_name_of_the_check_is_refused" {
  command = plan

  variables {
    loads = { partitions = { expression = "rate(1 hour)", lookback_days = 3 } }
  }

  expect_failures = [var.loads]
}

run "a_load_at_no_time_is_refused" {
  command = plan

  variables {
    loads = { recent = { expression = "hourly", lookback_days = 3 } }
  }

  expect_failures = [var.loads]
}

run "a_load_that_looks_into_the_future_is_refused" {
  command = plan

  variables {
    loads = { recent = { expression = "rate(1 hour)", lookback_days = -1 } }
  }

  expect_failures = [var.loads]
}

run "a_check_at_no_time_is_refused" {
  command = plan

  variables {
    partition_check = { expression = "daily" }
  }

  expect_failures = [var.partition_check]
}

run "a_check_of_today_only_is_refused" {
  command = plan

  variables {
    partition_check = { days_ahead = 0 }
  }

  expect_failures = [var.partition_check]
}

run "a_topic_that_is_no_topic_is_refused" {
  command = plan

  variables {
    failure_topic_arn = "arn:aws:sqs:eu-west-1:123456789012:txn-test"
  }

  expect_failures = [var.failure_topic_arn]
}
