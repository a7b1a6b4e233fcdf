"""Tables, the cache before them, buckets and backups."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.cost import units
from scripts.cost.charge import Charge, Month
from scripts.cost.context import Context, Resource, name_of
from scripts.cost.meters.compute import mapped_calls

_LEAST_MOVED = 128 * 1024
"""Bytes below which a lifecycle leaves an object where it is."""
_DAX = {"dax.t3.small": "dax_t3_small", "dax.t3.medium": "dax_t3_medium", "dax.r5.large": "dax_r5_large"}


def table(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge units, the first month of storage, recovery and replicas of a table on demand."""
    address, count = resource["address"], context.month.transactions
    does = context.workload.of("tables", name_of(address))
    stored = does.stored_bytes * count / units.GB * units.FIRST_MONTH
    writes = does.writes + 2 * does.transactional_writes
    yield Charge(address, "table_writes", writes * count)
    yield Charge(address, "table_writes", does.index_writes * count, "indexes")
    yield Charge(address, "table_reads", does.reads * count + does.idle_reads)
    yield Charge(address, "table_storage", stored)
    if any(recovery["enabled"] for recovery in resource.get("point_in_time_recovery") or ()):
        yield Charge(address, "table_recovery", stored, "point-in-time recovery")
    for _ in resource.get("replica") or ():
        yield Charge(address, "table_replica_writes", (does.writes + does.transactional_writes) * count, "replicas")
        yield Charge(address, "table_storage", stored, "replicas")


def cache(resource: Resource, context: Context) -> Iterator[Charge]:  # noqa: ARG001
    """Charge the nodes of a DAX cluster."""
    price = _DAX.get(resource["node_type"], f"dax: node type {resource['node_type']}")
    yield Charge(resource["address"], price, resource["replication_factor"] * Month.HOURS, "DAX")


def bucket(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge PUTs, the first month of storage, and the move to the class that the lifecycle names."""
    address, count = resource["address"], context.month.transactions
    does = context.workload.of("buckets", name_of(address))
    objects = does.objects * (_calls_of(does.writer, context) if does.writer else count)
    yield Charge(address, "s3_puts", objects)
    stored = does.bytes * count
    yield Charge(address, "s3_storage", stored / units.GB * units.FIRST_MONTH)
    transitions = [
        transition["storage_class"]
        for lifecycle in context.beside(resource, "aws_s3_bucket_lifecycle_configuration")
        for rule in lifecycle.get("rule") or ()
        for transition in rule.get("transition") or ()
    ]
    moved = objects if objects and stored / objects >= _LEAST_MOVED else 0.0
    if transitions:
        yield Charge(address, "s3_transitions", moved)
    if "INTELLIGENT_TIERING" in transitions:
        yield Charge(address, "s3_tiering", moved)


def _calls_of(writer: str, context: Context) -> float:
    """Return how often a month the function called `writer` is called by its queue or stream."""
    for resource in context.resources:
        if resource["resource_type"] == "aws_lambda_function" and name_of(resource["address"]) == writer:
            return mapped_calls(resource, context.workload.of("functions", writer), context)[0]
    return 0.0


def analysis(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge storage class analysis by the objects of its bucket."""
    for other in context.beside(resource, "aws_s3_bucket"):
        puts = sum(charge.quantity for charge in bucket(other, context) if charge.price == "s3_puts")
        yield Charge(resource["address"], "s3_analysis", puts, "storage class analysis")


def replication(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge the copy of a bucket in another region: its way there and its first month."""
    for other in context.beside(resource, "aws_s3_bucket"):
        does = context.workload.of("buckets", name_of(other["address"]))
        gigabytes = does.bytes * context.month.transactions / units.GB
        yield Charge(resource["address"], "s3_replication", gigabytes, "bucket replication")
        yield Charge(resource["address"], "s3_storage", gigabytes * units.FIRST_MONTH, "bucket replication")


def vault(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge weekly copies of all tables: each is larger than the one before, and kept for less of the month."""
    stored = sum(figures.stored_bytes for figures in context.workload.tables.values())
    gigabytes = stored * context.month.transactions / units.GB
    kept = sum(week / 4 * (4 - week) / 4 for week in range(1, 5))
    yield Charge(resource["address"], "backup_storage", gigabytes * kept, "backups")
