# Names, region, and what is refused.
# The first run applies, so that the others know what is only known then (ARNs).

mock_provider "aws" {
  source = "../mocks"
}

run "names_are_system_purpose_and_environment" {
  command = apply
  variables { environment = "prod" }

  assert {
    condition = alltrue([
      for name in concat(
        values(output.function_names),
        [for table in module.tables : table.name],
        [for function in module.functions : function.configuration.role_name],
        [module.api.name, module.stream.name, module.policy_parameter.name, module.stream_dead_letters.queue_name, module.lake_dead_letters.name],
        [module.events_topic.name, module.lake.workgroup_name, module.budget.name, trimprefix(module.network["this"].flow_log_group_name, "/aws/vpc/"), module.monitoring.composite_alarm_name],
        [for url in output.dashboard_urls : basename(url)],
        module.monitoring.alarm_names,
      ) : can(regex("^securebank-[a-z0-9-]+-prod$", name))
    ])
    error_message = "Names must be securebank-{purpose}-{environment}."
  }
}

run "everything_is_made_in_us_east_1_by_default" {
  command = plan

  assert {
    condition     = var.region == "us-east-1"
    error_message = "The region must be us-east-1 by default."
  }
}

run "a_region_that_is_none_is_refused" {
  command = plan
  variables { region = "Virginia" }
  expect_failures = [var.region]
}

run "an_environment_that_breaks_names_is_refused" {
  command = plan
  variables { environment = "Prod_1" }
  expect_failures = [var.environment]
}

run "an_unknown_system_log_level_is_refused" {
  command = plan
  variables { system_log_level = "ERROR" }
  expect_failures = [var.system_log_level]
}

run "an_unknown_log_level_is_refused" {
  command = plan
  variables { log_level = "VERBOSE" }
  expect_failures = [var.log_level]
}

run "a_policy_that_is_never_read_again_is_refused" {
  command = plan
  variables { timing = { policy_refresh = 0 } }
  expect_failures = [var.timing]
}

run "a_sweep_that_overtakes_decisions_is_refused" {
  command = plan
  variables { timing = { sweep_after = 59 } }
  expect_failures = [var.timing]
}
