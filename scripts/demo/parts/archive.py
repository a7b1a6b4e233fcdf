"""The archive: every decision is announced as an event, and every event is kept."""

from __future__ import annotations

import contextlib
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.demo.books import Books, Check, Outcomes
from scripts.demo.model import DemoError
from scripts.demo.state import Access, Findings, Part, Row

_EVENTS = "events/"
"""Where the archive keeps events; what lies elsewhere in it is no event."""
_DECIDED = "TransactionDecided"
"""The event that announces a decision."""


class ArchiveBucket(Part):
    """The bucket of events; an object that was read before is not read again."""

    def __init__(self, access: Access) -> None:
        self._s3 = access.client("s3")
        self._bucket = access.output("archive_bucket_name")
        self._archive = Archive()
        self._read_objects: set[str] = set()

    def pulse(self) -> int:
        """Return how many events there are."""
        return len(self.read().deliveries)

    def read(self) -> Archive:
        """Read the new objects; return all events."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=_EVENTS)
        for page in pages:
            for entry in page.get("Contents", []):
                if entry["Key"] not in self._read_objects:
                    body = self._s3.get_object(Bucket=self._bucket, Key=entry["Key"])["Body"].read()
                    for event in _events(entry["Key"], body):
                        self._archive.add(event)
                    self._read_objects.add(entry["Key"])
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


def _events(key: str, body: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield the events of one archive object: JSON lines, gzip or, where S3 unpacked it, plain."""
    with contextlib.suppress(gzip.BadGzipFile):
        body = gzip.decompress(body)
    try:
        for line in body.decode("utf-8").splitlines():
            if line.strip():
                yield json.loads(line)
    except (ValueError, EOFError, zlib.error) as error:
        raise DemoError(f"the archive holds an object that is no JSON lines file: {key} ({error}).") from error
