"""Looks at what a deployed system has in its tables and parts; changes nothing in them.

The exception is `prepare`, which writes the configuration that a run needs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, Callable, Optional

from pipeline.domain.evidence import whole_decision
from scripts.demo import state, tables
from scripts.demo.books import Books, Check, Outcomes
from scripts.demo.model import Merchant
from scripts.demo.state import Access, Analysis, Findings, Pulse, Row, Snapshot
from scripts.demo.system import System
from scripts.errors import CommandError

_ATTRIBUTES = (
    "transaction_id", "merchant_id", "amount", "currency", "status", "sequence", "occurred_at", "decided_at",
    "decision.score", "decision.outcome", "decision.routes", "decision.policy", "evidence", "history",
)  # fmt: skip


class Observer:
    """Reads the state of one deployed system.

    Parameters
    ----------
    access
        The way to it.
    system
        What there is to look at.

    """

    def __init__(self, access: Access, system: System) -> None:
        self._dynamodb = access.client("dynamodb")
        self._transactions = access.output(system.transactions_table)
        self._merchants = access.output(system.merchants_table) if system.merchants_table else None
        self._received_index = system.received_index
        self._account = system.account_attribute
        self._parts = [make(access) for make in system.parts]
        self._analyses = [make(access) for make in system.analyses]

    def prepare(self, merchants: Iterable[Merchant]) -> int:
        """Open the parts and write the merchants' configuration, where there is one; return how many merchants."""
        for part in self._parts:
            part.open()
        for analysis in self._analyses:
            analysis.prepare()
        if self._merchants is None:
            return 0
        configured = list(merchants)
        tables.write_merchants(self._dynamodb, self._merchants, configured)
        return len(configured)

    def waiting(self) -> int:
        """Return how many rows still wait for a decision, from a sparse index of them if there is one."""
        if self._received_index is None:
            return tables.count_equal(self._dynamodb, self._transactions, "status", state.WAITING)
        return tables.count(self._dynamodb, self._transactions, self._received_index)

    def flagged(self) -> Optional[int]:
        """Return how many flagged transactions were followed up so far; None where nothing follows."""
        return next((count for count in (part.flagged() for part in self._parts) if count is not None), None)

    def pulse(self) -> Pulse:
        """Return the cheap counts."""
        return Pulse(self.waiting(), tuple(part.pulse() for part in self._parts), self.flagged())

    def snapshot(self) -> Snapshot:
        """Read everything."""
        rows: dict[str, Row] = {}
        found: Counter[str] = Counter()
        unreadable = 0
        for item in tables.scan(self._dynamodb, self._transactions, (*_ATTRIBUTES, self._account)):
            if "amount" in item:
                row = _row(item, self._account)
                rows[row.transaction_id] = row
                found[row.transaction_id] += 1
            else:
                unreadable += 1  # a message without a valid body owns no transaction
        surplus = {transaction_id: count - 1 for transaction_id, count in found.items() if count > 1}
        return Snapshot(rows, [part.read() for part in self._parts], unreadable, surplus)

    def analyse(self, snapshot: Snapshot, say: Callable[[str], None]) -> Snapshot:
        """Do the system's analyses; return the snapshot with their findings."""
        found = [_done(analysis, snapshot.rows, say) for analysis in self._analyses]
        return replace(snapshot, findings=[*snapshot.findings, *found])


@dataclass(frozen=True)
class Undone(Findings):
    """An analysis that could not be done, and why: the books are still counted, and do not balance."""

    name: str
    reason: str

    def enter(self, books: Books, outcomes: Outcomes) -> None:  # noqa: ARG002
        """Say that it was not done."""
        books.checks.append(Check(f"The {self.name} could be made", False, self.reason))


def _done(analysis: Analysis, rows: Mapping[str, Row], say: Callable[[str], None]) -> Findings:
    try:
        return analysis.run(rows, say)
    except CommandError as error:
        return Undone(analysis.name, str(error))


def _row(item: Mapping[str, Any], account: str) -> Row:
    decision = whole_decision(item) if "decision" in item else {}
    sequence, decided_at, score = item.get("sequence"), item.get("decided_at"), decision.get("score")
    return Row(
        transaction_id=item["transaction_id"],
        account_id=item.get(account),
        merchant_id=item["merchant_id"],
        amount=item["amount"],
        currency=item["currency"],
        status=item["status"],
        sequence=None if sequence is None else int(sequence),
        decided_at=None if decided_at is None else _seconds(decided_at),
        score=None if score is None else float(score),
        outcome=decision.get("outcome"),
        routes=tuple(decision.get("routes", ())),
        commits=sum(1 for entry in item.get("history", ()) if entry.get("reason") == state.DECIDED_REASON),
        policy=decision.get("policy"),
        verdicts=_verdicts(decision),
        occurred_at=item.get("occurred_at"),
    )


def _verdicts(decision: Mapping[str, Any]) -> dict[str, str]:
    """Return what each policy said of a transaction, the one that decided among them."""
    results = [decision, *decision.get("shadows", ())] if decision else []
    return {result["policy"]: result["outcome"] for result in results}


def _seconds(text: str) -> float:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.astimezone(timezone.utc).timestamp()
