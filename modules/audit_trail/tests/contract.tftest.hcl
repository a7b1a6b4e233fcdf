mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/txn-test-audit-logs" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/cloudtrail/txn-test-audit" }
  }

  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-1:123456789012:rule/txn-test-audit-noncompliant" }
  }
}

variables {
  name        = "txn-test-audit"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

# --- trail -----------------------------------------------------------------------------------------------------------

run "calls_of_every_region_and_of_global_services_are_recorded" {
  command = plan

  assert {
    condition     = aws_cloudtrail.this.is_multi_region_trail && aws_cloudtrail.this.include_global_service_events
    error_message = "No region may be a blind spot by default."
  }
}

run "a_trail_of_one_region_can_be_asked_for" {
  command = plan

  variables {
    multi_region = false
  }

  assert {
    condition     = !aws_cloudtrail.this.is_multi_region_trail
    error_message = "multi_region must be passed on."
  }
}

run "log_files_are_signed_and_encrypted_with_the_customer_key" {
  command = plan

  assert {
    condition     = aws_cloudtrail.this.enable_log_file_validation && aws_cloudtrail.this.kms_key_id == var.kms_key_arn
    error_message = "A changed log file must be noticed, and a stolen one useless."
  }
}

run "management_of_resources_is_recorded_always" {
  command = plan

  assert {
    condition = [
      for selector in aws_cloudtrail.this.advanced_event_selector : selector.name
      if anytrue([for field in selector.field_selector : field.field == "eventCategory" && field.equals == tolist(["Management"])])
    ] == ["Changes and looks at the account's resources"]
    error_message = "One selector must hold all management events."
  }

  assert {
    condition     = length(one([for selector in aws_cloudtrail.this.advanced_event_selector : selector.field_selector if selector.name == "Changes and looks at the account's resources"])) == 1
    error_message = "Nothing may narrow the management events."
  }
}

run "who_reads_the_trail_is_recorded_but_not_its_own_deliveries" {
  command = plan

  assert {
    condition = { for field in one([
      for selector in aws_cloudtrail.this.advanced_event_selector : selector.field_selector if selector.name == "Who reads the trail"
      ]) : field.field => coalesce(field.equals, field.starts_with) } == {
      "eventCategory"  = tolist(["Data"])
      "resources.type" = tolist(["AWS::S3::Object"])
      "resources.ARN"  = tolist(["arn:aws:s3:::txn-test-audit-123456789012-eu-west-1/"])
      "readOnly"       = tolist(["true"])
    }
    error_message = "Reads of the trail's bucket must be data events; a recorded write would write another file."
  }
}

run "no_other_data_is_watched_unless_asked_for" {
  command = plan

  assert {
    condition     = length(aws_cloudtrail.this.advanced_event_selector) == 2
    error_message = "Data events cost money: none by default, but for the trail itself."
  }
}

run "objects_of_given_buckets_and_items_of_given_tables_are_watched" {
  command = plan

  variables {
    data_events = {
      bucket_arns = ["arn:aws:s3:::txn-test-lake"]
      table_arns  = ["arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-transactions"]
    }
  }

  assert {
    condition = { for field in one([
      for selector in aws_cloudtrail.this.advanced_event_selector : selector.field_selector if selector.name == "Who touches the objects of the given buckets"
      ]) : field.field => coalesce(field.equals, field.starts_with) } == {
      "eventCategory"  = tolist(["Data"])
      "resources.type" = tolist(["AWS::S3::Object"])
      "resources.ARN"  = tolist(["arn:aws:s3:::txn-test-lake/"])
    }
    error_message = "The slash must end the bucket's name, so that no other that begins alike is meant."
  }

  assert {
    condition = { for field in one([
      for selector in aws_cloudtrail.this.advanced_event_selector : selector.field_selector if selector.name == "Who touches the items of the given tables"
      ]) : field.field => coalesce(field.equals, field.starts_with) } == {
      "eventCategory"  = tolist(["Data"])
      "resources.type" = tolist(["AWS::DynamoDB::Table"])
      "resources.ARN"  = tolist(["arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-transactions"])
    }
    error_message = "Reading and writing of the table must be recorded."
  }
}

run "what_the_functions_do_to_the_data_can_be_left_out" {
  command = plan

  variables {
    data_events = {
      table_arns   = ["arn:aws:dynamodb:eu-west-1:123456789012:table/txn-test-transactions"]
      except_roles = ["txn-test-process"]
    }
  }

  assert {
    condition = one(flatten([
      for selector in aws_cloudtrail.this.advanced_event_selector : [
        for field in selector.field_selector : field.not_starts_with if field.field == "userIdentity.arn"
      ] if selector.name == "Who touches the items of the given tables"
    ])) == "arn:aws:sts::123456789012:assumed-role/txn-test-process/"
    error_message = "Sessions of the role, and of no other that begins alike, must be left out."
  }

  assert {
    condition     = length([for field in one([for selector in aws_cloudtrail.this.advanced_event_selector : selector.field_selector if selector.name == "Who reads the trail"]) : field if field.field == "userIdentity.arn"]) == 0
    error_message = "Nobody is left out among those who read the trail."
  }
}

# --- bucket ----------------------------------------------------------------------------------------------------------

run "nothing_in_the_bucket_can_be_public" {
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

run "log_files_are_versioned_and_encrypted_with_the_customer_key" {
  command = plan

  assert {
    condition     = one(aws_s3_bucket_versioning.this.versioning_configuration).status == "Enabled"
    error_message = "An overwritten log file must be kept."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
    error_message = "What Config writes must be encrypted with the customer key, too."
  }
}

run "log_files_get_cold_after_90_days_and_go_after_seven_years" {
  command = plan

  assert {
    condition = one([
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule : [one(rule.transition).days, one(rule.transition).storage_class, tostring(one(rule.expiration).days)] if rule.id == "cold-then-gone"
    ]) == [90, "GLACIER", "2555"]
    error_message = "The defaults must be 90 and 2,555 days."
  }
}

run "a_full_bucket_stops_terraform_destroy_unless_told_otherwise" {
  command = plan

  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "The trail must outlive a mistaken destroy."
  }
}

run "there_is_no_object_lock_unless_asked_for" {
  command = plan

  assert {
    condition     = !aws_s3_bucket.this.object_lock_enabled && length(aws_s3_bucket_object_lock_configuration.this) == 0
    error_message = "A lock is for a decision."
  }
}

run "a_lock_holds_for_every_log_file" {
  command = plan

  variables {
    object_lock = { mode = "COMPLIANCE", days = 400 }
  }

  assert {
    condition = (
      aws_s3_bucket.this.object_lock_enabled &&
      one(one(aws_s3_bucket_object_lock_configuration.this["this"].rule).default_retention).mode == "COMPLIANCE" &&
      one(one(aws_s3_bucket_object_lock_configuration.this["this"].rule).default_retention).days == 400
    )
    error_message = "The bucket must be made with the lock, and lock by default."
  }
}

# --- log group and alarms --------------------------------------------------------------------------------------------

run "the_events_reach_an_encrypted_log_group" {
  command = apply

  assert {
    condition     = aws_cloudtrail.this.cloud_watch_logs_group_arn == "${aws_cloudwatch_log_group.this.arn}:*" && aws_cloudtrail.this.cloud_watch_logs_role_arn == aws_iam_role.logs.arn
    error_message = "The trail must deliver to its own group with its own role."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.this.retention_in_days == 365
    error_message = "The group must be encrypted and kept for a year."
  }
}

run "every_watched_thing_is_a_metric_and_an_alarm" {
  command = plan

  assert {
    condition = toset(keys(output.alarms)) == toset([
      "root-use", "unauthorised-calls", "console-login-without-mfa", "iam-policy-change", "trail-change",
      "key-disabled-or-deleted", "config-change", "backup-protection-change",
    ])
    error_message = "Each must have its alarm."
  }

  assert {
    condition = alltrue([
      for name, alarm in output.alarms :
      one(aws_cloudwatch_log_metric_filter.this[name].metric_transformation).name == alarm.metric_name &&
      one(aws_cloudwatch_log_metric_filter.this[name].metric_transformation).namespace == alarm.namespace
    ])
    error_message = "Each alarm must look at the metric that its filter writes."
  }
}

run "use_of_the_root_user_is_noticed" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_metric_filter.this["root-use"].pattern == "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }"
    error_message = "The pattern must be that of CIS 4.3."
  }

  assert {
    condition     = output.alarms["root-use"].threshold == 0
    error_message = "Once is too often."
  }
}

