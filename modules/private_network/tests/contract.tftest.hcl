mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }

  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/txn-test-flow-logs" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/vpc/txn-test" }
  }

  mock_resource "aws_vpc" {
    defaults = {
      id                     = "vpc-1"
      default_network_acl_id = "acl-default"
      default_route_table_id = "rtb-default"
    }
  }

}

override_resource {
  target = aws_vpc_endpoint.gateway["s3"]
  values = { id = "vpce-s3", prefix_list_id = "pl-s3" }
}

override_resource {
  target = aws_vpc_endpoint.gateway["dynamodb"]
  values = { id = "vpce-dynamodb", prefix_list_id = "pl-dynamodb" }
}

override_resource {
  target = aws_security_group.functions
  values = { id = "sg-functions" }
}

override_resource {
  target = aws_security_group.endpoints
  values = { id = "sg-endpoints" }
}

variables {
  name                = "txn-test"
  kms_key_arn         = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  interface_endpoints = { sqs = {}, sns = {} }
}

# --- addresses -------------------------------------------------------------------------------------------------------

run "two_zones_by_default_each_with_a_subnet_of_its_own" {
  command = plan

  assert {
    condition     = toset([for subnet in aws_subnet.private : subnet.availability_zone]) == toset(["eu-central-1a", "eu-central-1b"])
    error_message = "The first two zones of the region must get a private subnet each."
  }
}

run "as_many_zones_as_asked_for" {
  command = plan

  variables {
    zones = { count = 3 }
  }

  assert {
    condition     = length(aws_subnet.private) == 3 && length(aws_route_table.private) == 3
    error_message = "Each zone must get a subnet and a route table."
  }
}

run "named_zones_go_before_the_first_ones" {
  command = plan

  variables {
    zones = { names = ["eu-central-1b", "eu-central-1c"] }
  }

  assert {
    condition     = toset(keys(aws_subnet.private)) == toset(["eu-central-1b", "eu-central-1c"])
    error_message = "The named zones must be used, and no other."
  }
}

run "private_subnets_keep_to_the_lower_half_of_the_range" {
  command = plan

  variables {
    cidr_block = "10.1.0.0/16"
    zones      = { count = 3 }
  }

  assert {
    condition     = [for zone in sort(keys(aws_subnet.private)) : aws_subnet.private[zone].cidr_block] == ["10.1.0.0/20", "10.1.16.0/20", "10.1.32.0/20"]
    error_message = "Each zone must take a sixteenth from below, so that the upper half stays free."
  }
}

run "names_of_services_resolve_inside_the_network" {
  command = plan

  assert {
    condition     = aws_vpc.this.enable_dns_support && aws_vpc.this.enable_dns_hostnames
    error_message = "Private DNS of the endpoints needs DNS support and DNS host names."
  }
}

# --- ways ------------------------------------------------------------------------------------------------------------

run "no_subnet_gives_out_public_addresses" {
  command = plan

  assert {
    condition     = alltrue([for subnet in aws_subnet.private : subnet.map_public_ip_on_launch == false])
    error_message = "A private subnet must not give out public addresses."
  }
}

run "no_route_leads_out" {
  command = apply

  assert {
    condition     = alltrue([for table in aws_route_table.private : length(coalesce(table.route, [])) == 0])
    error_message = "Besides the endpoints' own routes there must be none: no internet gateway, no NAT."
  }
}

run "each_subnet_uses_the_route_table_of_its_zone" {
  command = apply

  assert {
    condition     = alltrue([for zone, link in aws_route_table_association.private : link.route_table_id == aws_route_table.private[zone].id && link.subnet_id == aws_subnet.private[zone].id])
    error_message = "No subnet may fall back to the VPC's main route table."
  }
}

run "there_is_no_way_out_unless_asked_for" {
  command = plan

  assert {
    condition = (
      length(aws_internet_gateway.this) == 0 && length(aws_nat_gateway.this) == 0 && length(aws_eip.nat) == 0 &&
      length(aws_subnet.public) == 0 && length(aws_route.private) == 0 && length(aws_route_table.public) == 0
    )
    error_message = "By default there must be nothing that leads out, and nothing that costs."
  }
}

