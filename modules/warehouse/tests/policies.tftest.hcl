# The real provider computes the JSON of the policies. ARNs are part of them, so the runs apply; since every resource is
# overridden, nothing here reaches AWS.
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

override_data {
  target = module.dead_letter_queue.module.safeguards.data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_resource {
  target = aws_redshiftserverless_namespace.this
}

override_resource {
  target = aws_redshiftserverless_workgroup.this
  values = {
    arn      = "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/11111111-2222-3333-4444-555555555555"
    endpoint = [{ address = "txn-test.example", port = 5439, vpc_endpoint = [] }]
  }
}

override_resource {
  target = aws_redshiftserverless_usage_limit.this
}

override_resource {
  target = aws_redshift_subnet_group.this
}

override_resource {
  target = aws_redshift_parameter_group.this
}

override_resource {
  target = aws_redshift_cluster.this
}

override_resource {
  target = aws_redshift_logging.this
}

override_resource {
  target = aws_redshift_usage_limit.spectrum
}

override_resource {
  target = aws_cloudwatch_log_group.this
}

override_resource {
  target = aws_iam_role.lake
  values = { arn = "arn:aws:iam::123456789012:role/txn-test-lake" }
}

override_resource {
  target = aws_iam_role_policy.lake
}

override_resource {
  target = aws_iam_role.loader
  values = { arn = "arn:aws:iam::123456789012:role/txn-test-loader" }
}

override_resource {
  target = aws_iam_role_policy.loader
}

override_resource {
  target = aws_scheduler_schedule_group.this
}

override_resource {
  target = aws_scheduler_schedule.this
}

override_resource {
  target = module.dead_letter_queue.aws_sqs_queue.this
  values = { arn = "arn:aws:sqs:eu-west-1:123456789012:txn-test-loads-dead-letter" }
}

override_resource {
  target = aws_cloudwatch_event_rule.failed
}

override_resource {
  target = aws_cloudwatch_event_target.failed
}

variables {
  name              = "txn-test"
  kms_key_arn       = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  failure_topic_arn = "arn:aws:sns:eu-west-1:123456789012:txn-test-processing-failures"

  network = {
    subnet_ids         = ["subnet-1", "subnet-2", "subnet-3"]
    security_group_ids = ["sg-1"]
  }

  lake = {
    bucket_arn    = "arn:aws:s3:::txn-test-lake"
    kms_key_arn   = "arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555"
    database_name = "txn_test"
  }
}

run "redshift_reads_the_objects_of_three_prefixes_and_writes_nothing" {
  command = apply

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.lake.policy).Statement : statement.Sid => statement if contains(["FindTheObjects", "ReadTheObjects", "FindTheBucket"], statement.Sid) } == {
      FindTheObjects = {
        Sid      = "FindTheObjects"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = "arn:aws:s3:::txn-test-lake"
        Condition = { StringLike = { "s3:prefix" = [
          "analytics/table-counts", "analytics/table-counts/*", "processed/daily-aggregates", "processed/daily-aggregates/*", "raw/transactions", "raw/transactions/*",
        ] } }
      }
      FindTheBucket = { Sid = "FindTheBucket", Effect = "Allow", Action = "s3:GetBucketLocation", Resource = "arn:aws:s3:::txn-test-lake" }
      ReadTheObjects = {
        Sid      = "ReadTheObjects"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = ["arn:aws:s3:::txn-test-lake/raw/transactions/*", "arn:aws:s3:::txn-test-lake/processed/daily-aggregates/*", "arn:aws:s3:::txn-test-lake/analytics/table-counts/*"]
      }
    }
    error_message = "Only what the loads and the reconciliation read may be read."
  }

  assert {
    condition     = length([for statement in jsondecode(aws_iam_role_policy.lake.policy).Statement : statement if length(regexall("Put|Delete|Create|Update", jsonencode(statement.Action))) > 0]) == 0
    error_message = "The lake must not be written to."
  }
}

run "redshift_sees_three_tables_of_one_database_of_the_catalogue" {
  command = apply

  assert {
    condition = toset(one([for statement in jsondecode(aws_iam_role_policy.lake.policy).Statement : statement.Resource if statement.Sid == "ReadTheCatalogue"])) == toset([
      "arn:aws:glue:eu-west-1:123456789012:catalog",
      "arn:aws:glue:eu-west-1:123456789012:database/txn_test",
      "arn:aws:glue:eu-west-1:123456789012:table/txn_test/daily_aggregates",
      "arn:aws:glue:eu-west-1:123456789012:table/txn_test/raw_transactions",
      "arn:aws:glue:eu-west-1:123456789012:table/txn_test/table_counts",
    ])
    error_message = "Nothing else of the catalogue may be seen."
  }

  assert {
    condition     = alltrue(flatten([for statement in jsondecode(aws_iam_role_policy.lake.policy).Statement : [for action in statement.Action : can(regex("^glue:(Batch)?Get", action))] if statement.Sid == "ReadTheCatalogue"]))
    error_message = "And nothing of it may be changed."
  }
}

