"""`ingest` as the bank of customers composes it: the row lies under the customer, and Kinesis is the queue."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from ingest.acceptor import Acceptor

from pipeline.aws.claimed_transactions import ClaimedTransactions
from pipeline.aws.dynamo import to_item
from pipeline.aws.kinesis import TransactionStream
from pipeline.aws.layout import by_customer
from pipeline.aws.merchants import UnlistedMerchants
from pipeline.aws.observability import metrics
from pipeline.domain.queue_body import read_body
from scripts.ministack import MiniStack
from tests.factories import NOW, transaction
from tests.unit.functions.conftest import Faulty, RecordingQueue
from tests.unit.functions.customer_tables import CustomerTables
from tests.unit.functions.function_module import load_handler
from tests.unit.functions.gateway import post
from tests.unit.functions.shard import submission

BODY = submission(timestamp="2025-11-20T09:00:00+01:00", merchant_category="groceries", transaction_type="purchase")
KEY = "2025-11-20T08:00:00.000000Z#t1"
ACCEPTED = {"message": "Transaction validated and queued", "transaction_id": "t1", "status": "pending_fraud_check"}


@pytest.fixture
def store(aws: Any) -> CustomerTables:
    return CustomerTables(aws("dynamodb")).create()


@pytest.fixture
def stream(aws: Any, store: CustomerTables) -> str:
    name = f"transactions-{store.suffix}"
    aws("kinesis").create_stream(StreamName=name, ShardCount=1)
    return name


@pytest.fixture
def ingest(store: CustomerTables, stream: str, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack) -> ModuleType:
    return load_handler(
        "ingest",
        monkeypatch,
        emulator,
        REQUEST_SCHEMA="securebank",
        TRANSACTIONS_TABLE=store.transactions,
        TRANSACTION_IDS_TABLE=store.ids,
        TRANSACTION_STREAM_NAME=stream,
        SWEEP_AFTER_SECONDS="900",
        RESPONSE_TIME_METRIC="API/ResponseTime",
    )


def sent(kinesis: Any, stream: str) -> list[dict[str, Any]]:
    """Return all records of the stream's one shard."""
    (shard,) = kinesis.list_shards(StreamName=stream)["Shards"]
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records: list[dict[str, Any]] = kinesis.get_records(ShardIterator=iterator)["Records"]
    return records


def error_of(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


def test_a_transaction_is_stored_under_its_customer_and_put_on_the_stream(
    ingest: ModuleType, store: CustomerTables, stream: str, aws: Any
) -> None:
    assert post(ingest, BODY) == (202, ACCEPTED)

    row = store.rows()["t1"]
    assert (row["customer_id"], row["timestamp"], row["status"]) == ("cust", KEY, "RECEIVED")
    assert (row["merchant_category"], row["transaction_type"]) == ("groceries", "purchase")
    assert {"received_shard", "sweep_after"} <= row.keys()
    assert not {"account_id", "category"} & row.keys()
    assert store.claims()["t1"] == {
        "transaction_id": "t1",
        "customer_id": "cust",
        "timestamp": KEY,
        "fingerprint": row["fingerprint"],
    }
    (record,) = sent(aws("kinesis"), stream)
    assert record["PartitionKey"] == "cust"
    assert read_body(record["Data"].decode()).transaction.fingerprint == row["fingerprint"]


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"custom:customer_id": "cust"}, 202),
        ({"cognito:groups": "operators"}, 202),
        ({"custom:customer_id": "somebody-else"}, 403),
        ({}, 403),
    ],
)
def test_a_token_submits_for_its_own_customer_only(
    ingest: ModuleType, store: CustomerTables, claims: dict[str, Any], status: int
) -> None:
    assert post(ingest, BODY, claims=claims)[0] == status
    assert len(store.rows()) == (status == 202)


def test_a_repetition_is_put_on_the_stream_again_while_it_waits_and_gets_its_status_once_decided(
    ingest: ModuleType, store: CustomerTables, stream: str, aws: Any
) -> None:
    post(ingest, BODY)

    assert post(ingest, {**BODY, "timestamp": "2025-11-20T08:00:00.000Z"}) == (202, ACCEPTED)
    store.put(store.transactions, {**store.rows()["t1"], "status": "APPROVED"})
    status, answer = post(ingest, BODY)

    assert (status, answer["status"]) == (200, "APPROVED")
    first, second = sent(aws("kinesis"), stream)
    assert first["Data"] == second["Data"]


