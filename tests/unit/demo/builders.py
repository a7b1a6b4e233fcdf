"""Transactions, answers and tables for the tests: what does not matter to a test has a default."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from scripts.demo import bodies
from scripts.demo.books import Books, count
from scripts.demo.client import Sent
from scripts.demo.model import Transaction
from scripts.demo.parts.accounts import Accounts
from scripts.demo.parts.alerts import Alerts
from scripts.demo.parts.archive import Archive
from scripts.demo.parts.cases import Case, Cases
from scripts.demo.parts.dead_letters import DeadLetters
from scripts.demo.parts.priority import PriorityRoute
from scripts.demo.state import Findings, Row, Snapshot


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
    return Sent(given, bodies.flagship(given, None), order, sent_at, status, seconds, attempts=1)


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
        "occurred_at": given.occurred_at,
    }
    return Row(**{**fields, **changes})


def fraud_row(given: Transaction, sequence: int | None = 1, **changes: Any) -> Row:
    return row(given, sequence, **{"status": "FRAUD_SUSPECTED", "outcome": "FRAUD_SUSPECTED", **changes})


def waiting_row(given: Transaction, status: str = "RECEIVED", **changes: Any) -> Row:
    undecided: dict[str, Any] = {
        "status": status,
        "decided_at": None,
        "score": None,
        "outcome": None,
        "routes": (),
        "commits": 0,
        "policy": None,
        "verdicts": {},
    }
    return row(given, None, **{**undecided, **changes})


def flagship_findings(rows: Iterable[Row], **changes: Any) -> list[Findings]:
    """Return what the flagship's parts would hold after a faultless run; `changes` by the name of the part."""
    decided = [one for one in rows if one.outcome is not None]
    fields: dict[str, Any] = {
        "accounts": Accounts(dict(Counter(one.account_id or "" for one in rows if one.sequence is not None))),
        "priority": PriorityRoute(sum(1 for one in decided if "high_value" in one.routes)),
        "cases": Cases({one.transaction_id: Case(one.transaction_id, "OPEN") for one in decided if one.flagged}),
        "archive": archive({one.transaction_id: {f"{one.transaction_id}#2"} for one in decided}),
        "dead_letters": DeadLetters({"transactions-dead-letter.fifo": 0}),
    }
    return list({**fields, **changes}.values())


def snapshot(rows: Iterable[Row], **changes: Any) -> Snapshot:
    """Everything that a faultless flagship would have made of `rows`; `changes` by the name of the part."""
    made = list(rows)
    return Snapshot({one.transaction_id: one for one in made}, flagship_findings(made, **changes))


def counted_with(findings: Findings, *rows: Row) -> Books:
    """Return the books of a run that was accepted as `rows` say, with the findings of one part."""
    given = [
        transaction(
            one.transaction_id,
            account_id=one.account_id,
            merchant_id=one.merchant_id,
            amount=one.amount,
            currency=one.currency,
        )
        for one in rows
    ]
    answers = [sent(one, order) for order, one in enumerate(given)]
    return count(answers, Snapshot({one.transaction_id: one for one in rows}, [findings]))


def failing(counts: Books) -> list[str]:
    """Return the names of the checks that do not hold."""
    return [check.name for check in counts.checks if not check.holds]


def archive(events: Mapping[str, set[str]]) -> Archive:
    return Archive(dict(events), Counter(event_id for ids in events.values() for event_id in ids))


def alerts(*transaction_ids: str, queued: int = 0) -> Alerts:
    """One alert for each id; an id given twice was alerted twice."""
    found = Alerts(queued=queued)
    for number, transaction_id in enumerate(transaction_ids):
        found.sent.setdefault(transaction_id, set()).add(f"message-{number}")
    return found
