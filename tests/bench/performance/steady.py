"""Transactions at a steady rate through a deployed system, and how long their answers and their decisions take.

Requests begin when the plan says so, whatever the system does, and all times count from there: a wait that a slow API
causes before a request can begin is part of its time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from scripts.demo import bodies, tables
from scripts.demo.client import http_poster
from scripts.demo.model import DemoError, Transaction
from scripts.demo.source import GeneratedSource
from scripts.demo.stack import Stack
from scripts.load.loop import OpenLoop, Request
from scripts.load.measures import is_ok
from tests.bench.performance import processor

WORKERS = 16
"""Requests under way at once. The emulator makes a process for each, and more of them than this drown a laptop."""
PATIENCE_SECONDS = 60.0
BACKLOG_SECONDS = 2.0
"""A rate is kept while no more wait for their decision, when sending ends, than come in this time."""
_LONGEST_DRAIN_SECONDS = 600.0
_SUBMIT_PATH = "/v1/transactions"


@dataclass(frozen=True)
class Run:
    """What a rate brought; times in seconds from when a request was due.

    Parameters
    ----------
    rate, count
        Transactions a second, and how many.
    answers
        Of all requests, until their answer came or was no longer waited for.
    decisions
        Until the time in the decided row, of those that were accepted.
    backlog
        Transactions without a decision when the last one was due.
    refused
        Requests that were not answered with success.
    cpu_seconds
        Processor time of the emulator and of all functions until everything was decided; None where none is told.
    """

    rate: float
    count: int
    answers: tuple[float, ...]
    decisions: tuple[float, ...]
    backlog: int
    refused: int
    cpu_seconds: float | None

    @property
    def is_kept(self) -> bool:
        """Whether the system keeps up with the rate."""
        return not self.refused and self.backlog <= BACKLOG_SECONDS * self.rate

    @property
    def cpu_milliseconds_each(self) -> float:
        """Processor time a transaction; 0 where none is told."""
        return 1000 * (self.cpu_seconds or 0.0) / self.count


def send(stack: Stack, rate: float, seconds: float, seed: int) -> Run:
    """Send transactions at a rate, wait until all are decided, and return their times.

    Parameters
    ----------
    stack
        The system; its root has the outputs of the flagship's names.
    rate, seconds
        Transactions a second, and for how long.
    seed
        Of the transactions: runs on one deployment need different ones.

    Raises
    ------
    DemoError
        If an accepted transaction is not decided.
    """
    transactions = _transactions(round(rate * seconds), seed)
    loop = OpenLoop(
        partial(http_poster, stack.api_endpoint.rstrip("/") + _SUBMIT_PATH, stack.api_key),
        (bodies.flagship(transaction, None) for transaction in transactions),
        rate,
        seconds,
        WORKERS,
        PATIENCE_SECONDS,
    )
    cpu = processor.seconds_of(stack.deployed.endpoint)
    loop.start()
    began = time.time() - loop.elapsed()
    loop.done.wait()
    sent = loop.result()
    _drain(stack)
    after = processor.seconds_of(stack.deployed.endpoint)
    used = None if cpu is None or after is None else after - cpu
    return _run(rate, began, transactions, sent, _decided(stack), used)


def _transactions(count: int, seed: int) -> list[Transaction]:
    """Return distinct transactions that are all accepted and decided."""
    made = GeneratedSource(count, seed).transactions()
    kept = {one.transaction_id: one for one in made if one.expected == "accepted"}
    return list(kept.values())


def _drain(stack: Stack) -> None:
    sqs, names = stack.client("sqs"), ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    deadline = time.monotonic() + _LONGEST_DRAIN_SECONDS
    while time.monotonic() < deadline:
        found = sqs.get_queue_attributes(QueueUrl=stack.output("transaction_queue_url"), AttributeNames=names)
        if not any(int(found["Attributes"][name]) for name in names):
            return
        time.sleep(0.5)  # the pace of looking: more often would be a load of its own


def _decided(stack: Stack) -> Mapping[str, float]:
    """Return when transactions were decided, seconds since 1970, by their ids."""
    rows: Any = tables.scan(
        stack.client("dynamodb"), stack.output("transactions_table_name"), ("transaction_id", "decided_at")
    )
    return {row["transaction_id"]: _seconds(row["decided_at"]) for row in rows if "decided_at" in row}


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _run(
    rate: float,
    began: float,
    transactions: Sequence[Transaction],
    sent: Sequence[Request],
    decided: Mapping[str, float],
    cpu_seconds: float | None,
) -> Run:
    accepted = [(request, one.transaction_id) for request, one in zip(sent, transactions) if is_ok(request)]
    missing = [name for _, name in accepted if name not in decided]
    if missing:
        raise DemoError(f"{len(missing)} accepted transactions were not decided in time, {missing[0]} among them.")
    decisions = tuple(decided[name] - began - request.due for request, name in accepted)
    end = sent[-1].due
    return Run(
        rate=rate,
        count=len(sent),
        answers=tuple(request.ended - request.due for request in sent),
        decisions=decisions,
        backlog=sum(request.due + took > end for (request, _), took in zip(accepted, decisions)),
        refused=len(sent) - len(accepted),
        cpu_seconds=cpu_seconds,
    )