run "a_disabled_or_deleted_key_is_noticed" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_metric_filter.this["key-disabled-or-deleted"].pattern == "{ ($.eventSource = \"kms.amazonaws.com\") && (($.eventName = \"DisableKey\") || ($.eventName = \"ScheduleKeyDeletion\")) }"
    error_message = "The pattern must be that of CIS 4.7."
  }
}

run "a_changed_policy_of_iam_is_noticed" {
  command = plan

  assert {
    condition = alltrue([
      for call in ["PutRolePolicy", "AttachRolePolicy", "CreatePolicyVersion", "DetachUserPolicy", "DeleteGroupPolicy", "UpdateAssumeRolePolicy"] :
      strcontains(aws_cloudwatch_log_metric_filter.this["iam-policy-change"].pattern, "($.eventName = \"${call}\")")
    ])
    error_message = "Every way of changing what a principal may do must match (CIS 4.4)."
  }
}

run "a_changed_or_stopped_trail_is_noticed" {
  command = plan

  assert {
    condition = alltrue([
      for call in ["StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"] :
      strcontains(aws_cloudwatch_log_metric_filter.this["trail-change"].pattern, "($.eventName = \"${call}\")")
    ])
    error_message = "Every way of blinding the trail must match (CIS 4.5)."
  }
}

