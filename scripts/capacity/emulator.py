"""Measures the flagship on the embedded emulator at small rates."""

from __future__ import annotations

import itertools
import math
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from scripts import systems
from scripts.capacity.item_size import item_bytes
from scripts.demo.client import Sender, Sent, http_poster
from scripts.demo.model import Transaction
from scripts.demo.observe import Observer
from scripts.demo.source import GeneratedSource
from scripts.demo.stack import Stack, start_local_stack
from scripts.demo.systems import FLAGSHIP

WARM_UP_RATE, WARM_UP_SECONDS = 5.0, 30.0
"""The first calls of each function start a process: they are no part of what is compared."""
WORKERS = 64
_ACCEPTED = 202
Call = tuple[float, float]
_PROJECTED = (
    "transaction_id", "account_id", "received_at", "merchant_id", "amount", "currency", "occurred_at", "category",
    "channel", "location", "status", "revision", "correlation_id", "sequence", "decided_at", "decision",
)  # fmt: skip
"""The attributes of the index by account: main.tf."""
_LONGEST_SECONDS = 300.0
_DURATION = re.compile(r"^REPORT RequestId: \S+\s+Duration: ([\d.]+) ms", re.MULTILINE)


@dataclass(frozen=True)
class Phase:
    """What a rate brought, in seconds.

    Parameters
    ----------
    rate
        Transactions a second that were asked for.
    sent_at, accounts
        When each accepted transaction was sent, and whose it is (numbers in order of appearance).
    api
        Times of the answers.
    decided
        From the sending to the time in the decided row, which `process` reads while it decides, before it commits.
    ingest, process
        Starts of the functions' calls and how long they took, in this order.
    """

    rate: float
    sent_at: tuple[float, ...]
    accounts: tuple[int, ...]
    api: tuple[float, ...]
    decided: tuple[float, ...]
    ingest: tuple[Call, ...]
    process: tuple[Call, ...]


@dataclass(frozen=True)
class Units:
    """Mean write units of rows, KB rounded up: in tables once, not yet doubled for DynamoDB transactions."""

    accepted: float
    decided: float
    account: float
    account_index_accepted: float
    account_index_decided: float


def measure(rates: Sequence[float], seconds: float, seed: int, say: Callable[[str], None]) -> tuple[list[Phase], Units]:
    """Deploy the flagship to an emulator of its own; return what each rate brought, and what rows take to write.

    Parameters
    ----------
    rates
        Transactions a second.
    seconds
        How long each is sent for.
    seed
        Of the transactions; those of the rates differ.
    say
        Shows progress.
    """
    with start_local_stack(systems.FLAGSHIP, lambda _: None) as stack:
        bench = Bench(stack)
        say("warming up")
        bench.send(WARM_UP_RATE, WARM_UP_SECONDS, seed)
        phases = []
        for place, rate in enumerate(rates, start=1):
            say(f"{rate:g} transactions a second")
            phases.append(bench.send(rate, seconds, seed + place))
        return phases, bench.units()


class Bench:
    """A deployed flagship with its configuration."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._observer: Observer = stack.observer(FLAGSHIP)
        self._observer.prepare(GeneratedSource(1, 1).merchants())
        self._url = stack.api_endpoint.rstrip("/") + FLAGSHIP.submit_path

    def send(self, rate: float, seconds: float, seed: int) -> Phase:
        """Send transactions at a rate, wait until all are decided, and return the times."""
        source = GeneratedSource(round(rate * seconds), seed)
        poster = partial(http_poster, self._url, self._stack.api_key)
        sender = Sender(poster, lambda transaction: FLAGSHIP.body(transaction, None), WORKERS, rate)
        began = time.time()
        sender.start(_fresh(source.transactions()))
        if not sender.done.wait(_LONGEST_SECONDS + seconds):
            sender.stop()
        sent = sender.result()
        self._settle()
        ingest, process = (self._calls(function, began) for function in ("ingest", "process"))
        return _phase(rate, sent, self._decided(), ingest, process)

    def units(self) -> Units:
        """Return what the rows take to write."""
        rows = [row for row in self._items(FLAGSHIP.transactions_table) if "decision" in row]
        accepted = [_as_accepted(row) for row in rows]
        return Units(
            accepted=_units(accepted),
            decided=_units(rows),
            account=_units(self._items("accounts_table_name")),
            account_index_accepted=_units(_projected(row) for row in accepted),
            account_index_decided=_units(_projected(row) for row in rows),
        )

    def _settle(self) -> None:
        deadline = time.monotonic() + _LONGEST_SECONDS
        while self._observer.waiting() and time.monotonic() < deadline:
            time.sleep(0.5)

    def _decided(self) -> Mapping[str, float]:
        rows = self._observer.snapshot().rows
        return {name: row.decided_at for name, row in rows.items() if row.decided_at is not None}

    def _items(self, output: str) -> Iterator[Mapping[str, Any]]:
        pages = self._stack.client("dynamodb").get_paginator("scan").paginate(TableName=self._stack.output(output))
        deserialize = TypeDeserializer().deserialize
        for item in itertools.chain.from_iterable(page["Items"] for page in pages):
            yield {name: deserialize(value) for name, value in item.items()}

    def _calls(self, function: str, since: float) -> list[Call]:
        pages = (
            self._stack.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=f"/aws/lambda/txn-local-{function}", startTime=int(1000 * since))
        )
        calls: list[Call] = []
        for event in itertools.chain.from_iterable(page["events"] for page in pages):
            for found in _DURATION.findall(event["message"]):
                seconds = float(found) / 1000
                calls.append((event["timestamp"] / 1000 - seconds, seconds))  # the report comes at the end
        return sorted(calls)


def _fresh(transactions: Iterator[Transaction]) -> Iterator[Transaction]:
    """Leave out the generator's repeats: they are answered at once and decided never again."""
    seen: set[str] = set()
    for transaction in transactions:
        if transaction.transaction_id not in seen:
            seen.add(transaction.transaction_id)
            yield transaction


def _phase(
    rate: float,
    sent: Sequence[Sent],
    decided: Mapping[str, float],
    ingest: Sequence[Call],
    process: Sequence[Call],
) -> Phase:
    counted = [
        one
        for one in sent
        if one.status == _ACCEPTED and one.attempts == 1 and one.transaction.transaction_id in decided
    ]
    start = min((one.sent_at for one in counted), default=0.0)
    numbers: dict[str, int] = {}
    return Phase(
        rate=rate,
        sent_at=tuple(one.sent_at - start for one in counted),
        accounts=tuple(numbers.setdefault(one.transaction.account_id, len(numbers)) for one in counted),
        api=tuple(one.seconds for one in counted),
        decided=tuple(decided[one.transaction.transaction_id] - one.sent_at for one in counted),
        ingest=tuple((began - start, seconds) for began, seconds in ingest),
        process=tuple((began - start, seconds) for began, seconds in process),
    )


def _as_accepted(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return about what the row was before its decision."""
    kept = {name: value for name, value in row.items() if name not in {"decision", "decided_at", "sequence"}}
    return {**kept, "history": row["history"][:1], "received_shard": "0", "sweep_after": "2026-01-01T00:00:00.000000Z"}


def _projected(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the index by account holds of a row."""
    return {name: row[name] for name in _PROJECTED if name in row}


def _units(rows: Iterable[Mapping[str, Any]]) -> float:
    units = [math.ceil(item_bytes(row) / 1024) for row in rows]
    return sum(units) / len(units) if units else math.nan
