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
  name        = "txn-test-archive"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "the_name_is_unique_through_account_and_region" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.bucket == "txn-test-archive-123456789012-eu-west-1"
    error_message = "Bucket names are unique in all of AWS."
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

run "objects_move_to_intelligent_tiering_at_once" {
  command = plan

  assert {
    condition     = one(one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.transition if rule.id == "intelligent-tiering"])).storage_class == "INTELLIGENT_TIERING"
    error_message = "The storage class must be INTELLIGENT_TIERING."
  }

  assert {
    condition     = one(one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.transition if rule.id == "intelligent-tiering"])).days == 0
    error_message = "By default on the day of creation."
  }
}

run "the_move_to_intelligent_tiering_can_wait" {
  command = plan

  variables {
    intelligent_tiering_after_days = 30
  }

  assert {
    condition     = one(one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.transition if rule.id == "intelligent-tiering"])).days == 30
    error_message = "The given days must count."
  }
}

run "old_versions_are_deleted_after_their_days" {
  command = plan

  variables {
    noncurrent_version_days = 7
  }

  assert {
    condition     = one(one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.noncurrent_version_expiration if rule.id == "leftovers"])).noncurrent_days == 7
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

run "current_objects_never_expire" {
  command = plan

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : length(rule.expiration) == 0])
    error_message = "An archive forgets nothing by itself."
  }
}

run "the_lifecycle_holds_for_every_object" {
  command = plan

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.status == "Enabled"])
    error_message = "Both rules must be on."
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

run "a_name_with_capitals_is_refused" {
  command = plan

  variables {
    name = "Txn-Archive"
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

run "a_negative_tiering_age_is_refused" {
  command = plan

  variables {
    intelligent_tiering_after_days = -1
  }

  expect_failures = [var.intelligent_tiering_after_days]
}

run "a_tiering_age_over_a_year_is_refused" {
  command = plan

  variables {
    intelligent_tiering_after_days = 366
  }

  expect_failures = [var.intelligent_tiering_after_days]
}

run "versions_of_zero_days_are_refused" {
  command = plan

  variables {
    noncurrent_version_days = 0
  }

  expect_failures = [var.noncurrent_version_days]
}

run "versions_of_over_ten_years_are_refused" {
  command = plan

  variables {
    noncurrent_version_days = 3651
  }

  expect_failures = [var.noncurrent_version_days]
}
