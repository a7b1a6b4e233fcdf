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
    defaults = { json = "{}" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/bank-test-lake-replication" }
  }
}

variables {
  name        = "bank-test-lake"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

# ---------------------------------------------------------------------------------------------------------------------
# Bucket
# ---------------------------------------------------------------------------------------------------------------------

run "the_name_is_unique_through_account_and_region" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.bucket == "bank-test-lake-123456789012-eu-west-1"
    error_message = "Bucket names are unique in all of AWS."
  }
}

run "the_lake_survives_terraform_destroy_unless_told_otherwise" {
  command = plan

  assert {
    condition     = !aws_s3_bucket.this.force_destroy && !aws_athena_workgroup.this.force_destroy
    error_message = "A full bucket, and a workgroup that was used, must stop terraform destroy."
  }
}

run "an_environment_can_be_made_destroyable" {
  command = plan

  variables {
    force_destroy = true
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy && aws_athena_workgroup.this.force_destroy
    error_message = "The switch must let terraform destroy empty the bucket and the workgroup."
  }
}

run "nothing_in_the_lake_can_be_public" {
  command = plan

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "All four blocks must be on."
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.this.rule).object_ownership == "BucketOwnerEnforced"
    error_message = "Access control lists must be off."
  }
}

run "an_overwritten_object_is_kept_as_a_version" {
  command = plan

  assert {
    condition     = one(aws_s3_bucket_versioning.this.versioning_configuration).status == "Enabled"
    error_message = "Versioning must be on."
  }
}

run "the_customer_key_encrypts_every_object" {
  command = plan

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_server_side_encryption_configuration.this.rule :
      rule.bucket_key_enabled
      && one(rule.apply_server_side_encryption_by_default).sse_algorithm == "aws:kms"
      && one(rule.apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
    ])
    error_message = "Default encryption must be KMS with the given key, by way of a bucket key."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Storage classes
# ---------------------------------------------------------------------------------------------------------------------

run "raw_data_moves_to_infrequent_access_after_30_days_and_to_glacier_after_a_year" {
  command = plan

  assert {
    condition = {
      for step in one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.transition if rule.id == "raw"]) : step.storage_class => step.days
    } == { STANDARD_IA = 30, GLACIER_IR = 365 }
    error_message = "STANDARD_IA after 30 days, Glacier after 365."
  }

  assert {
    condition     = one(one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.filter if rule.id == "raw"])).prefix == "raw/"
    error_message = "The rule is for raw/."
  }
}

run "processed_data_goes_to_intelligent_tiering_at_once" {
  command = plan

  assert {
    condition = {
      for step in one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.transition if rule.id == "processed"]) : step.storage_class => step.days
    } == { INTELLIGENT_TIERING = 0 }
    error_message = "S3 must watch who reads what."
  }
}

run "analytics_and_quarantine_move_to_infrequent_access_and_stay_there" {
  command = plan

  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule : { for step in rule.transition : step.storage_class => step.days } if contains(["analytics", "quarantine"], rule.id)
    ] == [{ STANDARD_IA = 30 }, { STANDARD_IA = 30 }]
    error_message = "Both to STANDARD_IA after 30 days."
  }
}

run "each_prefix_can_have_another_plan" {
  command = plan

  variables {
    storage_plans = { raw = "intelligent_tiering", processed = "archive", analytics = "standard" }
    storage_days  = { infrequent_access = 60, archive = 90 }
    archive_class = "GLACIER"
  }

  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id => { for step in rule.transition : step.storage_class => step.days } if contains(["raw", "processed", "analytics", "quarantine"], rule.id)
      } == {
      raw        = { INTELLIGENT_TIERING = 0 }
      processed  = { STANDARD_IA = 60, GLACIER = 90 }
      quarantine = { STANDARD_IA = 60 }
    }
    error_message = "The given plans, days and class must count, and standard means no rule."
  }
}