run "a_single_gateway_serves_all_zones" {
  command = apply

  variables {
    internet_access = "single"
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["eu-central-1a"] && keys(aws_subnet.public) == ["eu-central-1a"]
    error_message = "One gateway, in the first zone."
  }

  assert {
    condition = length(aws_route.private) == 2 && alltrue([
      for zone, route in aws_route.private :
      route.nat_gateway_id == aws_nat_gateway.this["eu-central-1a"].id && route.destination_cidr_block == "0.0.0.0/0" && route.route_table_id == aws_route_table.private[zone].id
    ])
    error_message = "Every zone's private subnet must go out by it."
  }
}

run "a_gateway_in_each_zone_serves_its_own_zone" {
  command = apply

  variables {
    internet_access = "per_zone"
    zones           = { count = 3 }
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3 && alltrue([for zone, route in aws_route.private : route.nat_gateway_id == aws_nat_gateway.this[zone].id])
    error_message = "The loss of a zone must not cut off another one."
  }

  assert {
    condition = alltrue([
      for zone, gateway in aws_nat_gateway.this :
      gateway.subnet_id == aws_subnet.public[zone].id && gateway.allocation_id == aws_eip.nat[zone].id
    ])
    error_message = "Each gateway must lie in its zone's public subnet, with an address of its own."
  }
}

run "public_subnets_take_the_upper_half_of_the_range" {
  command = plan

  variables {
    cidr_block      = "10.1.0.0/16"
    internet_access = "per_zone"
    zones           = { count = 3 }
  }

  assert {
    condition     = [for zone in sort(keys(aws_subnet.public)) : aws_subnet.public[zone].cidr_block] == ["10.1.128.0/20", "10.1.144.0/20", "10.1.160.0/20"]
    error_message = "Public subnets must not touch the private ones."
  }

  assert {
    condition     = [for zone in sort(keys(aws_subnet.private)) : aws_subnet.private[zone].cidr_block] == ["10.1.0.0/20", "10.1.16.0/20", "10.1.32.0/20"]
    error_message = "Private subnets must stay where they are without them."
  }
}

run "not_even_a_public_subnet_gives_out_public_addresses" {
  command = plan

  variables {
    internet_access = "per_zone"
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch]) && output.configuration.public_subnets == 0
    error_message = "Only the NAT gateways have public addresses, which they are given."
  }
}

run "public_subnets_lead_to_the_internet_gateway" {
  command = apply

  variables {
    internet_access = "per_zone"
  }

  assert {
    condition     = aws_route.public["this"].gateway_id == aws_internet_gateway.this["this"].id && alltrue([for link in aws_route_table_association.public : link.route_table_id == aws_route_table.public["this"].id])
    error_message = "The gateways must reach the internet."
  }
}

# --- what a VPC brings along -----------------------------------------------------------------------------------------

run "the_default_security_group_lets_nothing_through" {
  command = plan

  # Where there is no rule at all, the provider takes away those that AWS made.
  assert {
    condition     = length(coalesce(aws_default_security_group.closed.ingress, [])) == 0 && length(coalesce(aws_default_security_group.closed.egress, [])) == 0
    error_message = "The VPC's default security group must be empty."
  }
}

run "the_network_acl_of_every_subnet_lets_only_https_and_its_answers_through" {
  command = plan

  assert {
    condition = toset([for rule in aws_default_network_acl.https.ingress : "${rule.action} ${rule.protocol} ${rule.from_port}-${rule.to_port} ${rule.cidr_block}"]) == toset([
      "allow tcp 443-443 10.0.0.0/20",
      "allow tcp 1024-65535 0.0.0.0/0",
    ])
    error_message = "Into the subnets: HTTPS from the network itself, and answers."
  }

  assert {
    condition = toset([for rule in aws_default_network_acl.https.egress : "${rule.action} ${rule.protocol} ${rule.from_port}-${rule.to_port} ${rule.cidr_block}"]) == toset([
      "allow tcp 443-443 0.0.0.0/0",
      "allow tcp 1024-65535 10.0.0.0/20",
    ])
    error_message = "Out of the subnets: HTTPS, and answers to the network itself."
  }
}

run "the_default_route_table_leads_nowhere" {
  command = plan

  assert {
    condition     = length(aws_default_route_table.closed.route) == 0
    error_message = "The VPC's main route table must be empty."
  }
}

# --- security groups -------------------------------------------------------------------------------------------------

