# The real provider computes the JSON of the policy. The bucket's ARN is part of it, so the run applies; since every
# resource is overridden, nothing here reaches AWS.
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

override_resource {
  target = aws_s3_bucket_public_access_block.this
}

override_resource {
  target = aws_s3_bucket_ownership_controls.this
}

override_resource {
  target = aws_s3_bucket_versioning.this
}

override_resource {
  target = aws_s3_bucket_server_side_encryption_configuration.this
}

override_resource {
  target = aws_s3_bucket_lifecycle_configuration.this
}

override_resource {
  target = aws_s3_bucket_policy.this
}

override_resource {
  target = aws_s3_bucket.this
  values = {
    id  = "txn-test-archive-123456789012-eu-west-1"
    arn = "arn:aws:s3:::txn-test-archive-123456789012-eu-west-1"
  }
}

variables {
  name        = "txn-test-archive"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "nothing_may_touch_the_archive_over_plain_http" {
  command = apply

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement == jsondecode(jsonencode([{
      Sid       = "DenyPlainHttp"
      Effect    = "Deny"
      Action    = "s3:*"
      Principal = "*"
      Resource = [
        "arn:aws:s3:::txn-test-archive-123456789012-eu-west-1/*",
        "arn:aws:s3:::txn-test-archive-123456789012-eu-west-1",
      ]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]))
    error_message = "The bucket and each object in it must refuse plain HTTP to everyone, and the policy must grant nothing."
  }
}
