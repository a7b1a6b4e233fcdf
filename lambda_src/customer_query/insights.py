"""What is known about fraud over some days: from the counters of all customers, or from the rows of one.

Both are brought to the same counters by day, so that both are told by the same rules. What is counted are decisions,
as they were made: a transaction that waits, was refused or failed has none, and an analyst's later verdict changes
none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Optional

from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.money import money_text
from pipeline.domain.status import FLAGGED, Status

DATE_RANGES = {"1d": 1, "7d": 7, "30d": 30, "90d": 90}
DEFAULT_RANGE = "7d"
DEFAULT_THRESHOLD = Decimal("0.8")
TENTHS = 10
TOP = 10

Counters = Mapping[str, Decimal]
"""Numbers by what they count: "transactions", "fraud", "flagged", and by prefix "amount:EUR", "reason:VELOCITY" ..."""

_THRESHOLD = re.compile(r"[01](\.[0-9]{1,6})?")
_FLAGGED = frozenset(Status(status).value for status in FLAGGED)


def date_range_of(text: Optional[str]) -> str:
    """Return the range of the parameter `date_range`.

    Raises
    ------
    InvalidTransactionError
        If there is no such range.
    """
    if text is None:
        return DEFAULT_RANGE
    if text not in DATE_RANGES:
        raise InvalidTransactionError("date_range", f"must be one of {', '.join(DATE_RANGES)}")
    return text


def threshold_of(text: Optional[str]) -> Decimal:
    """Return the risk of the parameter `risk_threshold`.

    Raises
    ------
    InvalidTransactionError
        If it is no number from 0 to 1.
    """
    if text is None:
        return DEFAULT_THRESHOLD
    if not _THRESHOLD.fullmatch(text) or Decimal(text) > 1:
        raise InvalidTransactionError("risk_threshold", "must be a number from 0 to 1 with at most 6 decimals")
    return Decimal(text)


def days_of(date_range: str, today: date) -> list[str]:
    """Return the days of a range, the oldest first; `today` is the last of them."""
    count = DATE_RANGES[date_range]
    return [(today - timedelta(days=back)).isoformat() for back in reversed(range(count))]


def counted_rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the counters that each decided row of a customer adds to its day."""
    for row in rows:
        if "decision" not in row:
            continue
        is_fraud = row.get("is_fraud") is True
        counters: dict[str, Any] = {
            "transactions": Decimal(1),
            f"amount:{row['currency']}": row["amount"],
            "flagged": Decimal(row["decision"]["outcome"] in _FLAGGED),
        }
        if "risk_score" in row:
            counters[f"risk:{int(row['risk_score'] * TENTHS)}"] = Decimal(1)
        counters.update({f"reason:{reason['code']}": Decimal(1) for reason in row["decision"]["reasons"]})
        if is_fraud:
            counters.update({"fraud": Decimal(1), f"fraud_amount:{row['currency']}": row["amount"]})
            if "merchant_category" in row:
                counters[f"fraud_category:{row['merchant_category']}"] = Decimal(1)
        yield row["timestamp"][: len("2026-11-20")], counters


def by_day(counted: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, dict[str, Decimal]]:
    """Return the sums of the counters of each day; what is no number counts nothing."""
    sums: dict[str, dict[str, Decimal]] = {}
    for day, counters in counted:
        of_day = sums.setdefault(day, defaultdict(Decimal))
        for name, value in counters.items():
            if isinstance(value, Decimal):
                of_day[name] += value
    return sums


def insights(days: Sequence[str], counters: Mapping[str, Counters], threshold: Decimal) -> dict[str, Any]:
    """Return what the counters of `days` come to.

    Parameters
    ----------
    days
        All days of the range, the oldest first.
    counters
        The counters of those that have any.
    threshold
        A risk; what lies above it is counted.
    """
    total = by_day(("", counters[day]) for day in days if day in counters).get("", {})
    risks = [int(total.get(f"risk:{tenths}", 0)) for tenths in range(TENTHS + 1)]
    fraud_amounts = _with_prefix(total, "fraud_amount:")
    return {
        **_figures(total),
        "over_threshold": sum(count for tenths, count in enumerate(risks) if Decimal(tenths) / TENTHS > threshold),
        "amounts": [
            {
                "currency": currency,
                "total": money_text(amount, currency),
                "fraud_total": money_text(fraud_amounts.get(currency, Decimal(0)), currency),
            }
            for currency, amount in sorted(_with_prefix(total, "amount:").items())
        ],
        "risk_distribution": [
            {"risk_score": tenths / TENTHS, "transactions": count} for tenths, count in enumerate(risks)
        ],
        "top_reasons": [{"code": code, "transactions": count} for code, count in _top(_with_prefix(total, "reason:"))],
        "top_fraud_categories": [
            {"merchant_category": category, "fraud": count}
            for category, count in _top(_with_prefix(total, "fraud_category:"))
        ],
        "by_day": [{"date": day, **_figures(counters.get(day, {}))} for day in days],
    }


def _figures(counters: Counters) -> dict[str, Any]:
    transactions, fraud, flagged = (int(counters.get(name, 0)) for name in ("transactions", "fraud", "flagged"))
    return {
        "transactions": transactions,
        "fraud": fraud,
        "fraud_rate": round(fraud / transactions, 6) if transactions else None,
        "flagged": flagged,
    }


def _with_prefix(counters: Counters, prefix: str) -> dict[str, Decimal]:
    return {name[len(prefix) :]: value for name, value in counters.items() if name.startswith(prefix)}


def _top(counts: Mapping[str, Decimal]) -> list[tuple[str, int]]:
    """Return the highest counts, the highest first, equal ones by name."""
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(name, int(count)) for name, count in ordered[:TOP]]