run "functions_reach_the_endpoints_s3_and_dynamodb_over_https_and_nothing_else" {
  command = apply

  assert {
    condition = alltrue([
      for rule in aws_security_group.functions.egress :
      rule.protocol == "tcp" && rule.from_port == 443 && rule.to_port == 443 &&
      length(coalesce(rule.cidr_blocks, [])) == 0 && length(coalesce(rule.ipv6_cidr_blocks, [])) == 0 && !coalesce(rule.self, false)
    ])
    error_message = "Functions may call groups and prefix lists on 443, never addresses."
  }

  assert {
    condition     = toset(flatten([for rule in aws_security_group.functions.egress : tolist(coalesce(rule.security_groups, []))])) == toset(["sg-endpoints"])
    error_message = "The only group that functions may call is the endpoints'."
  }

  assert {
    condition     = toset(flatten([for rule in aws_security_group.functions.egress : coalesce(rule.prefix_list_ids, [])])) == toset(["pl-s3", "pl-dynamodb"])
    error_message = "The only prefix lists that functions may call are those of S3 and DynamoDB."
  }
}

run "with_internet_access_functions_call_the_internet_over_https_and_nothing_else" {
  command = apply

  variables {
    internet_access = "single"
  }

  assert {
    condition     = toset(flatten([for rule in aws_security_group.functions.egress : coalesce(rule.cidr_blocks, [])])) == toset(["0.0.0.0/0"])
    error_message = "The internet must be added."
  }

  assert {
    condition     = alltrue([for rule in aws_security_group.functions.egress : rule.protocol == "tcp" && rule.from_port == 443 && rule.to_port == 443])
    error_message = "Functions must call on 443 only."
  }
}

run "there_is_no_group_of_data_stores_unless_asked_for" {
  command = plan

  assert {
    condition     = length(aws_security_group.data) == 0 && length(aws_vpc_security_group_ingress_rule.data_from_functions) == 0 && output.data_security_group_id == null
    error_message = "Without data_ports there must be no group."
  }
}

run "data_stores_are_reached_by_functions_on_their_ports_only" {
  command = apply

  variables {
    data_ports = { dax = 9111, redshift = 5439 }
  }

  assert {
    condition = { for name, rule in aws_vpc_security_group_ingress_rule.data_from_functions : name => rule.from_port } == { dax = 9111, redshift = 5439 } && alltrue([
      for rule in aws_vpc_security_group_ingress_rule.data_from_functions :
      rule.security_group_id == aws_security_group.data["this"].id && rule.referenced_security_group_id == "sg-functions" &&
      rule.cidr_ipv4 == null && rule.ip_protocol == "tcp" && rule.to_port == rule.from_port
    ])
    error_message = "Only the functions' group may call the stores, and only on their ports."
  }

  assert {
    condition = toset([
      for rule in aws_security_group.functions.egress : rule.from_port if contains(tolist(coalesce(rule.security_groups, [])), aws_security_group.data["this"].id)
    ]) == toset([5439, 9111])
    error_message = "The functions must be let out to them."
  }

  assert {
    condition     = output.data_security_group_id == aws_security_group.data["this"].id
    error_message = "The group must be given out, for the stores."
  }
}

run "data_stores_call_nobody_unless_asked_for" {
  command = plan

  variables {
    data_ports = { redshift = 5439 }
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.endpoints_from_data) + length(aws_vpc_security_group_egress_rule.s3_from_data) + length(aws_vpc_security_group_ingress_rule.endpoints_from_data) == 0
    error_message = "A data store must call nobody by default."
  }
}

run "data_stores_can_call_the_endpoints_and_s3_over_https" {
  command = apply

  variables {
    data_ports                = { redshift = 5439 }
    data_stores_call_services = true
  }

  assert {
    condition = (
      aws_vpc_security_group_egress_rule.endpoints_from_data["this"].security_group_id == aws_security_group.data["this"].id &&
      aws_vpc_security_group_egress_rule.endpoints_from_data["this"].referenced_security_group_id == "sg-endpoints" &&
      aws_vpc_security_group_egress_rule.endpoints_from_data["this"].cidr_ipv4 == null &&
      aws_vpc_security_group_egress_rule.endpoints_from_data["this"].from_port == 443
    )
    error_message = "The stores must be let out to the endpoints, on 443."
  }

  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.endpoints_from_data["this"].security_group_id == "sg-endpoints" &&
      aws_vpc_security_group_ingress_rule.endpoints_from_data["this"].referenced_security_group_id == aws_security_group.data["this"].id &&
      aws_vpc_security_group_ingress_rule.endpoints_from_data["this"].from_port == 443
    )
    error_message = "The endpoints must let them in, on 443."
  }

  assert {
    condition = (
      aws_vpc_security_group_egress_rule.s3_from_data["this"].security_group_id == aws_security_group.data["this"].id &&
      aws_vpc_security_group_egress_rule.s3_from_data["this"].prefix_list_id == "pl-s3" &&
      aws_vpc_security_group_egress_rule.s3_from_data["this"].cidr_ipv4 == null &&
      aws_vpc_security_group_egress_rule.s3_from_data["this"].from_port == 443
    )
    error_message = "The stores must be let out to S3, on 443."
  }
}

