"""What a drill has to know of each system: its table, and where what came after the backup is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Optional

from scripts import systems as deployable
from scripts.errors import CommandError
from scripts.restore_drill.changes import Change, event_change, lake_change


@dataclass(frozen=True)
class Archive:
    """Objects of JSON lines that outlive the table.

    Parameters
    ----------
    bucket
        The output that names the bucket.
    prefix
        What the keys of its objects begin with.
    read
        Reads a line; None for one that changed no row.
    hour
        What the keys of an hour's objects begin with, below the prefix, where objects are filed by the time at which
        they came; None where they are filed by event time, so that a late one lies anywhere.
    """

    bucket: str
    prefix: str
    read: Callable[[str], Optional[Change]]
    hour: Optional[Callable[[datetime], str]] = None


@dataclass(frozen=True)
class Drillable:
    """A system whose table can be lost and brought back.

    Parameters
    ----------
    name
        What the user calls it: SYSTEM=name.
    table
        The output that names the transactions table.
    key
        The table's key attributes.
    archive
        Where changes are kept besides the table; None: what came after the backup is lost.
    quiet_seconds
        For how long nothing may move before a local system counts as being at rest: longer than its longest wait.
    """

    name: str
    table: str
    key: tuple[str, ...]
    archive: Optional[Archive] = None
    quiet_seconds: float = 6.0


def _hour(at: datetime) -> str:
    return at.strftime("year=%Y/month=%m/day=%d/hour=%H/")


FLAGSHIP = Drillable(
    name=deployable.FLAGSHIP.name,
    table="transactions_table_name",
    key=("transaction_id",),
    archive=Archive("archive_bucket_name", "events/", event_change, _hour),
    quiet_seconds=26.0,  # a case without an answer ends 20 s later, and changes its transaction
)
MERCHANT_API = Drillable(deployable.MERCHANT_API.name, "transaction_table_name", ("transaction_id",))
STREAM_ALERTS = Drillable(deployable.STREAM_ALERTS.name, "transactions_table_name", ("transaction_id", "timestamp"))
SECUREBANK = Drillable(
    name=deployable.SECUREBANK.name,
    table="transactions_table_name",
    key=("customer_id", "timestamp"),
    archive=Archive("lake_bucket_name", "raw/transactions/", lake_change),
)

ALL = {system.name: system for system in (FLAGSHIP, MERCHANT_API, STREAM_ALERTS, SECUREBANK)}


def named(name: str) -> Drillable:
    """Return a system by its name.

    Raises
    ------
    CommandError
        If there is none of that name.
    """
    if name not in ALL:
        *others, last = ALL
        raise CommandError(f"SYSTEM must be {', '.join(others)} or {last}, not {name}.")
    return ALL[name]