run "redshift_decrypts_with_the_lakes_key_by_way_of_s3_only" {
  command = apply

  assert {
    condition = one([for statement in jsondecode(aws_iam_role_policy.lake.policy).Statement : statement if statement.Sid == "DecryptTheObjects"]) == {
      Sid       = "DecryptTheObjects"
      Effect    = "Allow"
      Action    = "kms:Decrypt"
      Resource  = "arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555"
      Condition = { StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" } }
    }
    error_message = "The key must open objects and nothing else."
  }
}

run "only_redshift_assumes_the_role_of_the_lake" {
  command = apply

  assert {
    condition     = toset(jsondecode(aws_iam_role.lake.assume_role_policy).Statement[0].Principal.Service) == toset(["redshift-serverless.amazonaws.com", "redshift.amazonaws.com"]) && length(jsondecode(aws_iam_role.lake.assume_role_policy).Statement) == 1
    error_message = "A workgroup assumes it under both names."
  }
}

run "only_a_cluster_assumes_the_role_of_the_lake" {
  command = apply

  variables {
    kind = "provisioned"
  }

  assert {
    condition     = jsondecode(aws_iam_role.lake.assume_role_policy).Statement[0].Principal.Service == "redshift.amazonaws.com"
    error_message = "Where there is no workgroup nobody may assume it as one."
  }
}

run "a_schedule_calls_this_workgroup_and_is_a_user_of_its_own_there" {
  command = apply

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.loader.policy).Statement : "${statement.Action} ${statement.Resource}" if contains(["CallProcedures", "BeAUserOfTheDatabase"], statement.Sid)] == [
      "redshift-data:BatchExecuteStatement arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/11111111-2222-3333-4444-555555555555",
      "redshift-serverless:GetCredentials arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/11111111-2222-3333-4444-555555555555",
    ]
    error_message = "The administrator's secret must be out of its reach, and other workgroups too."
  }
}

run "a_schedule_calls_this_cluster_and_is_a_user_of_its_own_there" {
  command = apply

  variables {
    kind = "provisioned"
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.loader.policy).Statement : "${statement.Action} ${statement.Resource}" if contains(["CallProcedures", "BeAUserOfTheDatabase"], statement.Sid)] == [
      "redshift-data:BatchExecuteStatement arn:aws:redshift:eu-west-1:123456789012:cluster:txn-test",
      "redshift:GetClusterCredentialsWithIAM arn:aws:redshift:eu-west-1:123456789012:dbname:txn-test/securebank",
    ]
    error_message = "One cluster and one database."
  }
}

run "a_schedule_keeps_what_was_not_taken_in_its_queue_and_encrypts_there_only" {
  command = apply

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.loader.policy).Statement : statement.Sid => statement if contains(["KeepWhatWasNotTaken", "EncryptWhatWasNotTaken"], statement.Sid) } == {
      KeepWhatWasNotTaken = { Sid = "KeepWhatWasNotTaken", Effect = "Allow", Action = "sqs:SendMessage", Resource = "arn:aws:sqs:eu-west-1:123456789012:txn-test-loads-dead-letter" }
      EncryptWhatWasNotTaken = {
        Sid       = "EncryptWhatWasNotTaken"
        Effect    = "Allow"
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
        Condition = { StringEquals = { "kms:ViaService" = "sqs.eu-west-1.amazonaws.com" } }
      }
    }
    error_message = "One queue, and its key by way of it."
  }
}

run "only_schedules_of_this_group_assume_the_role_of_the_loader" {
  command = apply

  assert {
    condition = jsondecode(aws_iam_role.loader.assume_role_policy).Statement == [{
      Sid       = "SchedulesOfThisGroupAssumeTheRole"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = "123456789012" }
        ArnEquals    = { "aws:SourceArn" = "arn:aws:scheduler:eu-west-1:123456789012:schedule-group/txn-test" }
      }
    }]
    error_message = "No other account's schedule, and none of another group."
  }
}
