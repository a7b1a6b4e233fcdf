# Stream, and the function that decides what it brings.
# The first run applies, so that the others know what is only known then (ARNs).

mock_provider "aws" {
  source = "../mocks"
}

# Told apart from others of their kind, so that a wrong connection shows.
override_resource {
  target = module.stream_dead_letters.aws_sqs_queue.this
  values = { arn = "arn:aws:sqs:eu-west-1:123456789012:stream-given-up", url = "https://sqs.eu-west-1.amazonaws.com/123456789012/stream-given-up" }
}

override_resource {
  target = module.lake_dead_letters.aws_sqs_queue.this
  values = { arn = "arn:aws:sqs:eu-west-1:123456789012:lake-dead-letter", url = "https://sqs.eu-west-1.amazonaws.com/123456789012/lake-dead-letter" }
}

override_resource {
  target = module.reshard["this"].aws_lambda_function.this
  values = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:reshard" }
}

run "the_stream_has_four_shards" {
  command = apply

  assert {
    condition     = module.stream.configuration.mode == "PROVISIONED" && module.stream.configuration.shard_count == 4
    error_message = "The stream must be made with 4 shards."
  }
}

run "the_stream_remembers_a_day" {
  command = plan

  assert {
    condition     = module.stream.configuration.retention_hours == 24
    error_message = "The stream must keep records for 24 hours."
  }
}

run "the_stream_is_encrypted_with_the_key" {
  command = plan

  assert {
    condition     = module.stream.configuration.kms_key_arn == output.kms_key_arn
    error_message = "The stream must be encrypted with the key that is made here."
  }
}

run "the_stream_scales_between_2_and_40_shards" {
  command = plan

  assert {
    condition     = module.reshard["this"].configuration.environment.MINIMUM_SHARDS == "2" && module.reshard["this"].configuration.environment.MAXIMUM_SHARDS == "40"
    error_message = "The function reshard must scale between 2 and 40 shards."
  }

  assert {
    condition     = toset(flatten([for alarm in module.stream.configuration.load_alarms : alarm.alarm_actions])) == toset([module.reshard["this"].arn])
    error_message = "The alarms of the stream's load must call the function reshard."
  }

  assert {
    condition     = module.reshard["this"].configuration.environment.STREAM_NAME == module.stream.name
    error_message = "The function must scale this stream."
  }
}

run "the_stream_can_keep_the_number_of_its_shards" {
  command = plan
  variables {
    stream             = { shards = 8 }
    stream_autoscaling = null
  }

  assert {
    condition     = length(module.reshard) == 0 && length(module.stream.configuration.load_alarms) == 0 && module.stream.configuration.shard_count == 8
    error_message = "Without autoscaling there must be no function that scales, and the asked-for shards."
  }
}

run "the_stream_can_be_on_demand" {
  command = plan
  variables { stream = { on_demand = true } }

  assert {
    condition     = module.stream.configuration.mode == "ON_DEMAND" && length(module.reshard) == 0
    error_message = "On demand AWS scales, and nothing of ours does."
  }
}

run "the_processor_reads_the_stream" {
  command = plan

  assert {
    condition     = values(module.functions["stream_process"].configuration.event_sources)[*].arn == [module.stream.arn]
    error_message = "The one event source of stream_process must be the stream."
  }
}

run "the_processor_has_512_mb_and_30_seconds" {
  command = plan

  assert {
    condition     = module.functions["stream_process"].configuration.memory_mb == 512 && module.functions["stream_process"].configuration.timeout_seconds == 30
    error_message = "stream_process must have 512 MB and 30 seconds."
  }
}

run "the_processor_has_a_reserved_concurrency_of_1000" {
  command = plan

  assert {
    condition     = module.functions["stream_process"].configuration.reserved_concurrency == 1000
    error_message = "stream_process must have a reserved concurrency of 1,000."
  }

  assert {
    condition     = alltrue([for package, function in module.functions : function.configuration.reserved_concurrency == null if package != "stream_process"])
    error_message = "No other function may take from the account's pool."
  }
}

run "an_account_without_the_quota_can_do_without_the_reservation" {
  command = plan
  variables { processor_reserved_concurrency = null }

  assert {
    condition     = module.functions["stream_process"].configuration.reserved_concurrency == null
    error_message = "Null must reserve nothing."
  }
}