run "calling_stores_without_a_port_are_refused" {
  command = plan
  variables { data_stores_call_services = true }
  expect_failures = [var.data_stores_call_services]
}

run "nobody_calls_functions_over_the_network" {
  command = apply

  assert {
    condition     = length(aws_security_group.functions.ingress) == 0
    error_message = "Lambda calls functions from inside: nothing needs to be let in."
  }
}

run "endpoints_are_reached_by_functions_over_https_only" {
  command = apply

  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.endpoints_from_functions.security_group_id == "sg-endpoints" &&
      aws_vpc_security_group_ingress_rule.endpoints_from_functions.referenced_security_group_id == "sg-functions" &&
      aws_vpc_security_group_ingress_rule.endpoints_from_functions.cidr_ipv4 == null &&
      aws_vpc_security_group_ingress_rule.endpoints_from_functions.ip_protocol == "tcp" &&
      aws_vpc_security_group_ingress_rule.endpoints_from_functions.from_port == 443 &&
      aws_vpc_security_group_ingress_rule.endpoints_from_functions.to_port == 443
    )
    error_message = "The endpoints may be called by the functions' group on 443."
  }
}

# --- endpoints -------------------------------------------------------------------------------------------------------

run "s3_and_dynamodb_are_always_reachable_from_every_subnet" {
  command = apply

  variables {
    interface_endpoints = {}
  }

  assert {
    condition = (
      aws_vpc_endpoint.gateway["s3"].service_name == "com.amazonaws.eu-central-1.s3" &&
      aws_vpc_endpoint.gateway["dynamodb"].service_name == "com.amazonaws.eu-central-1.dynamodb" &&
      alltrue([for endpoint in aws_vpc_endpoint.gateway : endpoint.vpc_endpoint_type == "Gateway"])
    )
    error_message = "S3 and DynamoDB must have gateway endpoints."
  }

  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.gateway : toset(endpoint.route_table_ids) == toset([for table in aws_route_table.private : table.id])])
    error_message = "The gateway endpoints must be in the route table of every zone."
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0
    error_message = "Interface endpoints cost money: none unless asked for."
  }
}

run "each_named_service_is_reachable_by_its_usual_name_in_every_zone" {
  command = apply

  assert {
    condition     = toset([for endpoint in aws_vpc_endpoint.interface : endpoint.service_name]) == toset(["com.amazonaws.eu-central-1.sqs", "com.amazonaws.eu-central-1.sns"])
    error_message = "Each named service must get its endpoint, and no other."
  }

  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.vpc_endpoint_type == "Interface" && endpoint.private_dns_enabled])
    error_message = "The services' usual names must lead to the endpoints."
  }

  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.interface : toset(endpoint.subnet_ids) == toset([for subnet in aws_subnet.private : subnet.id])])
    error_message = "Each endpoint must be in every zone, so that the loss of one does not cut off the others."
  }

  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.interface : one(endpoint.security_group_ids) == "sg-endpoints"])
    error_message = "The endpoints must have the endpoints' security group and no other."
  }
}

run "an_endpoint_can_stand_in_the_first_zone_alone" {
  command = apply

  variables {
    interface_endpoints = { sqs = {}, kms = { single_zone = true } }
    zones               = { names = ["eu-central-1c", "eu-central-1b"] }
  }

  assert {
    condition     = toset(aws_vpc_endpoint.interface["kms"].subnet_ids) == toset([aws_subnet.private["eu-central-1c"].id])
    error_message = "A single_zone endpoint must be in the first of the zones, and be billed for no other."
  }

  assert {
    condition     = { for service, endpoint in aws_vpc_endpoint.interface : service => endpoint.tags.Zones } == { kms = "eu-central-1c", sqs = "eu-central-1c eu-central-1b" }
    error_message = "A plan must tell the zones: the cost model counts them."
  }

  assert {
    condition     = toset(aws_vpc_endpoint.interface["sqs"].subnet_ids) == toset([for subnet in aws_subnet.private : subnet.id])
    error_message = "The other endpoints must stay in every zone."
  }

  assert {
    condition     = output.configuration.single_zone_endpoints == toset(["kms"])
    error_message = "The configuration must tell which endpoints stand in one zone."
  }
}

