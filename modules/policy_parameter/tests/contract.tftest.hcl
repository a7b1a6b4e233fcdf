mock_provider "aws" {}

variables {
  name             = "txn-test-policy"
  kms_key_arn      = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  initial_document = "{\"schema\": 1, \"version\": \"test-1\"}"
}

run "the_document_is_encrypted_with_the_customer_key" {
  command = plan

  assert {
    condition     = aws_ssm_parameter.this.type == "SecureString" && aws_ssm_parameter.this.key_id == var.kms_key_arn
    error_message = "Thresholds and lists are nobody's business: a SecureString under the given key."
  }
}

run "the_first_version_is_the_given_text_byte_for_byte" {
  command = plan

  assert {
    condition     = aws_ssm_parameter.this.value == "{\"schema\": 1, \"version\": \"test-1\"}"
    error_message = "What is in the file and what is in the parameter must compare equal."
  }
}

run "the_configuration_tells_what_the_parameter_was_given" {
  command = plan

  assert {
    condition = output.configuration == {
      type            = "SecureString"
      tier            = "Intelligent-Tiering"
      kms_key_arn     = var.kms_key_arn
      document_sha256 = sha256(var.initial_document)
    }
    error_message = "Everything must be told as it was given, before it exists."
  }
}

run "a_document_above_four_kilobytes_needs_no_change_of_settings" {
  command = plan

  assert {
    condition     = aws_ssm_parameter.this.tier == "Intelligent-Tiering"
    error_message = "A list that grows in an attack must not meet a limit that a deployment has to lift."
  }
}

run "a_document_of_the_largest_size_is_taken" {
  command = plan

  variables {
    initial_document = jsonencode({ filler = format("%8179s", "") })
  }

  assert {
    condition     = length(aws_ssm_parameter.this.value) == 8192
    error_message = "8,192 bytes fit."
  }
}

run "made_once" {
  command = apply
}

run "a_later_apply_leaves_the_document_alone" {
  command = apply

  variables {
    initial_document = "{\"schema\": 1, \"version\": \"test-2\"}"
  }

  assert {
    condition     = jsondecode(aws_ssm_parameter.this.value).version == "test-1"
    error_message = "An apply must not undo what operators have put."
  }
}

run "a_document_that_no_parameter_holds_is_refused" {
  command = plan

  variables {
    initial_document = jsonencode({ filler = format("%8180s", "") })
  }

  expect_failures = [var.initial_document]
}

run "the_limit_counts_bytes_and_not_characters" {
  command = plan

  variables {
    initial_document = jsonencode({ filler = replace(format("%4200s", ""), " ", "é") })
  }

  expect_failures = [var.initial_document]
}

run "a_document_that_is_no_json_is_refused" {
  command = plan

  variables {
    initial_document = "{\"schema\": 1,}"
  }

  expect_failures = [var.initial_document]
}

run "a_document_that_is_no_object_is_refused" {
  command = plan

  variables {
    initial_document = "[1]"
  }

  expect_failures = [var.initial_document]
}

run "what_systems_manager_takes_for_a_reference_is_refused" {
  command = plan

  variables {
    initial_document = "{\"reason\": \"{{ssm:other}}\"}"
  }

  expect_failures = [var.initial_document]
}

run "a_name_that_aws_keeps_for_itself_is_refused" {
  command = plan

  variables {
    name = "ssmbank-dev-policy"
  }

  expect_failures = [var.name]
}

run "a_name_with_a_slash_is_refused" {
  command = plan

  variables {
    name = "/txn/policy"
  }

  expect_failures = [var.name]
}

run "an_alias_in_place_of_a_key_is_refused" {
  command = plan

  variables {
    kms_key_arn = "alias/aws/ssm"
  }

  expect_failures = [var.kms_key_arn]
}