run "a_console_login_without_a_second_factor_is_noticed" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_metric_filter.this["console-login-without-mfa"].pattern == "{ ($.eventName = \"ConsoleLogin\") && ($.additionalEventData.MFAUsed != \"Yes\") && ($.userIdentity.type = \"IAMUser\") && ($.responseElements.ConsoleLogin = \"Success\") }"
    error_message = "The pattern must be that of CIS 4.2, for users of IAM: a login by single sign-on has its factors elsewhere."
  }
}

run "refused_calls_are_noticed_above_their_threshold" {
  command = plan

  variables {
    unauthorised_calls_threshold = 3
  }

  assert {
    condition     = output.alarms["unauthorised-calls"].threshold == 3 && strcontains(aws_cloudwatch_log_metric_filter.this["unauthorised-calls"].pattern, "AccessDenied*")
    error_message = "The threshold must be the given one (CIS 4.1)."
  }
}

run "a_weakened_vault_is_noticed" {
  command = plan

  assert {
    condition = alltrue([
      for call in ["DeleteBackupVaultAccessPolicy", "DeleteBackupVaultLockConfiguration", "DeleteBackupPlan"] :
      strcontains(aws_cloudwatch_log_metric_filter.this["backup-protection-change"].pattern, "($.eventName = \"${call}\")")
    ])
    error_message = "Whoever wants to delete backups has to take their guards away first."
  }
}

# --- AWS Config ------------------------------------------------------------------------------------------------------

run "there_is_no_recorder_and_no_rule_unless_asked_for" {
  command = plan

  assert {
    condition     = length(aws_config_configuration_recorder.this) == 0 && length(aws_config_delivery_channel.this) == 0 && length(aws_config_config_rule.this) == 0
    error_message = "A region has one recorder: none by default."
  }
}

run "the_recorder_records_everything_with_awss_own_role_and_delivers_to_the_bucket" {
  command = apply

  variables {
    manage_config_recorder = true
  }

  assert {
    condition = (
      one(aws_config_configuration_recorder.this["this"].recording_group).all_supported &&
      one(aws_config_configuration_recorder.this["this"].recording_group).include_global_resource_types &&
      aws_config_configuration_recorder.this["this"].role_arn == "arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
    )
    error_message = "Every kind of resource must be recorded, with the service-linked role."
  }

  assert {
    condition     = aws_config_delivery_channel.this["this"].s3_bucket_name == aws_s3_bucket.this.id && aws_config_delivery_channel.this["this"].s3_kms_key_arn == var.kms_key_arn
    error_message = "What was recorded must lie encrypted in the trail's bucket."
  }

  assert {
    condition     = aws_config_configuration_recorder_status.this["this"].is_enabled
    error_message = "The recorder must run."
  }
}

run "with_a_recorder_the_rules_that_concern_the_project_are_evaluated" {
  command = plan

  variables {
    manage_config_recorder = true
  }

  assert {
    condition = alltrue([
      for rule, identifier in {
        s3-bucket-ssl-requests-only             = "S3_BUCKET_SSL_REQUESTS_ONLY"
        dynamodb-pitr-enabled                   = "DYNAMODB_PITR_ENABLED"
        dynamodb-table-encrypted-kms            = "DYNAMODB_TABLE_ENCRYPTED_KMS"
        kinesis-stream-encrypted                = "KINESIS_STREAM_ENCRYPTED"
        sns-encrypted-kms                       = "SNS_ENCRYPTED_KMS"
        cloud-trail-log-file-validation-enabled = "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED"
        root-account-mfa-enabled                = "ROOT_ACCOUNT_MFA_ENABLED"
      } : one(aws_config_config_rule.this[rule].source).source_identifier == identifier && one(aws_config_config_rule.this[rule].source).owner == "AWS"
    ])
    error_message = "The rules must be AWS's."
  }

  assert {
    condition     = !contains(keys(aws_config_config_rule.this), "lambda-inside-vpc") && !contains(keys(aws_config_config_rule.this), "api-gw-associated-with-waf")
    error_message = "Network and web ACL are choices of the deployment: no finding by default."
  }
}

