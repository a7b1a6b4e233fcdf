"""The archive: every decision is announced as an event, and every event is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.demo.books import Books, Check, Outcomes
from scripts.demo.parts.objects import Objects
from scripts.demo.state import Access, Findings, Part, Row

_EVENTS = "events/"
"""Where the archive keeps events; what lies elsewhere in it is no event."""
_DECIDED = "TransactionDecided"
"""The event that announces a decision."""


class ArchiveBucket(Part):
    """The bucket of events."""

    def __init__(self, access: Access) -> None:
        self._events = Objects(access.client("s3"), access.output("archive_bucket_name"), _EVENTS)
        self._archive = Archive()

    def pulse(self) -> int:
        """Return how many decisions were announced: the sweeper's reports, which never end, are no progress."""
        return len(self.read().decided)

    def read(self) -> Archive:
        """Read the new objects; return all events."""
        for event in self._events.new_lines():
            self._archive.add(event)
        return self._archive


@dataclass
class Archive(Findings):
    """The events that arrived in the archive.

    Parameters
    ----------
    decided
        The ids of the events that announce a decision, by transaction.
    deliveries
        How often each event id arrived: more than once is a repeated delivery, not a second event.

    """

    decided: dict[str, set[str]] = field(default_factory=dict)
    deliveries: Counter[str] = field(default_factory=Counter)

    def add(self, event: Mapping[str, Any]) -> None:
        """Note an event as it lies in the archive."""
        detail = event["detail"]
        event_id = str(detail["event_id"])
        self.deliveries[event_id] += 1
        if event["detail-type"] == _DECIDED:
            self.decided.setdefault(str(detail["transaction_id"]), set()).add(event_id)

    def unfinished(self, outcomes: Outcomes) -> Mapping[str, int]:
        """Return how many decisions were not announced yet."""
        return {"announcements": len(self._unannounced(outcomes.decided))}

    def enter(self, books: Books, outcomes: Outcomes) -> None:
        """Count the announcements of this run's decisions."""
        unannounced = self._unannounced(outcomes.decided)
        for row in unannounced:
            books.note("unannounced", row.transaction_id)
        for row in outcomes.decided:
            announced = self.decided.get(row.transaction_id, set())
            if len(announced) > 1:
                said = f"{row.transaction_id}: announced as {', '.join(sorted(announced))}"
                books.add_duplicates(len(announced) - 1, said)
        decisions = len(outcomes.decided)
        books.parts["events"] = {
            "archived": len(self.deliveries),
            "decisions": decisions - len(unannounced),
            "unannounced": len(unannounced),
            "delivered_again": sum(self.deliveries.values()) - len(self.deliveries),
        }
        books.checks.append(
            Check(
                "Every decision was announced and archived",
                not unannounced,
                f"{decisions - len(unannounced):,} of {decisions:,} announced;"
                f" {len(self.deliveries):,} events in the archive",
            )
        )

    def _unannounced(self, decided: Sequence[Row]) -> list[Row]:
        return [row for row in decided if row.transaction_id not in self.decided]
