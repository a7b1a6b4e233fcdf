"""Spark jobs, queries and the warehouse."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.cost import units
from scripts.cost.charge import Charge, Month
from scripts.cost.context import Context, Resource

_TB = 1000.0
_FULL_READS = 5
"""How often a month all queries together read all of the lake."""
_DPU = {"G.1X": 1.0, "G.2X": 2.0, "G.025X": 0.25}
_NODES = {"ra3.xlplus": "redshift_ra3_xlplus", "ra3.large": "redshift_ra3_large"}
_BUSY_HOURS = 30.0
"""An hour a day: how long a serverless warehouse works in a month."""


def job(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge the runs of a Spark job: a start that costs the same every time, and what grows with the lake."""
    address = resource["address"]
    does = context.workload.of("jobs", address.rpartition('["')[2].removesuffix('"]'))
    hours = does.runs * does.hours + does.hours_per_million * context.month.transactions / 1e6
    price = "glue_flex_hours" if resource.get("execution_class") == "FLEX" else "glue_hours"
    yield Charge(address, price, hours * resource["number_of_workers"] * _DPU[resource["worker_type"]], "Spark jobs")


def workgroup(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge what Athena's queries scan."""
    terabytes = _FULL_READS * _lake_bytes(context) * context.month.transactions / units.GB / _TB
    yield Charge(resource["address"], "athena_scanned", terabytes, "queries")


def _lake_bytes(context: Context) -> float:
    lake = context.workload.buckets.get("lake")
    return lake.bytes if lake else 0.0


def serverless_warehouse(resource: Resource, context: Context) -> Iterator[Charge]:  # noqa: ARG001
    """Charge an hour a day at the base capacity."""
    capacity = resource.get("base_capacity") or 128
    yield Charge(resource["address"], "redshift_rpu_hours", capacity * _BUSY_HOURS, "warehouse")


def warehouse_storage(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge what lies in the warehouse: the lines of the lake once more."""
    stored = _lake_bytes(context)
    yield Charge(
        resource["address"],
        "redshift_storage",
        stored * context.month.transactions / units.GB * units.FIRST_MONTH,
        "warehouse",
    )


def cluster(resource: Resource, context: Context) -> Iterator[Charge]:  # noqa: ARG001
    """Charge the nodes of a provisioned warehouse."""
    price = _NODES.get(resource["node_type"], f"Redshift: node type {resource['node_type']}")
    yield Charge(resource["address"], price, (resource.get("number_of_nodes") or 1) * Month.HOURS, "warehouse")
