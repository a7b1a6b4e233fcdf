# The real provider renders the policies; nothing is called, since a plan of new resources needs no answer from AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  name         = "txn-test-process"
  description  = "Scores transactions in order and commits the decisions"
  package_path = "./main.tf"
  handler      = "process.handler.handler"
  kms_key_arn  = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "only_lambda_assumes_the_role" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [{
      Sid       = "LambdaAssumesTheRole"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
    error_message = "The role must be for Lambda alone."
  }
}

run "a_function_that_is_given_nothing_may_log_trace_and_decrypt" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement == [
      {
        Sid      = "WriteToOwnLogGroup"
        Effect   = "Allow"
        Action   = ["logs:PutLogEvents", "logs:CreateLogStream"]
        Resource = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/txn-test-process:*"
      },
      {
        Sid      = "SendTraces"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*"
      },
      {
        Sid      = "Decrypt"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
      },
    ]
    error_message = "Without sources, destinations and statements the role must hold these three statements and no more."
  }
}

run "given_statements_are_added_word_for_word" {
  command = plan

  variables {
    policy_statements = {
      announce_decisions = {
        actions    = ["events:PutEvents"]
        resources  = ["arn:aws:events:eu-central-1:123456789012:event-bus/txn-test"]
        conditions = [{ test = "StringEquals", variable = "events:source", values = ["transaction-pipeline"] }]
      }
    }
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Sid == "AnnounceDecisions"] == [{
      Sid       = "AnnounceDecisions"
      Effect    = "Allow"
      Action    = "events:PutEvents"
      Resource  = "arn:aws:events:eu-central-1:123456789012:event-bus/txn-test"
      Condition = { StringEquals = { "events:source" = "transaction-pipeline" } }
    }]
    error_message = "The statement must appear as given, with its condition."
  }
}

run "the_configuration_tells_every_statement_that_the_role_holds" {
  command = plan

  variables {
    policy_statements = {
      send_on = { actions = ["sqs:SendMessage"], resources = ["arn:aws:sqs:eu-central-1:123456789012:q"] }
    }
    event_sources = { q = { kind = "sqs", arn = "arn:aws:sqs:eu-central-1:123456789012:q" } }
    vpc           = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition = output.configuration.policy_statements == {
      for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Sid => {
        effect    = s.Effect
        actions   = toset(flatten([s.Action]))
        resources = toset(flatten([s.Resource]))
      }
    }
    error_message = "What is told of the role must be its policy, no more and no less."
  }
}

run "a_queue_may_be_received_from_and_deleted_from" {
  command = plan

  variables {
    decrypt_key_arns = ["arn:aws:kms:eu-central-1:123456789012:key/99999999-2222-3333-4444-555555555555"]
    event_sources    = { q = { kind = "sqs", arn = "arn:aws:sqs:eu-central-1:123456789012:q" } }
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Sid == "ReadFromSqs"] == [{
      Sid      = "ReadFromSqs"
      Effect   = "Allow"
      Action   = ["sqs:ReceiveMessage", "sqs:GetQueueAttributes", "sqs:DeleteMessage"]
      Resource = "arn:aws:sqs:eu-central-1:123456789012:q"
    }]
    error_message = "The source must be readable, and nothing else of SQS."
  }

  assert {
    condition = toset(one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Sid == "Decrypt"]).Resource) == toset([
      "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555",
      "arn:aws:kms:eu-central-1:123456789012:key/99999999-2222-3333-4444-555555555555",
    ])
    error_message = "The source's key must be usable for decryption."
  }
}

run "a_table_stream_may_be_read_and_its_failures_delivered" {
  command = plan

  variables {
    event_sources = {
      changes = {
        kind           = "dynamodb"
        arn            = "arn:aws:dynamodb:eu-central-1:123456789012:table/t/stream/2026-11-20T00:00:00.000"
        on_failure_arn = "arn:aws:sqs:eu-central-1:123456789012:undelivered"
      }
    }
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Sid == "ReadFromDynamodb"] == [{
      Sid      = "ReadFromDynamodb"
      Effect   = "Allow"
      Action   = ["dynamodb:GetShardIterator", "dynamodb:GetRecords", "dynamodb:DescribeStream"]
      Resource = "arn:aws:dynamodb:eu-central-1:123456789012:table/t/stream/2026-11-20T00:00:00.000"
    }]
    error_message = "The stream, and not its table, must be readable."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.this.policy).Statement : { action = s.Action, resource = s.Resource } if startswith(s.Sid, "Deliver")] == [
      { action = "sqs:SendMessage", resource = "arn:aws:sqs:eu-central-1:123456789012:undelivered" },
    ]
    error_message = "Lambda delivers records given up with the function's role."
  }
}

