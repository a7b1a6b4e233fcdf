"""Transactions, answers and tables for the tests: what does not matter to a test has a default."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from scripts.demo.client import Sent
from scripts.demo.model import Transaction
from scripts.demo.observe import Archive, Case, Row, Snapshot


def transaction(transaction_id: str = "t1", **changes: Any) -> Transaction:
    fields: dict[str, Any] = {
        "transaction_id": transaction_id,
        "account_id": "a1",
        "merchant_id": "m1",
        "amount": Decimal("12.50"),
        "currency": "USD",
        "occurred_at": "2026-01-05T10:00:00Z",
    }
    return Transaction(**{**fields, **changes})


def sent(
    given: Transaction, order: int = 0, status: int | None = 202, sent_at: float = 100.0, seconds: float = 0.01
) -> Sent:
    return Sent(given, order, sent_at, status, seconds, attempts=1)


def row(given: Transaction, sequence: int | None = 1, **changes: Any) -> Row:
    fields: dict[str, Any] = {
        "transaction_id": given.transaction_id,
        "account_id": given.account_id,
        "merchant_id": given.merchant_id,
        "amount": given.amount,
        "currency": given.currency,
        "status": "APPROVED",
        "sequence": sequence,
        "decided_at": 101.0,
        "score": 0.0,
        "outcome": "APPROVED",
        "routes": ("high_value",) if given.amount > 10_000 else (),
        "commits": 1,
        "policy": "points",
        "verdicts": {"points": changes.get("outcome", "APPROVED")},
    }
    return Row(**{**fields, **changes})


def waiting_row(given: Transaction, status: str = "RECEIVED") -> Row:
    return row(
        given,
        None,
        status=status,
        decided_at=None,
        score=None,
        outcome=None,
        routes=(),
        commits=0,
        policy=None,
        verdicts={},
    )


def snapshot(rows: Iterable[Row], **changes: Any) -> Snapshot:
    """Everything that a faultless pipeline would have made of `rows`."""
    by_id = {one.transaction_id: one for one in rows}
    decided = [one for one in by_id.values() if one.outcome is not None]
    events = {one.transaction_id: {f"{one.transaction_id}#2"} for one in decided}
    fields: dict[str, Any] = {
        "rows": by_id,
        "commits": dict(Counter(one.account_id for one in by_id.values() if one.sequence is not None)),
        "cases": {one.transaction_id: Case(one.transaction_id, "OPEN") for one in decided if one.outcome != "APPROVED"},
        "archive": archive(events),
        "priority_messages": sum(1 for one in decided if "high_value" in one.routes),
    }
    return Snapshot(**{**fields, **changes})


def archive(events: Mapping[str, set[str]]) -> Archive:
    return Archive(dict(events), Counter(event_id for ids in events.values() for event_id in ids))