run "results_of_queries_are_deleted_after_a_week" {
  command = plan

  assert {
    condition     = one(one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.expiration if rule.id == "athena-results"])).days == 7
    error_message = "Results are asked again, not kept."
  }

  assert {
    condition     = one(one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.filter if rule.id == "athena-results"])).prefix == "athena-results/"
    error_message = "Only results expire."
  }
}

run "what_a_job_put_aside_before_it_broke_off_is_deleted_after_a_week" {
  command = plan

  assert {
    condition     = one(one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.expiration if rule.id == "staging"])).days == 7 && one(one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.filter if rule.id == "staging"])).prefix == "processed/_staging/"
    error_message = "No table reads it."
  }
}

run "old_versions_of_what_passes_are_deleted_after_a_day" {
  command = plan

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule : one(rule.noncurrent_version_expiration).noncurrent_days == 1 if contains(["athena-results", "staging"], rule.id)
    ])
    error_message = "A job puts aside and deletes all that it writes: its versions would double the lake."
  }
}

run "nothing_but_what_passes_expires" {
  command = plan

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : length(rule.expiration) == 0 if !contains(["athena-results", "staging"], rule.id)])
    error_message = "The lake forgets nothing by itself."
  }
}

run "old_versions_are_deleted_after_their_days" {
  command = plan

  variables {
    storage_days = { old_versions = 14 }
  }

  assert {
    condition     = one(one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.noncurrent_version_expiration if rule.id == "leftovers"])).noncurrent_days == 14
    error_message = "Versions must not pile up for ever."
  }
}

run "unfinished_uploads_are_removed_after_a_week" {
  command = plan

  assert {
    condition     = one(one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.abort_incomplete_multipart_upload if rule.id == "leftovers"])).days_after_initiation == 7
    error_message = "Their parts cost money and can be seen by nobody."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# What is off by default
# ---------------------------------------------------------------------------------------------------------------------

run "what_costs_extra_is_off_by_default" {
  command = plan

  assert {
    condition     = length(aws_s3_bucket_replication_configuration.this) == 0 && length(aws_iam_role.replication) == 0 && output.replication_role_arn == null
    error_message = "No copy in another region, and no role for it."
  }

  assert {
    condition     = length(aws_s3_bucket_accelerate_configuration.this) == 0
    error_message = "No transfer acceleration."
  }

  assert {
    condition     = length(aws_s3_bucket_analytics_configuration.this) == 0
    error_message = "No storage class analysis."
  }
}

run "transfer_acceleration_can_be_switched_on" {
  command = plan

  variables {
    transfer_acceleration = true
  }

  assert {
    condition     = aws_s3_bucket_accelerate_configuration.this["this"].status == "Enabled"
    error_message = "The switch must turn it on."
  }
}

run "storage_class_analysis_can_be_switched_on" {
  command = plan

  variables {
    storage_class_analysis = true
  }

  assert {
    condition     = { for name, analysis in aws_s3_bucket_analytics_configuration.this : name => one(analysis.filter).prefix } == { raw = "raw/", processed = "processed/" }
    error_message = "S3 must watch raw/ and processed/."
  }
}

run "a_copy_in_another_region_has_all_but_what_passes" {
  command = plan

  variables {
    replication = {
      bucket_arn  = "arn:aws:s3:::bank-test-copy-123456789012-eu-central-1"
      kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/104857599-2222-3333-4444-555555555555"
    }
  }

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_replication_configuration.this["this"].rule : alltrue([
        rule.status == "Enabled",
        one(rule.destination).bucket == var.replication.bucket_arn,
        one(rule.destination).storage_class == "STANDARD_IA",
        one(one(rule.destination).encryption_configuration).replica_kms_key_id == var.replication.kms_key_arn,
        one(one(rule.source_selection_criteria).sse_kms_encrypted_objects).status == "Enabled",
        length(one(rule.destination).replication_time) == 0,
      ])
    ])
    error_message = "Each prefix must go to the given bucket, under the given key, without the promise of time."
  }

  assert {
    condition = jsonencode([for rule in aws_s3_bucket_replication_configuration.this["this"].rule : one(rule.filter).prefix]) == jsonencode([
      "raw/", "processed/customer-profiles/", "processed/daily-aggregates/", "processed/fraud-patterns/", "analytics/",
      "quarantine/",
    ])
    error_message = "Results of queries, code and what jobs put aside stay here."
  }

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_replication_configuration.this["this"].rule : one(rule.delete_marker_replication).status == "Disabled"])
    error_message = "What is deleted here by mistake must stay there."
  }

  assert {
    condition     = length(distinct([for rule in aws_s3_bucket_replication_configuration.this["this"].rule : rule.priority])) == 6
    error_message = "S3 wants a priority of its own for each rule."
  }
}

