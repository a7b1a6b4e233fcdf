"""Whether a transaction costs the same however much there is: of an account's transactions, and of accounts.

The real handlers run on a stub that measures what DynamoDB would (`metered`). One account is brought from nothing to a
hundred thousand transactions, one by one; its purchases differ in all that a profile remembers. Of many accounts each
has a thousand transactions behind it. Run by `python -m tests.bench.performance`, which gives each part a process of
its own: `growth_points.py account|accounts|pages MOST WINDOW` prints the points of one part as JSON.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import partial
from itertools import repeat
from pathlib import Path
from statistics import median
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.bench.performance import calls  # isort: skip # first: it makes the functions' library importable
from tests.bench.performance.metered import MeteredStub, Volume, wire_bytes  # isort: skip

WINDOW = 1_000
"""Transactions over which a point is measured, and with which an environment is warmed up."""
FEWEST = {"account": 10, "accounts": 1_000, "pages": 10}
_MERCHANTS = 50
_SETTINGS = {"MERCHANT_CACHE_SECONDS": "3600", "POLICY_REFRESH_SECONDS": "3600"}
"""What is read again each minute depends on the clock, not on the size."""
_CATEGORIES = ("grocery", "books", "dining", "health", "electronics", "fuel", "home", "travel", "clothing", "leisure")
_CHANNELS = ("card_present", "online", "atm", "transfer", "direct_debit")
_APART = timedelta(minutes=5)
_BEGIN = datetime(2025, 11, 1, tzinfo=timezone.utc)
_PAGE = 50
Events = Iterator[dict[str, Any]]
Handler = Callable[[dict[str, Any], calls.Context], Any]


@dataclass(frozen=True)
class Point:
    """What a transaction, or a page, takes at one size.

    Parameters
    ----------
    size
        Transactions of the account, or accounts.
    calls
        Requests to AWS.
    read_bytes, written_bytes, read_units, write_units
        Items and capacity units of DynamoDB, see `metered.Volume`.
    cpu_milliseconds
        Processor time, the stub's left out: the median of the calls of the handler.
    row_bytes
        The largest row of an account; 0 where none is written.
    """

    size: int
    calls: float
    read_bytes: float
    written_bytes: float
    read_units: float
    write_units: float
    cpu_milliseconds: float
    row_bytes: int


class Meter:
    """A handler on a metered stub."""

    def __init__(self, stub: MeteredStub, module: str, each: int) -> None:
        self._stub = stub
        self._each = each
        with contextlib.redirect_stdout(io.StringIO()):
            self._handler: Handler = calls.handler_on(stub, module, **_SETTINGS)

    def pass_through(self, events: Events) -> None:
        """Handle events that are not measured."""
        with contextlib.redirect_stdout(io.StringIO()):
            for event in events:
                self._handler(event, calls.Context())

    def point(self, size: int, events: Events) -> Point:
        """Handle events, and return what each transaction of theirs takes."""
        stub, seconds = self._stub, list[float]()
        stub.calls.clear()
        stub.volume = volume = Volume()
        with contextlib.redirect_stdout(io.StringIO()):
            for event in events:
                began = time.process_time() - stub.cpu_seconds
                self._handler(event, calls.Context())
                seconds.append(time.process_time() - stub.cpu_seconds - began)
        count = len(seconds) * self._each
        rows = [wire_bytes(row) for row in stub.tables["accounts"].values()]
        return Point(
            size=size,
            calls=sum(stub.calls.values()) / count,
            read_bytes=volume.read_bytes / count,
            written_bytes=volume.written_bytes / count,
            read_units=volume.read_units / count,
            write_units=volume.write_units / count,
            cpu_milliseconds=1000 * median(seconds) / self._each,
            row_bytes=max(rows, default=0),
        )


def purchases(numbers: Sequence[int], account: Callable[[int], str]) -> Events:
    """Yield batches of the queue: purchases that differ in place, time, merchant, category, channel and amount."""
    from pipeline.domain.transaction import Location
    from tests.factories import message

    for first in range(0, len(numbers), calls.BATCH):
        records = []
        for number in numbers[first : first + calls.BATCH]:
            dice = random.Random(number)  # noqa: S311 - test data, to be repeated
            made = message(
                f"t{number}",
                account(number),
                merchant_id=f"shop-{number % _MERCHANTS}",
                amount=f"{math.exp(dice.gauss(3.5, 0.9)):.2f}",
                occurred_at=(_BEGIN + number * _APART).isoformat(timespec="microseconds").replace("+00:00", "Z"),
                category=dice.choice(_CATEGORIES),
                channel=dice.choice(_CHANNELS),
                location=Location(Decimal(dice.randrange(-60, 60)), Decimal(dice.randrange(-180, 180))),
            )
            records.append(calls.record(made, number))
        yield {"Records": records}


def _process(window: int) -> tuple[MeteredStub, Meter]:
    """Return `process` on a stub of its own, with its merchants known and everything imported."""
    stub = MeteredStub(calls.policy())
    for number in range(_MERCHANTS):
        stub.put("merchants", calls.shop(f"shop-{number}"))
    meter = Meter(stub, "process.handler", calls.BATCH)
    meter.pass_through(purchases(range(window), lambda number: f"warm-up-{number // 100}"))
    stub.tables["accounts"].clear()
    return stub, meter


def account_points(most: int, window: int) -> list[Point]:
    """Measure an account's first ten transactions, its first hundred, and so on to `most`, at most the last `window`.

    The short beginnings are those of several accounts, so that as much is measured.
    """
    _, meter = _process(window)
    points, done = [], 0
    for size in _sizes(FEWEST["account"], most):
        if size < window:
            points.append(meter.point(size, purchases(range(window), partial(_one_of_several, size))))
            continue
        meter.pass_through(purchases(range(done, size - window), lambda _: "busy"))
        points.append(meter.point(size, purchases(range(size - window, size), lambda _: "busy")))
        done = size
    return points


def _one_of_several(size: int, number: int) -> str:
    return f"of-{size}-{number // size}"


def accounts_points(most: int, window: int) -> list[Point]:
    """Measure transactions of a thousand accounts, ten thousand, and so on to `most`, drawn at random.

    All of them are there, each with `window` transactions: its row is made when it is read first.
    """
    stub, meter = _process(window)
    meter.pass_through(purchases(range(window), lambda _: "template"))
    stub.template = stub.tables["accounts"]["template"]
    points = []
    for size in _sizes(FEWEST["accounts"], most):
        stub.tables["accounts"].clear()
        events = purchases(range(window, 2 * window), partial(_one_drawn, size))
        points.append(meter.point(size, events))
    return points


def _one_drawn(size: int, number: int) -> str:
    return f"account-{random.Random(f'{size}-{number}').randrange(size)}"  # noqa: S311


def pages_points(most: int, window: int) -> list[Point]:
    """Measure the list of an account's transactions, a page of `_PAGE`, with ten of them, a hundred, and so on."""
    from tests.bench.performance.rows import decided

    stub = MeteredStub(calls.policy())
    meter = Meter(stub, "query.handler", 1)
    event = {
        "resource": "/v1/accounts/{account_id}/transactions", "pathParameters": {"account_id": "acc"},
        "queryStringParameters": {"limit": str(_PAGE)}, "httpMethod": "GET", "requestContext": {"requestId": "r"},
    }  # fmt: skip
    points = []
    for size in _sizes(FEWEST["pages"], most):
        stub.stored = partial(map, decided, range(size))
        meter.pass_through(repeat(event, 3))
        points.append(meter.point(size, repeat(event, window // 20)))
    return points


def _sizes(fewest: int, most: int) -> Iterator[int]:
    size = fewest
    while size <= most:
        yield size
        size *= 10


PARTS: dict[str, Callable[[int, int], list[Point]]] = {
    "account": account_points,
    "accounts": accounts_points,
    "pages": pages_points,
}


def measure(part: str, most: int, window: int = WINDOW) -> list[Point]:
    """Measure a part up to a size, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, part, str(most), str(window)], check=True, capture_output=True, text=True
    )
    return [Point(**one) for one in json.loads(done.stdout.splitlines()[-1])]


if __name__ == "__main__":
    print(json.dumps([asdict(one) for one in PARTS[sys.argv[1]](*map(int, sys.argv[2:]))]))
