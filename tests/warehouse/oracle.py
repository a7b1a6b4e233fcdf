"""What the warehouse has to hold and to show, computed in Python from the same lines by another way.

Lines are made at random from a seed: transactions of several customers, merchants, currencies and days, with revisions,
labels, repeats, and rejections of which little is known.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.warehouse import lake

NONE = "(none)"
_CURRENCIES = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}
_CATEGORIES = ("groceries", "travel", "electronics", None)
_DECIDED = ("APPROVED", "APPROVED", "APPROVED", "REVIEW_REQUIRED", "FRAUD_SUSPECTED")


@dataclass(frozen=True)
class Line:
    """A line of the lake; the fields are the columns, in their order, times still as such."""

    transaction_id: str
    customer_id: str | None
    merchant_id: str | None
    merchant_category: str | None
    transaction_type: str | None
    channel: str | None
    amount: Decimal | None
    currency: str | None
    occurred_at: datetime | None
    received_at: datetime
    processed_timestamp: datetime | None
    status: str
    is_fraud: bool | None
    risk_score: Decimal | None
    policy: str | None
    policy_version: str | None
    document_version: str | None
    label: str | None
    revision: int
    label_revision: int

    @property
    def version(self) -> tuple[int, int]:
        """Return what decides which line of a transaction counts."""
        return self.revision, self.label_revision

    @property
    def at(self) -> datetime:
        """Return the time that says in which partition it lies."""
        return self.occurred_at or self.received_at

    @property
    def date_key(self) -> int:
        """Return its day, as the warehouse names days."""
        return int(f"{self.at:%Y%m%d}")

    def row(self) -> dict[str, Any]:
        """Return its row in the lake's table."""
        values = {name: getattr(self, name, None) for name in lake.RAW_TRANSACTIONS}
        for name in ("occurred_at", "received_at", "processed_timestamp"):
            values[name] = None if values[name] is None else f"{values[name]:%Y-%m-%dT%H:%M:%S.%fZ}"
        values["reasons"] = ["VELOCITY"] if self.is_fraud else None
        values["event_id"] = f"{self.transaction_id}#{self.revision}"
        values.update(year=f"{self.at:%Y}", month=f"{self.at:%m}", day=f"{self.at:%d}", hour=f"{self.at:%H}")
        return values


