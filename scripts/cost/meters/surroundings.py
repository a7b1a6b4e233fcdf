"""Alarms, keys, the network, the firewall, trails and rules: what stands around the way of a transaction."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.cost import units
from scripts.cost.charge import Charge, Month
from scripts.cost.context import Context, Resource
from scripts.errors import CommandError

KEY_WINDOW_SECONDS = 300
"""Queues, tables and streams keep a data key for five minutes."""
REQUESTS_A_WINDOW = 3
"""Two by who writes and one by who reads, as SQS reckons it."""
_HOLDERS = {
    "aws_sqs_queue": "kms_master_key_id",
    "aws_sns_topic": "kms_master_key_id",
    "aws_dynamodb_table": "server_side_encryption",
    "aws_kinesis_stream": "kms_key_id",
    "aws_s3_bucket": "",
    "aws_cloudwatch_event_bus": "kms_key_identifier",
    "aws_cloudwatch_log_group": "kms_key_id",
    "aws_lambda_function": "kms_key_arn",
}


def alarm(resource: Resource, context: Context) -> Iterator[Charge]:  # noqa: ARG001
    """Charge each metric that an alarm looks at."""
    queries = [query for query in resource.get("metric_query") or () if query["metric"]]
    yield Charge(resource["address"], "alarm_metrics", len(queries) or 1, "alarms")


def composite_alarm(resource: Resource, context: Context) -> Iterator[Charge]:  # noqa: ARG001
    """Charge an alarm on alarms."""
    yield Charge(resource["address"], "composite_alarms", 1, "alarms")


def dashboard(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge a dashboard; with the first one come the custom metrics that the functions write."""
    address = resource["address"]
    yield Charge(address, "dashboards", 1, "dashboards")
    first = next(other for other in context.resources if other["resource_type"] == resource["resource_type"])
    if first["address"] == address:
        yield Charge(address, "custom_metrics", context.workload.metrics, "metrics")


def key(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge a key, and a request for each data key that everything encrypted asks for anew.

    All of it is taken to be busy all the time, so that nothing grows with the transactions: a data key serves all
    of five minutes.
    """
    yield Charge(resource["address"], "keys", 1, "own key")
    holders = sum(1 for other in context.resources if _HOLDERS.get(other["resource_type"]) is not None)
    windows = Month.SECONDS / KEY_WINDOW_SECONDS
    yield Charge(resource["address"], "key_requests", holders * windows * REQUESTS_A_WINDOW, "own key")


def endpoint(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge an interface endpoint by zone and hour; the data of all of them comes with the first."""
    if resource.get("vpc_endpoint_type") != "Interface":
        return
    address = resource["address"]
    zones = len((resource.get("tags") or {}).get("Zones", "").split())  # the subnets' ids are not known to a plan
    if not zones:
        raise CommandError(f"{address} has no tag Zones: the cost model cannot count its zones.")
    yield Charge(address, "endpoint_hours", zones * Month.HOURS, "VPC endpoints")
    first = next(
        other
        for other in context.resources
        if other["resource_type"] == "aws_vpc_endpoint" and other.get("vpc_endpoint_type") == "Interface"
    )
    if first["address"] == address:
        gigabytes = context.workload.network_bytes * context.month.transactions / units.GB
        yield Charge(address, "endpoint_data", gigabytes, "VPC endpoints")


def flow_log(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge what the network's log takes in."""
    gigabytes = context.workload.flow_log_bytes * context.month.transactions / units.GB
    yield Charge(resource["address"], "log_ingestion", gigabytes, "flow log")
    yield Charge(resource["address"], "log_storage", gigabytes * units.LOG_COMPRESSION, "flow log")


def nat(resource: Resource, context: Context) -> Iterator[Charge]:  # noqa: ARG001
    """Charge a NAT gateway; no function of a system sends data through it."""
    yield Charge(resource["address"], "nat_hours", Month.HOURS, "NAT gateways")


def address(resource: Resource, context: Context) -> Iterator[Charge]:  # noqa: ARG001
    """Charge a public address."""
    yield Charge(resource["address"], "public_addresses", Month.HOURS, "NAT gateways")


def web_acl(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge a web ACL, its rules, and what it inspects."""
    yield Charge(resource["address"], "web_acls", 1, "WAF")
    yield Charge(resource["address"], "web_acl_rules", len(resource["rule"]), "WAF")
    requests = sum(api.requests for api in context.workload.apis.values()) * context.month.transactions
    yield Charge(resource["address"], "web_acl_requests", requests, "WAF")


def trail(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge data events; the first copy of management events is free."""
    events = context.workload.data_events * context.month.transactions + context.workload.idle_data_events
    yield Charge(resource["address"], "trail_data_events", events, "audit trail")


def recorder(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge a configuration item a month for everything planned."""
    yield Charge(resource["address"], "config_items", len(context.resources), "configuration rules")


def config_rule(resource: Resource, context: Context) -> Iterator[Charge]:  # noqa: ARG001
    """Charge a rule's evaluations, one a day."""
    yield Charge(resource["address"], "config_evaluations", Month.HOURS / 24, "configuration rules")


def user_pool(resource: Resource, context: Context) -> Iterator[Charge]:  # noqa: ARG001
    """Charge a hundred users a month: how many there are is nothing that transactions tell."""
    yield Charge(resource["address"], "token_requests", 100, "user pool")
