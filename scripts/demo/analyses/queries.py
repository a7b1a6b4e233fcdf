"""The named queries of the lake: Athena answers each of them with what the transactions table amounts to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Callable

from scripts.athena import OUTPUT, Workgroup
from scripts.demo.analyses import sums
from scripts.demo.analyses.sums import Compared
from scripts.demo.state import Access, Analysis, Row

PLACES = 3
"""Merchants of each currency that the query of the top merchants is asked for."""

Records = Sequence[Mapping[str, Any]]

Question = tuple[str, Mapping[str, str], Callable[[Records], list[str]]]
"""A query, the values of its parameters, and what says where an answer is wrong."""


class NamedQueries(Analysis):
    """The workgroup of the lake."""

    name = "named queries"

    def __init__(self, access: Access) -> None:
        self._workgroup = Workgroup(access.client("athena"), access.output(OUTPUT))

    def run(self, rows: Mapping[str, Row], say: Callable[[str], None]) -> Compared:
        """Ask all queries about all days; the reconciliation about those that a compliance report was made of."""
        answered: dict[str, int] = {}
        differences: list[str] = []
        for name, values, wrong in _questions(sums.settled(rows)):
            say(f"query {name}")
            records = self._workgroup.run(name, values, reuse_minutes=0).records()
            answered[name] = answered.get(name, 0) + len(records)
            differences += wrong(records)
        return Compared(
            part="queries",
            counts={"rows": answered},
            check="Athena's named queries say what the table says",
            detail=", ".join(f"{name} {count:,} rows" for name, count in answered.items()),
            differences=tuple(differences),
        )


def _questions(settled: Sequence[Row]) -> Iterator[Question]:
    days = sums.days_of(settled)
    between = {"first_day": days[0], "last_day": days[-1]}
    customer = busiest_customer(settled)
    yield "daily_volume", between, partial(wrong_volume, settled)
    yield "top_merchants", {**between, "places": str(PLACES)}, partial(wrong_merchants, settled)
    yield "fraud_trend", between, partial(wrong_trend, settled)
    yield "customer_history", {**between, "customer_id": customer}, partial(wrong_history, settled, customer)
    for day in days[-sums.REPORTED_DAYS :]:
        yield "reconciliation", {"day": day}, partial(unreconciled, [row for row in settled if row.day == day])


def busiest_customer(settled: Sequence[Row]) -> str:
    """Return the customer with most transactions, the first by name among equals."""
    customers = sums.grouped(settled, lambda row: row.account_id or "")
    return min(customers, key=lambda customer: (-len(customers[customer]), customer))


def wrong_volume(settled: Sequence[Row], found: Records) -> list[str]:
    """Compare the volume of each day and currency, and how many customers it is of."""
    groups = sums.grouped(settled, lambda row: (row.day, row.currency))
    wanted = {key: (sums.sum_of(rows), len({row.account_id for row in rows})) for key, rows in groups.items()}
    given = {(one["day"], one["currency"]): (sums.read(one), int(one["customers"])) for one in found}
    return sums.differences("daily_volume", wanted, given)


def wrong_merchants(settled: Sequence[Row], found: Records) -> list[str]:
    """Compare the merchants with the largest sums of each currency."""
    by_currency: dict[str, list[tuple[Decimal, str]]] = {}
    merchants = sums.added_up(settled, lambda row: (row.currency, row.merchant_id))
    for (currency, merchant), one in merchants.items():
        by_currency.setdefault(currency, []).append((-one.amount, merchant))
    wanted = {
        (currency, place): (merchant, merchants[currency, merchant])
        for currency, ranked in by_currency.items()
        for place, (_, merchant) in enumerate(sorted(ranked)[:PLACES], start=1)
    }
    given = {(one["currency"], int(one["place"])): (one["merchant_id"], sums.read(one)) for one in found}
    return sums.differences("top_merchants", wanted, given)


def wrong_trend(settled: Sequence[Row], found: Records) -> list[str]:
    """Compare the frauds of each day."""
    days = sums.added_up(settled, lambda row: row.day)
    wanted = {day: (one.transactions, one.frauds) for day, one in days.items()}
    given = {one["day"]: (int(one["transactions"]), int(one["frauds"])) for one in found}
    return sums.differences("fraud_trend", wanted, given)


def wrong_history(settled: Sequence[Row], customer: str, found: Records) -> list[str]:
    """Compare a customer's transactions, the latest first, with their amounts and statuses."""
    rows = sorted((row for row in settled if row.account_id == customer), key=lambda row: row.transaction_id)
    rows.sort(key=lambda row: row.occurred_at or "", reverse=True)
    wanted = {place: (row.transaction_id, row.amount, row.status) for place, row in enumerate(rows, start=1)}
    given = {
        place: (one["transaction_id"], Decimal(one["amount"]), one["status"])
        for place, one in enumerate(found, start=1)
    }
    return sums.differences(f"customer_history of {customer}", wanted, given)


def unreconciled(of_day: Sequence[Row], found: Records) -> list[str]:
    """Compare both sides of the reconciliation with the rows of its day."""
    wanted = {
        key: (one.transactions, one.transactions, one.amount, one.amount, "equal")
        for key, one in sums.added_up(of_day, lambda row: (row.status, row.currency)).items()
    }
    given = {
        (one["status"], one["currency"]): (
            int(one["table_transactions"]),
            int(one["lake_transactions"]),
            Decimal(one["table_amount"]),
            Decimal(one["lake_amount"]),
            one["verdict"],
        )
        for one in found
    }
    return sums.differences("reconciliation", wanted, given)
