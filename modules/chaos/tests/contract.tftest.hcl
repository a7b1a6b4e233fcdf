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
  mock_data "aws_ssm_parameter" {
    defaults = { insecure_value = "arn:aws:lambda:eu-west-1:999999999999:layer:aws-fis-extension-arm64:9" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/txn-test-chaos-experiments" }
  }
  mock_resource "aws_cloudformation_stack" {
    defaults = { outputs = { Id = "EXT1a2b3c4d5e6f7" } }
  }
}

variables {
  name        = "txn-test-chaos"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  stop_alarm_arns = [
    "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:txn-test-bus-undelivered",
    "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:txn-test-transactions-failed",
  ]
  functions = { process = { name = "txn-test-process", timeout_seconds = 30 } }
}

run "each_target_has_its_experiments_each_stopped_by_alarms_and_told_in_the_log" {
  command = apply

  variables {
    percent         = 50
    minutes         = 10
    kinesis_callers = { ingest = { role_arn = "arn:aws:iam::123456789012:role/role-ingest" } }
    subnets         = { vpc_id = "vpc-1", ids = ["subnet-1", "subnet-2"] }
  }

  assert {
    condition = toset(keys(output.template_ids)) == toset([
      "process-fails", "process-loses-answers", "process-times-out", "ingest-throttled", "network-without-dynamodb",
      "network-without-s3",
    ]) && output.template_ids["process-fails"] == "EXT1a2b3c4d5e6f7"
    error_message = "Every experiment must be there, and be startable by its id."
  }

  assert {
    condition = alltrue([
      for stack in aws_cloudformation_stack.experiment : alltrue([
        for template in [jsondecode(stack.template_body).Resources.Experiment.Properties] :
        template.StopConditions == jsondecode(jsonencode([for arn in sort(var.stop_alarm_arns) : { Source = "aws:cloudwatch:alarm", Value = arn }]))
        && template.ExperimentOptions == { AccountTargeting = "single-account", EmptyTargetResolutionMode = "fail" }
        && template.LogConfiguration.CloudWatchLogsConfiguration.LogGroupArn == "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/fis/txn-test-chaos:*"
        && template.RoleArn == output.role_arn
        && values(template.Actions)[0].Parameters.duration == "PT10M"
        && values(template.Targets)[0].SelectionMode == "ALL" && !can(values(template.Targets)[0].ResourceTags)
      ])
    ])
    error_message = "Every experiment must end by itself, be stopped by every alarm, name its targets, fail without them, stay in the account, and be logged."
  }

  assert {
    condition = {
      for key, stack in aws_cloudformation_stack.experiment : key => jsonencode([
        for template in [jsondecode(stack.template_body).Resources.Experiment.Properties] : [
          values(template.Actions)[0].ActionId,
          keys(values(template.Actions)[0].Targets)[0],
          { for name, value in values(template.Actions)[0].Parameters : name => value if name != "duration" },
          values(template.Targets)[0].ResourceType,
          sort(values(template.Targets)[0].ResourceArns),
        ]
      ]...)
      } == {
      for key, told in {
        "process-fails" = [
          "aws:lambda:invocation-error", "Functions", { invocationPercentage = "50", preventExecution = "true" },
          "aws:lambda:function", ["arn:aws:lambda:eu-west-1:123456789012:function:txn-test-process"],
        ]
        "process-loses-answers" = [
          "aws:lambda:invocation-error", "Functions", { invocationPercentage = "50", preventExecution = "false" },
          "aws:lambda:function", ["arn:aws:lambda:eu-west-1:123456789012:function:txn-test-process"],
        ]
        "process-times-out" = [
          "aws:lambda:invocation-add-delay", "Functions", { invocationPercentage = "50", startupDelayMilliseconds = "32000" },
          "aws:lambda:function", ["arn:aws:lambda:eu-west-1:123456789012:function:txn-test-process"],
        ]
        "ingest-throttled" = [
          "aws:fis:inject-api-throttle-error", "Roles", { operations = "PutRecord,PutRecords", percentage = "50", service = "kinesis" },
          "aws:iam:role", ["arn:aws:iam::123456789012:role/role-ingest"],
        ]
        "network-without-dynamodb" = [
          "aws:network:disrupt-connectivity", "Subnets", { scope = "dynamodb" }, "aws:ec2:subnet",
          ["arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1", "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-2"],
        ]
        "network-without-s3" = [
          "aws:network:disrupt-connectivity", "Subnets", { scope = "s3" }, "aws:ec2:subnet",
          ["arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1", "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-2"],
        ]
      } : key => jsonencode(told)
    }
    error_message = "Each experiment must do what its name says, to the target that it is about."
  }
}

