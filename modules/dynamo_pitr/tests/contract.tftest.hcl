mock_provider "aws" {}

override_resource {
  target = aws_dynamodb_table.this
  values = { arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-orders" }
}

variables {
  name      = "txn-test-orders"
  hash_key  = { name = "order_id", type = "S" }
  range_key = { name = "at", type = "N" }
}

run "the_table_is_billed_by_request" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "There is no capacity to plan or to run out of."
  }
}

run "any_second_of_the_last_days_can_be_restored" {
  command = plan

  assert {
    condition     = one(aws_dynamodb_table.this.point_in_time_recovery).enabled
    error_message = "Point-in-time recovery must be on."
  }
}

run "the_stream_carries_both_images" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.stream_enabled && aws_dynamodb_table.this.stream_view_type == "NEW_AND_OLD_IMAGES"
    error_message = "Readers of the stream need what was and what is."
  }
}

run "deletion_is_refused_unless_switched_off" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "Deletion protection must be on by default."
  }
}

run "an_environment_can_be_made_destroyable" {
  command = plan

  variables {
    deletion_protection = false
  }

  assert {
    condition     = !aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "The switch must take deletion protection off."
  }
}

run "the_aws_managed_key_encrypts_unless_a_customer_key_is_given" {
  command = plan

  assert {
    condition     = one(aws_dynamodb_table.this.server_side_encryption).enabled
    error_message = "Without a key the AWS-managed key of DynamoDB is used."
  }
}

run "a_customer_key_encrypts_the_table" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }

  assert {
    condition     = one(aws_dynamodb_table.this.server_side_encryption).enabled && one(aws_dynamodb_table.this.server_side_encryption).kms_key_arn == var.kms_key_arn
    error_message = "The given key must be used."
  }
}

run "items_do_not_expire_unless_an_attribute_says_when" {
  command = plan

  assert {
    condition     = length(aws_dynamodb_table.this.ttl) == 0
    error_message = "Without ttl_attribute nothing is deleted."
  }
}

run "items_expire_at_the_time_in_the_ttl_attribute" {
  command = plan

  variables {
    ttl_attribute = "expires_at"
  }

  assert {
    condition     = one(aws_dynamodb_table.this.ttl).enabled && one(aws_dynamodb_table.this.ttl).attribute_name == "expires_at"
    error_message = "The given attribute must decide."
  }
}

run "a_table_needs_no_range_key" {
  command = plan

  variables {
    range_key = null
  }

  assert {
    condition     = aws_dynamodb_table.this.range_key == null && length(aws_dynamodb_table.this.attribute) == 1
    error_message = "With a partition key only, only that is declared."
  }
}

run "indexes_are_data" {
  command = plan

  variables {
    global_secondary_indexes = {
      by-account = {
        hash_key           = { name = "account_id", type = "S" }
        range_key          = { name = "at", type = "N" }
        projection_type    = "INCLUDE"
        non_key_attributes = ["amount"]
      }
      by-shard = {
        hash_key        = { name = "shard", type = "S" }
        projection_type = "KEYS_ONLY"
      }
    }
    local_secondary_indexes = {
      by-amount = { range_key = { name = "amount_rank", type = "N" } }
    }
  }

  assert {
    condition     = toset([for index in aws_dynamodb_table.this.global_secondary_index : "${index.name}: ${index.hash_key}/${coalesce(index.range_key, "-")} ${index.projection_type}"]) == toset(["by-account: account_id/at INCLUDE", "by-shard: shard/- KEYS_ONLY"])
    error_message = "Each global index must have the given keys and projection."
  }

  assert {
    condition     = one([for index in aws_dynamodb_table.this.global_secondary_index : index.non_key_attributes if index.name == "by-account"]) == toset(["amount"])
    error_message = "The included attributes must arrive."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.local_secondary_index).name == "by-amount" && one(aws_dynamodb_table.this.local_secondary_index).range_key == "amount_rank" && one(aws_dynamodb_table.this.local_secondary_index).projection_type == "ALL"
    error_message = "A local index has a sort key of its own and holds all attributes by default."
  }
}

run "each_key_attribute_is_declared_once" {
  command = plan

  variables {
    global_secondary_indexes = {
      by-account = {
        hash_key           = { name = "account_id", type = "S" }
        range_key          = { name = "at", type = "N" }
        projection_type    = "INCLUDE"
        non_key_attributes = ["amount"]
      }
      by-shard = {
        hash_key        = { name = "shard", type = "S" }
        projection_type = "KEYS_ONLY"
      }
    }
    local_secondary_indexes = {
      by-amount = { range_key = { name = "amount_rank", type = "N" } }
    }
  }

  assert {
    condition     = { for attribute in aws_dynamodb_table.this.attribute : attribute.name => attribute.type } == { account_id = "S", amount_rank = "N", at = "N", order_id = "S", shard = "S" }
    error_message = "DynamoDB refuses attributes that no key uses, and the same attribute twice."
  }
}

