mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/txn-test-table-cache" }
  }
}

variables {
  name       = "txn-test"
  table_arns = ["arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-transactions"]
  network    = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-data"] }
}

run "the_cluster_is_encrypted_at_rest_and_on_the_way" {
  command = plan

  assert {
    condition     = one(aws_dax_cluster.this.server_side_encryption).enabled && aws_dax_cluster.this.cluster_endpoint_encryption_type == "TLS"
    error_message = "Both encryptions must be on; neither can be switched on later."
  }
}

run "the_nodes_are_in_the_given_subnets_and_groups" {
  command = plan

  assert {
    condition     = aws_dax_subnet_group.this.subnet_ids == toset(["subnet-1", "subnet-2"]) && aws_dax_cluster.this.security_group_ids == toset(["sg-data"]) && aws_dax_cluster.this.subnet_group_name == aws_dax_subnet_group.this.name
    error_message = "The network must be the given one."
  }
}

run "three_small_nodes_unless_told_otherwise" {
  command = plan

  assert {
    condition     = aws_dax_cluster.this.replication_factor == 3 && aws_dax_cluster.this.node_type == "dax.t3.small"
    error_message = "The default must survive the loss of a zone."
  }
}

run "what_was_read_is_kept_for_a_minute_unless_told_otherwise" {
  command = plan

  assert {
    condition     = { for parameter in aws_dax_parameter_group.this.parameters : parameter.name => parameter.value } == { "record-ttl-millis" = "60000", "query-ttl-millis" = "60000" }
    error_message = "The defaults must be 60 seconds."
  }

  assert {
    condition     = aws_dax_cluster.this.parameter_group_name == aws_dax_parameter_group.this.name
    error_message = "The cluster must use its own parameters."
  }
}

run "how_long_it_is_kept_can_be_set" {
  command = plan

  variables {
    keep_seconds = { items = 5, queries = 2 }
  }

  assert {
    condition     = { for parameter in aws_dax_parameter_group.this.parameters : parameter.name => parameter.value } == { "record-ttl-millis" = "5000", "query-ttl-millis" = "2000" }
    error_message = "keep_seconds must be passed on, in milliseconds."
  }
}

run "events_of_the_cluster_can_tell_a_topic" {
  command = plan

  variables {
    notification_topic_arn = "arn:aws:sns:eu-west-1:123456789012:txn-test"
  }

  assert {
    condition     = aws_dax_cluster.this.notification_topic_arn == "arn:aws:sns:eu-west-1:123456789012:txn-test"
    error_message = "notification_topic_arn must be passed on."
  }
}

run "a_name_over_20_characters_is_refused" {
  command = plan
  variables {
    name = "a12345678901234567890"
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

run "all_tables_as_a_table_are_refused" {
  command = plan
  variables {
    table_arns = ["arn:aws:dynamodb:eu-west-1:123456789012:table/*"]
  }
  expect_failures = [var.table_arns]
}

run "no_table_is_refused" {
  command = plan
  variables {
    table_arns = []
  }
  expect_failures = [var.table_arns]
}

run "an_alias_in_place_of_a_key_is_refused" {
  command = plan
  variables {
    table_key_arns = ["alias/txn"]
  }
  expect_failures = [var.table_key_arns]
}

run "another_access_is_refused" {
  command = plan
  variables {
    access = "all"
  }
  expect_failures = [var.access]
}

run "a_cache_that_keeps_nothing_is_refused" {
  command = plan
  variables {
    keep_seconds = { items = 0 }
  }
  expect_failures = [var.keep_seconds]
}

run "twelve_nodes_are_refused" {
  command = plan
  variables {
    nodes = { count = 12 }
  }
  expect_failures = [var.nodes]
}

run "a_node_type_of_another_service_is_refused" {
  command = plan
  variables {
    nodes = { type = "cache.t3.small" }
  }
  expect_failures = [var.nodes]
}

run "a_single_subnet_is_refused" {
  command = plan
  variables {
    network = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-data"] }
  }
  expect_failures = [var.network]
}

run "the_default_security_group_is_refused" {
  command = plan
  variables {
    network = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = [] }
  }
  expect_failures = [var.network]
}

run "a_maintenance_window_in_words_is_refused" {
  command = plan
  variables {
    maintenance_window = "Sunday night"
  }
  expect_failures = [var.maintenance_window]
}

run "a_topic_that_is_none_is_refused" {
  command = plan
  variables {
    notification_topic_arn = "txn-test"
  }
  expect_failures = [var.notification_topic_arn]
}
