data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

# Zones of the region itself: local zones and Wavelength zones have to be opted in to. Whatever state a zone is in: an
# outage must not make the next plan move the network.
data "aws_availability_zones" "region" {
  # checkov:skip=CKV_AWS_394:Names come sorted and AWS's new zones sort behind, so the first ones stay; zones.names pins them where that is not enough
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name

  first_zones = slice(
    data.aws_availability_zones.region.names,
    0,
    min(var.zones.count, length(data.aws_availability_zones.region.names)),
  )

  zones = coalesce(var.zones.names, local.first_zones)

  # The lower half of the address range in sixteenths; the upper half is for public subnets, in the same order.
  subnet_ranges = { for index, zone in local.zones : zone => cidrsubnet(var.cidr_block, 4, index) }

  # With one gateway for all zones, only its zone needs a public subnet.
  public_subnet_ranges = {
    for index, zone in local.zones : zone => cidrsubnet(var.cidr_block, 4, 8 + index)
    if var.internet_access == "per_zone" || var.internet_access == "single" && index == 0
  }

  https = 443
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr_block
  enable_dns_support   = true
  enable_dns_hostnames = true # private DNS of the endpoints needs both

  tags = { Name = var.name }

  lifecycle {
    precondition {
      condition     = length(local.subnet_ranges) >= 2
      error_message = "The region offers fewer than two zones."
    }

    precondition {
      condition     = var.zones.names != null || length(local.subnet_ranges) == var.zones.count
      error_message = "The region does not offer as many zones as zones.count asks for."
    }
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Subnets and their ways: none leads out, unless asked for
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_subnet" "private" {
  for_each = local.subnet_ranges

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-private-${each.key}" }
}

# One for each zone, so that a zone can get a way of its own (a NAT gateway) without touching the others.
resource "aws_route_table" "private" {
  for_each = local.subnet_ranges

  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_route_table_association" "private" {
  for_each = local.subnet_ranges

  subnet_id      = aws_subnet.private[each.key].id
  route_table_id = aws_route_table.private[each.key].id
}

# ---------------------------------------------------------------------------------------------------------------------
# The way out, by variable: private subnet -> NAT gateway in a public subnet -> internet gateway. Nothing gets in by it.
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_internet_gateway" "this" {
  for_each = local.internet

  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

# Nothing but the NAT gateways is in here, so no address is given out to anything else.
resource "aws_subnet" "public" {
  for_each = local.public_subnet_ranges

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_route_table" "public" {
  for_each = local.internet

  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-public" }
}

resource "aws_route" "public" {
  for_each = local.internet

  route_table_id         = aws_route_table.public[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[each.key].id
}

resource "aws_route_table_association" "public" {
  for_each = local.public_subnet_ranges

  subnet_id      = aws_subnet.public[each.key].id
  route_table_id = aws_route_table.public["this"].id
}

resource "aws_eip" "nat" {
  for_each = local.public_subnet_ranges

  domain = "vpc"

  tags = { Name = "${var.name}-nat-${each.key}" }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  for_each = local.public_subnet_ranges

  subnet_id     = aws_subnet.public[each.key].id
  allocation_id = aws_eip.nat[each.key].id

  tags = { Name = "${var.name}-${each.key}" }

  depends_on = [aws_route.public]
}

# In its own zone where there is a gateway, so that the loss of a zone takes nobody else's way.
resource "aws_route" "private" {
  for_each = var.internet_access == "none" ? {} : local.subnet_ranges

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = try(aws_nat_gateway.this[each.key], one(values(aws_nat_gateway.this))).id
}

locals {
  internet = var.internet_access == "none" ? toset([]) : toset(["this"])
}

# ---------------------------------------------------------------------------------------------------------------------
# What a VPC brings along by default, closed: whatever forgets to name a group or a route table gets nowhere
# ---------------------------------------------------------------------------------------------------------------------

resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-default-closed" }
}

resource "aws_default_route_table" "closed" {
  default_route_table_id = aws_vpc.this.default_route_table_id
  route                  = []

  tags = { Name = "${var.name}-default-closed" }
}

# The ACL of every subnet, of those to come too unless they get one of their own: HTTPS and its answers. It is stateless,
# so answers need rules; the ports of data stores lie in their range. It cannot name prefix lists: S3 and DynamoDB have
# public addresses, for which 0.0.0.0/0 stands; nothing else can be reached there, unless internet_access adds a route.
# DNS of the VPC passes it unseen.
resource "aws_default_network_acl" "https" {
  default_network_acl_id = aws_vpc.this.default_network_acl_id

  dynamic "ingress" {
    for_each = local.acl_rules.ingress

    content {
      action     = "allow"
      protocol   = "tcp"
      rule_no    = ingress.key
      cidr_block = ingress.value.cidr_block
      from_port  = ingress.value.from_port
      to_port    = ingress.value.to_port
    }
  }

  dynamic "egress" {
    for_each = local.acl_rules.egress

    content {
      action     = "allow"
      protocol   = "tcp"
      rule_no    = egress.key
      cidr_block = egress.value.cidr_block
      from_port  = egress.value.from_port
      to_port    = egress.value.to_port
    }
  }

  tags = { Name = "${var.name}-https" }

  lifecycle {
    # AWS adds each new subnet by itself.
    ignore_changes = [subnet_ids]
  }
}

locals {
  # Lambda calls from any port from 1,024 up.
  acl_rules = {
    ingress = {
      100 = { cidr_block = var.cidr_block, from_port = local.https, to_port = local.https }
      110 = { cidr_block = "0.0.0.0/0", from_port = 1024, to_port = 65535 }
    }
    egress = {
      100 = { cidr_block = "0.0.0.0/0", from_port = local.https, to_port = local.https }
      110 = { cidr_block = var.cidr_block, from_port = 1024, to_port = 65535 }
    }
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Security groups: functions -> 443 -> endpoints, S3, DynamoDB; by variable -> 443 -> internet, -> ports of data stores
# ---------------------------------------------------------------------------------------------------------------------

# Its rules stand in the group itself, so that Terraform takes away any that are added by hand.
resource "aws_security_group" "functions" {
  # checkov:skip=CKV2_AWS_5:Functions are attached to it where they are made (output lambda_vpc)
  name        = "${var.name}-functions"
  description = "Functions: call the endpoints, S3 and DynamoDB over HTTPS, and nothing else; are called by nobody"
  vpc_id      = aws_vpc.this.id
  ingress     = []

  egress {
    description     = "HTTPS to the interface endpoints"
    security_groups = [aws_security_group.endpoints.id]
    protocol        = "tcp"
    from_port       = local.https
    to_port         = local.https
  }

  egress {
    description     = "HTTPS to S3 and DynamoDB"
    prefix_list_ids = sort([for endpoint in aws_vpc_endpoint.gateway : endpoint.prefix_list_id])
    protocol        = "tcp"
    from_port       = local.https
    to_port         = local.https
  }

  dynamic "egress" {
    for_each = local.internet

    content {
      description = "HTTPS to the internet"
      cidr_blocks = ["0.0.0.0/0"]
      protocol    = "tcp"
      from_port   = local.https
      to_port     = local.https
    }
  }

  dynamic "egress" {
    for_each = var.data_ports

    content {
      description     = "To the data store ${egress.key}"
      security_groups = [aws_security_group.data["this"].id]
      protocol        = "tcp"
      from_port       = egress.value
      to_port         = egress.value
    }
  }

  tags = { Name = "${var.name}-functions" }
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "Interface endpoints: are called over HTTPS by who is in this network for it, and by nobody else; call nobody"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-endpoints" }
}

# A resource of its own, because each of the two groups names the other.
resource "aws_vpc_security_group_ingress_rule" "endpoints_from_functions" {
  security_group_id            = aws_security_group.endpoints.id
  description                  = "HTTPS from the functions"
  referenced_security_group_id = aws_security_group.functions.id
  ip_protocol                  = "tcp"
  from_port                    = local.https
  to_port                      = local.https
}

resource "aws_security_group" "data" {
  # checkov:skip=CKV2_AWS_5:Data stores are attached to it where they are made (output data_security_group_id)
  for_each = length(var.data_ports) == 0 ? toset([]) : toset(["this"])

  name        = "${var.name}-data"
  description = "Data stores: are called by the functions on their ports, and by nobody else"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-data" }
}

# Resources of their own, because each of the two groups names the other.
resource "aws_vpc_security_group_ingress_rule" "data_from_functions" {
  for_each = var.data_ports

  security_group_id            = aws_security_group.data["this"].id
  description                  = "${each.key} from the functions"
  referenced_security_group_id = aws_security_group.functions.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

locals {
  calling_stores = var.data_stores_call_services ? toset(["this"]) : toset([])
}

resource "aws_vpc_security_group_egress_rule" "endpoints_from_data" {
  for_each = local.calling_stores

  security_group_id            = aws_security_group.data[each.key].id
  description                  = "HTTPS to the interface endpoints"
  referenced_security_group_id = aws_security_group.endpoints.id
  ip_protocol                  = "tcp"
  from_port                    = local.https
  to_port                      = local.https
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_from_data" {
  for_each = local.calling_stores

  security_group_id            = aws_security_group.endpoints.id
  description                  = "HTTPS from the data stores"
  referenced_security_group_id = aws_security_group.data[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = local.https
  to_port                      = local.https
}

resource "aws_vpc_security_group_egress_rule" "s3_from_data" {
  for_each = local.calling_stores

  security_group_id = aws_security_group.data[each.key].id
  description       = "HTTPS to S3"
  prefix_list_id    = aws_vpc_endpoint.gateway["s3"].prefix_list_id
  ip_protocol       = "tcp"
  from_port         = local.https
  to_port           = local.https
}

# ---------------------------------------------------------------------------------------------------------------------
# Endpoints
# ---------------------------------------------------------------------------------------------------------------------

locals {
  # Services with an interface endpoint that takes a policy, by the name of the endpoint: how IAM calls them.
  interface_services = {
    appconfigdata    = "appconfig"
    athena           = "athena"
    events           = "events"
    glue             = "glue"
    kinesis-firehose = "firehose"
    kinesis-streams  = "kinesis"
    kms              = "kms"
    lambda           = "lambda"
    logs             = "logs"
    monitoring       = "cloudwatch"
    redshift-data    = "redshift-data"
    secretsmanager   = "secretsmanager"
    sns              = "sns"
    sqs              = "sqs"
    ssm              = "ssm"
    states           = "states"
    sts              = "sts"
  }
  gateway_services = { dynamodb = "dynamodb", s3 = "s3" }

  endpoints = merge(
    { for service, endpoint in var.interface_endpoints : service => merge(endpoint, { prefix = try(local.interface_services[service], service) }) },
    {
      s3       = { prefix = "s3", actions = var.gateway_endpoints.s3.actions, policy = var.gateway_endpoints.s3.policy }
      dynamodb = { prefix = "dynamodb", actions = var.gateway_endpoints.dynamodb.actions, policy = var.gateway_endpoints.dynamodb.policy }
    },
  )
}

# The most that can be done through an endpoint. It grants nothing: what a function may do stands in its role.
data "aws_iam_policy_document" "endpoint" {
  #checkov:skip=TXN_8:An endpoint policy grants nothing, it limits: what may be done stands in the roles. Where actions are named, they are all that passes.

  for_each = local.endpoints # also where a policy is given: it may only be known after the plan

  # Neither foreign credentials in here, nor ours towards foreign resources: data has no way out through a service.
  statement {
    sid       = "OwnPrincipalsToOwnResources"
    actions   = coalesce(each.value.actions, ["${each.value.prefix}:*"])
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [local.account]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceAccount"
      values   = [local.account]
    }
  }

  # AWS keeps programs and container layers in buckets of its own accounts, and reads them without our credentials.
  dynamic "statement" {
    for_each = each.key == "s3" && length(var.gateway_endpoints.s3.aws_owned_objects) > 0 ? [var.gateway_endpoints.s3.aws_owned_objects] : []

    content {
      sid       = "ReadWhatAwsKeepsInItsOwnBuckets"
      actions   = ["s3:GetObject"]
      resources = statement.value

      principals {
        type        = "AWS"
        identifiers = ["*"]
      }
    }
  }
}

locals {
  endpoint_policies = {
    for service, endpoint in local.endpoints :
    service => endpoint.policy == null ? data.aws_iam_policy_document.endpoint[service].json : endpoint.policy
  }
  endpoint_zones = {
    for service, endpoint in var.interface_endpoints : service => endpoint.single_zone ? slice(local.zones, 0, 1) : local.zones
  }
}

resource "aws_vpc_endpoint" "gateway" {
  #checkov:skip=TXN_9:An endpoint policy grants nothing, it limits: what may be done stands in the roles. Where actions are named, they are all that passes.

  for_each = local.gateway_services

  vpc_id            = aws_vpc.this.id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${local.region}.${each.key}"
  route_table_ids   = [for table in aws_route_table.private : table.id]
  policy            = local.endpoint_policies[each.key]

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_vpc_endpoint" "interface" {
  #checkov:skip=TXN_9:An endpoint policy grants nothing, it limits: what may be done stands in the roles. Where actions are named, they are all that passes.

  for_each = var.interface_endpoints

  vpc_id              = aws_vpc.this.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${local.region}.${each.key}"
  subnet_ids          = [for zone in local.endpoint_zones[each.key] : aws_subnet.private[zone].id]
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true # the SDKs' usual addresses lead here
  policy              = local.endpoint_policies[each.key]

  tags = {
    Name  = "${var.name}-${each.key}"
    Zones = join(" ", local.endpoint_zones[each.key]) # unlike the ids of the subnets, known to a plan
  }
}

# ---------------------------------------------------------------------------------------------------------------------
# Flow logs: who talked to whom, accepted or not
# ---------------------------------------------------------------------------------------------------------------------

locals {
  flow_log_group_name = "/aws/vpc/${var.name}"
  # Written out instead of read from the group, so that every plan shows the whole policy.
  flow_log_group_arn = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${local.flow_log_group_name}"
}

resource "aws_cloudwatch_log_group" "flow" {
  # checkov:skip=CKV_AWS_338:How long logs are kept is the caller's choice (argument log_retention_days, a year by default)
  name              = local.flow_log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

data "aws_iam_policy_document" "flow_assume_role" {
  statement {
    sid     = "FlowLogsAssumeTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:ec2:${local.region}:${local.account}:vpc-flow-log/*"]
    }
  }
}

# Without logs:CreateLogGroup, so that a deleted group does not come back without its key and retention.
data "aws_iam_policy_document" "flow_permissions" {
  statement {
    sid       = "WriteToTheGroup"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${local.flow_log_group_arn}:*"] # the group's streams: each network interface has its own
  }

  statement {
    sid       = "FindTheGroup"
    actions   = ["logs:DescribeLogGroups"]
    resources = ["*"] # AWS offers nothing narrower; it reveals names, not data.
  }
}

resource "aws_iam_role" "flow" {
  name               = "${var.name}-flow-logs"
  description        = "Writes the flow logs of the network ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.flow_assume_role.json
}

resource "aws_iam_role_policy" "flow" {
  name   = "permissions"
  role   = aws_iam_role.flow.name
  policy = data.aws_iam_policy_document.flow_permissions.json
}

resource "aws_flow_log" "this" {
  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  log_destination_type     = "cloud-watch-logs"
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  max_aggregation_interval = 60 # seconds; the other choice is ten minutes

  tags = { Name = var.name }

  depends_on = [aws_iam_role_policy.flow]
}
