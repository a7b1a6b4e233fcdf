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

override_data {
  target = data.aws_ssm_parameter.extension["this"]
  values = { insecure_value = "arn:aws:lambda:eu-west-1:999999999999:layer:aws-fis-extension-arm64:9" }
}

variables {
  name            = "txn-test-chaos"
  kms_key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  stop_alarm_arns = ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:txn-test-transactions-failed"]
  functions       = { process = { name = "txn-test-process", timeout_seconds = 30 } }
}

run "experiments_on_functions_may_tell_faults_and_look_at_these_functions" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == jsondecode(jsonencode([{
      Sid       = "ExperimentsAssumeTheRole"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "fis.amazonaws.com" }
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:aws:fis:eu-west-1:123456789012:experiment/*" }
        StringEquals = { "aws:SourceAccount" = "123456789012" }
      }
    }]))
    error_message = "Only experiments of this account and region may take the role."
  }

  assert {
    condition = jsonencode([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : [s.Sid, s.Action, s.Resource, can(s.Condition)]]) == jsonencode([
      ["SendTheLog", ["logs:DescribeResourcePolicies", "logs:DescribeLogGroups", "logs:CreateLogDelivery"], "*", false],
      ["TellFaults", ["s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::txn-test-chaos-123456789012-eu-west-1/faults/*", false],
      ["EncryptWhatIsTold", "kms:GenerateDataKey", "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555", false],
      ["InspectFunctions", "lambda:GetFunction", "arn:aws:lambda:eu-west-1:123456789012:function:txn-test-process", false],
      ["FindFunctions", "tag:GetResources", "*", false],
    ])
    error_message = "Experiments on functions need these grants, and none of Kinesis or the network."
  }

  assert {
    condition = jsonencode([for s in jsondecode(aws_s3_bucket_policy.this["this"].policy).Statement : [s.Sid, s.Effect, s.Action, s.Condition]]) == jsonencode([
      ["DenyPlainHttp", "Deny", "s3:*", { Bool = { "aws:SecureTransport" = "false" } }],
      ["OnlyExperimentsTellFaults", "Deny", "s3:PutObject", { ArnNotEquals = { "aws:PrincipalArn" = "arn:aws:iam::123456789012:role/txn-test-chaos-experiments" } }],
    ])
    error_message = "The bucket must refuse plain HTTP, and faults from anybody but the experiments' role."
  }

  assert {
    condition = jsonencode([for s in jsondecode(aws_cloudwatch_log_resource_policy.this.policy_document).Statement : [s.Principal, s.Resource, s.Condition]]) == jsonencode([[
      { Service = "delivery.logs.amazonaws.com" },
      "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/fis/txn-test-chaos:*",
      {
        ArnLike      = { "aws:SourceArn" = "arn:aws:logs:eu-west-1:123456789012:*" }
        StringEquals = { "aws:SourceAccount" = "123456789012" }
      },
    ]])
    error_message = "Log delivery must write to this group, in the name of this account."
  }
}

run "experiments_on_kinesis_and_subnets_may_touch_these_and_nothing_of_functions" {
  command = plan

  variables {
    functions       = {}
    kinesis_callers = { ingest = { role_arn = "arn:aws:iam::123456789012:role/role-ingest" } }
    subnets         = { vpc_id = "vpc-1", ids = ["subnet-1", "subnet-2"] }
  }

  assert {
    condition = toset([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Sid]) == toset([
      "SendTheLog", "ThrottleKinesis", "MarkTheCopy", "MakeTheCopy", "MakeTheCopyInTheNetwork", "ChangeTheCopy",
      "PutTheCopyInItsPlaceAndBack", "ReadAddressesOfServices", "SeeTheNetwork",
    ])
    error_message = "Only what these experiments need may be granted."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Condition if s.Sid == "ThrottleKinesis"] == jsondecode(jsonencode([{
      StringEquals                = { "fis:Service" = "kinesis" }
      "ForAllValues:StringEquals" = { "fis:Targets" = "arn:aws:iam::123456789012:role/role-ingest" }
    }]))
    error_message = "Errors may be injected into Kinesis alone, and into calls of the given roles alone."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(aws_iam_role_policy.this.policy).Statement :
      jsonencode(s.Condition.StringEquals) == jsonencode({ "aws:ResourceTag/managedByFIS" = "true" }) if s.Sid == "ChangeTheCopy"
    ])
    error_message = "A network ACL that is not FIS's own must not be changed."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.this.policy).Statement : [toset(s.Resource), s.Condition] if s.Sid == "PutTheCopyInItsPlaceAndBack"] == [[
      toset([
        "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1", "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-2",
        "arn:aws:ec2:eu-west-1:123456789012:network-acl/*",
      ]),
      { ArnEquals = { "ec2:Vpc" = "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1" } },
    ]]
    error_message = "Only the given subnets of the given network may get another network ACL."
  }
}
