"""A lake of generated transactions, and what the named queries should say of it, counted in Python."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

FIRST_DAY = date(2026, 12, 29)  # so that the days belong to two years
DAYS = 6
CORRUPT_LINE = '{"transaction_id": "cut off", "amou'

Row = dict[str, "str | None"]


@dataclass(frozen=True)
class Line:
    """One line of the raw transactions."""

    transaction_id: str
    customer_id: str
    merchant_id: str
    merchant_category: str | None
    amount: Decimal
    currency: str
    occurred_at: datetime
    status: str
    risk_tenths: int
    label: str | None = None
    revision: int = 1
    label_revision: int = 0

    @property
    def is_fraud(self) -> bool:
        """Say whether the decision suspects fraud."""
        return self.status == "FRAUD_SUSPECTED"

    @property
    def day(self) -> str:
        """Return the day that it counts to."""
        return self.occurred_at.strftime("%Y-%m-%d")

    @property
    def partition(self) -> str:
        """Return the folder that it lies in."""
        return self.occurred_at.strftime("year=%Y/month=%m/day=%d/hour=%H")

    def text(self) -> str:
        """Return it as it is written, in the contract's order."""
        at = self.occurred_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        suffix = f"#label-{self.label_revision}" if self.label_revision else ""
        return json.dumps(
            {
                "transaction_id": self.transaction_id,
                "customer_id": self.customer_id,
                "merchant_id": self.merchant_id,
                "merchant_category": self.merchant_category,
                "transaction_type": "purchase",
                "channel": None,
                "amount": float(self.amount),
                "currency": self.currency,
                "latitude": None,
                "longitude": None,
                "occurred_at": at,
                "received_at": at,
                "processed_timestamp": at,
                "status": self.status,
                "is_fraud": self.is_fraud,
                "risk_score": self.risk_tenths / 10,
                "reasons": ["HIGH_AMOUNT"] if self.is_fraud else [],
                "policy": "weights",
                "policy_version": "1.0.0",
                "document_version": "1",
                "label": self.label,
                "revision": self.revision,
                "label_revision": self.label_revision,
                "event_id": f"{self.transaction_id}#{self.revision}{suffix}",
            }
        )


def lines(seed: int = 1, count: int = 800) -> list[Line]:
    """Return lines of `count` transactions in no order: some revised, some labelled, some written twice."""
    chance = random.Random(seed)  # noqa: S311 - test data
    written: list[Line] = []
    for number in range(count):
        fraud = chance.random() < 0.1
        line = Line(
            transaction_id=f"txn-{number:05}",
            customer_id=f"customer-{chance.randrange(20)}",
            merchant_id=f"merchant-{chance.randrange(12)}",
            merchant_category=chance.choice(["grocery", "travel", None]),
            amount=Decimal(chance.randrange(1, 5_000_000)) / 1000,
            currency=chance.choice(["EUR", "JPY", "USD"]),
            occurred_at=datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=timezone.utc)
            + timedelta(microseconds=chance.randrange(DAYS * 86_400_000_000)),
            status="FRAUD_SUSPECTED" if fraud else "APPROVED",
            risk_tenths=9 if fraud else chance.randrange(9),
        )
        written.append(line)
        if chance.random() < 0.1:
            line = replace(line, status=chance.choice(["APPROVED", "DECLINED", "FRAUD_SUSPECTED"]), revision=2)
            written.append(line)
        if chance.random() < 0.1:
            line = replace(line, label=chance.choice(["fraud", "genuine"]), label_revision=1)
            written.append(line)
            if chance.random() < 0.3:
                written.append(replace(line, label="genuine", label_revision=2))
        if chance.random() < 0.05:
            written.append(chance.choice(written))
    chance.shuffle(written)
    return written


