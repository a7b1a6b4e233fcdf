"""Event source mappings: Lambda reads queues and streams and calls functions with what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, Optional
from zlib import crc32

from tests.property.simulation.functions import Lambda
from tests.property.simulation.kernel import Kernel
from tests.property.simulation.queues import Message, Queue
from tests.property.simulation.tables import Change, Table

Chance = Callable[[], bool]
"""Draws whether something goes wrong this time."""


def never() -> bool:
    """Return that it does not."""
    return False


@dataclass
class QueueMapping:
    """Lambda's pollers of one queue.

    Parameters
    ----------
    kernel, runtime
        Time, and who calls the function.
    queue, function
        What is read, and who gets it.
    batch_size, concurrency
        The most of a batch, and the most batches at a time.
    window_seconds
        How long a batch may wait to be filled.
    undeleted
        Draws whether the deletion of what a function has done is lost: it is then delivered again.
    """

    kernel: Kernel
    runtime: Lambda
    queue: Queue
    function: str
    batch_size: int = 10
    concurrency: int = 3
    window_seconds: float = 0.0
    undeleted: Chance = never
    _running: int = 0
    _polls: set[float] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin to watch the queue."""
        self.queue.watchers.append(self._look)

    def _look(self) -> None:
        """Poll soon, once for all that happens meanwhile."""
        self._poll_at(self.kernel.now + self.window_seconds + 0.02)

    def _poll_at(self, at: float) -> None:
        if any(self.kernel.now <= planned <= at for planned in self._polls):
            return
        self._polls.add(at)
        self.kernel.later(at - self.kernel.now, lambda: self._poll(at))

    def _poll(self, at: float) -> None:
        self._polls.discard(at)
        while self._running < self.concurrency:
            batch = self.queue.receive(self.batch_size)
            if not batch:
                break
            self._call(batch)
        following = self.queue.next_visible()
        if following is not None:
            self._poll_at(following + 0.01)

    def _call(self, batch: list[Message]) -> None:
        self._running += 1
        handles = {message.message_id: message.handle for message in batch}
        event = {"Records": [message.record() for message in batch]}
        self.runtime.invoke(self.function, event, lambda outcome: self._end(handles, outcome))

    def _end(self, handles: Mapping[str, str], outcome: Any) -> None:
        self._running -= 1
        if isinstance(outcome, dict) and not self.undeleted():
            again = {failure["itemIdentifier"] for failure in outcome["batchItemFailures"]}
            if not again <= set(handles):
                raise AssertionError(f"{self.function} names messages that it was not given")
            for message_id, handle in handles.items():
                if message_id not in again:
                    self.queue.delete(handle)
        self._look()


@dataclass
class StreamMapping:
    """Lambda's reader of a table's stream: shard by shard, in order, again from what failed, halved when all failed.

    Parameters
    ----------
    kernel, runtime
        Time, and who calls the function.
    table, function
        Whose changes are read, and who gets them.
    wanted
        The filter: which changes are passed on.
    batch_size, shards
        The most of a batch, and over how many shards the rows are spread.
    unmarked
        Draws whether Lambda forgets how far it came: what a function has done is then delivered again.
    """

    kernel: Kernel
    runtime: Lambda
    table: Table
    function: str
    wanted: Callable[[Change], bool]
    batch_size: int = 100
    shards: int = 2
    unmarked: Chance = never
    lost: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin to watch the table."""
        self._readers = [_Shard(self) for _ in range(self.shards)]
        self.table.watchers.append(self._note)

    @property
    def records(self) -> list[dict[str, Any]]:
        """Every record that was passed on or will be."""
        return [record for shard in self._readers for record in shard.records]

    def _note(self, change: Change) -> None:
        shard = self._readers[crc32(repr(change.key).encode()) % self.shards]
        shard.take(change)


class _Shard:
    """One shard and its reader."""

    def __init__(self, mapping: StreamMapping) -> None:
        self._mapping = mapping
        self.records: list[dict[str, Any]] = []
        self._position = 0
        self._limit = mapping.batch_size
        self._busy = False

    def take(self, change: Change) -> None:
        if not self._mapping.wanted(change):
            return
        self.records.append(_record(self._mapping.table, change, len(self.records) + 1))
        self._look(0.05)

    def _look(self, seconds: float) -> None:
        if not self._busy:
            self._busy = True
            self._mapping.kernel.later(seconds, self._read)

    def _read(self) -> None:
        batch = self.records[self._position : self._position + self._limit]
        if not batch:
            self._busy = False
            return
        mapping = self._mapping
        mapping.runtime.invoke(mapping.function, {"Records": batch}, lambda outcome: self._end(batch, outcome))

    def _end(self, batch: list[dict[str, Any]], outcome: Any) -> None:
        done = _done(batch, outcome)
        self._busy = False
        if done == len(batch):
            self._limit = self._mapping.batch_size
            if self._mapping.unmarked():
                done -= 1 + int(self._mapping.kernel.draw.random() * done)
        elif done == 0:
            self._limit = max(1, len(batch) // 2)
        self._position += done
        self._look(0.05 if done == len(batch) else 1.0)


def _done(batch: list[dict[str, Any]], outcome: Any) -> int:
    """Return how many records of a batch need not come again."""
    if not isinstance(outcome, dict):
        return 0
    names = [record["dynamodb"]["SequenceNumber"] for record in batch]
    failed: Optional[str] = next((each["itemIdentifier"] for each in outcome["batchItemFailures"]), None)
    return len(batch) if failed is None else names.index(failed)


def _record(table: Table, change: Change, number: int) -> dict[str, Any]:
    row = change.new or change.old or {}
    told: dict[str, Any] = {
        "Keys": {name: row[name] for name in table.key_names},
        "SequenceNumber": f"{number:021}",
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    if change.new is not None:
        told["NewImage"] = change.new
    if change.old is not None:
        told["OldImage"] = change.old
    name = ("INSERT" if change.old is None else "MODIFY") if change.new is not None else "REMOVE"
    return {"eventID": f"{table.name}-{number}", "eventName": name, "dynamodb": told, "eventSource": "aws:dynamodb"}
