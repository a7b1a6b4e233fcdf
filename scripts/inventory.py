"""What exists in a local AWS, as names: enough to notice that something did not come back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.config import Config

from scripts import local_client

Inventory = dict[str, list[str]]

# service, operation, list in the answer, what identifies an entry
_LISTS: tuple[tuple[str, str, str, Callable[[Any], str]], ...] = (
    ("apigateway", "get_rest_apis", "items", lambda api: f"{api['id']} {api['name']}"),
    ("apigateway", "get_api_keys", "items", lambda key: str(key["id"])),
    ("apigateway", "get_usage_plans", "items", lambda plan: f"{plan['id']} {plan['apiStages']}"),
    ("athena", "list_work_groups", "WorkGroups", lambda group: str(group["Name"])),
    ("cloudwatch", "describe_alarms", "MetricAlarms", lambda alarm: str(alarm["AlarmName"])),
    ("dynamodb", "list_tables", "TableNames", str),
    ("ec2", "describe_security_groups", "SecurityGroups", lambda group: str(group["GroupId"])),
    ("ec2", "describe_subnets", "Subnets", lambda subnet: str(subnet["SubnetId"])),
    (
        "ec2",
        "describe_vpc_endpoints",
        "VpcEndpoints",
        lambda endpoint: f"{endpoint['VpcEndpointId']} {endpoint['ServiceName']}",
    ),
    ("events", "list_event_buses", "EventBuses", lambda bus: str(bus["Name"])),
    ("glue", "get_databases", "DatabaseList", lambda database: str(database["Name"])),
    ("glue", "get_jobs", "Jobs", lambda job: str(job["Name"])),
    ("glue", "get_triggers", "Triggers", lambda trigger: str(trigger["Name"])),
    ("iam", "list_roles", "Roles", lambda role: str(role["RoleName"])),
    ("kms", "list_aliases", "Aliases", lambda alias: f"{alias['AliasName']} {alias.get('TargetKeyId')}"),
    ("lambda", "list_functions", "Functions", lambda found: f"{found['FunctionName']} {found['CodeSha256']}"),
    (
        "lambda",
        "list_event_source_mappings",
        "EventSourceMappings",
        lambda mapping: f"{mapping['EventSourceArn']} {mapping['FunctionArn']} {mapping['State']}",
    ),
    ("logs", "describe_log_groups", "logGroups", lambda group: str(group["logGroupName"])),
    ("s3", "list_buckets", "Buckets", lambda bucket: str(bucket["Name"])),
    ("sns", "list_topics", "Topics", lambda topic: str(topic["TopicArn"])),
    ("sns", "list_subscriptions", "Subscriptions", lambda found: f"{found['TopicArn']} {found['Endpoint']}"),
    ("sqs", "list_queues", "QueueUrls", lambda url: str(url).rsplit("/", 1)[-1]),
    ("ssm", "describe_parameters", "Parameters", lambda parameter: str(parameter["Name"])),
    ("stepfunctions", "list_state_machines", "stateMachines", lambda machine: str(machine["name"])),
)


def take(endpoint: str, region: str) -> Inventory:
    """Return the sorted names of what exists in a region, by operation."""
    config = Config(connect_timeout=5, read_timeout=20, retries={"max_attempts": 1})
    client_of = local_client.clients(endpoint, region, config)
    clients = {service: client_of(service) for service in sorted({entry[0] for entry in _LISTS})}

    def names(entry: tuple[str, str, str, Callable[[Any], str]]) -> list[str]:
        service, operation, key, identity = entry
        client = clients[service]
        if client.can_paginate(operation):
            pages = list(client.get_paginator(operation).paginate())
        else:
            pages = [getattr(client, operation)()]
        return sorted(identity(item) for page in pages for item in page.get(key, []))

    with ThreadPoolExecutor(max_workers=4) as pool:
        found = {f"{entry[0]}:{entry[1]}": kept for entry, kept in zip(_LISTS, pool.map(names, _LISTS))}
    found["events:rules"] = _rules(clients["events"], found["events:list_event_buses"])
    return found


def _rules(events: Any, buses: list[str]) -> list[str]:
    return sorted(
        f"{bus} {rule['Name']} {rule['State']}"
        for bus in buses
        for page in events.get_paginator("list_rules").paginate(EventBusName=bus)
        for rule in page["Rules"]
    )


def difference(before: Inventory, after: Inventory) -> str | None:
    """Return the first thing that differs, in words, or None."""
    for kind in sorted(before.keys() | after.keys()):
        missing = set(before.get(kind, [])) ^ set(after.get(kind, []))
        if missing:
            return f"{kind}: {min(missing)}"
    return None
