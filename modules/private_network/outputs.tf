output "lambda_vpc" {
  description = "The argument vpc of lambda_graviton: the private subnets and the functions' security group. It waits until the ways to the services are there."
  value = {
    subnet_ids         = toset([for subnet in aws_subnet.private : subnet.id])
    security_group_ids = toset([aws_security_group.functions.id])
  }

  depends_on = [
    aws_default_network_acl.https,
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