run "the_processor_takes_batches_of_100" {
  command = plan

  assert {
    condition     = module.functions["stream_process"].configuration.event_sources.transactions.batch_size == 100
    error_message = "A batch must have at most 100 records."
  }
}

run "a_failing_batch_is_halved_until_the_bad_record_is_alone" {
  command = plan

  assert {
    condition     = module.functions["stream_process"].configuration.event_sources.transactions.bisects
    error_message = "A failing batch must be bisected."
  }
}

run "retries_of_a_record_are_bounded" {
  command = plan

  assert {
    condition     = module.functions["stream_process"].configuration.event_sources.transactions.maximum_retries == 100 && module.functions["stream_process"].configuration.event_sources.transactions.maximum_age_seconds == 43200
    error_message = "The retries and the age of a record must be bounded."
  }
}

run "what_is_given_up_can_still_be_read" {
  command = plan

  assert {
    condition     = module.functions["stream_process"].configuration.event_sources.transactions.maximum_age_seconds < module.stream.configuration.retention_hours * 3600
    error_message = "A record must be given up before the stream forgets it."
  }
}

run "a_record_that_is_given_up_is_told_to_a_queue_that_is_read" {
  command = plan

  assert {
    condition     = module.functions["stream_process"].configuration.event_sources.transactions.failure_destination_arn == module.stream_dead_letters.queue_arn
    error_message = "What is given up must go to the queue stream-given-up."
  }

  assert {
    condition     = values(module.functions["stream_failed"].configuration.event_sources)[*].arn == [module.stream_dead_letters.queue_arn]
    error_message = "stream_failed must read that queue."
  }

  assert {
    condition     = 6 * module.functions["stream_failed"].configuration.timeout_seconds <= module.stream_dead_letters.configuration.visibility_timeout_seconds
    error_message = "The queue's visibility timeout must be at least six times its reader's timeout."
  }
}

run "retries_without_an_end_are_refused" {
  command = plan
  variables { processor = { maximum_retries = 0 } }
  expect_failures = [var.processor]
}

run "a_reservation_that_stops_the_processor_is_refused" {
  command = plan
  variables { processor_reserved_concurrency = 0 }
  expect_failures = [var.processor_reserved_concurrency]
}

run "what_waits_too_long_is_put_on_the_stream_again" {
  command = plan

  assert {
    condition     = module.functions["sweep"].configuration.environment.TRANSACTION_STREAM_NAME == module.stream.name && module.functions["sweep"].configuration.environment.RECEIVED_INDEX_NAME == "received-index"
    error_message = "sweep must find what waits, and know the stream."
  }
}

run "the_policy_is_the_document_of_weights" {
  command = plan

  assert {
    condition     = var.policy_document == "../../policy_documents/weights.json" && module.policy_parameter.configuration.document_sha256 == filesha256("${path.root}/${var.policy_document}")
    error_message = "The first document must be that of weights."
  }

  assert {
    condition     = jsondecode(file("${path.root}/${var.policy_document}")).policies.weights.thresholds.fraud == 9
    error_message = "More than 0.8, so from 9 tenths on, must be fraud."
  }

  assert {
    condition     = module.functions["stream_process"].configuration.environment.POLICY_PARAMETER == module.policy_parameter.name
    error_message = "stream_process must read that parameter."
  }
}

run "the_policy_document_is_encrypted_at_rest" {
  command = plan

  assert {
    condition     = module.policy_parameter.configuration.type == "SecureString" && module.policy_parameter.configuration.kms_key_arn == output.kms_key_arn
    error_message = "The parameter must be encrypted with the key."
  }
}

run "a_policy_document_that_does_not_exist_is_refused" {
  command = plan
  variables { policy_document = "nobody-wrote-this.json" }
  expect_failures = [var.policy_document]
}

run "the_namespace_of_metrics_is_SecureBank_in_production" {
  command = plan
  variables { environment = "prod" }

  assert {
    condition     = toset([for function in module.functions : function.configuration.environment.POWERTOOLS_METRICS_NAMESPACE]) == toset(["SecureBank"])
    error_message = "All functions must count in the namespace SecureBank."
  }
}

run "other_environments_do_not_count_into_productions_namespace" {
  command = plan

  assert {
    condition     = toset([for function in module.functions : function.configuration.environment.POWERTOOLS_METRICS_NAMESPACE]) == toset(["SecureBank/dev"])
    error_message = "Two environments of one account must not count as one."
  }
}
