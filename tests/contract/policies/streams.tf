resource "aws_lambda_event_source_mapping" "good" {
  function_name                  = "good"
  starting_position              = "TRIM_HORIZON"
  maximum_retry_attempts         = 0
  maximum_record_age_in_seconds  = 3600
  bisect_batch_on_function_error = true

  destination_config {
    on_failure {
      destination_arn = "arn"
    }
  }
}

resource "aws_lambda_event_source_mapping" "bad_for_ever" {
  function_name                  = "bad"
  starting_position              = "LATEST"
  maximum_retry_attempts         = -1
  maximum_record_age_in_seconds  = 3600
  bisect_batch_on_function_error = true

  destination_config {
    on_failure {
      destination_arn = "arn"
    }
  }
}

resource "aws_lambda_event_source_mapping" "bad_age" {
  function_name                  = "bad"
  starting_position              = "LATEST"
  maximum_retry_attempts         = 3
  bisect_batch_on_function_error = true

  destination_config {
    on_failure {
      destination_arn = "arn"
    }
  }
}

resource "aws_lambda_event_source_mapping" "bad_whole_batch" {
  function_name                 = "bad"
  starting_position             = "LATEST"
  maximum_retry_attempts        = 3
  maximum_record_age_in_seconds = 3600

  destination_config {
    on_failure {
      destination_arn = "arn"
    }
  }
}

resource "aws_lambda_event_source_mapping" "bad_silent" {
  function_name                  = "bad"
  starting_position              = "LATEST"
  maximum_retry_attempts         = 3
  maximum_record_age_in_seconds  = 3600
  bisect_batch_on_function_error = true
}
