"""What each feature costs: of those that a plan has, and of those that can be added to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scripts.cost.bill import Cost, System
from scripts.cost.charge import Charge
from scripts.cost.context import Resource, name_of
from scripts.cost.workload import Api, Function

# Features that are modules of their own: whatever they are charged for is the feature's.
_MODULES = {
    "case workflow": ("case_workflow", "case_context", "case_assess", "case_record", "cases", "review_queue"),
    "archive": ("archive", "archive_queue", "archive_bucket"),
    "priority route": ("route", "priority_queue"),
    "learning and drift": ("learn", "learn_dead_letters", "merchant_risk", "drift", "drift_windows", "label"),
    "lake": ("lake", "lake_dead_letters", "spark_jobs"),
    "compliance report": ("report", "reports"),
    "spending metric": ("spend",),
    "resharding": ("reshard",),
}
_OWNER = {module: feature for feature, modules in _MODULES.items() for module in modules}
_API = ("api_requests", "internet_out")


def feature_of(charge: Charge) -> str:
    """Return the feature that a line of the bill belongs to; `core` for what no system can do without."""
    if charge.feature:
        return charge.feature
    if charge.price in _API:
        return "REST API"
    return _OWNER.get(name_of(charge.address), "core")


@dataclass(frozen=True)
class Option:
    """Something that can be switched on: its name, in words what is priced, and the resources that it makes."""

    name: str
    what: str
    resources: Sequence[Resource]
    network_bytes: float = 0.0
    data_events: float = 0.0


def _made(kind: str, module: str, **attributes: object) -> Resource:
    return {"address": f"module.{module}.{kind}.this", "resource_type": kind, **attributes}


OPTIONS = (
    Option(
        "WAF",
        "a web ACL with five rules",
        [_made("aws_wafv2_web_acl", "firewall", rule=[{}] * 5)],
    ),
    Option(
        "VPC endpoints",
        "three interface endpoints in two zones, 20 KB a transaction",
        [
            {
                "address": f'module.network.aws_vpc_endpoint.interface["{service}"]',
                "resource_type": "aws_vpc_endpoint",
                "vpc_endpoint_type": "Interface",
                "tags": {"Zones": "a b"},
            }
            for service in ("sqs", "sns", "ssm")
        ],
        network_bytes=20_000,
    ),
    Option(
        "NAT gateways",
        "one in each of two zones, each with its address",
        [_made(kind, "network") for kind in ("aws_nat_gateway", "aws_nat_gateway", "aws_eip", "aws_eip")],
    ),
    Option(
        "provisioned concurrency",
        "10 warm environments of 1 GB",
        [
            _made("aws_lambda_provisioned_concurrency_config", "warm", provisioned_concurrent_executions=10),
            _made(
                "aws_lambda_function",
                "warm",
                memory_size=1024,
                tracing_config=[],
                logging_config=[{"system_log_level": "WARN"}],
            ),
        ],
    ),
    Option(
        "DAX",
        "three dax.t3.small nodes",
        [_made("aws_dax_cluster", "table_cache", node_type="dax.t3.small", replication_factor=3)],
    ),
    Option(
        "API cache",
        "0.5 GB",
        [_made("aws_api_gateway_stage", "cached", cache_cluster_enabled=True, cache_cluster_size="0.5")],
    ),
    Option("backups", "weekly copies of all tables", [_made("aws_backup_vault", "backup")]),
    Option(
        "audit trail",
        "data events of tables and buckets, 10 a transaction",
        [_made("aws_cloudtrail", "audit_trail")],
        data_events=10,
    ),
    Option(
        "warehouse",
        "Redshift Serverless, 8 RPU for an hour a day",
        [_made("aws_redshiftserverless_workgroup", "warehouse", base_capacity=8)],
    ),
)


def present(system: System, transactions: float) -> dict[str, Cost]:
    """Return what each feature of a plan costs in a month, the dearest first."""
    return system.by(feature_of, transactions)


def added(system: System, option: Option, transactions: float) -> Cost:
    """Return what switching something on would add to a month's bill, whether the plan has it or not."""
    workload = replace(
        system.workload,
        functions={"warm": Function()},
        apis={**system.workload.apis, "cached": Api()},
        network_bytes=option.network_bytes,
        data_events=option.data_events,
        idle_data_events=0,
    )
    return replace(system, resources=option.resources, workload=workload).total(transactions)
