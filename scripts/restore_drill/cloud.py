"""The drill on AWS: a restore beside the table, which itself is only read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

from scripts.errors import CommandError
from scripts.restore_drill.report import Result
from scripts.restore_drill.steps import Say, Steps, rebuild
from scripts.restore_drill.systems import Drillable
from scripts.restore_drill.tables import Table

HOW = "RestoreTableToPointInTime of DynamoDB into a second table; the table itself was read, and nothing else."
PATIENCE_SECONDS = 900.0
"""How long to wait for what is on its way to the archive: it collects for up to five minutes."""
CHOICE = "--i-know-this-is-not-local"


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    Parameters
    ----------
    table
        The table whose content is restored beside it.
    bucket
        The archive to replay from; None: nothing is replayed.
    at
        The time to restore; None: the latest possible.
    keep
        Whether the second table stays.
    allowed
        Whether an AWS that is not local may be used.
    """

    table: str
    bucket: str | None
    at: datetime | None
    keep: bool
    allowed: bool


def plan(options: Options) -> list[str]:
    """Return what a drill would do, in sentences."""
    when = options.at.isoformat() if options.at else "the latest restorable second"
    return [
        f"read every row of {options.table} (billed: half a read unit for each 4 KB, twice that as consistent reads)",
        f"restore {when} into a new table {options.table}-restore-drill-TIME (billed: $0.15 for each GB)",
        f"replay onto the new table what the bucket {options.bucket} holds since then"
        if options.bucket
        else "replay nothing: no archive was named",
        f"reconcile every row and every sum of the new table with {options.table}",
        "keep the new table" if options.keep else "delete the new table",
        f"never write to {options.table}",
    ]


def is_local(endpoint: str) -> bool:
    """Say whether an endpoint is on this machine."""
    return urlsplit(endpoint).hostname in ("127.0.0.1", "localhost", "::1")


def refuse_unless_chosen(clients: list[Any], *, allowed: bool) -> None:
    """Refuse to go on where a client would reach an AWS that is not local, unless that was chosen.

    Raises
    ------
    CommandError
        If so.
    """
    foreign = [client.meta.endpoint_url for client in clients if not is_local(client.meta.endpoint_url)]
    if foreign and not allowed:
        raise CommandError(
            f"{foreign[0]} is not on this machine. If you mean it, add {CHOICE}; --dry-run says what would be done."
        )


def drill(system: Drillable, options: Options, client: Callable[[str], Any], say: Say) -> Result:
    """Run the drill; return what it reached.

    Parameters
    ----------
    system
        What is drilled.
    options
        What the user asked for.
    client
        Makes clients by the name of their service.
    say
        Shows a line.
    """
    dynamodb, s3 = client("dynamodb"), client("s3")
    refuse_unless_chosen([dynamodb, s3], allowed=options.allowed)
    steps = Steps(say)
    table = Table(dynamodb, options.table, system.key)
    if not table.exists():
        raise CommandError(f"there is no table {options.table} in this account and region.")
    failed_at = datetime.now(timezone.utc)
    second = Table(dynamodb, f"{options.table}-restore-drill-{failed_at:%Y%m%d%H%M%S}", system.key)
    restored_to = min(options.at, failed_at) if options.at else table.latest_restorable()
    with steps.step("note every row"):
        before = table.read()
    try:
        with steps.step("restore"):
            table.restore_as(second, restored_to)
        with steps.step("replay and reconcile"):
            rebuilt = rebuild(system, second, before, s3, options.bucket, restored_to, PATIENCE_SECONDS)
    finally:
        if not options.keep and second.exists():
            with steps.step("delete the second table"):
                second.delete()
    return Result(
        system=system.name,
        where=dynamodb.meta.endpoint_url,
        table=table.name,
        restored_as=second.name,
        how=HOW,
        restored_to=restored_to,
        failed_at=failed_at,
        whole_at=rebuilt.whole_at,
        rows_before=len(before),
        rows_restored=rebuilt.restored,
        changes_replayed=rebuilt.changes,
        unreadable_lines=rebuilt.unreadable,
        reconciliation=rebuilt.reconciliation,
        has_archive=options.bucket is not None,
        seconds=steps.seconds,
    )