@pytest.mark.parametrize(
    "change", [{"amount": 99}, {"customer_id": "other"}, {"timestamp": "2025-11-20T08:00:01Z"}, {"channel": "atm"}]
)
def test_the_same_id_with_another_body_is_a_conflict(
    ingest: ModuleType, store: CustomerTables, change: dict[str, Any]
) -> None:
    post(ingest, BODY)
    before = store.rows(), store.claims()

    assert error_of(post(ingest, {**BODY, **change})) == (409, "TRANSACTION_CONFLICT")
    assert (store.rows(), store.claims()) == before


def test_of_many_customers_with_one_id_at_once_exactly_one_gets_it(ingest: ModuleType, store: CustomerTables) -> None:
    bodies = [{**BODY, "customer_id": f"cust-{number}"} for number in range(8)]

    with ThreadPoolExecutor(len(bodies)) as senders:
        answers = list(senders.map(lambda body: post(ingest, body)[0], bodies))

    assert sorted(answers) == [202] + [409] * 7
    assert store.rows()["t1"]["customer_id"] == f"cust-{answers.index(202)}" == store.claims()["t1"]["customer_id"]


def test_the_id_of_a_row_that_somebody_deleted_stays_taken(ingest: ModuleType, store: CustomerTables) -> None:
    post(ingest, BODY)
    store.client.delete_item(TableName=store.transactions, Key=to_item({"customer_id": "cust", "timestamp": KEY}))

    status, answer = post(ingest, BODY)

    assert (status, answer["error"]["message"]) == (
        409,
        "The id was used by a transaction that was deleted. Use a new id.",
    )


def test_a_bad_request_names_the_field_that_the_client_sent(ingest: ModuleType, store: CustomerTables) -> None:
    without = {name: value for name, value in BODY.items() if name != "customer_id"}

    for body, field in ((without, "customer_id"), ({**BODY, "timestamp": "now"}, "timestamp")):
        status, answer = post(ingest, body)
        assert (status, answer["error"]["details"]["field"]) == (400, field)
    assert store.rows() == {}


def test_how_long_an_answer_takes_is_told_whatever_it_is(ingest: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        metrics, "add_metric", lambda name, unit, value: told.append(f"{name} {unit.value} {value >= 0}")
    )

    post(ingest, BODY)
    post(ingest, "no json")

    assert told.count("API/ResponseTime Milliseconds True") == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_of_the_tables_leaves_both_items_or_neither(store: CustomerTables, when: str) -> None:
    faulty: Any = Faulty(store.client)
    queue: Any = RecordingQueue()
    transactions = ClaimedTransactions(faulty, store.transactions, by_customer(store.ids))
    acceptor = Acceptor(transactions, UnlistedMerchants(), queue, timedelta(minutes=15), now=lambda: NOW)
    faulty.fail("transact_write_items", ReadTimeoutError(endpoint_url="local"), when=when)
    with pytest.raises(ReadTimeoutError):
        acceptor.accept(transaction("t1", "cust"), "r1")
    assert len(store.rows()) == len(store.claims()) == (0 if when == "before" else 1)

    again = acceptor.accept(transaction("t1", "cust"), "r2")

    assert getattr(again, "is_new", None) is (when == "before")
    assert [each.correlation_id for each in queue.sent] == ["r2" if when == "before" else "r1"]


def test_a_stream_that_does_not_answer_leaves_the_row_to_a_repetition(store: CustomerTables) -> None:
    class Silent:
        def put_record(self, **_: Any) -> None:
            raise ReadTimeoutError(endpoint_url="local")

    transactions = ClaimedTransactions(store.client, store.transactions, by_customer(store.ids))
    stream = TransactionStream(Silent(), "stream")
    acceptor = Acceptor(transactions, UnlistedMerchants(), stream, timedelta(minutes=15), now=lambda: NOW)

    with pytest.raises(ReadTimeoutError):
        acceptor.accept(transaction("t1", "cust"), "r1")
    assert store.statuses() == {"t1": "RECEIVED"}


def test_a_page_of_a_given_origin_may_read_the_answer(
    store: CustomerTables, stream: str, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack
) -> None:
    module = load_handler(
        "ingest",
        monkeypatch,
        emulator,
        REQUEST_SCHEMA="securebank",
        TRANSACTIONS_TABLE=store.transactions,
        TRANSACTION_IDS_TABLE=store.ids,
        TRANSACTION_STREAM_NAME=stream,
        SWEEP_AFTER_SECONDS="900",
        CORS_ORIGINS="https://bank.example",
    )

    answer = module.handler({"body": "{}", "headers": {"Origin": "https://bank.example"}}, None)

    assert answer["headers"]["Access-Control-Allow-Origin"] == "https://bank.example"
