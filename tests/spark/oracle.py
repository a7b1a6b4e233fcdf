"""What the jobs must come to, in plain Python from the lines themselves: fractions and sets, no engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from typing import Any, Optional

import duckdb

from lake_jobs.patterns import BANDS
from tests.spark.lakes import Line

AGGREGATE_COLUMNS = (
    "customer_id, merchant_category, currency, transaction_count, total_amount, average_amount, minimum_amount,"
    " maximum_amount, fraud_count, spending_change, unusual_category, first_seen, last_seen"
)
PROFILE_COLUMNS = (
    "customer_id, currency, transaction_count, total_amount, average_amount, categories, first_seen, last_seen,"
    " fraud_count"
)


def rows_of(folder: Path, columns: str, files: str = "*.parquet") -> list[tuple[Any, ...]]:
    """Return the rows of a folder's Parquet files, sorted; none if it has no file."""
    if not list(folder.glob(files)):
        return []
    query = f"SELECT {columns} FROM read_parquet('{folder}/{files}', hive_partitioning = false)"  # noqa: S608 - ours
    return sorted(duckdb.sql(query).fetchall(), key=repr)


def standing(lines: Iterable[Line]) -> list[Line]:
    """Return the line that stands of each transaction."""
    best: dict[str, Line] = {}
    for one in lines:
        rival = best.get(one["transaction_id"])
        if rival is None or (one["revision"], one["label_revision"]) > (rival["revision"], rival["label_revision"]):
            best[one["transaction_id"]] = one
    return list(best.values())


def decided(lines: Iterable[Line]) -> list[Line]:
    return [one for one in standing(lines) if one["is_fraud"] is not None]


def day_of(one: Line) -> date:
    return date.fromisoformat(one["occurred_at"][:10])


def aggregates(lines: Iterable[Line], day: date) -> list[tuple[Any, ...]]:
    """Return the rows of daily-aggregates of a day, sorted."""
    everything = decided(lines)
    today = [one for one in everything if day_of(one) == day]
    history = [one for one in everything if day - timedelta(days=28) <= day_of(one) < day]
    groups: dict[tuple[str, Optional[str], str], list[Line]] = defaultdict(list)
    for one in today:
        groups[one["customer_id"], one["merchant_category"], one["currency"]].append(one)
    used: dict[str, set[Optional[str]]] = defaultdict(set)
    for one in history:
        used[one["customer_id"]].add(one["merchant_category"])
    changes = _changes(today, history)
    found = []
    for (customer, category, currency), members in groups.items():
        amounts = [Decimal(one["amount"]) for one in members]
        unusual = customer in used and category is not None and category not in used[customer]
        times = [one["occurred_at"] for one in members]
        found.append((
            customer, category, currency, len(members), scaled(sum(amounts), 3), mean(amounts), scaled(min(amounts), 3),
            scaled(max(amounts), 3), sum(one["is_fraud"] for one in members), changes.get((customer, currency)),
            unusual, min(times), max(times),
        ))  # fmt: skip
    return sorted(found, key=repr)


def _changes(today: list[Line], history: list[Line]) -> dict[tuple[str, str], float]:
    """Return each customer's total of the day, by currency, over its mean total of the days before with any."""
    now: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    before: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    days: dict[tuple[str, str], set[date]] = defaultdict(set)
    for one in today:
        now[one["customer_id"], one["currency"]] += Decimal(one["amount"])
    for one in history:
        before[one["customer_id"], one["currency"]] += Decimal(one["amount"])
        days[one["customer_id"], one["currency"]].add(day_of(one))
    return {key: float(now[key] * len(days[key])) / float(total) for key, total in before.items() if total}


def profiles(lines: Iterable[Line], day: date) -> list[tuple[Any, ...]]:
    """Return the rows of customer-profiles of a day, sorted."""
    groups: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for one in decided(lines):
        if day - timedelta(days=27) <= day_of(one) <= day:
            groups[one["customer_id"], one["currency"]].append(one)
    found = []
    for (customer, currency), members in groups.items():
        amounts = [Decimal(one["amount"]) for one in members]
        categories = sorted({one["merchant_category"] for one in members} - {None})
        times = [one["occurred_at"] for one in members]
        found.append((
            customer, currency, len(members), scaled(sum(amounts), 3), mean(amounts), categories, min(times),
            max(times), sum(one["is_fraud"] for one in members),
        ))  # fmt: skip
    return sorted(found, key=repr)


def pattern_rows(lines: Iterable[Line], monday: date, minimum: int) -> list[tuple[Any, ...]]:
    """Return the rows of fraud-patterns of a week, sorted."""
    groups: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for one in decided(lines):
        if monday <= day_of(one) <= monday + timedelta(days=6):
            for under in _under(one):
                groups[under].append(one)
    found = []
    for (dimension, value), members in groups.items():
        frauds = sum(one["label"] == "fraud" or (one["label"] is None and one["is_fraud"]) for one in members)
        found.append((
            f"{dimension}={value}", dimension, value, len(members), frauds, frauds / len(members),
            _share([one["is_fraud"] for one in members if one["label"] == "genuine"], minimum),
            _share([not one["is_fraud"] for one in members if one["label"] == "fraud"], minimum),
        ))  # fmt: skip
    return sorted(found, key=repr)


def _under(one: Line) -> list[tuple[str, str]]:
    amount = Decimal(one["amount"])
    low = max(place for place, start in enumerate(BANDS) if amount >= start)
    band = f"{BANDS[low]}-{BANDS[low + 1]}" if low + 1 < len(BANDS) else f"{BANDS[low]}+"
    return [
        ("all", "all"),
        ("hour_of_day", one["occurred_at"][11:13]),
        ("merchant_category", one["merchant_category"] or "(none)"),
        ("merchant", one["merchant_id"]),
        ("amount_band", f"{one['currency']} {band}"),
        ("transaction_type", one["transaction_type"] or "(none)"),
        *(("reason_code", code) for code in set(one["reasons"] or ()) or {"(none)"}),
    ]


def _share(hits: list[bool], minimum: int) -> Optional[float]:
    return sum(hits) / len(hits) if len(hits) >= minimum else None


def scaled(amount: Decimal | int, places: int) -> Decimal:
    return Decimal(amount).quantize(Decimal(1).scaleb(-places))


def mean(amounts: list[Decimal]) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return (sum(amounts, Decimal()) / len(amounts)).quantize(Decimal("0.000001"), ROUND_HALF_UP)
