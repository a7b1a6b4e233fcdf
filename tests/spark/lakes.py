"""Lakes to test on: lines as the lake's function writes them, and all that can be wrong with one."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Union

DAY = date(2026, 3, 10)
CATEGORIES = ("groceries", "travel", "electronics", "fuel", "dining", None)
CURRENCIES = ("EUR", "USD", "JPY", "KWD")
DECIMALS = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}
REASONS = ("VELOCITY", "AMOUNT_ABOVE_AVERAGE", "DISTANT", "NIGHT")

Line = dict[str, Any]


class Digits(str):
    """A number that JSON shall hold with these digits."""

    __slots__ = ()


def line(number: int = 1, **changes: Any) -> Line:
    """Return the line of an approved purchase, in the order of the contract."""
    found = {
        "transaction_id": f"txn-{number}",
        "customer_id": "cust-1",
        "merchant_id": "merchant-1",
        "merchant_category": "groceries",
        "transaction_type": "purchase",
        "channel": "online",
        "amount": Digits("12.5"),
        "currency": "EUR",
        "latitude": 51.5,
        "longitude": -0.12,
        "occurred_at": f"{DAY}T09:15:27.000000Z",
        "received_at": f"{DAY}T09:15:28.000000Z",
        "processed_timestamp": f"{DAY}T09:15:29.000000Z",
        "status": "APPROVED",
        "is_fraud": False,
        "risk_score": Digits("0.1"),
        "reasons": ["NIGHT"],
        "policy": "weights",
        "policy_version": "1",
        "document_version": "securebank-1",
        "label": None,
        "revision": 1,
        "label_revision": 0,
    }
    unknown = set(changes) - set(found)
    assert not unknown, unknown
    found |= changes
    return {**found, "event_id": f"{found['transaction_id']}#{found['revision']}"}


def at(day: date, hour: int = 9, second: int = 0) -> str:
    """Return a time of a day as lines have it."""
    return f"{day}T{hour:02}:{second // 60:02}:{second % 60:02}.000000Z"


def text(one: Union[Line, str]) -> str:
    """Return a line's JSON; numbers keep their digits."""
    if isinstance(one, str):
        return one
    parts = (
        f"{json.dumps(name)}:{value if isinstance(value, Digits) else json.dumps(value)}" for name, value in one.items()
    )
    return "{" + ",".join(parts) + "}"


def folder_of(occurred_at: str) -> str:
    """Return the prefix of an hour."""
    year, month, day, hour = occurred_at[:4], occurred_at[5:7], occurred_at[8:10], occurred_at[11:13]
    return f"raw/transactions/year={year}/month={month}/day={day}/hour={hour}/"


@dataclass
class Lake:
    """A lake in a folder, and the good lines that were put into it."""

    folder: Path
    lines: list[Line] = field(default_factory=list)
    objects: int = 0

    def put(self, *lines: Line) -> None:
        """Write good lines: one object for each hour that they belong to."""
        hours: dict[str, list[str]] = defaultdict(list)
        for one in lines:
            hours[folder_of(one["occurred_at"])].append(text(one))
        for prefix, members in hours.items():
            self.put_object(prefix, "\n".join(members).encode() + b"\n")
        self.lines += lines

    def put_bad(self, *lines: Union[Line, str, bytes], occurred_at: str = at(DAY)) -> str:
        """Write bad lines into an hour's folder, as one object; return its key."""
        raw = [one if isinstance(one, bytes) else text(one).encode() for one in lines]
        return self.put_object(folder_of(occurred_at), b"\n".join(raw))

    def put_object(self, prefix: str, content: bytes) -> str:
        self.objects += 1
        key = f"{prefix}{self.objects:05}.jsonl.gz"
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content, 1, mtime=0))
        return key


def random_lines(seed: int, count: int, days: Iterable[date], customers: int = 40) -> list[Line]:
    """Return lines with everything that is allowed.

    Several currencies, no category, repetitions, later revisions, labels, transactions without a decision, amounts of
    any size.
    """
    chance = random.Random(seed)  # noqa: S311 - lines, not secrets
    days = list(days)
    found: list[Line] = []
    while len(found) < count:
        found += _history(chance, len(found), days, customers)
    chance.shuffle(found)
    return found


def _history(chance: random.Random, number: int, days: list[date], customers: int) -> list[Line]:
    """Return all lines of one transaction."""
    currency = chance.choice(CURRENCIES)
    digits = DECIMALS[currency]
    units = chance.choice([chance.randrange(1, 10**5), chance.randrange(1, 10**9), 10 ** (12 + digits) - 1])
    amount = f"{units // 10**digits}.{units % 10**digits:0{digits}}" if digits else str(units)
    moment = datetime.combine(chance.choice(days), datetime.min.time(), timezone.utc) + timedelta(
        microseconds=chance.randrange(86_400_000_000)
    )
    fraud = chance.random() < 0.2
    first = line(
        number,
        customer_id=f"cust-{chance.randrange(customers)}",
        merchant_id=f"merchant-{chance.randrange(9)}",
        merchant_category=chance.choice(CATEGORIES),
        transaction_type=chance.choice(["purchase", "withdrawal", None]),
        amount=Digits(amount),
        currency=currency,
        occurred_at=moment.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        is_fraud=fraud,
        status="FRAUD_SUSPECTED" if fraud else "APPROVED",
        risk_score=Digits(f"0.{chance.choice([9, 9, 7]) if fraud else chance.randrange(1, 9)}"),
        reasons=chance.sample(REASONS, chance.randrange(4)),
        latitude=chance.choice([None, 51.5]),
    )
    if chance.random() < 0.05:
        first |= {"is_fraud": None, "status": "REJECTED", "risk_score": None, "reasons": None, "policy": None}
    lines = [first]
    if chance.random() < 0.2:  # decided again
        again = not fraud
        lines.append({**first, "revision": 2, "is_fraud": again, "status": "FRAUD_SUSPECTED" if again else "APPROVED"})
    if chance.random() < 0.3:
        label = chance.choice(["fraud", "genuine"])
        lines.append({**lines[-1], "label": label, "label_revision": 1})
        if chance.random() < 0.2:
            lines.append({**lines[-1], "label": "genuine", "label_revision": 2})
    if chance.random() < 0.2:  # delivered twice
        lines.append(chance.choice(lines))
    return lines
