"""The stream of the transactions table, as Lambda delivers it: made from what tests do to rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pipeline.aws.dynamo import to_item
from tests.unit.functions.conftest import Tables


def stream_record(number: int, new: Mapping[str, Any] | None, old: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a record of the stream; `new` is None for a deletion."""
    keys = {name: value for name, value in (new or old or {}).items() if name in ("transaction_id", "timestamp")}
    change: dict[str, Any] = {"SequenceNumber": f"{number:021}", "Keys": to_item(keys)}
    if new:
        change["NewImage"] = to_item(new)
    if old:
        change["OldImage"] = to_item(old)
    name = ("MODIFY" if old else "INSERT") if new else "REMOVE"
    return {"eventID": f"event-{number}", "eventName": name, "dynamodb": change}


def event(*records: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Lambda hands to a consumer of the stream."""
    return {"Records": list(records)}


class Stream:
    """Keeps a record of each change that happens while it watches."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.records: list[dict[str, Any]] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Record what changes in the transactions table, each row once."""
        before = self._tables.rows()
        yield
        for key, row in self._tables.rows().items():
            if row != before.get(key):
                self.records.append(stream_record(len(self.records) + 1, row, before.get(key)))

    def event(self, start: int = 0, end: int | None = None) -> dict[str, Any]:
        """Return a batch of the stream."""
        return event(*self.records[start:end])