run "index_arns_are_told_by_name" {
  command = apply # the ARN is not known in a plan

  variables {
    global_secondary_indexes = {
      by-account = {
        hash_key           = { name = "account_id", type = "S" }
        range_key          = { name = "at", type = "N" }
        projection_type    = "INCLUDE"
        non_key_attributes = ["amount"]
      }
      by-shard = {
        hash_key        = { name = "shard", type = "S" }
        projection_type = "KEYS_ONLY"
      }
    }
    local_secondary_indexes = {
      by-amount = { range_key = { name = "amount_rank", type = "N" } }
    }
  }

  assert {
    condition = output.index_arns == {
      by-account = "arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-orders/index/by-account"
      by-shard   = "arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-orders/index/by-shard"
      by-amount  = "arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-orders/index/by-amount"
    }
    error_message = "Roles that may query an index need its ARN."
  }
}

run "the_configuration_tells_what_the_table_was_given" {
  command = plan

  variables {
    kms_key_arn         = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    deletion_protection = false
  }

  assert {
    condition = output.configuration == {
      hash_key               = "order_id"
      range_key              = "at"
      key_types              = { order_id = "S", at = "N" }
      billing_mode           = "PAY_PER_REQUEST"
      point_in_time_recovery = true
      stream_view_type       = "NEW_AND_OLD_IMAGES"
      kms_key_arn            = var.kms_key_arn
      deletion_protection    = false
      replicas               = {}
    }
    error_message = "Everything must be told as it was given, before it exists."
  }
}

run "a_table_lies_in_one_region_unless_told_otherwise" {
  command = plan

  assert {
    condition     = length(aws_dynamodb_table.this.replica) == 0
    error_message = "Without replica_regions there must be no replica."
  }
}

run "a_replica_has_a_key_of_its_region_and_recovery_of_its_own" {
  command = plan

  variables {
    kms_key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    replica_regions = { eu-north-1 = { kms_key_arn = "arn:aws:kms:eu-north-1:123456789012:key/22222222-2222-3333-4444-555555555555" } }
  }

  assert {
    condition = output.configuration.replicas == {
      eu-north-1 = { kms_key_arn = "arn:aws:kms:eu-north-1:123456789012:key/22222222-2222-3333-4444-555555555555", point_in_time_recovery = true }
    }
    error_message = "Each replica must be encrypted and recoverable like the table."
  }
}

run "throttled_requests_of_the_table_and_of_each_global_index_alarm" {
  command = plan

  variables {
    global_secondary_indexes = {
      by-account = {
        hash_key           = { name = "account_id", type = "S" }
        range_key          = { name = "at", type = "N" }
        projection_type    = "INCLUDE"
        non_key_attributes = ["amount"]
      }
      by-shard = {
        hash_key        = { name = "shard", type = "S" }
        projection_type = "KEYS_ONLY"
      }
    }
    local_secondary_indexes = {
      by-amount = { range_key = { name = "amount_rank", type = "N" } }
    }
  }

  assert {
    condition = toset([for name in keys(output.alarms) : name if endswith(name, "-throttles")]) == toset([
      "read-throttles", "write-throttles",
      "by-account-read-throttles", "by-account-write-throttles", "by-shard-read-throttles", "by-shard-write-throttles",
    ])
    error_message = "Table and indexes are throttled apart."
  }

  assert {
    condition     = output.alarms["by-account-write-throttles"].metric_name == "WriteThrottleEvents" && output.alarms["by-account-write-throttles"].dimensions == { TableName = "txn-test-orders", GlobalSecondaryIndexName = "by-account" }
    error_message = "An index's alarm must watch the index."
  }

  assert {
    condition     = output.alarms["read-throttles"].metric_name == "ReadThrottleEvents" && output.alarms["read-throttles"].dimensions == { TableName = "txn-test-orders" } && output.alarms["read-throttles"].threshold == 0
    error_message = "The first throttled read of the table must alarm."
  }
}

run "errors_of_dynamodb_itself_alarm_by_operation" {
  command = plan

  assert {
    condition     = toset([for alarm in values(output.alarms) : alarm.dimensions.Operation if alarm.metric_name == "SystemErrors"]) == toset(["GetItem", "PutItem", "Query", "TransactWriteItems"])
    error_message = "The metric has no value for the whole table."
  }
}

run "the_watched_operations_can_be_set" {
  command = plan

  variables {
    alarms = { system_error_operations = ["Scan"] }
  }

  assert {
    condition     = [for name in keys(output.alarms) : name if endswith(name, "-system-errors")] == ["scan-system-errors"]
    error_message = "Only the given operations must have an alarm."
  }
}

