"""The lake: each settled transaction is a line in it, and the line says what the table's row says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Optional

from scripts.demo import state
from scripts.demo.books import Books, Check, Outcomes
from scripts.demo.parts.objects import Objects
from scripts.demo.state import Access, Findings, Part, Row

_RAW, _QUARANTINE = "raw/transactions/", "quarantine/"
"""Where the lake keeps its lines, and what it could not read."""


class LakeBucket(Part):
    """The bucket of the lake."""

    def __init__(self, access: Access) -> None:
        s3, bucket = access.client("s3"), access.output("lake_bucket_name")
        self._raw = Objects(s3, bucket, _RAW)
        self._quarantine = Objects(s3, bucket, _QUARANTINE)
        self._lake = Lake()

    def pulse(self) -> int:
        """Return how many lines there are."""
        return sum(self.read().events.values())

    def read(self) -> Lake:
        """Read the new objects; return all lines."""
        for line in self._raw.new_lines():
            self._lake.add(line)
        self._lake.objects = self._raw.count
        self._lake.quarantined = sum(1 for _ in self._quarantine.listed())
        return self._lake


@dataclass(frozen=True)
class Line:
    """What a line says of its transaction; a refused message may say less than a transaction does."""

    version: tuple[int, int]
    customer_id: Optional[str]
    amount: Optional[Decimal]
    currency: Optional[str]
    status: str

    def tells(self, row: Row) -> bool:
        """Say whether the row says the same."""
        own = (self.customer_id, self.amount, self.currency, self.status)
        return own == (row.account_id, row.amount, row.currency, row.status)


@dataclass
class Lake(Findings):
    """The lines of the lake.

    Parameters
    ----------
    latest
        Of each transaction the line with the highest revision: that is how readers take them.
    events
        How often each change of a row became a line.
    objects, quarantined
        How many objects hold them, and how many objects were put aside as unreadable.

    """

    latest: dict[str, Line] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    objects: int = 0
    quarantined: int = 0

    def add(self, line: Mapping[str, Any]) -> None:
        """Note a line."""
        self.events[line["event_id"]] += 1
        version = (line["revision"], line["label_revision"])
        known = self.latest.get(line["transaction_id"])
        if known is None or version > known.version:
            amount = None if line["amount"] is None else Decimal(line["amount"])
            self.latest[line["transaction_id"]] = Line(
                version, line["customer_id"], amount, line["currency"], line["status"]
            )

    def unfinished(self, outcomes: Outcomes) -> Mapping[str, int]:
        """Return how many settled transactions have no line yet, or one of an earlier status."""
        return {"lines of the lake": len(self._differing(_settled(outcomes)))}

    def enter(self, books: Books, outcomes: Outcomes) -> None:
        """Compare the lines with the table's rows; a change that became two lines is a duplicate."""
        settled = _settled(outcomes)
        differing = self._differing(settled)
        unfounded = sorted(set(self.latest) - {row.transaction_id for row in settled})
        repeated = {event: count - 1 for event, count in sorted(self.events.items()) if count > 1}
        for row in differing:
            books.note("not_in_the_lake", f"{row.transaction_id}: {self.latest.get(row.transaction_id, 'no line')}")
        for transaction_id in unfounded:
            books.note("in_the_lake_only", transaction_id)
        for event, surplus in repeated.items():
            books.add_duplicates(surplus, f"{event}: {surplus + 1} lines in the lake")
        books.parts["lake"] = {
            "rows": len(settled),
            "transactions": len(self.latest),
            "lines": sum(self.events.values()),
            "objects": self.objects,
            "repeated": sum(repeated.values()),
            "quarantined": self.quarantined,
        }
        books.checks.append(
            Check(
                "The lake holds what the table holds",
                len(self.latest) == len(settled) and not (differing or unfounded or repeated or self.quarantined),
                f"{len(self.latest):,} transactions in the lake, {len(settled):,} rows; {len(differing):,} missing or"
                f" other, {sum(repeated.values()):,} repeated, {self.quarantined:,} put aside;"
                f" {self.objects:,} objects",
            )
        )

    def _differing(self, settled: Sequence[Row]) -> list[Row]:
        lines = ((row, self.latest.get(row.transaction_id)) for row in settled)
        return [row for row, line in lines if line is None or not line.tells(row)]


def _settled(outcomes: Outcomes) -> list[Row]:
    """Return the rows that the lake has to know; what waits for its decision is no line yet."""
    return [row for row in outcomes.rows.values() if row.status != state.WAITING]
