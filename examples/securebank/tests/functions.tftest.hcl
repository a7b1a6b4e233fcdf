# What every function has, and what each may do.
# The first run applies, so that the others know what is only known then (ARNs).

mock_provider "aws" {
  source = "../mocks"
}

# Told apart from others of their kind, so that a wrong connection shows.
override_resource {
  target = module.events_topic.aws_sns_topic.this
  values = { arn = "arn:aws:sns:eu-west-1:123456789012:events" }
}

override_resource {
  target = module.monitoring.module.topic["processing_failures"].aws_sns_topic.this
  values = { arn = "arn:aws:sns:eu-west-1:123456789012:processing-failures" }
}

override_resource {
  target = module.monitoring.module.topic["fraud_alerts"].aws_sns_topic.this
  values = { arn = "arn:aws:sns:eu-west-1:123456789012:fraud-alerts" }
}

run "there_are_ten_functions" {
  command = apply

  assert {
    condition = output.function_names == {
      for package in ["customer_query", "ingest", "label", "lake", "report", "reshard", "spend", "stream_failed", "stream_process", "sweep"] :
      package => "securebank-${replace(package, "_", "-")}-dev"
    }
    error_message = "The functions must be the documented ones."
  }
}

run "every_function_may_do_what_it_calls_and_nothing_else" {
  command = plan

  assert {
    condition = {
      for package, function in merge(module.functions, { reshard = module.reshard["this"] }) : package => join(" ", sort(distinct(flatten([
        for sid, statement in function.configuration.policy_statements : tolist(statement.actions)
        if !contains(["WriteToOwnLogGroup", "SendTraces", "Decrypt", "AttachToTheNetwork", "SeeTheNetwork", "NetworkIsForLambdaNotForTheCode"], sid)
      ]))))
      } == {
      customer_query = "dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query"
      ingest         = "dynamodb:PutItem kinesis:PutRecord"
      label          = "dynamodb:GetItem dynamodb:UpdateItem"
      lake           = "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams kms:GenerateDataKey s3:PutObject sqs:SendMessage"
      report         = "cloudwatch:GetMetricData dynamodb:BatchGetItem dynamodb:Scan kms:GenerateDataKey s3:GetObject s3:ListBucket s3:PutObject s3:PutObjectRetention sns:Publish"
      reshard        = "cloudwatch:DescribeAlarms kinesis:DescribeStreamSummary kinesis:ListShards kinesis:UpdateShardCount kms:GenerateDataKey sns:Publish"
      spend          = "ce:GetCostAndUsage kms:GenerateDataKey sns:Publish"
      stream_failed  = "dynamodb:BatchGetItem dynamodb:PutItem dynamodb:UpdateItem kinesis:GetRecords kinesis:GetShardIterator sns:Publish sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage"
      stream_process = "dynamodb:BatchGetItem dynamodb:ConditionCheckItem dynamodb:PutItem dynamodb:UpdateItem kinesis:DescribeStream kinesis:DescribeStreamSummary kinesis:GetRecords kinesis:GetShardIterator kinesis:ListShards kinesis:SubscribeToShard kms:GenerateDataKey sns:Publish sqs:SendMessage ssm:GetParameter ssm:GetParameterHistory"
      sweep          = "dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem kinesis:PutRecord kms:GenerateDataKey sns:Publish"
    }
    error_message = "Each role must allow what the code calls and what Lambda itself needs, and nothing else."
  }
}

run "what_a_function_may_use_is_named" {
  command = plan

  assert {
    condition = {
      for package, function in merge(module.functions, { reshard = module.reshard["this"] }) : package => join(" ", sort([
        for sid, statement in function.configuration.policy_statements : sid if contains(statement.resources, "*") && !contains(["SendTraces", "SeeTheNetwork", "NetworkIsForLambdaNotForTheCode"], sid)
      ])) if anytrue([for sid, statement in function.configuration.policy_statements : contains(statement.resources, "*") && !contains(["SendTraces", "SeeTheNetwork", "NetworkIsForLambdaNotForTheCode"], sid)])
    } == { lake = "FindTableStreams", report = "CountCalls", spend = "ReadTheBill" }
    error_message = "Only what AWS offers no narrower resource for may be allowed on all."
  }
}

run "nothing_is_kept_warm_by_default" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.provisioned_concurrency == null && function.qualifier == null])
    error_message = "Provisioned concurrency is billed whether used or not: it must be asked for."
  }
}

run "the_functions_behind_the_api_can_be_kept_warm" {
  command = plan
  variables { provisioned_concurrency = { ingest = 5, customer_query = 2 } }

  assert {
    condition     = { for package, function in module.functions : package => function.configuration.provisioned_concurrency if function.configuration.provisioned_concurrency != null } == { ingest = 5, customer_query = 2 }
    error_message = "The asked-for environments must be kept warm, and none of another function."
  }
}

run "every_environment_is_encrypted_with_the_key" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.environment_is_encrypted && function.configuration.kms_key_arn == output.kms_key_arn])
    error_message = "Each environment must be encrypted with the key."
  }
}

run "every_scheduled_call_that_fails_is_told" {
  command = plan

  assert {
    condition     = alltrue([for package in ["report", "spend", "sweep"] : module.functions[package].configuration.on_failure_arn == module.monitoring.processing_failures_topic_arn])
    error_message = "A scheduled call that fails must be told to the topic of failures."
  }
}

run "logs_are_kept_for_a_year" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.log_retention_days == 365]) && module.api.configuration.access_log_retention_days == 365
    error_message = "Logs must be kept for a year."
  }
}

run "the_code_of_a_function_cannot_change_the_network" {
  command = plan

  assert {
    condition     = alltrue([for function in module.functions : function.configuration.policy_statements["NetworkIsForLambdaNotForTheCode"].effect == "Deny" if function.configuration.in_vpc])
    error_message = "What Lambda needs to attach a function must be denied to its code."
  }
}