run "a_given_policy_stands_instead_of_the_modules" {
  command = plan

  variables {
    interface_endpoints = {
      sqs = { policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Mine\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}" }
    }
    gateway_endpoints = {
      s3 = { policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"MyBuckets\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}" }
    }
  }

  assert {
    condition     = jsondecode(aws_vpc_endpoint.interface["sqs"].policy).Statement[0].Sid == "Mine" && jsondecode(aws_vpc_endpoint.gateway["s3"].policy).Statement[0].Sid == "MyBuckets"
    error_message = "The caller's policies must be used."
  }
}

# --- flow logs -------------------------------------------------------------------------------------------------------

run "all_traffic_is_logged_accepted_or_not" {
  command = apply

  assert {
    condition = (
      aws_flow_log.this.vpc_id == aws_vpc.this.id && aws_flow_log.this.traffic_type == "ALL" &&
      aws_flow_log.this.log_destination_type == "cloud-watch-logs" &&
      aws_flow_log.this.log_destination == aws_cloudwatch_log_group.flow.arn &&
      aws_flow_log.this.iam_role_arn == aws_iam_role.flow.arn
    )
    error_message = "The whole VPC's traffic must be logged to the network's own group, by its own role."
  }

  assert {
    condition     = aws_flow_log.this.max_aggregation_interval == 60
    error_message = "A record must not take ten minutes."
  }
}

run "flow_logs_are_encrypted_and_kept_for_a_year_unless_told_otherwise" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.flow.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.flow.retention_in_days == 365
    error_message = "The flow logs must be encrypted with kms_key_arn and kept for 365 days."
  }
}

run "the_retention_of_flow_logs_can_be_set" {
  command = plan

  variables {
    log_retention_days = 30
  }

  assert {
    condition     = aws_cloudwatch_log_group.flow.retention_in_days == 30
    error_message = "log_retention_days must be passed on."
  }
}

# --- outputs ---------------------------------------------------------------------------------------------------------

run "the_output_for_functions_holds_all_private_subnets_and_their_group" {
  command = apply

  assert {
    condition     = output.lambda_vpc.subnet_ids == toset(values(output.private_subnet_ids)) && output.lambda_vpc.security_group_ids == toset(["sg-functions"])
    error_message = "lambda_vpc must be what lambda_graviton takes."
  }

  assert {
    condition     = toset(keys(output.endpoint_ids)) == toset(["dynamodb", "s3", "sns", "sqs"])
    error_message = "endpoint_ids must hold every endpoint by its service."
  }
}

run "the_configuration_tells_what_the_network_was_given" {
  command = plan

  variables {
    log_retention_days = 30
  }

  assert {
    condition = { for name, value in output.configuration : name => value if name != "function_egress" } == {
      names = toset(concat(
        ["txn-test", "txn-test-functions", "txn-test-endpoints"],
        [for part in ["private-eu-central-1a", "private-eu-central-1b", "dynamodb", "s3", "sns", "sqs"] : "txn-test-${part}"],
      ))
      zones                   = 2
      public_subnets          = 0
      internet_access         = "none"
      data_ports              = toset([])
      gateway_endpoints       = toset(["dynamodb", "s3"])
      interface_endpoints     = toset(["sns", "sqs"])
      single_zone_endpoints   = toset([])
      endpoints_with_policies = toset(["dynamodb", "s3", "sns", "sqs"])
      flow_logs               = { traffic_type = "ALL", retention_days = 30 }
    }
    error_message = "Everything must be told as it was given, before it exists."
  }

  assert {
    condition     = length(output.configuration.function_egress) > 0 && alltrue([for rule in output.configuration.function_egress : rule == { from_port = 443, to_port = 443, protocol = "tcp", to_addresses = [] }])
    error_message = "Every way out of a function must be told."
  }
}

# --- refusals --------------------------------------------------------------------------------------------------------

run "a_name_over_54_characters_is_refused" {
  command = plan
  variables {
    name = "a1234567890123456789012345678901234567890123456789012345"
  }
  expect_failures = [var.name]
}

run "a_public_range_is_refused" {
  command = plan
  variables {
    cidr_block = "8.8.0.0/20"
  }
  expect_failures = [var.cidr_block]
}

run "a_range_that_does_not_begin_with_its_first_address_is_refused" {
  command = plan
  variables {
    cidr_block = "10.0.0.1/20"
  }
  expect_failures = [var.cidr_block]
}

