output "lambda_vpc" {
  description = "The argument vpc of lambda_graviton: the private subnets and the functions' security group. It waits until the ways to the services are there."
  value = {
    subnet_ids         = toset([for subnet in aws_subnet.private : subnet.id])
    security_group_ids = toset([aws_security_group.functions.id])
  }

  depends_on = [
    aws_default_network_acl.https,
    aws_route.private,
    aws_route_table_association.private,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_ingress_rule.endpoints_from_functions,
  ]
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "cidr_block" {
  description = "IPv4 range of the VPC."
  value       = aws_vpc.this.cidr_block
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, by zone."
  value       = { for zone, subnet in aws_subnet.private : zone => subnet.id }
}

output "private_route_table_ids" {
  description = "Ids of the private subnets' route tables, by zone."
  value       = { for zone, table in aws_route_table.private : zone => table.id }
}

output "functions_security_group_id" {
  description = "Id of the security group of the functions, for what is to let them in or be called by them."
  value       = aws_security_group.functions.id
}

output "endpoints_security_group_id" {
  description = "Id of the security group of the interface endpoints."
  value       = aws_security_group.endpoints.id
}

output "data_security_group_id" {
  description = "Id of the security group of data stores, null without data_ports."
  value       = one([for group in aws_security_group.data : group.id])
}

output "public_subnet_ids" {
  description = "Ids of the public subnets, by zone; none without internet_access. Nothing but the NAT gateways belongs there."
  value       = { for zone, subnet in aws_subnet.public : zone => subnet.id }
}

output "nat_addresses" {
  description = "Public addresses from which the functions call the internet, by the zone of the NAT gateway; none without internet_access."
  value       = { for zone, address in aws_eip.nat : zone => address.public_ip }
}

output "endpoint_ids" {
  description = "Ids of all endpoints by service, s3 and dynamodb included; for the condition aws:SourceVpce in policies of queues, buckets and keys."
  value = merge(
    { for service, endpoint in aws_vpc_endpoint.gateway : service => endpoint.id },
    { for service, endpoint in aws_vpc_endpoint.interface : service => endpoint.id },
  )
}

output "flow_log_group_name" {
  description = "Name of the log group of the flow logs."
  value       = aws_cloudwatch_log_group.flow.name
}

output "configuration" {
  description = "What the resources were given, for the checks of the root that composes it: names (Name tags, as the console shows them), zones (how many), public_subnets (that give out public addresses), internet_access, data_ports (in from the functions), gateway_endpoints and interface_endpoints (services), single_zone_endpoints (those of them that stand in one zone), endpoints_with_policies (services), function_egress (every way out of a function: from_port, to_port, protocol, to_addresses, which is empty where endpoints are named), flow_logs (traffic_type, retention_days)."
  value = {
    names = toset([
      for tagged in concat(
        [aws_vpc.this, aws_security_group.functions, aws_security_group.endpoints, aws_flow_log.this],
        values(aws_subnet.private), values(aws_vpc_endpoint.gateway), values(aws_vpc_endpoint.interface),
      ) : try(tagged.tags.Name, "") # a refresh may find one without: the outputs must still be there
    ])
    zones                   = length(aws_subnet.private)
    public_subnets          = length([for subnet in concat(values(aws_subnet.private), values(aws_subnet.public)) : subnet if subnet.map_public_ip_on_launch])
    internet_access         = var.internet_access
    data_ports              = toset([for rule in aws_vpc_security_group_ingress_rule.data_from_functions : rule.from_port])
    gateway_endpoints       = toset(keys(aws_vpc_endpoint.gateway))
    interface_endpoints     = toset(keys(aws_vpc_endpoint.interface))
    single_zone_endpoints   = toset([for service, endpoint in var.interface_endpoints : service if endpoint.single_zone])
    endpoints_with_policies = toset([for service, endpoint in merge(aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface) : service if endpoint.policy != null])
    function_egress = [
      for rule in aws_security_group.functions.egress : {
        from_port    = rule.from_port
        to_port      = rule.to_port
        protocol     = rule.protocol
        to_addresses = [for range in concat(coalesce(rule.cidr_blocks, []), coalesce(rule.ipv6_cidr_blocks, [])) : range]
      }
    ]
    flow_logs = {
      traffic_type   = aws_flow_log.this.traffic_type
      retention_days = aws_cloudwatch_log_group.flow.retention_in_days
    }
  }
}
