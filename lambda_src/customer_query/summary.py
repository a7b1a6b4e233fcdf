"""What the transactions of one page come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pipeline.domain.money import money_text


def summary_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how many these rows are, how many of them fraud, and for each currency the total and average amount.

    It covers the page and nothing else: the rows are there anyway, so it costs no read, however long the list is.
    """
    amounts: dict[str, list[Decimal]] = {}
    for row in rows:
        if "amount" in row and "currency" in row:
            amounts.setdefault(row["currency"], []).append(row["amount"])
    return {
        "count": len(rows),
        "fraud_count": sum(row.get("is_fraud") is True for row in rows),
        "amounts": [_of_currency(currency, amounts[currency]) for currency in sorted(amounts)],
    }


def _of_currency(currency: str, amounts: Sequence[Decimal]) -> dict[str, Any]:
    total = sum(amounts, Decimal(0))
    return {
        "currency": currency,
        "count": len(amounts),
        "total": money_text(total, currency),
        "average": money_text(total / len(amounts), currency),
    }
