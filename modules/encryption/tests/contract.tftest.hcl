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
}

variables {
  name = "txn-test"
}

run "the_key_is_rotated_every_year" {
  command = plan

  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "Rotation must be on."
  }
}

run "a_deletion_can_be_cancelled_for_thirty_days" {
  command = plan

  assert {
    condition     = aws_kms_key.this.deletion_window_in_days == 30
    error_message = "The longest window is the default: what the key encrypts is lost with it."
  }
}

run "the_key_has_an_alias_of_its_name" {
  command = plan

  assert {
    condition     = aws_kms_alias.this.name == "alias/txn-test" && output.alias_name == "alias/txn-test"
    error_message = "The alias must be alias/<name>."
  }
}

run "the_configuration_tells_what_the_key_was_given" {
  command = plan

  variables {
    deletion_window_days = 7
  }

  assert {
    condition     = output.configuration == { rotation = true, deletion_window_days = 7 }
    error_message = "Everything must be told as it was given, before it exists."
  }
}

run "a_name_with_a_slash_is_refused" {
  command = plan

  variables {
    name = "alias/txn-test"
  }

  expect_failures = [var.name]
}

run "a_name_that_begins_with_aws_is_refused" {
  command = plan

  variables {
    name = "aws-txn"
  }

  expect_failures = [var.name]
}

run "a_name_over_250_characters_is_refused" {
  command = plan

  variables {
    name = join("", [for i in range(251) : "k"])
  }

  expect_failures = [var.name]
}

run "a_deletion_window_below_seven_days_is_refused" {
  command = plan

  variables {
    deletion_window_days = 6
  }

  expect_failures = [var.deletion_window_days]
}

run "a_deletion_window_over_thirty_days_is_refused" {
  command = plan

  variables {
    deletion_window_days = 31
  }

  expect_failures = [var.deletion_window_days]
}

run "an_unknown_use_is_refused" {
  command = plan

  variables {
    uses = ["log_groups", "anything"]
  }

  expect_failures = [var.uses]
}

run "an_unknown_service_is_refused" {
  command = plan

  variables {
    via_services = ["ec2"]
  }

  expect_failures = [var.via_services]
}
