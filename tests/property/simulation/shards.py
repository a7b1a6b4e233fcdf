"""The reading of one shard by Lambda: in order, again from what failed, halved when all failed, given up in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import Any, Callable

from tests.property.simulation.functions import Lambda
from tests.property.simulation.kernel import START, Kernel

Chance = Callable[[], bool]
"""Draws whether something goes wrong this time."""

LONGEST_PAUSE_SECONDS = 30.0
"""The most that lies between two attempts at a batch."""


def never() -> bool:
    """Return that it does not."""
    return False


@dataclass(frozen=True)
class Record:
    """A record of a shard.

    Parameters
    ----------
    number
        Its sequence number.
    at
        When the shard got it.
    event
        It as a function is given it.
    """

    number: str
    at: float
    event: dict[str, Any]


GivenUp = Callable[[str, Sequence[Record]], None]
"""Called with the shard's id and a batch that Lambda gives up: its on-failure destination."""


def _nobody(_shard_id: str, _batch: Sequence[Record]) -> None:
    raise AssertionError("a mapping that never gives up has given up")


@dataclass(frozen=True)
class Reading:
    """How an event source mapping reads its shards.

    Parameters
    ----------
    kernel, runtime, function
        Time, and who calls which function.
    batch_size, window_seconds
        The most of a batch, and how long it may wait to be filled.
    retries, age_seconds, give_up
        How often a batch is tried again that cannot be halved, how old a record may become, and who hears of what is
        given up then.
    unmarked
        Draws whether Lambda forgets how far it came: what a function has done is then delivered again.
    """

    kernel: Kernel
    runtime: Lambda
    function: str
    batch_size: int = 100
    window_seconds: float = 0.05
    retries: float = inf
    age_seconds: float = inf
    give_up: GivenUp = _nobody
    unmarked: Chance = never


class ShardReader:
    """One shard, and Lambda's reader of it.

    A batch that fails as a whole is halved, which is no retry; from the record that a function names on, the rest is
    a batch of its own. A function that does not answer in time has failed, even if it goes on: two are then at it.
    """

    def __init__(self, reading: Reading, shard_id: str) -> None:
        self._reading = reading
        self.shard_id = shard_id
        self.records: list[Record] = []
        self._position = 0
        self._limit = reading.batch_size
        self._tried = 0
        self._busy = False

    def take(self, record: Record) -> None:
        """Take a new record."""
        self.records.append(record)
        self._look(self._reading.window_seconds)

    def _look(self, seconds: float) -> None:
        if not self._busy:
            self._busy = True
            self._reading.kernel.later(seconds, self._read)

    def _read(self) -> None:
        reading = self._reading
        ahead = self.records[self._position : self._position + self._limit]
        old = [each for each in ahead if each.at + reading.age_seconds < reading.kernel.now]
        if old:
            self._give_up(old)
            ahead = ahead[len(old) :]
        if not ahead:
            self._busy = False
            if self._position < len(self.records):
                self._look(0.0)
            return
        self._call(ahead)

    def _call(self, batch: list[Record]) -> None:
        reading, answered = self._reading, False

        def end(outcome: Any) -> None:
            nonlocal answered
            if not answered:
                answered = True
                self._end(batch, outcome)

        reading.runtime.invoke(reading.function, {"Records": [each.event for each in batch]}, end)
        timeout = reading.runtime.functions[reading.function].timeout_seconds
        reading.kernel.later(timeout + 1.0, lambda: end(TimeoutError()))

    def _end(self, batch: list[Record], outcome: Any) -> None:
        done = _done(batch, outcome)
        self._busy = False
        if done:
            self._tried = 0
            if done == len(batch):
                self._limit = self._reading.batch_size
                if self._reading.unmarked():
                    done -= 1 + int(self._reading.kernel.draw.random() * done)
            self._position += done
            self._look(0.05 if done == len(batch) else 1.0)
        elif len(batch) > 1 and not isinstance(outcome, dict):
            self._limit = len(batch) // 2
            self._look(1.0)
        else:
            self._again(batch)

    def _again(self, batch: list[Record]) -> None:
        """Try a batch again after a while that grows, or give it up."""
        self._tried += 1
        if self._tried > self._reading.retries:
            self._give_up(batch)
            self._look(0.05)
            return
        pause = min(2.0 ** (self._tried - 1), LONGEST_PAUSE_SECONDS)
        self._look(pause * (0.5 + 0.5 * self._reading.kernel.draw.random()))

    def _give_up(self, batch: Sequence[Record]) -> None:
        self._position += len(batch)
        self._tried, self._limit = 0, self._reading.batch_size
        self._reading.give_up(self.shard_id, batch)


def _done(batch: Sequence[Record], outcome: Any) -> int:
    """Return how many records of a batch need not come again."""
    if not isinstance(outcome, dict):
        return 0
    numbers = [record.number for record in batch]
    failed = [numbers.index(each["itemIdentifier"]) for each in outcome["batchItemFailures"]]
    return min(failed, default=len(batch))


def batch_info(kind: str, stream_arn: str, shard_id: str, batch: Sequence[Record], condition: str) -> dict[str, Any]:
    """Return what Lambda tells the on-failure destination of a batch: where it was, and not what was in it.

    Parameters
    ----------
    kind
        "KinesisBatchInfo" or "DDBStreamBatchInfo".
    stream_arn, shard_id, batch
        Where it was.
    condition
        Why it was given up.
    """

    def when(at: float) -> str:
        return f"{START + timedelta(seconds=at):%Y-%m-%dT%H:%M:%S.%fZ}"

    return {
        "requestContext": {"condition": condition, "approximateInvokeCount": 1},
        "version": "1.0",
        kind: {
            "shardId": shard_id,
            "startSequenceNumber": batch[0].number,
            "endSequenceNumber": batch[-1].number,
            "approximateArrivalOfFirstRecord": when(batch[0].at),
            "approximateArrivalOfLastRecord": when(batch[-1].at),
            "batchSize": len(batch),
            "streamArn": stream_arn,
        },
    }
