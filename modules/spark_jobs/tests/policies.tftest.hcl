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
  name               = "bank-test"
  kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  lake_bucket        = "bank-test-lake-123456789012-eu-west-1"
  packages_folder    = "tests/packages"
  failures_topic_arn = "arn:aws:sns:eu-west-1:123456789012:bank-test-failures"
}

run "only_glue_assumes_the_roles" {
  command = plan

  assert {
    condition = alltrue([
      for role in aws_iam_role.this :
      [for statement in jsondecode(role.assume_role_policy).Statement : [statement.Action, statement.Principal.Service]] == [["sts:AssumeRole", "glue.amazonaws.com"]]
    ])
    error_message = "Glue and nobody else."
  }
}

run "a_job_reads_its_prefixes_and_its_code" {
  command = plan

  assert {
    condition = sort(one([
      for statement in jsondecode(aws_iam_role_policy.this["daily_transaction_aggregation"].policy).Statement : statement.Resource if statement.Sid == "ReadObjects"
      ])) == tolist([
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/code/spark/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/processed/_manifests/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/processed/_staging/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/processed/customer-profiles/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/processed/daily-aggregates/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/quarantine/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/raw/transactions/*",
    ])
    error_message = "No more than it reads and writes."
  }
}

run "a_job_replaces_objects_only_where_it_writes" {
  command = plan

  assert {
    condition = sort(one([
      for statement in jsondecode(aws_iam_role_policy.this["fraud_pattern_analysis"].policy).Statement : statement.Resource if statement.Sid == "ReplaceObjects"
      ])) == tolist([
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/analytics/threshold-proposals/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/analytics/threshold-proposals_$folder$",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/analytics/trend-reports/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/analytics/trend-reports_$folder$",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/analytics_$folder$",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/processed/_staging/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/processed/_staging_$folder$",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/processed/fraud-patterns/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/processed/fraud-patterns_$folder$",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/processed_$folder$",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/quarantine/*",
      "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1/quarantine_$folder$",
    ])
    error_message = "Its own prefixes, and the markers of folders that Glue's file system writes beside them."
  }

  assert {
    condition = alltrue(flatten([
      for policy in aws_iam_role_policy.this : [
        for statement in jsondecode(policy.policy).Statement : !strcontains(jsonencode(statement.Resource), "/raw/") if statement.Sid == "ReplaceObjects"
      ]
    ]))
    error_message = "Nobody changes raw data."
  }
}

run "a_job_lists_no_other_folders_of_the_lake" {
  command = plan

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_iam_role_policy.this["daily_transaction_aggregation"].policy).Statement : [
        statement.Action, statement.Resource, sort(statement.Condition.StringLikeIfExists["s3:prefix"]),
      ] if statement.Sid == "FindObjects"
      ]) == jsonencode([[
        "s3:ListBucket", "arn:aws:s3:::bank-test-lake-123456789012-eu-west-1", [
          "code/spark/*", "processed", "processed/", "processed/_manifests", "processed/_manifests/",
          "processed/_manifests/*", "processed/_staging", "processed/_staging/", "processed/_staging/*",
          "processed/customer-profiles", "processed/customer-profiles/",
          "processed/customer-profiles/*", "processed/daily-aggregates", "processed/daily-aggregates/",
          "processed/daily-aggregates/*", "quarantine", "quarantine/", "quarantine/*", "raw", "raw/",
          "raw/transactions", "raw/transactions/", "raw/transactions/*",
        ],
    ]])
    error_message = "Its prefixes, and their parents without what else is in them."
  }
}

run "a_job_reads_the_parameters_that_are_named_and_no_others" {
  command = plan

  variables {
    jobs = {
      daily_transaction_aggregation = { description = "x", schedule = "cron(0 2 * * ? *)", reads = ["raw/"], writes = ["processed/"] }
      fraud_pattern_analysis = {
        description = "x"
        schedule    = "cron(0 2 * * ? *)"
        reads       = ["raw/"]
        writes      = ["processed/"]
        parameters  = ["arn:aws:ssm:eu-west-1:123456789012:parameter/bank-test/policy"]
      }
    }
  }

  assert {
    condition = jsonencode({
      for key, policy in aws_iam_role_policy.this : key => [
        for statement in jsondecode(policy.policy).Statement : [statement.Action, statement.Resource] if statement.Sid == "ReadParameters"
      ]
      }) == jsonencode({
      daily_transaction_aggregation = []
      fraud_pattern_analysis        = [["ssm:GetParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/bank-test/policy"]]
    })
    error_message = "Each its own."
  }
}

run "who_proposes_thresholds_reads_the_policy_in_force_and_nobody_else_does" {
  command = plan
  variables { policy_parameter = { arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/bank-test/policy" } }

  assert {
    condition = jsonencode({
      for key, policy in aws_iam_role_policy.this : key => [
        for statement in jsondecode(policy.policy).Statement : [statement.Action, statement.Resource] if statement.Sid == "ReadParameters"
      ]
      }) == jsonencode({
      daily_transaction_aggregation = []
      fraud_pattern_analysis        = [["ssm:GetParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/bank-test/policy"]]
    })
    error_message = "The weekly job may read the policy in force, and the daily one may not."
  }
}

run "a_job_uses_one_key_and_cannot_manage_it" {
  command = plan

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_iam_role_policy.this["daily_transaction_aggregation"].policy).Statement : [sort(statement.Action), statement.Resource] if statement.Sid == "UseTheKey"
    ]) == jsonencode([[["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"]])
    error_message = "Cryptography with the given key."
  }
}

run "a_job_writes_glues_logs_and_metrics_only" {
  command = plan

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_iam_role_policy.this["daily_transaction_aggregation"].policy).Statement : statement.Resource if statement.Sid == "WriteLogs"
    ]) == jsonencode(["arn:aws:logs:eu-west-1:123456789012:log-group:/aws-glue/*"])
    error_message = "Log groups of Glue in this account and region."
  }

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_iam_role_policy.this["daily_transaction_aggregation"].policy).Statement : [statement.Action, statement.Condition] if statement.Resource == "*"
    ]) == jsonencode([["cloudwatch:PutMetricData", { StringEquals = { "cloudwatch:namespace" = "Glue" } }]])
    error_message = "PutMetricData is the only action without a resource, and it is held to Glue's namespace."
  }
}

run "only_jobs_with_bookmarks_may_use_them" {
  command = plan

  variables {
    jobs = {
      daily_transaction_aggregation = { description = "x", schedule = "cron(0 2 * * ? *)", reads = ["raw/"], writes = ["processed/"] }
      fraud_pattern_analysis        = { description = "x", schedule = "cron(0 2 * * ? *)", reads = ["raw/"], writes = ["processed/"], bookmarks = true }
    }
  }

  assert {
    condition = jsonencode({
      for key, policy in aws_iam_role_policy.this : key => [
        for statement in jsondecode(policy.policy).Statement : statement.Resource if statement.Sid == "RememberWhatWasRead"
      ]
      }) == jsonencode({
      daily_transaction_aggregation = []
      fraud_pattern_analysis        = ["arn:aws:glue:eu-west-1:123456789012:job/bank-test-fraud-pattern-analysis"]
    })
    error_message = "Each its own, and only where they are on."
  }
}