run "replication_within_15_minutes_can_be_promised_and_measured" {
  command = plan

  variables {
    replication = {
      bucket_arn   = "arn:aws:s3:::bank-test-copy-123456789012-eu-central-1"
      kms_key_arn  = "arn:aws:kms:eu-central-1:123456789012:key/104857599-2222-3333-4444-555555555555"
      time_control = true
    }
  }

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_replication_configuration.this["this"].rule :
      one(one(one(rule.destination).replication_time).time).minutes == 15 && one(one(rule.destination).metrics).status == "Enabled"
    ])
    error_message = "Time control needs its metrics, and 15 minutes is the only value."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Catalogue
# ---------------------------------------------------------------------------------------------------------------------

run "the_database_is_called_like_the_lake_with_underscores" {
  command = plan

  assert {
    condition     = aws_glue_catalog_database.this.name == "bank_test_lake"
    error_message = "SQL knows no hyphens in names."
  }
}

run "the_database_can_have_another_name" {
  command = plan

  variables {
    database_name = "bank_test"
  }

  assert {
    condition     = alltrue([for table in aws_glue_catalog_table.this : table.database_name == "bank_test"]) && strcontains(aws_athena_named_query.this["daily_volume"].query, "FROM \"bank_test\".\"raw_transactions\"")
    error_message = "Tables and queries must follow."
  }
}

run "the_tables_lie_where_they_are_written" {
  command = plan

  assert {
    condition = { for name, table in aws_glue_catalog_table.this : name => one(table.storage_descriptor).location } == {
      raw_transactions  = "s3://bank-test-lake-123456789012-eu-west-1/raw/transactions/"
      daily_aggregates  = "s3://bank-test-lake-123456789012-eu-west-1/processed/daily-aggregates/"
      customer_profiles = "s3://bank-test-lake-123456789012-eu-west-1/processed/customer-profiles/"
      fraud_patterns    = "s3://bank-test-lake-123456789012-eu-west-1/processed/fraud-patterns/"
      table_counts      = "s3://bank-test-lake-123456789012-eu-west-1/analytics/table-counts/"
    }
    error_message = "Five tables, each at its prefix."
  }

  assert {
    condition     = aws_glue_catalog_table.this["raw_transactions"].parameters["storage.location.template"] == "s3://bank-test-lake-123456789012-eu-west-1/raw/transactions/year=$${year}/month=$${month}/day=$${day}/hour=$${hour}/"
    error_message = "The hours of raw data lie in year=/month=/day=/hour=."
  }
}

run "raw_lines_have_the_fields_that_the_lake_function_writes" {
  command = plan

  assert {
    condition = [for column in one(aws_glue_catalog_table.this["raw_transactions"].storage_descriptor).columns : column.name] == [
      "transaction_id", "customer_id", "merchant_id", "merchant_category", "transaction_type", "channel", "amount",
      "currency", "latitude", "longitude", "occurred_at", "received_at", "processed_timestamp", "status", "is_fraud",
      "risk_score", "reasons", "policy", "policy_version", "document_version", "label", "revision", "label_revision",
      "event_id",
    ]
    error_message = "The fields of a line, in their order."
  }

  assert {
    condition     = one([for column in one(aws_glue_catalog_table.this["raw_transactions"].storage_descriptor).columns : column.type if column.name == "amount"]) == "decimal(18,3)"
    error_message = "Money is no floating-point number."
  }
}

