"""`sweep`: what waits too long is queued again, ever more rarely."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sweep.sweeper import ROWS_A_SHARD, Sweeper

from pipeline.aws.claimed_transactions import ClaimedTransactions
from pipeline.aws.layout import by_customer
from pipeline.aws.transactions import Transactions, WaitingRows
from pipeline.domain.records import RECEIVED_SHARDS, received_shard
from tests.factories import NOW, acceptance
from tests.unit.functions.accountless import accountless
from tests.unit.functions.conftest import RecordingQueue, Tables
from tests.unit.functions.customer_tables import CustomerTables
from tests.unit.functions.shard import accepted

WAIT = timedelta(minutes=15)


@pytest.fixture
def clock() -> list[Any]:
    return [NOW]


@pytest.fixture
def sweeper(tables: Tables, dynamodb: Any, queue: Any, clock: list[Any]) -> Sweeper:
    rows = WaitingRows(dynamodb, tables.transactions)
    return Sweeper(rows, queue, "received-index", WAIT, now=lambda: clock[0])


def test_only_what_is_overdue_is_queued_again(
    sweeper: Sweeper, transactions: Transactions, queue: RecordingQueue, clock: list[Any]
) -> None:
    for key in ("t1", "t2", "t3"):
        transactions.insert(acceptance(key), WAIT)

    early = sweeper.sweep()
    clock[0] += timedelta(minutes=15, seconds=1)
    late = sweeper.sweep()

    assert (early, late) == (0, 3)
    assert {sent.transaction.transaction_id for sent in queue.sent} == {"t1", "t2", "t3"}
    assert queue.sent[0] == acceptance(queue.sent[0].transaction.transaction_id)


def test_whatever_key_of_the_index_a_transaction_waits_under_it_is_found(
    sweeper: Sweeper, transactions: Transactions, queue: RecordingQueue, clock: list[Any]
) -> None:
    one_a_shard = {received_shard(f"t{number}"): f"t{number}" for number in range(500)}
    for key in one_a_shard.values():
        transactions.insert(acceptance(key), WAIT)
    clock[0] += timedelta(hours=1)

    assert len(one_a_shard) == RECEIVED_SHARDS
    assert sweeper.sweep() == RECEIVED_SHARDS
    assert {sent.transaction.transaction_id for sent in queue.sent} == set(one_a_shard.values())


def test_a_long_list_is_swept_bit_by_bit_so_that_a_sweep_ends_in_time(
    sweeper: Sweeper, transactions: Transactions, clock: list[Any]
) -> None:
    of_one_shard = [f"t{number}" for number in range(2000) if received_shard(f"t{number}") == "7"][: ROWS_A_SHARD + 1]
    for key in of_one_shard:
        transactions.insert(acceptance(key), WAIT)
    clock[0] += timedelta(hours=1)

    assert (sweeper.sweep(), sweeper.sweep()) == (ROWS_A_SHARD, 1)
    assert ROWS_A_SHARD * RECEIVED_SHARDS <= 1_000  # of some 20 ms each, within the function's 60 s


def test_the_wait_doubles_up_to_an_hour(
    sweeper: Sweeper, transactions: Transactions, tables: Tables, clock: list[Any]
) -> None:
    transactions.insert(acceptance("t1"), WAIT)
    due = []
    for _ in range(3):
        clock[0] += timedelta(hours=2)
        sweeper.sweep()
        due.append((tables.rows()["t1"]["sweep_after"], clock[0]))

    assert [after for after, _ in due] == [
        "2026-11-20T11:30:00.000000Z",
        "2026-11-20T14:00:00.000000Z",
        "2026-11-20T16:00:00.000000Z",
    ]


def test_what_was_settled_meanwhile_is_left_alone(
    sweeper: Sweeper, transactions: Transactions, tables: Tables, queue: RecordingQueue, clock: list[Any]
) -> None:
    transactions.insert(acceptance("t1"), WAIT)
    tables.put(tables.transactions, {**tables.rows()["t1"], "status": "APPROVED"})  # the index lags behind
    clock[0] += timedelta(hours=1)

    assert sweeper.sweep() == 0
    assert queue.sent == []


def test_one_unreadable_row_does_not_keep_the_others_waiting(
    sweeper: Sweeper, transactions: Transactions, tables: Tables, queue: RecordingQueue, clock: list[Any]
) -> None:
    for key in ("t1", "t2", "t3"):
        transactions.insert(acceptance(key), WAIT)
    broken = tables.rows()["t2"]
    tables.put(tables.transactions, {**broken, "merchant_id": None})
    clock[0] += timedelta(hours=1)

    assert sweeper.sweep() == 2
    assert {sent.transaction.transaction_id for sent in queue.sent} == {"t1", "t3"}


def test_a_transaction_without_an_account_is_queued_again_as_it_was(
    sweeper: Sweeper, transactions: Transactions, queue: RecordingQueue, clock: list[Any]
) -> None:
    transactions.insert(accountless("t1"), WAIT)
    clock[0] += timedelta(hours=1)

    assert sweeper.sweep() == 1
    assert queue.sent == [accountless("t1")]


def test_what_was_stored_without_a_wait_is_never_swept(
    sweeper: Sweeper, transactions: Transactions, queue: RecordingQueue, clock: list[Any]
) -> None:
    transactions.insert(accountless("t1"), sweep_after=None)
    clock[0] += timedelta(days=30)

    assert sweeper.sweep() == 0


def test_what_waits_under_its_customer_is_put_on_the_stream_again_as_it_was_accepted(
    aws: Any, queue: Any, clock: list[Any]
) -> None:
    store = CustomerTables(aws("dynamodb")).create()
    layout = by_customer(store.ids)
    table = ClaimedTransactions(store.client, store.transactions, layout)
    for key in ("t1", "t2"):
        table.insert(accepted(key, f"cust-{key}", category="groceries"), WAIT)
    sweeper = Sweeper(
        WaitingRows(store.client, store.transactions, by_customer()), queue, "received-index", WAIT, lambda: clock[0]
    )
    clock[0] += timedelta(minutes=16)

    assert (sweeper.sweep(), sweeper.sweep()) == (2, 0)
    sent = {each.transaction.transaction_id: each for each in queue.sent}
    assert sent == {key: accepted(key, f"cust-{key}", category="groceries") for key in ("t1", "t2")}
    assert store.rows()["t1"]["sweeps"] == 1
