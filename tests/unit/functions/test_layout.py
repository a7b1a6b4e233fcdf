"""Layouts: one code writes all tables, and each to the letter as its readers expect."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.aws.accounts import AccountTable, NoAccounts
from pipeline.aws.claimed_transactions import ClaimedTransactions
from pipeline.aws.dynamo import from_item
from pipeline.aws.insights import Insights
from pipeline.aws.layout import BY_ID, CUSTOMERS, by_customer, by_id_and_time
from pipeline.aws.ledger import Ledger
from pipeline.aws.quarantine import Quarantine
from pipeline.aws.transactions import Transactions
from pipeline.domain.account import Account
from pipeline.domain.decision import Decision, Reason
from pipeline.domain.evidence import unpack
from pipeline.domain.records import acceptance_of, received_row, rejected_message_row
from pipeline.domain.refusal import ID_REUSED
from pipeline.domain.settlement import plan_hold, plan_settlement
from pipeline.domain.status import Status
from tests.factories import NOW, RECEIVED_AT, acceptance, finder, merchant, queued

GOLDEN = Path(__file__).parent / "golden"
"""What is written, as the client of DynamoDB gets it.

by_id.json and by_id_and_time.json were compared with what the code wrote before it knew layouts. Whoever changes them
changes rows that deployed systems hold.
"""


class Notes:
    """Stands for a client: keeps what it is asked for."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        def call(**arguments: Any) -> dict[str, Any]:
            self.calls.append([operation, arguments])
            return {}

        return call


class Fixed:
    """Decides the same of everything."""

    def decide(self, acceptance: Any, account: Any, merchant: Any) -> Decision:
        return Decision(
            score=9,
            full_score=10,
            outcome=Status.FRAUD_SUSPECTED,
            policy="weights",
            policy_version="1",
            features={"amount": "12.5", "transactions_1h": 6},
            reasons=(Reason("VELOCITY", 4, "Too many."),),
        )


def plain(value: Any) -> Any:
    """Return bytes as something that JSON can spell; evidence as what it says, for compressors may differ."""
    raw = value if isinstance(value, bytes) else bytes(value.value)
    try:
        return unpack(raw)
    except ValueError:
        return raw.hex()


def written_by_id() -> list[Any]:
    notes = Notes()
    client: Any = notes
    find = finder(merchant())
    accounts = AccountTable(client, "accounts")
    ledger, quarantine = Ledger(client, "transactions", accounts), Quarantine(client, "transactions", accounts)
    items = [queued("t1", category="travel", channel="online"), queued("t2", merchant_id="nobody")]
    old = Account("old", version=4, commits=2, blocked_by="t3")
    plans = [plan_settlement(Account("acc"), items, find, Fixed())]
    plans += [plan_settlement(old, [queued("t3", "old")], find, Fixed())]
    ledger.commit(plans, RECEIVED_AT)
    ledger.commit([plan_hold(Account("acc", version=2, blocked_by="t0"), [queued("t4")])], RECEIVED_AT, actor="failed")
    ledger.fence(queued("t1", receive_count=2))
    ledger.note_failure("acc", "t1", "why")
    ledger.reject_message(rejected_message_row("m", "body", ID_REUSED, NOW, "t1"))
    quarantine.fail(queued("t1"), "body", RECEIVED_AT)
    quarantine.fail(queued("t1"), "body", RECEIVED_AT, keep_version=False)
    quarantine.fail_message("m", "body", RECEIVED_AT)
    lone = queued("t5", account_id=None, occurred_at=None)  # type: ignore[arg-type]
    Ledger(client, "transactions", NoAccounts()).commit(
        [plan_settlement(Account("t5"), [lone], find, Fixed())], RECEIVED_AT
    )
    Quarantine(client, "transactions", NoAccounts()).fail(lone, "body", RECEIVED_AT)
    Transactions(client, "transactions").insert(acceptance("t6"), timedelta(minutes=15))
    return notes.calls


def written_by_id_and_time() -> list[Any]:
    notes = Notes()
    client: Any = notes
    table = ClaimedTransactions(client, "transactions", by_id_and_time("ids"))
    table.insert(acceptance("t1", merchant_name="Shop"))
    table.insert(acceptance("t2"), timedelta(minutes=15))
    table.get("t1")
    return notes.calls


def written_by_customer() -> list[Any]:
    notes = Notes()
    client: Any = notes
    find = finder(merchant())
    layout = by_customer("ids")
    customers = AccountTable(client, "customers", layout=CUSTOMERS)
    ledger = Ledger(client, "transactions", customers, layout=layout, insights=Insights("insights"))
    quarantine = Quarantine(client, "transactions", customers, layout, "stream_process", "NOT_PROCESSABLE")
    direct = [queued("t1", category="travel", transaction_type="purchase")]
    stored = Account("old", version=4, commits=2)
    plans = [plan_settlement(Account("acc"), [_unstored(item) for item in direct], find, Fixed())]
    plans += [plan_settlement(stored, [queued("t3", "old")], find, Fixed())]
    ledger.commit(plans, RECEIVED_AT, "stream_process")
    ledger.commit([plan_hold(Account("acc", version=2, blocked_by="t0"), [queued("t4")])], RECEIVED_AT, "stream_failed")
    ledger.fence(queued("t1", receive_count=2))
    ledger.reject_message(rejected_message_row("shardId-000000000001:49", "body", ID_REUSED, NOW, "t1"))
    quarantine.fail(queued("t1"), "body", RECEIVED_AT)
    ClaimedTransactions(client, "transactions", layout).insert(acceptance("t6"), timedelta(minutes=15))
    return notes.calls


def _unstored(item: Any) -> Any:
    from dataclasses import replace

    return replace(item, is_stored=False)


WRITTEN = {
    "by_id": written_by_id,
    "by_id_and_time": written_by_id_and_time,
    "by_customer": written_by_customer,
}


@pytest.mark.parametrize("name", WRITTEN)
def test_each_table_is_written_to_the_letter(name: str) -> None:
    written = json.loads(json.dumps(WRITTEN[name](), default=plain))

    assert written == json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("layout", [BY_ID, by_id_and_time("ids"), by_customer("ids")], ids=WRITTEN)
def test_a_row_is_the_same_transaction_in_every_table(layout: Any) -> None:
    accepted = acceptance("t1", category="travel", merchant_name="Shop", transaction_type="refund")

    stored = layout.row_of(accepted, received_row(accepted, timedelta(minutes=15)))

    assert acceptance_of(layout.ours(from_item(stored))) == accepted
    assert layout.key_in(stored) == layout.key(accepted)
    assert layout.key_in(layout.claim_of(accepted)) == layout.key(accepted)


def test_the_key_of_a_customers_transaction_sorts_by_time_and_keeps_one_instant_apart() -> None:
    layout = by_customer("ids")
    times = ("2026-11-20T08:59:00.000000Z", "2026-11-20T08:59:00.000001Z", "2026-11-20T09:00:00.000000Z")

    keys = [from_item(layout.key(acceptance(f"t{9 - place}", occurred_at=at))) for place, at in enumerate(times)]

    assert [key["timestamp"] for key in keys] == sorted(key["timestamp"] for key in keys)
    assert all(key["timestamp"].startswith(at) for key, at in zip(keys, times))
    assert layout.key(acceptance("t1")) != layout.key(acceptance("t2"))
