"""Kinesis: a stream of shards that number what they take, and Lambda's readers of them."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Callable

from tests.property.simulation.errors import refused
from tests.property.simulation.kernel import START
from tests.property.simulation.shards import Reading, Record, ShardReader


@dataclass(frozen=True)
class Entry:
    """A record as the stream keeps it.

    Parameters
    ----------
    shard_id, number, at
        Where it is, its sequence number there, and when it came.
    key, data
        Its partition key, and its content.
    """

    shard_id: str
    number: int
    at: float
    key: str
    data: bytes

    @property
    def sequence_number(self) -> str:
        """The number as the service writes it."""
        return str(self.number)


class Stream:
    """One stream, with its operations by their names in boto3.

    A shard numbers records in the order in which they come, and reads them in that order; over shards there is none.

    Parameters
    ----------
    name, now
        Its name, and the clock.
    shards
        How many shards there are.
    retention_seconds
        How long a record can be read.
    gap
        Draws whether an answer to a reader is empty although records follow.
    """

    def __init__(
        self,
        name: str,
        now: Callable[[], float],
        shards: int = 4,
        retention_seconds: float = 86400.0,
        gap: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name = name
        self._now = now
        self._retention = retention_seconds
        self._gap = gap
        self.entries: dict[str, list[Entry]] = {f"shardId-{number:012}": [] for number in range(shards)}
        self.watchers: list[Callable[[Entry], None]] = []
        self._count = 0

    @property
    def arn(self) -> str:
        """The name by which readers call it."""
        return f"arn:aws:kinesis:::stream/{self.name}"

    @property
    def taken(self) -> list[Entry]:
        """All records in the order in which they came."""
        return sorted((each for entries in self.entries.values() for each in entries), key=lambda each: each.number)

    def put_record(self, StreamName: str, PartitionKey: str, Data: bytes) -> dict[str, Any]:  # noqa: N803
        """Take a record."""
        if StreamName != self.name:
            raise refused("ResourceNotFoundException", f"Stream {StreamName} not found")
        hashed = int(hashlib.md5(PartitionKey.encode()).hexdigest(), 16)  # noqa: S324
        shard_id = f"shardId-{hashed * len(self.entries) >> 128:012}"
        self._count += 1
        entry = Entry(shard_id, 49 * 10**54 + self._count, self._now(), PartitionKey, Data)
        self.entries[shard_id].append(entry)
        for watcher in self.watchers:
            watcher(entry)
        return {"ShardId": shard_id, "SequenceNumber": entry.sequence_number}

    def get_shard_iterator(
        self,
        StreamARN: str,  # noqa: N803
        ShardId: str,  # noqa: N803
        ShardIteratorType: str,  # noqa: N803
        StartingSequenceNumber: str,  # noqa: N803
    ) -> dict[str, Any]:
        """Return where a reader begins: at a record."""
        if StreamARN != self.arn or ShardId not in self.entries:
            raise refused("ResourceNotFoundException", f"Shard {ShardId} in stream {StreamARN} does not exist")
        if ShardIteratorType != "AT_SEQUENCE_NUMBER":
            raise NotImplementedError(f"no function reads so: {ShardIteratorType}")
        return {"ShardIterator": f"{ShardId}/{StartingSequenceNumber}"}

    def get_records(self, ShardIterator: str, StreamARN: str, Limit: int) -> dict[str, Any]:  # noqa: N803
        """Return what follows of what is kept; none of it may be in one answer, and yet in the next."""
        shard_id, _, start = ShardIterator.partition("/")
        kept = [each for each in self.entries[shard_id] if each.at + self._retention > self._now()]
        following = [each for each in kept if each.number >= int(start)]
        found = [] if following and self._gap() else following[:Limit]
        after = found[-1].number + 1 if found else int(start)
        behind = 1000 if len(found) < len(following) else 0
        return {
            "Records": [
                {
                    "SequenceNumber": each.sequence_number,
                    "ApproximateArrivalTimestamp": START + timedelta(seconds=each.at),
                    "Data": each.data,
                    "PartitionKey": each.key,
                }
                for each in found
            ],
            "NextShardIterator": f"{shard_id}/{after}",
            "MillisBehindLatest": behind,
        }


class KinesisMapping:
    """Lambda's reader of a stream: one batch of a shard at a time.

    Parameters
    ----------
    stream, reading
        What is read, and how.
    """

    def __init__(self, stream: Stream, reading: Reading) -> None:
        self._readers = {shard_id: ShardReader(reading, shard_id) for shard_id in stream.entries}
        stream.watchers.append(self._note)

    def _note(self, entry: Entry) -> None:
        self._readers[entry.shard_id].take(Record(entry.sequence_number, entry.at, _event(entry)))


def _event(entry: Entry) -> dict[str, Any]:
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": entry.key,
            "sequenceNumber": entry.sequence_number,
            "data": base64.b64encode(entry.data).decode(),
            "approximateArrivalTimestamp": START.timestamp() + entry.at,
        },
        "eventSource": "aws:kinesis",
        "eventID": f"{entry.shard_id}:{entry.sequence_number}",
        "eventName": "aws:kinesis:record",
    }
