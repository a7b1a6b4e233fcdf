# The functions' network, and what stands in it. That each action of a function passes an endpoint is read from a real plan, in
# tests/contract/test_securebank.py.
# The first run applies, so that the others know what is only known then (ids).

mock_provider "aws" {
  source = "../mocks"
}

run "the_functions_run_in_private_subnets_of_two_zones_and_spend_outside" {
  command = apply

  assert {
    condition     = toset([for package, function in merge(module.functions, { reshard = module.reshard["this"] }) : package if !function.configuration.in_vpc]) == toset(["spend"])
    error_message = "Each function must be in the network, but for spend: an endpoint of Cost Explorer takes no policy."
  }

  assert {
    condition     = module.network["this"].configuration.zones == 2 && module.network["this"].configuration.public_subnets == 0
    error_message = "There must be a private subnet in each of two zones, and no other."
  }
}

run "the_network_leads_to_what_the_functions_call_and_nowhere_else" {
  command = plan

  assert {
    condition     = module.network["this"].configuration.gateway_endpoints == toset(["dynamodb", "s3"]) && module.network["this"].configuration.interface_endpoints == toset(["kinesis-streams", "monitoring", "sns", "ssm"])
    error_message = "There must be endpoints of S3, DynamoDB, Kinesis and what else the functions call."
  }

  assert {
    condition     = module.network["this"].configuration.endpoints_with_policies == toset(["dynamodb", "kinesis-streams", "monitoring", "s3", "sns", "ssm"])
    error_message = "Each endpoint must have a policy."
  }
}

run "functions_call_out_on_443_only" {
  command = plan

  assert {
    condition     = length(module.network["this"].configuration.function_egress) > 0 && alltrue([for rule in module.network["this"].configuration.function_egress : rule == { from_port = 443, to_port = 443, protocol = "tcp", to_addresses = [] }])
    error_message = "The functions' group must let out 443 to the endpoints, and nothing else."
  }

  assert {
    condition     = length(module.network["this"].configuration.data_ports) == 0
    error_message = "Without a data store no port must be open."
  }
}

run "there_is_no_way_to_the_internet_by_default" {
  command = plan

  assert {
    condition     = module.network["this"].configuration.internet_access == "none" && length(output.network.nat_addresses) == 0
    error_message = "Public subnets and NAT must be asked for."
  }
}

run "a_way_to_the_internet_can_be_had" {
  command = plan
  variables { network = { internet_access = "per_zone" } }

  assert {
    condition     = module.network["this"].configuration.internet_access == "per_zone" && length(module.network["this"].public_subnet_ids) == 2
    error_message = "Each zone must have a NAT gateway in a public subnet."
  }
}

run "the_functions_can_do_without_a_network" {
  command = plan
  variables { network = null }

  assert {
    condition     = length(module.network) == 0 && output.network == null && !anytrue([for function in module.functions : function.configuration.in_vpc])
    error_message = "Null must make no network."
  }
}

# --- table cache ------------------------------------------------------------------------------------------------------

run "there_is_no_table_cache_by_default" {
  command = plan

  assert {
    condition     = length(module.table_cache) == 0 && output.table_cache_endpoint == null
    error_message = "DAX is billed by the hour: it must be asked for."
  }
}

run "a_table_cache_is_encrypted_and_called_by_the_functions_group_only" {
  command = plan
  variables { table_cache = {} }

  assert {
    condition     = module.table_cache["this"].configuration == { nodes = 3, encrypted_at_rest = true, endpoint_encryption = "TLS" }
    error_message = "DAX must be encrypted at rest and on the way, on three nodes."
  }

  assert {
    condition     = module.network["this"].configuration.data_ports == toset([9111]) && contains(keys(module.monitoring.configuration.alarms), "cache-faults")
    error_message = "Its port must be open to the functions' group, and its faults must alarm."
  }
}

run "a_table_cache_without_a_network_is_refused" {
  command = plan
  variables {
    network     = null
    table_cache = {}
  }
  expect_failures = [var.table_cache]
}

# --- warehouse --------------------------------------------------------------------------------------------------------

run "there_is_no_warehouse_by_default" {
  command = plan

  assert {
    condition     = length(module.warehouse) == 0 && output.warehouse == null
    error_message = "A warehouse costs as long as it is there: it must be asked for."
  }
}

run "a_warehouse_is_private_encrypted_and_bounded" {
  command = plan
  variables { warehouse = {} }

  assert {
    condition     = module.warehouse["this"].configuration.kind == "serverless" && module.warehouse["this"].configuration.max_capacity == 32
    error_message = "It must be serverless, of 32 units at most."
  }

  assert {
    condition     = !module.warehouse["this"].configuration.publicly_accessible && module.warehouse["this"].configuration.require_ssl && module.warehouse["this"].configuration.kms_key_arn == output.kms_key_arn
    error_message = "It must not be public, must ask for TLS, and be encrypted with the key."
  }

  assert {
    condition     = output.warehouse.glue_database_name == module.lake.database_name && output.warehouse.workgroup_name == "securebank-warehouse-dev"
    error_message = "make warehouse must be told of the lake's database and of the workgroup."
  }
}

run "a_warehouse_has_three_zones_and_the_endpoints_that_it_needs" {
  command = plan
  variables { warehouse = {} }

  assert {
    condition     = module.network["this"].configuration.zones == 3 && length(setsubtract(["glue", "kms", "sts"], module.network["this"].configuration.interface_endpoints)) == 0
    error_message = "There must be three zones, and endpoints of glue, kms and sts."
  }

  assert {
    condition     = module.network["this"].configuration.data_ports == toset([5439])
    error_message = "The functions' group, and nobody else, must reach its port."
  }
}

run "a_warehouse_is_not_loaded_before_its_sql_is_installed" {
  command = plan
  variables { warehouse = {} }

  assert {
    condition     = alltrue([for call in module.warehouse["this"].configuration.calls : call.state == "DISABLED"])
    error_message = "Before make warehouse each load would fail."
  }
}

run "loads_that_fail_are_told" {
  command = plan
  variables { warehouse = { loads_enabled = true } }

  assert {
    condition     = alltrue([for call in module.warehouse["this"].configuration.calls : call.state == "ENABLED"])
    error_message = "Loads must run once they are switched on."
  }

  assert {
    condition     = length([for name in keys(module.monitoring.configuration.alarms) : name if startswith(name, "warehouse-")]) == length(module.warehouse["this"].alarms)
    error_message = "What the warehouse alarms about must be watched."
  }
}

run "a_warehouse_can_be_a_cluster" {
  command = plan
  variables { warehouse = { kind = "provisioned", nodes = 4 } }

  assert {
    condition     = module.warehouse["this"].configuration.kind == "provisioned" && !module.warehouse["this"].configuration.publicly_accessible && output.warehouse.cluster_identifier == "securebank-warehouse-dev"
    error_message = "A cluster must be had, and be as private."
  }
}

run "a_warehouse_without_a_network_is_refused" {
  command = plan
  variables {
    network   = null
    warehouse = {}
  }
  expect_failures = [var.warehouse]
}

run "a_serverless_warehouse_in_two_zones_is_refused" {
  command = plan
  variables {
    network   = { zones = 2 }
    warehouse = {}
  }
  expect_failures = [var.warehouse]
}
