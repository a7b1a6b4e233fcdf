"""`ingest` as stream_alerts composes it: the id and the time are the key, the stream is the queue."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from ingest.acceptor import Acceptor, Conflict

from pipeline.aws.claimed_transactions import ClaimedTransactions
from pipeline.aws.dynamo import from_item
from pipeline.aws.layout import by_id_and_time
from pipeline.aws.merchants import MerchantDirectory
from pipeline.aws.queue import NoQueue
from pipeline.domain.queued import accept
from pipeline.domain.records import acceptance_of
from pipeline.domain.refusal import Refusal
from scripts.ministack import MiniStack
from tests.factories import NOW, transaction
from tests.unit.functions.conftest import Faulty, Tables
from tests.unit.functions.function_module import load_handler
from tests.unit.functions.gateway import post
from tests.unit.functions.timed_table import TimedTable

AT = 1763628000.25
BODY = {"transaction_id": "t1", "timestamp": AT, "merchant_id": "shop", "amount": 12.5, "currency": "USD"}
ACCEPTED = {"message": "Transaction validated and queued", "transaction_id": "t1", "status": "pending_fraud_check"}


class Store(TimedTable):
    """The transactions table, and the table of claimed ids beside it."""

    @property
    def ids(self) -> str:
        return f"{self.name}-ids"

    def create(self) -> Store:
        super().create()
        self.client.create_table(
            TableName=self.ids,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "transaction_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "transaction_id", "AttributeType": "S"}],
        )
        return self

    def claims(self) -> list[dict[str, Any]]:
        return [from_item(item) for item in self.client.scan(TableName=self.ids, ConsistentRead=True)["Items"]]


@pytest.fixture
def store(aws: Any) -> Store:
    return Store(aws("dynamodb")).create()


@pytest.fixture
def faulty(store: Store) -> Faulty:
    return Faulty(store.client)


@pytest.fixture
def timed(store: Store, faulty: Any) -> ClaimedTransactions:
    return ClaimedTransactions(faulty, store.name, by_id_and_time(store.ids))


@pytest.fixture
def ingest(store: Store, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack) -> ModuleType:
    return load_handler(
        "ingest",
        monkeypatch,
        emulator,
        REQUEST_SCHEMA="stream_alerts",
        TRANSACTIONS_TABLE=store.name,
        TRANSACTION_IDS_TABLE=store.ids,
    )


def error_of(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


def test_a_transaction_is_stored_under_its_id_and_time_and_its_id_is_claimed(ingest: ModuleType, store: Store) -> None:
    assert post(ingest, {**BODY, "merchant_name": "Corner Shop", "account_id": "acc"}) == (202, ACCEPTED)

    (row,) = store.rows()
    assert (row["transaction_id"], row["timestamp"], row["status"]) == ("t1", Decimal(str(AT)), "RECEIVED")
    assert (row["merchant_name"], row["account_id"]) == ("Corner Shop", "acc")
    assert row["occurred_at"] == "2025-11-20T08:40:00.250000Z"
    assert not {"received_shard", "sweep_after"} & row.keys()
    assert store.claims() == [
        {"transaction_id": "t1", "timestamp": Decimal(str(AT)), "fingerprint": row["fingerprint"]}
    ]
    assert acceptance_of(row).transaction.fingerprint == row["fingerprint"]


@pytest.mark.parametrize("spelled", ["1763628000.25", "1763628000.250", "176362800025e-2"])
def test_the_same_body_again_gets_the_same_answer(ingest: ModuleType, store: Store, spelled: str) -> None:
    post(ingest, BODY)
    before = store.rows()

    assert post(ingest, json.dumps(BODY).replace("1763628000.25", spelled)) == (202, ACCEPTED)
    assert store.rows() == before


def test_a_repetition_gets_the_current_status(ingest: ModuleType, store: Store) -> None:
    post(ingest, BODY)
    store.put({**store.rows()[0], "status": "APPROVED"})

    status, answer = post(ingest, BODY)

    assert (status, answer["status"]) == (200, "APPROVED")


@pytest.mark.parametrize(
    "change", [{"timestamp": AT + 1}, {"timestamp": AT, "amount": 99}, {"timestamp": AT - 0.000001}]
)
def test_the_same_id_with_another_time_or_body_is_a_conflict(
    ingest: ModuleType, store: Store, change: dict[str, Any]
) -> None:
    post(ingest, BODY)
    before = store.rows(), store.claims()

    assert error_of(post(ingest, {**BODY, **change})) == (409, "TRANSACTION_CONFLICT")
    assert (store.rows(), store.claims()) == before


def test_milliseconds_are_refused_by_the_name_of_their_field(ingest: ModuleType, store: Store) -> None:
    status, answer = post(ingest, {**BODY, "timestamp": 1763628000000})

    assert (status, answer["error"]["details"]["field"]) == (400, "timestamp")
    assert "seconds" in answer["error"]["message"]
    assert store.rows() == []


def test_of_many_bodies_with_one_id_at_once_exactly_one_becomes_a_transaction(ingest: ModuleType, store: Store) -> None:
    bodies = [{**BODY, "timestamp": AT + number} for number in range(8)]

    with ThreadPoolExecutor(len(bodies)) as senders:
        answers = list(senders.map(lambda body: post(ingest, body)[0], bodies))

    assert sorted(answers) == [202] + [409] * 7
    assert len(store.rows()) == len(store.claims()) == 1
    assert store.rows()[0]["timestamp"] == Decimal(str(AT + answers.index(202)))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_call_whose_answer_is_lost_leaves_both_items_or_neither(
    timed: ClaimedTransactions, store: Store, faulty: Faulty, when: str
) -> None:
    faulty.fail("transact_write_items", ReadTimeoutError(endpoint_url="local"), when=when)
    with pytest.raises(ReadTimeoutError):
        timed.insert(accept(transaction(), NOW, "r1"))
    stored = len(store.rows()), len(store.claims())

    known = timed.insert(accept(transaction(), NOW, "r2"))

    assert stored == ((0, 0) if when == "before" else (1, 1))
    assert (known is None) == (when == "before")
    assert [row["correlation_id"] for row in store.rows()] == ["r2" if when == "before" else "r1"]


def cancelled(*codes: str) -> ClientError:
    """Return how DynamoDB cancels a transaction, with a code for each item."""
    response: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [
            {"Code": code, **({"Item": {"fingerprint": {"S": "another"}}} if code == "ConditionalCheckFailed" else {})}
            for code in codes
        ],
    }
    return ClientError(response, "TransactWriteItems")


def test_a_submission_that_meets_another_one_in_flight_is_tried_again(
    timed: ClaimedTransactions, store: Store, faulty: Faulty
) -> None:
    faulty.fail("transact_write_items", cancelled("None", "TransactionConflict"), times=2)

    assert timed.insert(accept(transaction(), NOW, "r1")) is None
    assert len(store.rows()) == 1


@pytest.mark.parametrize("codes", [("None", "ThrottlingError"), ("ConditionalCheckFailed", "TransactionConflict")])
def test_what_says_nothing_sure_of_the_id_is_no_conflict_of_bodies(
    timed: ClaimedTransactions, faulty: Faulty, codes: tuple[str, ...]
) -> None:
    faulty.fail("transact_write_items", cancelled(*codes), times=9)

    with pytest.raises(ClientError):
        timed.insert(accept(transaction(), NOW, "r1"))


def test_the_id_of_a_row_that_somebody_deleted_stays_taken(ingest: ModuleType, store: Store) -> None:
    post(ingest, BODY)
    (row,) = store.rows()
    key = {"transaction_id": {"S": "t1"}, "timestamp": {"N": str(row["timestamp"])}}
    store.client.delete_item(TableName=store.name, Key=key)

    answer = post(ingest, BODY)

    assert error_of(answer) == (409, "TRANSACTION_CONFLICT")
    assert answer[1]["error"]["message"] == "The id was used by a transaction that was deleted. Use a new id."
    assert "another body" in post(ingest, {**BODY, "amount": 13})[1]["error"]["message"]
    assert store.rows() == []


def test_what_was_accepted_stays_accepted_when_merchants_are_configured_later(
    timed: ClaimedTransactions, tables: Tables
) -> None:
    merchants = MerchantDirectory(tables.client, tables.merchants, cache_seconds=0)
    acceptor = Acceptor(timed, merchants, NoQueue(), sweep_after=None, now=lambda: NOW)
    acceptor.accept(transaction("t1"), "r1")
    tables.put(tables.merchants, {"merchant_id": "shop", "name": "Corner Shop", "active": False})

    again = acceptor.accept(transaction("t1"), "r2")

    assert getattr(again, "is_new", None) is False
    assert isinstance(acceptor.accept(transaction("t1", amount="99"), "r3"), Conflict)
    assert isinstance(acceptor.accept(transaction("t2"), "r4"), Refusal)
