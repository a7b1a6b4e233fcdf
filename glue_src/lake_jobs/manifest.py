"""What a day's aggregates were made of: written last, so a run that broke off leaves none or an old one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Optional

from lake_jobs.storage import Storage

PREFIX = "processed/_manifests/daily-aggregates/"
SCHEMA = 1


@dataclass(frozen=True)
class Counts:
    """The books of a day's raw lines: lines = transactions + undecided + superseded + quarantined.

    Parameters
    ----------
    lines
        Lines that are not blank.
    transactions
        Decided transactions: what the aggregates count.
    undecided
        Transactions that were settled without a decision (rejected, failed): no spending.
    superseded
        Repetitions, and revisions below the highest.
    quarantined
        Lines that could not be read.
    """

    lines: int = 0
    transactions: int = 0
    undecided: int = 0
    superseded: int = 0
    quarantined: int = 0


@dataclass(frozen=True)
class Manifest:
    """How a day was written.

    Parameters
    ----------
    day
        The day, YYYY-MM-DD.
    objects, bytes, fingerprint
        Of the raw objects that went in, see `raw.Objects`.
    counts
        Of their lines.
    rows, profiles
        Rows of the day in daily-aggregates and in customer-profiles.
    """

    day: str
    objects: int
    bytes: int
    fingerprint: str
    counts: Counts
    rows: int
    profiles: int


def load(storage: Storage, day: date) -> Optional[Manifest]:
    """Return a day's manifest; None if there is none, or one of another format, and the day is to be made anew."""
    content = storage.read(_key(day))
    if content is None:
        return None
    document = json.loads(content)
    if document.pop("schema", None) != SCHEMA:
        return None
    return Manifest(**{**document, "counts": Counts(**document["counts"])})


def save(storage: Storage, manifest: Manifest) -> None:
    """Write a day's manifest."""
    document = {"schema": SCHEMA, **asdict(manifest)}
    storage.write(_key(date.fromisoformat(manifest.day)), f"{json.dumps(document, indent=2)}\n".encode())


def _key(day: date) -> str:
    return f"{PREFIX}{day}.json"
