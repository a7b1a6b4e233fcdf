# The real provider computes the JSON of the policies; nothing here reaches AWS.
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "offline"
  secret_key                  = "offline"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  name        = "bank-test-lake"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  replication = {
    bucket_arn  = "arn:aws:s3:::bank-test-copy-123456789012-eu-central-1"
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/99999999-2222-3333-4444-555555555555"
  }
}

run "nothing_may_touch_the_lake_over_plain_http" {
  command = plan

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement == jsondecode(jsonencode([{
      Sid       = "DenyPlainHttp"
      Effect    = "Deny"
      Action    = "s3:*"
      Principal = "*"
      Resource = [
        "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/*",
        "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1",
      ]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]))
    error_message = "The bucket and each object in it must refuse plain HTTP to everyone, and the policy must grant nothing."
  }
}

run "only_s3_assumes_the_role_of_the_replication" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role.replication["this"].assume_role_policy).Statement : [statement.Action, statement.Principal.Service]
    ] == [["sts:AssumeRole", "s3.amazonaws.com"]]
    error_message = "S3 and nobody else."
  }
}

run "the_replication_reads_the_lake_and_changes_nothing_in_it" {
  command = plan

  assert {
    condition = jsonencode({
      for statement in jsondecode(aws_iam_role_policy.replication["this"].policy).Statement : statement.Sid => sort(flatten([statement.Action]))
      }) == jsonencode({
      FindWhatToCopy = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
      ReadVersions   = ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"]
      WriteCopies    = ["s3:ReplicateObject", "s3:ReplicateTags"]
      Decrypt        = ["kms:Decrypt"]
      EncryptCopies  = ["kms:Encrypt", "kms:GenerateDataKey"]
    })
    error_message = "Read here, write there; no ReplicateDelete, since deletions are not copied."
  }

  assert {
    condition = sort(one([
      for statement in jsondecode(aws_iam_role_policy.replication["this"].policy).Statement : statement.Resource if statement.Sid == "ReadVersions"
      ])) == tolist([
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/analytics/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/processed/customer-profiles/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/processed/daily-aggregates/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/processed/fraud-patterns/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/quarantine/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/raw/*",
    ])
    error_message = "Only what is copied may be read."
  }

  assert {
    condition = alltrue([
      for resource in one([
        for statement in jsondecode(aws_iam_role_policy.replication["this"].policy).Statement : statement.Resource if statement.Sid == "WriteCopies"
      ]) : startswith(resource, "arn:aws:s3:::bank-test-copy-123456789012-eu-central-1/")
    ])
    error_message = "Copies go to the given bucket only."
  }
}

run "the_replication_uses_the_keys_through_s3_and_for_these_buckets_only" {
  command = plan

  assert {
    condition = jsonencode({
      for statement in jsondecode(aws_iam_role_policy.replication["this"].policy).Statement : statement.Sid => [statement.Resource, statement.Condition] if can(statement.Condition)
      }) == jsonencode({
      Decrypt = ["arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555", {
        StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" }
        ArnLike = { "kms:EncryptionContext:aws:s3:arn" = [
          "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1", "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/*",
        ] }
      }]
      EncryptCopies = ["arn:aws:kms:eu-central-1:123456789012:key/99999999-2222-3333-4444-555555555555", {
        StringEquals = { "kms:ViaService" = "s3.eu-central-1.amazonaws.com" }
        ArnLike = { "kms:EncryptionContext:aws:s3:arn" = [
          "arn:aws:s3:::bank-test-copy-123456789012-eu-central-1", "arn:aws:s3:::bank-test-copy-123456789012-eu-central-1/*",
        ] }
      }]
    })
    error_message = "Each key in its own region, for its own bucket."
  }
}
