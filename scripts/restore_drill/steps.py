"""What a drill does on whatever AWS: rebuild a restored table, compare it with the lost one, time the steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from scripts.restore_drill import archive as archives
from scripts.restore_drill.reconcile import Reconciliation, Rows, reconcile
from scripts.restore_drill.systems import Drillable
from scripts.restore_drill.tables import Table

_LOOK_EVERY_SECONDS = 2.0

Say = Callable[[str], None]


@dataclass
class Steps:
    """Says what is being done, and remembers how long each step took.

    Parameters
    ----------
    say
        Shows a line.
    seconds
        By step.
    """

    say: Say
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step."""
        self.say(f"{name} ...")
        began = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - began, 1)
        self.say(f"{name}: {self.seconds[name]:.1f} s")


@dataclass(frozen=True)
class Rebuilt:
    """A restored table after the replay.

    Parameters
    ----------
    restored
        Rows that the backup brought back.
    changes
        How many changes the archive added.
    unreadable
        Lines of the archive that could not be read.
    reconciliation
        What became of each row.
    whole_at
        When it was done.
    """

    restored: int
    changes: int
    unreadable: int
    reconciliation: Reconciliation
    whole_at: datetime


def rebuild(
    system: Drillable,
    table: Table,
    before: Rows,
    s3: Any,
    bucket: str | None,
    since: datetime,
    patience_seconds: float,
) -> Rebuilt:
    """Replay onto a restored table what the archive has since a time, and reconcile it.

    Parameters
    ----------
    system
        What is drilled.
    table
        The restored table; no other is written to.
    before
        The rows as they were when the table was lost.
    s3, bucket
        A client, and the archive's bucket; None: nothing is replayed.
    since
        The time whose content was restored.
    patience_seconds
        How long to wait for what is still on its way to the archive.
    """
    rows = table.read()
    restored, changes, unreadable = len(rows), 0, 0
    deadline = time.monotonic() + patience_seconds
    while True:
        if system.archive is not None and bucket is not None:
            found = archives.changes_since(s3, bucket, system.archive, since)
            written, applied = archives.replayed(rows, found.changes)
            table.put(written.values())
            rows.update(written)
            changes += applied
            unreadable = found.unreadable
        reconciliation = reconcile(before, table.read())
        missing_only = bool(reconciliation.lost) and not reconciliation.differing
        if bucket is None or not missing_only or time.monotonic() > deadline:
            return Rebuilt(restored, changes, unreadable, reconciliation, datetime.now(timezone.utc))
        time.sleep(_LOOK_EVERY_SECONDS)