run "functions_are_given_the_extension_of_their_architecture_and_where_it_is_told_what_to_inject" {
  command = plan

  assert {
    condition = output.fault_injection == {
      layer_arn    = "arn:aws:lambda:eu-west-1:999999999999:layer:aws-fis-extension-arm64:9"
      location_arn = "arn:aws:s3:::txn-test-chaos-123456789012-eu-west-1/faults/"
    } && endswith(data.aws_ssm_parameter.extension["this"].name, "/AWS-FIS-extension-arm64/1.x.x")
    error_message = "A function must get the extension for arm64, and the folder that FIS writes to."
  }

  assert {
    condition     = aws_s3_bucket.this["this"].bucket == "txn-test-chaos-123456789012-eu-west-1" && one(one(aws_s3_bucket_lifecycle_configuration.this["this"].rule).expiration).days == 1
    error_message = "The bucket must be the one that functions are told of, and leftovers must go after a day."
  }

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_server_side_encryption_configuration.this["this"].rule : one(rule.apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn])
    error_message = "The customer key must encrypt what FIS tells the functions."
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.this["this"].block_public_acls && aws_s3_bucket_public_access_block.this["this"].block_public_policy && aws_s3_bucket_public_access_block.this["this"].ignore_public_acls && aws_s3_bucket_public_access_block.this["this"].restrict_public_buckets
    error_message = "Nothing in the bucket may be public."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.this.retention_in_days == 365
    error_message = "The log must be encrypted with the customer key, and kept for a year unless told otherwise."
  }
}

run "without_functions_there_is_no_bucket_and_no_extension" {
  command = plan

  variables {
    functions = {}
    subnets   = { vpc_id = "vpc-1", ids = ["subnet-1"], from = ["s3"] }
  }

  assert {
    condition     = output.fault_injection == null && length(aws_s3_bucket.this) == 0 && keys(aws_cloudformation_stack.experiment) == ["network-without-s3"]
    error_message = "Only what has a target may be made."
  }
}

# --- refusals --------------------------------------------------------------------------------------------------------

run "an_experiment_that_no_alarm_stops_is_refused" {
  command = plan
  variables {
    stop_alarm_arns = []
  }
  expect_failures = [var.stop_alarm_arns]
}

run "limits_that_are_passed_and_targets_that_are_none_are_refused" {
  command = plan
  variables {
    name               = "Game_Day"
    kms_key_arn        = "alias/txn"
    log_retention_days = 100
    minutes            = 61
    percent            = 0
    kinesis_callers    = { ingest = { role_arn = "role-ingest" } }
    subnets            = { vpc_id = "vpc-1", ids = ["subnet-1"], from = ["sqs"] }
  }
  expect_failures = [
    var.name, var.kms_key_arn, var.log_retention_days, var.minutes, var.percent, var.kinesis_callers, var.subnets,
  ]
}

run "a_delay_that_fis_does_not_make_is_refused" {
  command = plan
  variables {
    functions = { process = { name = "txn-test-process", timeout_seconds = 899 } }
  }
  expect_failures = [var.functions]
}

run "nothing_to_experiment_with_is_refused" {
  command = plan
  variables {
    functions = {}
  }
  expect_failures = [var.functions]
}
