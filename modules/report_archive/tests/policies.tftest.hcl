# The real provider computes the JSON of the policy; nothing here reaches AWS.
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
  name        = "bank-test-reports"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "the_policy_grants_nothing" {
  command = plan

  assert {
    condition     = alltrue([for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Effect == "Deny" && statement.Principal == "*"])
    error_message = "It denies, and denies everyone."
  }
}

run "nothing_may_touch_the_archive_over_plain_http" {
  command = plan

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : [statement.Action, sort(statement.Resource), statement.Condition] if statement.Sid == "DenyPlainHttp"
      ]) == jsonencode([[
        "s3:*",
        ["arn:aws:s3:::bank-test-reports-123456789012-eu-west-1", "arn:aws:s3:::bank-test-reports-123456789012-eu-west-1/*"],
        { Bool = { "aws:SecureTransport" = "false" } },
    ]])
    error_message = "The bucket and each object in it must refuse plain HTTP."
  }
}

run "nobody_may_bypass_a_lock" {
  command = plan

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : [statement.Action, statement.Resource, can(statement.Condition)] if statement.Sid == "DenyBypassOfTheLock"
    ]) == jsonencode([["s3:BypassGovernanceRetention", "arn:aws:s3:::bank-test-reports-123456789012-eu-west-1/*", false]])
    error_message = "Denied without exception."
  }
}

run "nobody_may_lock_a_report_for_less_than_the_default" {
  command = plan

  variables {
    retention = { days = 30 }
  }

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : [sort(statement.Action), statement.Condition] if statement.Sid == "DenyShorterLocks"
    ]) == jsonencode([[["s3:PutObject", "s3:PutObjectRetention"], { NumericLessThan = { "s3:object-lock-remaining-retention-days" = "29" } }]])
    error_message = "A lock of the default's length must pass although some of its first day is over, and no shorter one."
  }
}