run "daily_aggregates_have_the_columns_that_the_job_writes" {
  command = plan

  assert {
    condition = { for column in one(aws_glue_catalog_table.this["daily_aggregates"].storage_descriptor).columns : column.name => column.type } == {
      customer_id       = "string"
      merchant_category = "string"
      currency          = "string"
      transaction_count = "bigint"
      total_amount      = "decimal(28,3)"
      average_amount    = "decimal(28,6)"
      minimum_amount    = "decimal(18,3)"
      maximum_amount    = "decimal(18,3)"
      fraud_count       = "bigint"
      spending_change   = "double"
      unusual_category  = "boolean"
      first_seen        = "string"
      last_seen         = "string"
    }
    error_message = "Names and types of daily-aggregates."
  }
}

run "every_column_and_table_is_explained" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for table in aws_glue_catalog_table.this : [
        length(table.description) > 20,
        [for column in one(table.storage_descriptor).columns : length(column.comment) > 0],
        [for key in table.partition_keys : length(key.comment) > 0],
      ]
    ]))
    error_message = "Whoever queries reads the comments, not this code."
  }
}

run "partitions_are_projected_so_no_crawler_is_needed" {
  command = plan

  assert {
    condition     = alltrue([for table in aws_glue_catalog_table.this : table.parameters["projection.enabled"] == "true"])
    error_message = "Each table must be projected."
  }

  assert {
    condition = alltrue(flatten([
      for table in aws_glue_catalog_table.this : [for key in table.partition_keys : contains(keys(table.parameters), "projection.${key.name}.range")]
    ]))
    error_message = "Each partition key needs its range, or queries fail."
  }
}

run "raw_partitions_have_leading_zeros_and_the_years_of_the_range" {
  command = plan

  variables {
    partitions = { first_day = "2026-03-04", last_year = 2030 }
  }

  assert {
    condition = { for name, value in aws_glue_catalog_table.this["raw_transactions"].parameters : name => value if endswith(name, ".range") || endswith(name, ".digits") } == {
      "projection.year.range"   = "2026,2030"
      "projection.year.digits"  = "4"
      "projection.month.range"  = "1,12"
      "projection.month.digits" = "2"
      "projection.day.range"    = "1,31"
      "projection.day.digits"   = "2"
      "projection.hour.range"   = "0,23"
      "projection.hour.digits"  = "2"
    }
    error_message = "month=03, not month=3, and no year outside."
  }
}

run "daily_partitions_begin_with_the_first_day_and_end_today" {
  command = plan

  variables {
    partitions = { first_day = "2026-03-04", last_year = 2030 }
  }

  assert {
    condition = alltrue([
      for name in ["daily_aggregates", "customer_profiles", "table_counts"] :
      aws_glue_catalog_table.this[name].parameters["projection.day.range"] == "2026-03-04,NOW"
    ])
    error_message = "From the first day until now."
  }
}

run "weekly_partitions_begin_with_the_monday_before_the_first_day" {
  command = plan

  variables {
    partitions = { first_day = "2026-03-01", last_year = 2030 }
  }

  assert {
    condition     = aws_glue_catalog_table.this["fraud_patterns"].parameters["projection.week.range"] == "2026-02-23,NOW"
    error_message = "2026-03-01 is a Sunday; Athena counts the weeks from the range's beginning."
  }

  assert {
    condition     = aws_glue_catalog_table.this["fraud_patterns"].parameters["projection.week.interval"] == "7" && aws_glue_catalog_table.this["fraud_patterns"].parameters["projection.week.interval.unit"] == "DAYS"
    error_message = "Steps of seven days."
  }
}

run "a_first_day_that_is_a_monday_begins_its_own_week" {
  command = plan

  variables {
    partitions = { first_day = "2026-03-02" }
  }

  assert {
    condition     = aws_glue_catalog_table.this["fraud_patterns"].parameters["projection.week.range"] == "2026-03-02,NOW"
    error_message = "A Monday is the beginning of its week."
  }
}

