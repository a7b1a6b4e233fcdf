"""What a drill reached, against what was promised: the times, the counts, the verdict; and its file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Optional

from pipeline.domain.times import to_text
from scripts.restore_drill.reconcile import EXAMPLES, Reconciliation

RTO = timedelta(hours=1)
"""Within this the table's content has to be there again."""
RPO = timedelta(minutes=5)
"""Changes older than this, counted from the loss, must not be lost."""
NAME = "report.json"


@dataclass
class Result:
    """One drill.

    Parameters
    ----------
    system, where, table, restored_as
        What was drilled, on which AWS, which table, and the name it was restored under.
    how
        Which calls backed up and restored.
    restored_to
        The time whose content was restored.
    failed_at, whole_at
        When the content was lost, and when it had been restored, replayed and reconciled.
    rows_before, rows_restored, changes_replayed, unreadable_lines
        Counts: rows before the loss, rows that the backup brought back, changes that the archive added, and its lines
        that could not be read.
    reconciliation
        What became of each row.
    has_archive
        Whether there is an archive that holds what came after.
    in_service_at
        When the system took and decided a transaction again; None if that was not tried.
    service
        What was seen of it then, in sentences; and whether it was as it should be.
    seconds
        How long each step took.
    """

    system: str
    where: str
    table: str
    restored_as: str
    how: str
    restored_to: datetime
    failed_at: datetime
    whole_at: datetime
    rows_before: int
    rows_restored: int
    changes_replayed: int
    unreadable_lines: int
    reconciliation: Reconciliation
    has_archive: bool
    in_service_at: Optional[datetime] = None
    service: dict[str, bool] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def rto(self) -> timedelta:
        """Return how long it took: until the system was in service again, where that was tried."""
        return (self.in_service_at or self.whole_at) - self.failed_at

    @property
    def rpo(self) -> timedelta:
        """Return how old the oldest lost change was at the loss; zero if nothing was lost."""
        oldest = self.reconciliation.oldest_loss
        return timedelta() if oldest is None else max(self.failed_at - oldest, timedelta())

    @property
    def rpo_of_the_backup_alone(self) -> timedelta:
        """Return how old the restored content was at the loss: what would be lost without an archive."""
        return max(self.failed_at - self.restored_to, timedelta())

    def problems(self) -> list[str]:
        """Return what is not as promised, in sentences; empty if the drill passed."""
        found, wrong = self.reconciliation, []
        if self.rto > RTO:
            wrong.append(f"it took {_minutes(self.rto)}, longer than the promised {_minutes(RTO)}")
        if self.rpo > RPO:
            wrong.append(f"a change that was {_minutes(self.rpo)} old is lost; promised are {_minutes(RPO)} at most")
        if found.lost and self.has_archive:
            wrong.append(f"{len(found.lost):,} rows are lost that the archive should hold, {_named(found.lost)}")
        if found.differing:
            wrong.append(f"{len(found.differing):,} rows say something else, {_named(found.differing)}")
        if found.surplus:
            wrong.append(f"{len(found.surplus):,} rows were never there, {_named(found.surplus)}")
        if not found.sums_agree and found.clean and not found.waiting:
            wrong.append("the sums of amounts differ")
        if self.unreadable_lines:
            wrong.append(f"{self.unreadable_lines:,} lines of the archive could not be read")
        wrong += [f"not so: {sentence}" for sentence, holds in self.service.items() if not holds]
        return wrong

    def document(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        found, problems = self.reconciliation, self.problems()
        return {
            "passed": not problems,
            "problems": problems,
            "system": self.system,
            "where": self.where,
            "table": self.table,
            "restored_as": self.restored_as,
            "how": self.how,
            "times": {
                "restored_to": to_text(self.restored_to),
                "failed_at": to_text(self.failed_at),
                "whole_at": to_text(self.whole_at),
                "in_service_at": self.in_service_at and to_text(self.in_service_at),
            },
            "rto": {"seconds": round(self.rto.total_seconds(), 1), "promised_seconds": RTO.total_seconds()},
            "rpo": {
                "seconds": round(self.rpo.total_seconds(), 1),
                "promised_seconds": RPO.total_seconds(),
                "of_the_backup_alone_seconds": round(self.rpo_of_the_backup_alone.total_seconds(), 1),
            },
            "rows": {
                "before": self.rows_before,
                "restored": self.rows_restored,
                "identical": found.identical,
                "rebuilt_from_the_archive": found.rebuilt,
                "waiting": found.waiting,
                "lost": len(found.lost),
                "differing": len(found.differing),
                "surplus": len(found.surplus),
                "examples": {
                    name: ["/".join(key) for key in keys[:EXAMPLES]]
                    for name, keys in (("lost", found.lost), ("differing", found.differing), ("surplus", found.surplus))
                },
            },
            "changes_replayed": self.changes_replayed,
            "unreadable_lines": self.unreadable_lines,
            "rebuilt_rows_lack": dict(found.lacking.most_common()),
            "sums": {
                currency: {"before": str(before), "now": str(now)} for currency, (before, now) in found.sums.items()
            },
            "service": self.service,
            "step_seconds": self.seconds,
        }

    def lines(self) -> list[str]:
        """Return the report for a person."""
        found = self.reconciliation
        lacking = ", ".join(f"{name} ({count:,})" for name, count in found.lacking.most_common())
        counts = (
            f"{self.rows_before:,} rows before the loss, {self.rows_restored:,} in the restored backup,"
            f" {self.changes_replayed:,} changes replayed"
        )
        became = (
            f"{found.identical:,} identical, {found.rebuilt:,} rebuilt, {found.waiting:,} waiting,"
            f" {len(found.lost):,} lost, {len(found.differing):,} differing, {len(found.surplus):,} surplus"
        )
        rpo = (
            f"RPO reached: {_minutes(self.rpo)} (promised {_minutes(RPO)};"
            f" the backup alone: {_minutes(self.rpo_of_the_backup_alone)})"
        )
        return [
            counts,
            became,
            *(f"{currency}: {before} before, {now} now" for currency, (before, now) in found.sums.items()),
            *([f"rebuilt rows lack: {lacking}"] if lacking else []),
            *(f"{'yes' if holds else 'NO '}  {sentence}" for sentence, holds in self.service.items()),
            rpo,
            f"RTO reached: {_minutes(self.rto)} (promised {_minutes(RTO)})",
            *(f"PROBLEM: {problem}." for problem in self.problems()),
        ]


def write(result: Result, folder: Path) -> Path:
    """Write the report's file; return where it lies."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / NAME
    file.write_text(json.dumps(result.document(), indent=2) + "\n", encoding="utf-8")
    return file


def _minutes(time: timedelta) -> str:
    seconds = round(time.total_seconds())
    return f"{seconds // 60} min {seconds % 60:02d} s"


def _named(keys: list[tuple[str, ...]]) -> str:
    return f"such as {'/'.join(keys[0])}"
