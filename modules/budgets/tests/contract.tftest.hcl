mock_provider "aws" {}

variables {
  name            = "txn-test"
  topic_arn       = "arn:aws:sns:eu-west-1:123456789012:txn-test-processing-failures"
  email_addresses = ["finance@example.com"]
}

run "the_budget_is_a_monthly_one_of_costs" {
  command = plan

  assert {
    condition     = aws_budgets_budget.this.budget_type == "COST" && aws_budgets_budget.this.time_unit == "MONTHLY" && aws_budgets_budget.this.limit_unit == "USD"
    error_message = "It must count US dollars a month."
  }
}

run "somebody_is_told_at_100_200_and_500_dollars_passed_and_forecast" {
  command = plan

  assert {
    condition = output.configuration.notifications == toset([
      "ACTUAL 100", "ACTUAL 200", "ACTUAL 500", "FORECASTED 100", "FORECASTED 200", "FORECASTED 500",
    ])
    error_message = "The defaults must be $100, $200 and $500, both ways."
  }

  assert {
    condition     = alltrue([for notification in aws_budgets_budget.this.notification : notification.threshold_type == "ABSOLUTE_VALUE" && notification.comparison_operator == "GREATER_THAN"])
    error_message = "Amounts must be dollars, not percent."
  }

  assert {
    condition     = output.configuration.limit == 500
    error_message = "The largest amount is the budget."
  }
}

run "amounts_of_ones_own_count" {
  command = plan

  variables {
    amounts = [20, 1000]
    notify  = { forecast = false }
  }

  assert {
    condition     = output.configuration.notifications == toset(["ACTUAL 20", "ACTUAL 1000"]) && output.configuration.limit == 1000
    error_message = "amounts and notify must be passed on."
  }
}

run "topic_and_people_hear_of_everything" {
  command = plan

  assert {
    condition = alltrue([
      for notification in aws_budgets_budget.this.notification :
      notification.subscriber_sns_topic_arns == toset([var.topic_arn]) && notification.subscriber_email_addresses == var.email_addresses
    ])
    error_message = "Each notification must go to the topic and to each address."
  }
}

run "only_what_bears_the_tag_counts" {
  command = plan

  variables {
    cost_tag = { key = "Project", values = ["txn", "txn-shared"] }
  }

  assert {
    condition     = one(aws_budgets_budget.this.cost_filter).name == "TagKeyValue" && toset(output.configuration.filters) == toset(["user:Project$txn", "user:Project$txn-shared"])
    error_message = "The filter must have AWS's form user:KEY$VALUE."
  }

  assert {
    condition     = length(aws_ce_cost_allocation_tag.this) == 0
    error_message = "Activation is the paying account's: not by default."
  }
}

run "without_a_tag_all_costs_of_the_account_count" {
  command = plan

  assert {
    condition     = length(aws_budgets_budget.this.cost_filter) == 0
    error_message = "No tag, no filter."
  }
}

run "the_paying_account_can_activate_the_tag" {
  command = plan

  variables {
    cost_tag          = { key = "Project", values = ["txn"] }
    activate_cost_tag = true
  }

  assert {
    condition     = aws_ce_cost_allocation_tag.this["Project"].status == "Active"
    error_message = "The tag must become a cost allocation tag."
  }
}

run "a_name_with_other_characters_is_refused" {
  command = plan
  variables {
    name = "txn:test"
  }
  expect_failures = [var.name]
}

run "no_amount_is_refused" {
  command = plan
  variables {
    amounts = []
  }
  expect_failures = [var.amounts]
}

run "more_amounts_than_aws_tells_of_are_refused" {
  command = plan
  variables {
    amounts = [1, 2, 3, 4, 5, 6]
  }
  expect_failures = [var.amounts]
}

run "cents_are_refused" {
  command = plan
  variables {
    amounts = [99.5]
  }
  expect_failures = [var.amounts]
}

run "a_budget_that_compares_nothing_is_refused" {
  command = plan
  variables {
    notify = { actual = false, forecast = false }
  }
  expect_failures = [var.notify]
}

run "a_tag_with_awss_prefix_is_refused" {
  command = plan
  variables {
    cost_tag = { key = "user:Project", values = ["txn"] }
  }
  expect_failures = [var.cost_tag]
}

run "a_tag_without_values_is_refused" {
  command = plan
  variables {
    cost_tag = { key = "Project", values = [] }
  }
  expect_failures = [var.cost_tag]
}

run "a_topic_that_is_none_is_refused" {
  command = plan
  variables {
    topic_arn = "txn-test"
  }
  expect_failures = [var.topic_arn]
}

run "an_address_that_is_none_is_refused" {
  command = plan
  variables {
    email_addresses = ["finance"]
  }
  expect_failures = [var.email_addresses]
}

run "more_addresses_than_aws_writes_to_are_refused" {
  command = plan
  variables {
    email_addresses = [for number in range(11) : "finance${number}@example.com"]
  }
  expect_failures = [var.email_addresses]
}

run "a_budget_that_tells_nobody_is_refused" {
  command = plan
  variables {
    topic_arn       = null
    email_addresses = []
  }
  expect_failures = [var.email_addresses]
}