run "a_corrupt_line_stops_a_query_and_never_vanishes" {
  command = plan

  assert {
    condition = alltrue([
      for name in ["raw_transactions", "table_counts"] :
      one(one(aws_glue_catalog_table.this[name].storage_descriptor).ser_de_info).serialization_library == "org.openx.data.jsonserde.JsonSerDe"
      && one(one(aws_glue_catalog_table.this[name].storage_descriptor).ser_de_info).parameters["ignore.malformed.json"] == "false"
    ])
    error_message = "Malformed JSON must not be ignored."
  }
}

run "processed_tables_are_parquet" {
  command = plan

  assert {
    condition = alltrue([
      for name in ["daily_aggregates", "customer_profiles", "fraud_patterns"] :
      one(one(aws_glue_catalog_table.this[name].storage_descriptor).ser_de_info).serialization_library == "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
      && aws_glue_catalog_table.this[name].parameters["classification"] == "parquet"
    ])
    error_message = "Spark writes Parquet."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Queries
# ---------------------------------------------------------------------------------------------------------------------

run "no_client_can_go_around_the_settings_of_the_workgroup" {
  command = plan

  assert {
    condition     = one(aws_athena_workgroup.this.configuration).enforce_workgroup_configuration
    error_message = "What a client asks for otherwise must not count."
  }
}

run "results_are_encrypted_with_the_customer_key" {
  command = plan

  assert {
    condition = (
      one(one(one(aws_athena_workgroup.this.configuration).result_configuration).encryption_configuration).encryption_option == "SSE_KMS"
      && one(one(one(aws_athena_workgroup.this.configuration).result_configuration).encryption_configuration).kms_key_arn == var.kms_key_arn
    )
    error_message = "SSE_KMS with the given key."
  }

  assert {
    condition     = one(one(aws_athena_workgroup.this.configuration).result_configuration).output_location == "s3://bank-test-lake-123456789012-eu-west-1/athena-results/" && one(one(aws_athena_workgroup.this.configuration).result_configuration).expected_bucket_owner == "123456789012"
    error_message = "Results lie in the lake, below the prefix that expires, and in no stranger's bucket."
  }
}

run "a_query_that_reads_too_much_is_broken_off" {
  command = plan

  assert {
    condition     = one(aws_athena_workgroup.this.configuration).bytes_scanned_cutoff_per_query == 10737418240
    error_message = "10 GiB by default."
  }
}

run "the_limit_of_a_query_can_be_set" {
  command = plan

  variables {
    bytes_scanned_limit = 10485760
  }

  assert {
    condition     = one(aws_athena_workgroup.this.configuration).bytes_scanned_cutoff_per_query == 10485760
    error_message = "The given limit must count."
  }
}

run "queries_are_measured_and_run_on_engine_version_3" {
  command = plan

  assert {
    condition     = one(aws_athena_workgroup.this.configuration).publish_cloudwatch_metrics_enabled
    error_message = "CloudWatch must get the metrics of queries."
  }

  assert {
    condition     = one(one(aws_athena_workgroup.this.configuration).engine_version).selected_engine_version == "Athena engine version 3"
    error_message = "Results are reused by version 3 only."
  }
}

run "the_documented_queries_are_there_and_name_their_tables" {
  command = plan

  assert {
    condition     = keys(aws_athena_named_query.this) == ["customer_history", "daily_volume", "fraud_trend", "reconciliation", "top_merchants"]
    error_message = "Daily volume, top merchants, fraud trend, customer history, reconciliation."
  }

  assert {
    condition = alltrue([
      for query in aws_athena_named_query.this :
      strcontains(query.query, "\"bank_test_lake\".\"raw_transactions\"") && length(regexall("[$][{]", query.query)) == 0 && endswith(query.description, ".")
    ])
    error_message = "No placeholder must be left, and each needs a description."
  }

  assert {
    condition     = strcontains(aws_athena_named_query.this["reconciliation"].query, "\"bank_test_lake\".\"table_counts\"")
    error_message = "The reconciliation compares with the counts of the table."
  }
}

run "every_query_takes_the_highest_revision_of_a_transaction_only" {
  command = plan

  assert {
    condition = alltrue([
      for query in aws_athena_named_query.this :
      strcontains(query.query, "row_number() OVER (PARTITION BY transaction_id ORDER BY revision DESC, label_revision DESC) AS place") && strcontains(query.query, "WHERE place = 1")
    ])
    error_message = "Each line is a revision, not a transaction."
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Refusals
# ---------------------------------------------------------------------------------------------------------------------

run "the_longest_name_fits_a_bucket_name" {
  command = plan

  variables {
    name = join("", [for i in range(35) : "a"])
  }

  assert {
    condition     = length(aws_s3_bucket.this.bucket) == 58
    error_message = "35 characters, an account id and the region must stay below 64."
  }
}

run "a_name_over_35_characters_is_refused" {
  command = plan

  variables {
    name = join("", [for i in range(36) : "a"])
  }

  expect_failures = [var.name]
}

run "an_alias_in_place_of_a_key_is_refused" {
  command = plan

  variables {
    kms_key_arn = "alias/aws/s3"
  }

  expect_failures = [var.kms_key_arn]
}

run "an_unknown_storage_plan_is_refused" {
  command = plan

  variables {
    storage_plans = { raw = "tape" }
  }

  expect_failures = [var.storage_plans]
}

run "infrequent_access_before_30_days_is_refused" {
  command = plan

  variables {
    storage_days = { infrequent_access = 29 }
  }

  expect_failures = [var.storage_days]
}

run "glacier_less_than_30_days_after_infrequent_access_is_refused" {
  command = plan

  variables {
    storage_days = { infrequent_access = 60, archive = 89 }
  }

  expect_failures = [var.storage_days]
}

run "results_that_are_kept_over_a_year_are_refused" {
  command = plan

  variables {
    storage_days = { athena_results = 366 }
  }

  expect_failures = [var.storage_days]
}

run "versions_of_zero_days_are_refused" {
  command = plan

  variables {
    storage_days = { old_versions = 0 }
  }

  expect_failures = [var.storage_days]
}

run "deep_archive_is_refused_because_queries_fail_on_it" {
  command = plan

  variables {
    archive_class = "DEEP_ARCHIVE"
  }

  expect_failures = [var.archive_class]
}

run "a_bucket_name_in_place_of_its_arn_is_refused" {
  command = plan

  variables {
    replication = {
      bucket_arn  = "bank-test-copy"
      kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/104857599-2222-3333-4444-555555555555"
    }
  }

  expect_failures = [var.replication]
}

run "an_alias_of_the_other_regions_key_is_refused" {
  command = plan

  variables {
    replication = {
      bucket_arn  = "arn:aws:s3:::bank-test-copy"
      kms_key_arn = "alias/copy"
    }
  }

  expect_failures = [var.replication]
}

run "copies_that_nobody_can_read_at_once_are_refused" {
  command = plan

  variables {
    replication = {
      bucket_arn    = "arn:aws:s3:::bank-test-copy"
      kms_key_arn   = "arn:aws:kms:eu-central-1:123456789012:key/104857599-2222-3333-4444-555555555555"
      storage_class = "DEEP_ARCHIVE"
    }
  }

  expect_failures = [var.replication]
}

run "a_database_with_hyphens_is_refused" {
  command = plan

  variables {
    database_name = "bank-test"
  }

  expect_failures = [var.database_name]
}

run "a_first_day_that_is_none_is_refused" {
  command = plan

  variables {
    partitions = { first_day = "2026-02-30" }
  }

  expect_failures = [var.partitions]
}

run "a_last_year_before_the_first_day_is_refused" {
  command = plan

  variables {
    partitions = { first_day = "2026-01-01", last_year = 2025 }
  }

  expect_failures = [var.partitions]
}

run "a_range_of_over_50_years_is_refused" {
  command = plan

  variables {
    partitions = { first_day = "2026-01-01", last_year = 2077 }
  }

  expect_failures = [var.partitions]
}

run "a_limit_below_what_athena_takes_is_refused" {
  command = plan

  variables {
    bytes_scanned_limit = 10485759
  }

  expect_failures = [var.bytes_scanned_limit]
}
