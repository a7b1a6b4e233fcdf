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
}

variables {
  name        = "bank-test-reports"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "the_name_is_unique_through_account_and_region" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.bucket == "bank-test-reports-123456789012-eu-west-1"
    error_message = "Bucket names are unique in all of AWS."
  }
}

run "objects_can_be_locked_from_the_first_on" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.object_lock_enabled
    error_message = "Object lock must be on when the bucket is made."
  }

  assert {
    condition     = one(aws_s3_bucket_versioning.this.versioning_configuration).status == "Enabled"
    error_message = "S3 locks versions."
  }
}

run "a_report_is_locked_for_seven_years_unless_told_otherwise" {
  command = plan

  assert {
    condition     = one(one(aws_s3_bucket_object_lock_configuration.this.rule).default_retention).days == 2555 && one(one(aws_s3_bucket_object_lock_configuration.this.rule).default_retention).mode == "GOVERNANCE"
    error_message = "2,555 days, GOVERNANCE."
  }

  assert {
    condition     = output.retention_days == 2555
    error_message = "Whoever writes reports must learn the days."
  }
}

run "a_lock_can_be_made_final" {
  command = plan

  variables {
    retention = { days = 30, mode = "COMPLIANCE" }
  }

  assert {
    condition     = one(one(aws_s3_bucket_object_lock_configuration.this.rule).default_retention).days == 30 && one(one(aws_s3_bucket_object_lock_configuration.this.rule).default_retention).mode == "COMPLIANCE"
    error_message = "The given days and mode must count."
  }
}

run "the_archive_survives_terraform_destroy_unless_told_otherwise" {
  command = plan

  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "A full bucket must stop terraform destroy."
  }
}

run "an_environment_can_be_made_destroyable" {
  command = plan

  variables {
    force_destroy = true
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy
    error_message = "The switch must let terraform destroy empty the bucket."
  }
}

run "nothing_in_the_archive_can_be_public" {
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

run "the_customer_key_encrypts_every_report" {
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

run "reports_and_their_old_versions_move_to_glacier_after_90_days" {
  command = plan

  assert {
    condition = jsonencode([
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule : [
        [for step in rule.transition : [step.days, step.storage_class]],
        [for step in rule.noncurrent_version_transition : [step.noncurrent_days, step.storage_class]],
      ]
    ]) == jsonencode([[[[90, "GLACIER_IR"]], [[90, "GLACIER_IR"]]]])
    error_message = "Both, after 90 days, to the class of Glacier that is read at once."
  }
}

run "the_move_to_glacier_can_be_timed" {
  command = plan

  variables {
    glacier_after_days = 7
  }

  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.this.rule).transition).days == 7
    error_message = "The given days must count."
  }
}

run "no_report_and_no_old_version_of_one_expires" {
  command = plan

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : length(rule.expiration) == 0 && length(rule.noncurrent_version_expiration) == 0])
    error_message = "That a report was replaced must stay visible."
  }
}

run "unfinished_uploads_are_removed_after_a_week" {
  command = plan

  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.this.rule).abort_incomplete_multipart_upload).days_after_initiation == 7
    error_message = "Their parts cost money and can be seen by nobody."
  }
}

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

run "a_lock_of_no_days_is_refused" {
  command = plan

  variables {
    retention = { days = 0 }
  }

  expect_failures = [var.retention]
}

run "a_lock_of_over_a_hundred_years_is_refused" {
  command = plan

  variables {
    retention = { days = 36501 }
  }

  expect_failures = [var.retention]
}

run "an_unknown_mode_is_refused" {
  command = plan

  variables {
    retention = { mode = "LEGAL" }
  }

  expect_failures = [var.retention]
}

run "a_destroyable_archive_with_final_locks_is_refused" {
  command = plan

  variables {
    retention     = { mode = "COMPLIANCE" }
    force_destroy = true
  }

  expect_failures = [var.force_destroy]
}

run "glacier_on_the_first_day_is_refused" {
  command = plan

  variables {
    glacier_after_days = 0
  }

  expect_failures = [var.glacier_after_days]
}