run "a_range_too_small_for_the_endpoints_is_refused" {
  command = plan
  variables {
    cidr_block = "10.0.0.0/23"
  }
  expect_failures = [var.cidr_block]
}

run "a_range_larger_than_aws_allows_is_refused" {
  command = plan
  variables {
    cidr_block = "10.0.0.0/15"
  }
  expect_failures = [var.cidr_block]
}

run "a_single_zone_is_refused" {
  command = plan
  variables {
    zones = { count = 1 }
  }
  expect_failures = [var.zones]
}

run "the_same_zone_twice_is_refused" {
  command = plan
  variables {
    zones = { names = ["eu-central-1a", "eu-central-1a"] }
  }
  expect_failures = [var.zones]
}

run "more_zones_than_the_region_has_are_refused" {
  command = plan
  variables {
    zones = { count = 4 }
  }
  expect_failures = [aws_vpc.this]
}

run "another_way_out_is_refused" {
  command = plan
  variables {
    internet_access = "all"
  }
  expect_failures = [var.internet_access]
}

run "a_port_that_the_acl_does_not_let_through_is_refused" {
  command = plan
  variables {
    data_ports = { web = 80 }
  }
  expect_failures = [var.data_ports]
}

run "a_name_of_a_port_with_capitals_is_refused" {
  command = plan
  variables {
    data_ports = { DAX = 9111 }
  }
  expect_failures = [var.data_ports]
}

run "an_unknown_service_is_refused" {
  command = plan
  variables {
    interface_endpoints = { sqss = {} }
  }
  expect_failures = [var.interface_endpoints]
}

run "a_second_endpoint_for_dynamodb_is_refused" {
  command = plan
  variables {
    interface_endpoints = { dynamodb = {} }
  }
  expect_failures = [var.interface_endpoints]
}

run "wildcard_actions_of_an_endpoint_are_refused" {
  command = plan
  variables {
    interface_endpoints = { sqs = { actions = ["sqs:*"] } }
  }
  expect_failures = [var.interface_endpoints]
}

run "actions_of_another_service_are_refused" {
  command = plan
  variables {
    interface_endpoints = { kinesis-streams = { actions = ["sqs:SendMessage"] } }
  }
  expect_failures = [var.interface_endpoints]
}

run "an_endpoint_through_which_nothing_may_pass_is_refused" {
  command = plan
  variables {
    interface_endpoints = { sqs = { actions = [] } }
  }
  expect_failures = [var.interface_endpoints]
}

run "actions_and_a_policy_together_are_refused" {
  command = plan
  variables {
    interface_endpoints = { sqs = { actions = ["sqs:SendMessage"], policy = "{\"Statement\":[]}" } }
  }
  expect_failures = [var.interface_endpoints]
}

run "a_policy_that_is_not_json_is_refused" {
  command = plan
  variables {
    interface_endpoints = { sqs = { policy = "allow all" } }
  }
  expect_failures = [var.interface_endpoints]
}

run "wildcard_actions_of_a_gateway_are_refused" {
  command = plan
  variables {
    gateway_endpoints = { s3 = { actions = ["s3:Get*"] } }
  }
  expect_failures = [var.gateway_endpoints]
}

run "a_gateways_policy_that_is_not_json_is_refused" {
  command = plan
  variables {
    gateway_endpoints = { dynamodb = { policy = "allow all" } }
  }
  expect_failures = [var.gateway_endpoints]
}

run "buckets_of_aws_beside_a_policy_of_ones_own_are_refused" {
  command = plan
  variables {
    gateway_endpoints = { s3 = { policy = "{\"Statement\":[]}", aws_owned_objects = ["arn:aws:s3:::aws-bucket/*"] } }
  }
  expect_failures = [var.gateway_endpoints]
}

run "all_buckets_as_buckets_of_aws_are_refused" {
  command = plan
  variables {
    gateway_endpoints = { s3 = { aws_owned_objects = ["arn:aws:s3:::*/*"] } }
  }
  expect_failures = [var.gateway_endpoints]
}

run "a_key_that_is_no_key_arn_is_refused" {
  command = plan
  variables {
    kms_key_arn = "alias/txn"
  }
  expect_failures = [var.kms_key_arn]
}

run "a_retention_that_cloudwatch_does_not_offer_is_refused" {
  command = plan
  variables {
    log_retention_days = 100
  }
  expect_failures = [var.log_retention_days]
}