run "a_name_below_three_characters_is_refused" {
  command = plan

  variables {
    name = "tx"
  }

  expect_failures = [var.name]
}

run "a_name_over_255_characters_is_refused" {
  command = plan

  variables {
    name = join("", [for i in range(256) : "t"])
  }

  expect_failures = [var.name]
}

run "a_hash_key_of_an_unknown_type_is_refused" {
  command = plan

  variables {
    hash_key = { name = "order_id", type = "BOOL" }
  }

  expect_failures = [var.hash_key]
}

run "a_range_key_of_an_unknown_type_is_refused" {
  command = plan

  variables {
    range_key = { name = "at", type = "L" }
  }

  expect_failures = [var.range_key]
}

run "more_than_twenty_global_indexes_are_refused" {
  command = plan

  variables {
    global_secondary_indexes = { for i in range(21) : "index-${i}" => { hash_key = { name = "account_id", type = "S" } } }
  }

  expect_failures = [var.global_secondary_indexes]
}

run "a_global_index_key_of_an_unknown_type_is_refused" {
  command = plan

  variables {
    global_secondary_indexes = { one = { hash_key = { name = "account_id", type = "X" } } }
  }

  expect_failures = [var.global_secondary_indexes]
}

run "a_global_index_with_an_unknown_projection_is_refused" {
  command = plan

  variables {
    global_secondary_indexes = { one = { hash_key = { name = "account_id", type = "S" }, projection_type = "SOME" } }
  }

  expect_failures = [var.global_secondary_indexes]
}

run "a_global_index_that_includes_nothing_is_refused" {
  command = plan

  variables {
    global_secondary_indexes = { one = { hash_key = { name = "account_id", type = "S" }, projection_type = "INCLUDE" } }
  }

  expect_failures = [var.global_secondary_indexes]
}

run "included_attributes_with_another_projection_are_refused" {
  command = plan

  variables {
    global_secondary_indexes = { one = { hash_key = { name = "account_id", type = "S" }, non_key_attributes = ["amount"] } }
  }

  expect_failures = [var.global_secondary_indexes]
}

run "an_attribute_with_two_types_is_refused" {
  command = plan

  variables {
    global_secondary_indexes = { one = { hash_key = { name = "order_id", type = "N" } } }
  }

  expect_failures = [var.global_secondary_indexes]
}

run "more_than_five_local_indexes_are_refused" {
  command = plan

  variables {
    local_secondary_indexes = { for i in range(6) : "index-${i}" => { range_key = { name = "rank", type = "N" } } }
  }

  expect_failures = [var.local_secondary_indexes]
}

run "a_local_index_on_a_table_without_range_key_is_refused" {
  command = plan

  variables {
    local_secondary_indexes = { one = { range_key = { name = "rank", type = "N" } } }
    range_key               = null
  }

  expect_failures = [var.local_secondary_indexes]
}

run "a_local_index_key_of_an_unknown_type_is_refused" {
  command = plan

  variables {
    local_secondary_indexes = { one = { range_key = { name = "rank", type = "X" } } }
  }

  expect_failures = [var.local_secondary_indexes]
}

run "a_local_index_with_an_unknown_projection_is_refused" {
  command = plan

  variables {
    local_secondary_indexes = { one = { range_key = { name = "rank", type = "N" }, projection_type = "SOME" } }
  }

  expect_failures = [var.local_secondary_indexes]
}

run "a_local_index_that_includes_nothing_is_refused" {
  command = plan

  variables {
    local_secondary_indexes = { one = { range_key = { name = "rank", type = "N" }, projection_type = "INCLUDE" } }
  }

  expect_failures = [var.local_secondary_indexes]
}

run "an_empty_ttl_attribute_is_refused" {
  command = plan

  variables {
    ttl_attribute = ""
  }

  expect_failures = [var.ttl_attribute]
}

run "an_alias_in_place_of_a_key_is_refused" {
  command = plan

  variables {
    kms_key_arn = "alias/aws/dynamodb"
  }

  expect_failures = [var.kms_key_arn]
}

run "an_unknown_operation_is_refused" {
  command = plan

  variables {
    alarms = { system_error_operations = ["Get"] }
  }

  expect_failures = [var.alarms]
}

run "a_replica_in_no_region_is_refused" {
  command = plan

  variables {
    replica_regions = { Ireland = {} }
  }

  expect_failures = [var.replica_regions]
}

run "a_replica_without_a_key_of_a_table_with_one_is_refused" {
  command = plan

  variables {
    kms_key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    replica_regions = { eu-north-1 = {} }
  }

  expect_failures = [var.replica_regions]
}

run "a_replica_with_a_key_of_another_region_is_refused" {
  command = plan

  variables {
    kms_key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    replica_regions = { eu-north-1 = { kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555" } }
  }

  expect_failures = [var.replica_regions]
}