class Maker:
    """Makes lines; the same seed makes the same ones."""

    def __init__(self, seed: int, newest: datetime) -> None:
        self._random = random.Random(seed)  # noqa: S311 - data for tests
        self._newest = newest
        self._made = 0

    def transaction(self, days_ago: float | None = None) -> Line:
        """Return the first line of a new transaction: decided, seldom rejected."""
        pick = self._random
        self._made += 1
        ago = pick.uniform(0, 20) if days_ago is None else days_ago
        # No two transactions happen in the same microsecond: which of them a merchant's category is of stays open.
        at = self._newest - timedelta(days=ago, microseconds=self._made)
        currency = pick.choice(list(_CURRENCIES))
        amount = Decimal(pick.randrange(1, 10**7)).scaleb(-_CURRENCIES[currency])
        status = pick.choice(_DECIDED)
        line = Line(
            transaction_id=f"txn-{self._made:05d}",
            customer_id=f"cust-{pick.randrange(8)}",
            merchant_id=f"merchant-{pick.randrange(5)}",
            merchant_category=pick.choice(_CATEGORIES),
            transaction_type=pick.choice(("purchase", "refund", None)),
            channel=pick.choice(("online", "atm", None)),
            amount=amount,
            currency=currency,
            occurred_at=at,
            received_at=at + timedelta(seconds=1),
            processed_timestamp=at + timedelta(seconds=2),
            status=status,
            is_fraud=status == "FRAUD_SUSPECTED",
            risk_score=Decimal(pick.randrange(0, 11)) / 10,
            policy="weights",
            policy_version=f"weights-{pick.randrange(1, 3)}",
            document_version="7",
            label=None,
            revision=1,
            label_revision=0,
        )
        if pick.random() < 0.9:
            return line
        rejected = replace(
            line, status="REJECTED", is_fraud=None, risk_score=None, policy=None, policy_version=None,
            document_version=None, processed_timestamp=None,
        )  # fmt: skip
        if pick.random() < 0.5:
            return rejected
        return replace(rejected, occurred_at=None, amount=None, currency=None, merchant_id=None)

    def later(self, line: Line) -> Line:
        """Return a later line of the same transaction: another status, or a label."""
        pick = self._random
        if line.is_fraud is not None and pick.random() < 0.6:
            return replace(line, label=pick.choice(("fraud", "genuine", None)), label_revision=line.label_revision + 1)
        return replace(line, status=pick.choice(("DECLINED", "APPROVED", "HELD")), revision=line.revision + 1)

    def batch(self, count: int) -> list[Line]:
        """Return the lines of some transactions, all revisions and repeats of them, in any order."""
        lines = []
        for _ in range(count):
            line = self.transaction()
            lines.append(line)
            while self._random.random() < 0.4:
                line = self.later(line)
                lines.append(line)
            if self._random.random() < 0.2:
                lines.append(self._random.choice(lines))
        self._random.shuffle(lines)
        return lines

    def corrections(self, lines: Sequence[Line], count: int) -> list[Line]:
        """Return later lines of transactions that are there, and a few of the old ones once more."""
        newest = list(latest(lines).values())
        chosen = self._random.sample(newest, count)
        return [self.later(line) for line in chosen] + self._random.sample(list(lines), count // 2)


def latest(lines: Iterable[Line]) -> dict[str, Line]:
    """Return of each transaction the line that counts."""
    found: dict[str, Line] = {}
    for line in lines:
        known = found.get(line.transaction_id)
        if known is None or known.version < line.version:
            found[line.transaction_id] = line
    return found


def facts(lines: Iterable[Line]) -> set[tuple]:
    """Return the facts with the members of their dimensions."""
    return {
        (
            line.transaction_id, line.date_key, line.customer_id or NONE, line.merchant_id or NONE,
            line.merchant_category or NONE, line.status, line.policy or NONE, line.policy_version or NONE,
            line.document_version or NONE, line.occurred_at, line.received_at, line.processed_timestamp,
            line.transaction_type, line.channel, line.currency, line.amount, line.is_fraud, line.risk_score, line.label,
            line.revision, line.label_revision,
        )
        for line in latest(lines).values()
    }  # fmt: skip


def customers(lines: Iterable[Line]) -> dict[str, tuple[datetime | None, datetime | None]]:
    """Return each customer's first and last time."""
    times: dict[str, list[datetime]] = defaultdict(list)
    for line in latest(lines).values():
        times[line.customer_id or NONE] += [line.occurred_at] if line.occurred_at else []
    return {customer: (min(seen, default=None), max(seen, default=None)) for customer, seen in times.items()}


def merchants(lines: Iterable[Line]) -> dict[str, str | None]:
    """Return each merchant's latest category."""
    found: dict[str, tuple[datetime, str | None]] = {}
    for line in latest(lines).values():
        merchant = line.merchant_id or NONE
        found.setdefault(merchant, (datetime.min, None))  # noqa: DTZ901 - all times are UTC, and compared with each other
        if line.merchant_category and line.occurred_at and line.occurred_at > found[merchant][0]:
            found[merchant] = (line.occurred_at, line.merchant_category)
    return {merchant: category for merchant, (_, category) in found.items()}


def decided(lines: Iterable[Line]) -> list[Line]:
    """Return the lines that count in the views."""
    return [line for line in latest(lines).values() if line.is_fraud is not None]


def daily_volume(lines: Iterable[Line]) -> set[tuple]:
    """Return day, currency, transactions, customers, merchants, sum, mean, minimum, maximum."""
    groups: dict[tuple[date, str], list[Line]] = defaultdict(list)
    for line in decided(lines):
        groups[line.at.date(), str(line.currency)].append(line)
    return {
        (
            day, currency, len(group), len({line.customer_id for line in group}),
            len({line.merchant_id for line in group}), total(group), mean(group), min(amounts(group)),
            max(amounts(group)),
        )
        for (day, currency), group in groups.items()
    }  # fmt: skip


def fraud_trend(lines: Iterable[Line]) -> list[tuple]:
    """Return day, transactions, frauds, rate, rate of 7 days, labels of both kinds, missed, false alarms; every day."""
    groups: dict[date, list[Line]] = defaultdict(list)
    for line in decided(lines):
        groups[line.at.date()].append(line)
    days = [min(groups) + timedelta(days=number) for number in range((max(groups) - min(groups)).days + 1)]
    found = []
    for day in days:
        group = groups.get(day, [])
        week = [line for number in range(7) for line in groups.get(day - timedelta(days=number), [])]
        found.append(
            (
                day,
                len(group),
                frauds(group),
                rate(group),
                rate(week),
                labelled(group, "fraud"),
                labelled(group, "genuine"),
                sum(line.label == "fraud" and not line.is_fraud for line in group),
                sum(line.label == "genuine" and bool(line.is_fraud) for line in group),
            )
        )
    return found


def customer_360(lines: Iterable[Line], now: datetime) -> dict[tuple[str, str], tuple]:
    """Return by customer and currency what `bi.customer_360` shows, from its column transactions on."""
    groups: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in decided(lines):
        groups[str(line.customer_id), str(line.currency)].append(line)
    return {
        key: (
            len(group), total(group), mean(group), max(amounts(group)),
            total([line for line in group if line.at >= now - timedelta(days=30)]), max(line.at for line in group),
            len({line.merchant_id for line in group}), frauds(group), labelled(group, "fraud"),
        )
        for key, group in groups.items()
    }  # fmt: skip


def usual_categories(lines: Iterable[Line]) -> dict[tuple[str, str], set[str]]:
    """Return by customer and currency the categories that no other exceeds; several where they are equally frequent."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for line in decided(lines):
        counts[str(line.customer_id), str(line.currency)][line.merchant_category or NONE] += 1
    return {
        key: {category for category, number in counter.items() if number == max(counter.values())}
        for key, counter in counts.items()
    }


def merchant_risk(lines: Iterable[Line], now: datetime) -> dict[str, tuple]:
    """Return by merchant: transactions, customers, frauds, rate, the three of 28 days, mean score, labels, enough."""
    groups: dict[str, list[Line]] = defaultdict(list)
    for line in decided(lines):
        groups[str(line.merchant_id)].append(line)
    found = {}
    for merchant, group in groups.items():
        recent = [line for line in group if line.at >= now - timedelta(days=28)]
        scores = [line.risk_score for line in group if line.risk_score is not None]
        found[merchant] = (
            len(group), len({line.customer_id for line in group}), frauds(group), rate(group),
            len(recent), frauds(recent), rate(recent),
            rounded(sum(scores, Decimal(0)) / len(scores), 6), labelled(group, "fraud"), labelled(group, "genuine"),
            len(group) >= 20,
        )  # fmt: skip
    return found


def amounts(group: Iterable[Line]) -> list[Decimal]:
    """Return the amounts of lines that have one."""
    return [line.amount for line in group if line.amount is not None]


def total(group: Iterable[Line]) -> Decimal:
    """Return the sum of the amounts."""
    return sum(amounts(group), Decimal(0))


def mean(group: Sequence[Line]) -> Decimal:
    """Return the mean amount with six decimals."""
    return rounded(total(group) / len(group), 6)


def frauds(group: Iterable[Line]) -> int:
    """Return how many are suspected."""
    return sum(bool(line.is_fraud) for line in group)


def rate(group: Sequence[Line]) -> Decimal | None:
    """Return the share of suspected ones with six decimals, None of nothing."""
    return rounded(Decimal(frauds(group)) / len(group), 6) if group else None


def labelled(group: Iterable[Line], label: str) -> int:
    """Return how many have a label."""
    return sum(line.label == label for line in group)


def rounded(value: Decimal, digits: int) -> Decimal:
    """Return a value with so many decimals, halves up, as CAST rounds."""
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
