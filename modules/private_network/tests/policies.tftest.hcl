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

override_data {
  target = data.aws_availability_zones.region
  values = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
}

variables {
  name                = "txn-test"
  kms_key_arn         = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  interface_endpoints = { sqs = {}, kinesis-streams = {}, sns = { actions = ["sns:Publish"] } }
}

run "an_endpoint_lets_only_this_accounts_principals_reach_only_this_accounts_resources" {
  command = plan

  assert {
    condition = jsondecode(aws_vpc_endpoint.interface["sqs"].policy).Statement == jsondecode(jsonencode([{
      Sid       = "OwnPrincipalsToOwnResources"
      Effect    = "Allow"
      Action    = "sqs:*"
      Resource  = "*"
      Principal = { AWS = "*" }
      Condition = {
        StringEquals = { "aws:PrincipalAccount" = "123456789012", "aws:ResourceAccount" = "123456789012" }
      }
    }]))
    error_message = "Neither foreign credentials nor foreign resources may pass the endpoint."
  }
}

run "every_endpoint_holds_to_this_account" {
  command = plan

  assert {
    condition = alltrue([
      for endpoint in concat(values(aws_vpc_endpoint.interface), values(aws_vpc_endpoint.gateway)) :
      alltrue([
        for statement in jsondecode(endpoint.policy).Statement :
        statement.Condition.StringEquals == { "aws:PrincipalAccount" = "123456789012", "aws:ResourceAccount" = "123456789012" }
      ])
    ])
    error_message = "S3 and DynamoDB included, each statement must name the account on both sides."
  }
}

run "an_endpoint_whose_name_is_not_iams_gets_iams_actions" {
  command = plan

  assert {
    condition     = jsondecode(aws_vpc_endpoint.interface["kinesis-streams"].policy).Statement[0].Action == "kinesis:*"
    error_message = "The endpoint kinesis-streams serves actions that begin with kinesis:."
  }
}

run "named_actions_are_all_that_passes" {
  command = plan

  assert {
    condition     = jsondecode(aws_vpc_endpoint.interface["sns"].policy).Statement[0].Action == "sns:Publish"
    error_message = "Only the named actions may pass."
  }
}

run "named_actions_are_all_that_passes_a_gateway" {
  command = plan

  variables {
    gateway_endpoints = { dynamodb = { actions = ["dynamodb:GetItem"] }, s3 = { actions = ["s3:PutObject"] } }
  }

  assert {
    condition     = jsondecode(aws_vpc_endpoint.gateway["dynamodb"].policy).Statement[0].Action == "dynamodb:GetItem" && jsondecode(aws_vpc_endpoint.gateway["s3"].policy).Statement[0].Action == "s3:PutObject"
    error_message = "Only the named actions may pass."
  }
}

run "buckets_of_aws_are_readable_only_where_named" {
  command = plan

  variables {
    gateway_endpoints = { s3 = { aws_owned_objects = ["arn:aws:s3:::prod-eu-central-1-starport-layer-bucket/*"] } }
  }

  assert {
    condition = jsondecode(aws_vpc_endpoint.gateway["s3"].policy).Statement[1] == jsondecode(jsonencode({
      Sid       = "ReadWhatAwsKeepsInItsOwnBuckets"
      Effect    = "Allow"
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::prod-eu-central-1-starport-layer-bucket/*"
      Principal = { AWS = "*" }
    }))
    error_message = "The named objects must be readable, and nothing more."
  }

  assert {
    condition     = length(jsondecode(aws_vpc_endpoint.gateway["dynamodb"].policy).Statement) == 1
    error_message = "The exception is for S3 alone."
  }
}

run "only_this_accounts_flow_logs_take_the_role" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role.flow.assume_role_policy).Statement == jsondecode(jsonencode([{
      Sid       = "FlowLogsAssumeTheRole"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:aws:ec2:eu-central-1:123456789012:vpc-flow-log/*" }
        StringEquals = { "aws:SourceAccount" = "123456789012" }
      }
    }]))
    error_message = "The service must not be able to use the role for another account."
  }
}

run "flow_logs_may_write_to_their_own_group_and_nowhere_else" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.flow.policy).Statement == jsondecode(jsonencode([
      {
        Sid      = "WriteToTheGroup"
        Effect   = "Allow"
        Action   = ["logs:PutLogEvents", "logs:DescribeLogStreams", "logs:CreateLogStream"]
        Resource = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/vpc/txn-test:*"
      },
      {
        Sid      = "FindTheGroup"
        Effect   = "Allow"
        Action   = "logs:DescribeLogGroups"
        Resource = "*"
      },
    ]))
    error_message = "The role must write to the one group, and find it; it must not make groups."
  }
}
