"""Event source mappings: Lambda reads queues and streams and calls functions with what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable
from zlib import crc32

from tests.property.simulation.functions import Lambda
from tests.property.simulation.kernel import Kernel
from tests.property.simulation.queues import Message, Queue
from tests.property.simulation.shards import Chance, Reading, Record, ShardReader, never
from tests.property.simulation.tables import Change, Table


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
    """Lambda's reader of a table's stream, shard by shard.

    Parameters
    ----------
    table, reading
        Whose changes are read, and how.
    wanted
        The filter: which changes are passed on.
    shards
        Over how many shards the rows are spread.
    """

    table: Table
    reading: Reading
    wanted: Callable[[Change], bool]
    shards: int = 3

    def __post_init__(self) -> None:
        """Begin to watch the table."""
        self._readers = [ShardReader(self.reading, f"shard-{number}") for number in range(self.shards)]
        self.table.watchers.append(self._note)

    def _note(self, change: Change) -> None:
        if not self.wanted(change):
            return
        reader = self._readers[crc32(repr(change.key).encode()) % self.shards]
        event = _record(self.table, change, len(reader.records) + 1)
        reader.take(Record(event["dynamodb"]["SequenceNumber"], self.reading.kernel.now, event))


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