run "rules_of_ones_own_choice_count_whoever_records" {
  command = plan

  variables {
    config_rules = ["lambda-inside-vpc"]
  }

  assert {
    condition     = toset(keys(aws_config_config_rule.this)) == toset(["lambda-inside-vpc"]) && aws_config_config_rule.this["lambda-inside-vpc"].name == "txn-test-audit-lambda-inside-vpc"
    error_message = "config_rules must stand instead of the default."
  }
}

run "a_finding_tells_the_topic" {
  command = apply

  variables {
    config_rules   = ["dynamodb-pitr-enabled"]
    findings_topic = { arn = "arn:aws:sns:eu-west-1:123456789012:txn-test-processing-failures" }
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.noncompliant["this"].event_pattern).detail == jsondecode(jsonencode({
      configRuleName      = [{ prefix = "txn-test-audit-" }]
      newEvaluationResult = { complianceType = ["NON_COMPLIANT"] }
    }))
    error_message = "Findings of these rules must match."
  }

  assert {
    condition     = aws_cloudwatch_event_target.noncompliant["this"].arn == var.findings_topic.arn
    error_message = "They must go to the topic."
  }
}

# --- outputs ---------------------------------------------------------------------------------------------------------

run "the_configuration_tells_what_the_trail_was_given" {
  command = plan

  variables {
    data_events = { bucket_arns = ["arn:aws:s3:::txn-test-lake"] }
    object_lock = {}
  }

  assert {
    condition = output.configuration == {
      multi_region        = true
      log_file_validation = true
      kms_key_arn         = var.kms_key_arn
      data_events         = toset(["arn:aws:s3:::txn-test-lake/"])
      watched             = toset(keys(output.alarms))
      object_lock         = "GOVERNANCE"
      config_rules        = toset([])
      findings_topic_arn  = null
    }
    error_message = "Everything must be told as it was given."
  }
}

# --- refusals --------------------------------------------------------------------------------------------------------

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
    kms_key_arn = "alias/txn"
  }
  expect_failures = [var.kms_key_arn]
}

run "a_path_in_a_bucket_is_refused" {
  command = plan
  variables {
    data_events = { bucket_arns = ["arn:aws:s3:::txn-test-lake/raw"] }
  }
  expect_failures = [var.data_events]
}

run "all_tables_as_a_table_are_refused" {
  command = plan
  variables {
    data_events = { table_arns = ["arn:aws:dynamodb:eu-west-1:123456789012:table/*"] }
  }
  expect_failures = [var.data_events]
}

run "an_exception_by_pattern_is_refused" {
  command = plan
  variables {
    data_events = { except_roles = ["txn-*"] }
  }
  expect_failures = [var.data_events]
}

run "deletion_before_cold_storage_is_refused" {
  command = plan
  variables {
    retention = { cold_after_days = 400, delete_after_days = 365 }
  }
  expect_failures = [var.retention]
}

run "log_files_of_less_than_a_year_are_refused" {
  command = plan
  variables {
    retention = { delete_after_days = 364 }
  }
  expect_failures = [var.retention]
}

run "a_lock_that_outlives_the_retention_is_refused" {
  command = plan
  variables {
    object_lock = { days = 2556 }
  }
  expect_failures = [var.object_lock]
}

run "an_unknown_mode_of_the_lock_is_refused" {
  command = plan
  variables {
    object_lock = { mode = "SOFT" }
  }
  expect_failures = [var.object_lock]
}

run "a_retention_that_cloudwatch_does_not_offer_is_refused" {
  command = plan
  variables {
    log_retention_days = 100
  }
  expect_failures = [var.log_retention_days]
}

run "a_threshold_below_zero_is_refused" {
  command = plan
  variables {
    unauthorised_calls_threshold = -1
  }
  expect_failures = [var.unauthorised_calls_threshold]
}

run "a_rule_that_is_not_known_is_refused" {
  command = plan
  variables {
    config_rules = ["s3-bucket-is-nice"]
  }
  expect_failures = [var.config_rules]
}

run "a_topic_that_is_none_is_refused" {
  command = plan
  variables {
    findings_topic = { arn = "txn-test" }
  }
  expect_failures = [var.findings_topic]
}