def objects(written: Iterable[Line]) -> Iterator[tuple[str, bytes]]:
    """Yield the keys and bodies of the objects in which the lines lie, two at most for an hour."""
    hours: dict[str, list[Line]] = defaultdict(list)
    for line in written:
        hours[line.partition].append(line)
    for partition, members in hours.items():
        for number in range(2):
            text = "".join(f"{line.text()}\n" for line in members[number::2])
            if text:
                yield f"raw/transactions/{partition}/{number}.jsonl.gz", gzip.compress(text.encode(), mtime=0)


def latest(written: Iterable[Line]) -> list[Line]:
    """Return each transaction once, as it stands."""
    standing: dict[str, Line] = {}
    for line in sorted(written, key=lambda line: (line.revision, line.label_revision)):
        standing[line.transaction_id] = line
    return list(standing.values())


def between(written: Iterable[Line], first: str, last: str) -> list[Line]:
    """Return the standing lines of some days."""
    return [line for line in latest(written) if first <= line.day <= last]


def daily_volume(members: Sequence[Line]) -> list[Row]:
    """Return the answer of `daily_volume`."""
    return [
        {
            "day": day,
            "currency": currency,
            "transactions": str(len(group)),
            "customers": str(len({line.customer_id for line in group})),
            "amount": money(group),
            "frauds": str(sum(line.is_fraud for line in group)),
        }
        for (day, currency), group in _groups(members, "day", "currency")
    ]


def top_merchants(members: Sequence[Line], places: int) -> list[Row]:
    """Return the answer of `top_merchants`."""
    rows: list[Row] = []
    for (currency,), of_currency in _groups(members, "currency"):
        merchants = [(key[0], group) for key, group in _groups(of_currency, "merchant_id")]
        merchants.sort(key=lambda pair: (-sum(line.amount for line in pair[1]), pair[0]))
        rows += [
            {
                "currency": currency,
                "place": str(place),
                "merchant_id": merchant,
                "transactions": str(len(group)),
                "customers": str(len({line.customer_id for line in group})),
                "amount": money(group),
                "frauds": str(sum(line.is_fraud for line in group)),
            }
            for place, (merchant, group) in enumerate(merchants[:places], start=1)
        ]
    return rows


def fraud_trend(members: Sequence[Line]) -> list[dict[str, Any]]:
    """Return the answer of `fraud_trend`, with numbers."""
    days = {key[0]: group for key, group in _groups(members, "day")}
    rows = []
    for day, group in days.items():
        week_ago = (date.fromisoformat(day) - timedelta(days=6)).isoformat()
        week = [line for other, lines_of in days.items() if week_ago <= other <= day for line in lines_of]
        rows.append(
            {
                "day": day,
                "transactions": len(group),
                "frauds": sum(line.is_fraud for line in group),
                "fraud_rate": sum(line.is_fraud for line in group) / len(group),
                "fraud_rate_of_7_days": sum(line.is_fraud for line in week) / len(week),
                "average_risk": sum(line.risk_tenths for line in group) / 10 / len(group),
                "labelled_fraud": sum(line.label == "fraud" for line in group),
                "labelled_genuine": sum(line.label == "genuine" for line in group),
                "missed_frauds": sum(line.label == "fraud" and not line.is_fraud for line in group),
                "false_alarms": sum(line.label == "genuine" and line.is_fraud for line in group),
            }
        )
    return rows


def counts(members: Sequence[Line]) -> list[dict[str, Any]]:
    """Return the lines of table-counts for the standing lines of one day."""
    return [
        {
            "day": group[0].day,
            "status": status,
            "currency": currency,
            "transactions": len(group),
            "amount": float(money(group)),
        }
        for (status, currency), group in _groups(members, "status", "currency")
    ]


def money(group: Iterable[Line]) -> str:
    """Return the sum of the amounts, with the lake's three places."""
    return f"{sum(line.amount for line in group):.3f}"


def _groups(members: Iterable[Line], *names: str) -> list[tuple[tuple[str, ...], list[Line]]]:
    groups: Mapping[tuple[str, ...], list[Line]] = defaultdict(list)
    for line in members:
        groups[tuple(getattr(line, name) for name in names)].append(line)
    return sorted(groups.items())
