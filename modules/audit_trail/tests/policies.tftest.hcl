# The real provider computes the JSON of the policies; nothing here reaches AWS, since the bucket, which policies and
# settings are attached to, is overridden and everything else is only planned.
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
  name        = "txn-test-audit"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "the_bucket_speaks_tls_only" {
  command = plan

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0] == jsondecode(jsonencode({
      Sid       = "DenyPlainHttp"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::txn-test-audit-123456789012-eu-west-1/*", "arn:aws:s3:::txn-test-audit-123456789012-eu-west-1"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }))
    error_message = "Plain HTTP must be denied to everybody."
  }
}

run "only_this_very_trail_writes_to_the_bucket" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement if statement.Effect == "Allow"
      ] == jsondecode(jsonencode([
        {
          Sid       = "TheTrailLooksWhoseTheBucketIs"
          Effect    = "Allow"
          Principal = { Service = "cloudtrail.amazonaws.com" }
          Action    = "s3:GetBucketAcl"
          Resource  = "arn:aws:s3:::txn-test-audit-123456789012-eu-west-1"
          Condition = { StringEquals = { "aws:SourceArn" = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/txn-test-audit" } }
        },
        {
          Sid       = "TheTrailWrites"
          Effect    = "Allow"
          Principal = { Service = "cloudtrail.amazonaws.com" }
          Action    = "s3:PutObject"
          Resource  = "arn:aws:s3:::txn-test-audit-123456789012-eu-west-1/AWSLogs/123456789012/*"
          Condition = {
            StringEquals = {
              "aws:SourceArn" = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/txn-test-audit"
              "s3:x-amz-acl"  = "bucket-owner-full-control"
            }
          }
        },
    ]))
    error_message = "CloudTrail must be held to the trail by aws:SourceArn, and nobody else may write."
  }
}

run "config_writes_to_its_own_folder_for_this_account_where_it_records" {
  command = plan

  variables {
    manage_config_recorder = true
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement if statement.Sid == "ConfigWrites"
      ]) == jsondecode(jsonencode({
        Sid       = "ConfigWrites"
        Effect    = "Allow"
        Principal = { Service = "config.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "arn:aws:s3:::txn-test-audit-123456789012-eu-west-1/AWSLogs/123456789012/Config/*"
        Condition = { StringEquals = { "aws:SourceAccount" = "123456789012", "s3:x-amz-acl" = "bucket-owner-full-control" } }
    }))
    error_message = "AWS Config must be held to this account and its folder."
  }
}

run "the_trail_writes_to_its_own_log_streams_and_nowhere_else" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.logs.policy).Statement == jsondecode(jsonencode([{
      Sid      = "WriteToOwnStreams"
      Effect   = "Allow"
      Action   = ["logs:PutLogEvents", "logs:CreateLogStream"]
      Resource = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/cloudtrail/txn-test-audit:log-stream:123456789012_CloudTrail_eu-west-1*"
    }]))
    error_message = "The role must write to the trail's streams only."
  }
}

run "only_this_very_trail_takes_the_role" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role.logs.assume_role_policy).Statement == jsondecode(jsonencode([{
      Sid       = "TheTrailAssumesTheRole"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "cloudtrail.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceArn" = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/txn-test-audit" } }
    }]))
    error_message = "CloudTrail must not be able to use the role for another trail."
  }
}