run "a_kinesis_stream_may_be_read_and_nothing_is_granted_for_other_kinds" {
  command = plan

  variables {
    event_sources = {
      s = {
        kind           = "kinesis"
        arn            = "arn:aws:kinesis:eu-central-1:123456789012:stream/s"
        on_failure_arn = "arn:aws:sns:eu-central-1:123456789012:undelivered"
      }
    }
  }

  assert {
    condition = toset([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Sid]) == toset([
      "WriteToOwnLogGroup", "SendTraces", "Decrypt", "ReadFromKinesis", "Deliver0", "EncryptWhatIsDelivered",
    ])
    error_message = "Only what a Kinesis source needs may be granted."
  }

  assert {
    condition     = one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Sid == "Deliver0"]).Action == "sns:Publish"
    error_message = "A topic must be published to."
  }
}

run "a_target_of_experiments_may_read_what_it_is_told_to_inject_and_nothing_else_there" {
  command = plan

  variables {
    fault_injection = {
      layer_arn    = "arn:aws:lambda:eu-central-1:999999999999:layer:aws-fis-extension-arm64:9"
      location_arn = "arn:aws:s3:::txn-test-chaos/faults/"
    }
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.this.policy).Statement : jsonencode(s) if endswith(s.Sid, "Faults")] == [
      jsonencode({
        Sid       = "FindFaults"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = "arn:aws:s3:::txn-test-chaos"
        Condition = { StringLike = { "s3:prefix" = "faults/*" } }
      }),
      jsonencode({ Sid = "ReadFaults", Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::txn-test-chaos/faults/*" }),
    ]
    error_message = "The extension must find and read the folder, with the function's role."
  }
}

run "each_destination_gets_the_one_action_that_fits_it" {
  command = plan

  variables {
    destinations = {
      on_success_arn = "arn:aws:events:eu-central-1:123456789012:event-bus/txn-test"
      on_failure_arn = "arn:aws:lambda:eu-central-1:123456789012:function:txn-test-failed"
    }
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.this.policy).Statement : { action = s.Action, resource = s.Resource } if startswith(s.Sid, "Deliver")] == [
      { action = "events:PutEvents", resource = "arn:aws:events:eu-central-1:123456789012:event-bus/txn-test" },
      { action = "lambda:InvokeFunction", resource = "arn:aws:lambda:eu-central-1:123456789012:function:txn-test-failed" },
    ]
    error_message = "A destination must be reachable, and no other receiver."
  }
}

run "in_a_network_the_running_code_may_not_use_lambdas_permissions" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition = one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Effect == "Deny"]).Condition == {
      ArnEquals = { "lambda:SourceFunctionArn" = "arn:aws:lambda:eu-central-1:123456789012:function:txn-test-process" }
    }
    error_message = "The network permissions must be denied to the code."
  }

  assert {
    condition     = toset(one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Sid == "AttachToTheNetwork"]).Action) == toset(["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"])
    error_message = "Lambda must be able to attach the function."
  }
}

run "in_a_network_the_code_is_denied_everything_that_lambda_is_granted" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition = toset(one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Effect == "Deny"]).Action) == toset(flatten([
      for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Action if contains(["AttachToTheNetwork", "SeeTheNetwork"], s.Sid)
    ]))
    error_message = "What is granted for Lambda's sake must be denied to the code, action for action."
  }

  assert {
    condition     = one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Effect == "Deny"]).Resource == "*"
    error_message = "The Deny must not leave a resource out."
  }
}

run "in_a_network_changes_are_held_to_this_account_and_region" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Sid == "AttachToTheNetwork"]).Resource == "arn:aws:ec2:eu-central-1:123456789012:*/*"
    error_message = "AWS demands all resource ids for DeleteNetworkInterface, but not all accounts and regions."
  }

  assert {
    condition     = toset(one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Sid == "SeeTheNetwork"]).Action) == toset(["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"])
    error_message = "Only what AWS offers for no narrower resource may have the resource *."
  }
}

run "without_a_network_nothing_of_ec2_is_granted" {
  command = plan

  assert {
    condition     = !strcontains(aws_iam_role_policy.this.policy, "ec2:")
    error_message = "A function outside of a VPC needs nothing of EC2."
  }
}
