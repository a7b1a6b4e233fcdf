"""`ingest`: accepted durably before promised, refused with a name, repeated with the same answer."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError, ReadTimeoutError
from ingest.acceptor import Accepted, Acceptor

from pipeline.aws.merchants import MerchantDirectory
from pipeline.aws.observability import logger
from pipeline.aws.transactions import Transactions
from pipeline.domain.refusal import Refusal
from pipeline.domain.status import Status
from scripts.ministack import MiniStack
from tests.factories import NOW, transaction
from tests.unit.functions.conftest import Faulty, RecordingQueue, Tables
from tests.unit.functions.function_module import load_handler
from tests.unit.functions.gateway import post

TIMEOUT = ReadTimeoutError(endpoint_url="local")


@pytest.fixture
def acceptor(transactions: Transactions, tables: Tables, dynamodb: Any, queue: Any) -> Acceptor:
    merchants = MerchantDirectory(dynamodb, tables.merchants, cache_seconds=60)
    return Acceptor(transactions, merchants, queue, timedelta(minutes=15), now=lambda: NOW)


def test_acceptance_takes_two_calls_and_is_stored_before_it_is_queued(
    acceptor: Acceptor, dynamodb: Faulty, queue: RecordingQueue
) -> None:
    acceptor.accept(transaction("warm"), "r0")  # fills the merchant cache
    dynamodb.calls.clear()

    outcome = acceptor.accept(transaction("t1"), "r1")

    assert outcome == Accepted("t1", Status.RECEIVED, is_new=True)
    assert dynamodb.calls == ["put_item"]
    assert [sent.transaction.transaction_id for sent in queue.sent] == ["warm", "t1"]


def test_a_transaction_that_could_not_be_queued_is_stored_for_the_sweeper_and_queued_by_a_repetition(
    acceptor: Acceptor, tables: Tables, queue: RecordingQueue
) -> None:
    queue.error = TIMEOUT
    with pytest.raises(ReadTimeoutError):
        acceptor.accept(transaction("t1"), "r1")
    row = tables.rows()["t1"]
    queue.error = None

    outcome = acceptor.accept(transaction("t1"), "r2")

    assert (row["status"], row["sweep_after"]) == ("RECEIVED", "2026-11-20T09:15:00.000000Z")
    assert outcome == Accepted("t1", Status.RECEIVED, is_new=False)
    assert queue.sent[0].correlation_id == "r1"


def test_a_lost_answer_of_the_table_does_not_turn_a_first_submission_into_a_conflict(
    acceptor: Acceptor, dynamodb: Faulty
) -> None:
    dynamodb.fail("put_item", TIMEOUT, when="after")
    with pytest.raises(ReadTimeoutError):
        acceptor.accept(transaction("t1"), "r1")

    assert isinstance(acceptor.accept(transaction("t1"), "r2"), Accepted)


def test_what_was_accepted_stays_accepted_when_the_merchant_is_switched_off(
    acceptor: Acceptor, tables: Tables, transactions: Any, dynamodb: Any, queue: Any
) -> None:
    acceptor.accept(transaction("t1"), "r1")
    tables.put(tables.merchants, {"merchant_id": "shop", "name": "Corner Shop", "active": False})
    fresh = MerchantDirectory(dynamodb, tables.merchants, cache_seconds=60)
    later = Acceptor(transactions, fresh, queue, timedelta(minutes=15), now=lambda: NOW)

    assert isinstance(later.accept(transaction("t1"), "r2"), Accepted)
    assert isinstance(later.accept(transaction("t2"), "r3"), Refusal)


def test_a_merchant_is_read_again_after_the_cache_time(tables: Tables, dynamodb: Faulty) -> None:
    clock = [0.0]
    client: Any = dynamodb
    directory = MerchantDirectory(client, tables.merchants, cache_seconds=600, monotonic=lambda: clock[0])
    directory.find(transaction())
    tables.put(tables.merchants, {"merchant_id": "shop", "name": "Corner Shop", "active": False})

    clock[0] = 59.0
    before = directory.find(transaction())
    clock[0] = 60.0
    after = directory.find(transaction())

    assert before is not None
    assert after is not None
    assert (before.active, after.active) == (True, False)


def test_an_unknown_merchant_is_looked_up_each_time(tables: Tables, dynamodb: Faulty) -> None:
    client: Any = dynamodb
    directory = MerchantDirectory(client, tables.merchants, cache_seconds=60)
    assert directory.find(transaction(merchant_id="new")) is None
    tables.put(tables.merchants, {"merchant_id": "new", "name": "New", "max_transaction_amount": Decimal(5)})

    found = directory.find(transaction(merchant_id="new"))

    assert found is not None
    assert found.max_transaction_amount == 5


@pytest.fixture
def api(tables: Tables, acceptor: Acceptor, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack) -> Any:
    """Call the handler as the gateway does."""
    settings = {
        "TRANSACTIONS_TABLE": tables.transactions,
        "MERCHANTS_TABLE": tables.merchants,
        "TRANSACTION_QUEUE_URL": "unused",
        "MERCHANT_CACHE_SECONDS": "60",
        "SWEEP_AFTER_SECONDS": "900",
    }
    module = load_handler("ingest", monkeypatch, emulator, **settings)
    monkeypatch.setattr(module, "ACCEPTOR", acceptor)
    return partial(post, module)


def request(**changes: Any) -> dict[str, Any]:
    """Return a good request body, with `changes`."""
    return {**transaction().to_document(), "amount": 12.5, **changes}


def test_the_first_submission_gets_the_published_answer(api: Any) -> None:
    assert api(request()) == (
        202,
        {"message": "Transaction validated and queued", "transaction_id": "t1", "status": "pending_fraud_check"},
    )


def test_a_repetition_gets_the_current_status(api: Any, tables: Tables) -> None:
    api(request())
    row = tables.rows()["t1"]
    tables.put(tables.transactions, {**row, "status": "APPROVED"})

    status, body = api(request(amount=12.50))

    assert (status, body["status"]) == (200, "APPROVED")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("APPROVED", "Transaction already decided"),
        ("REVIEW_REQUIRED", "Transaction already decided"),
        ("FRAUD_SUSPECTED", "Transaction already decided"),
        ("DECLINED", "Transaction already decided"),
        ("REJECTED", "Transaction rejected"),
        ("FAILED", "Transaction failed"),
        ("HELD", "Transaction held"),
    ],
)
def test_only_of_what_was_decided_a_repetition_hears_that_it_was(
    api: Any, tables: Tables, status: str, message: str
) -> None:
    api(request())
    tables.put(tables.transactions, {**tables.rows()["t1"], "status": status})

    assert api(request()) == (200, {"message": message, "transaction_id": "t1", "status": status})


def test_the_same_id_with_another_body_is_a_conflict(api: Any) -> None:
    api(request())

    status, body = api(request(amount=13))

    assert (status, body["error"]["code"]) == (409, "TRANSACTION_CONFLICT")


@pytest.mark.parametrize(
    ("merchant", "amount", "code", "field"),
    [
        ("nobody", 1, "UNKNOWN_MERCHANT", "merchant_id"),
        ("closed", 1, "INACTIVE_MERCHANT", "merchant_id"),
        ("limited", 100.01, "AMOUNT_OVER_MERCHANT_LIMIT", "amount"),
    ],
)
def test_a_merchant_that_refuses_is_422(
    api: Any, tables: Tables, merchant: str, amount: float, code: str, field: str
) -> None:
    tables.put(tables.merchants, {"merchant_id": "closed", "name": "C", "active": False})
    tables.put(tables.merchants, {"merchant_id": "limited", "name": "L", "max_transaction_amount": 100})

    status, body = api(request(merchant_id=merchant, amount=amount))

    assert status == 422
    assert (body["error"]["code"], body["error"]["details"]["field"]) == (code, field)
    assert tables.rows() == {}


def test_the_merchants_maximum_itself_is_accepted(api: Any, tables: Tables) -> None:
    tables.put(tables.merchants, {"merchant_id": "limited", "name": "L", "max_transaction_amount": 100})

    assert api(request(merchant_id="limited", amount=100))[0] == 202


def test_a_bad_request_names_the_field_and_the_request(api: Any) -> None:
    status, body = api(request(amount=-1))

    assert status == 400
    assert body["error"]["details"]["field"] == "amount"
    assert body["request_id"] == "request-1"


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return what is logged from now on, whoever does it."""
    lines: list[dict[str, Any]] = []
    for level in ("info", "error", "exception"):
        monkeypatch.setattr(logger, level, lambda message, **more: lines.append({"message": message, **more}))
    return lines


def test_a_key_of_400_kilobytes_that_is_repeated_is_neither_answered_nor_logged(
    api: Any, logged: list[dict[str, Any]]
) -> None:
    key = json.dumps("4111" * 100_000)

    status, body = api(f"{{{key}: 1, {key}: 2}}")

    assert (status, body["error"]["details"]) == (400, {"field": "body", "reason": "repeats a key"})
    assert [line["field"] for line in logged] == ["body"]


def test_the_sender_hears_which_field_is_unknown_and_the_log_does_not(api: Any, logged: list[dict[str, Any]]) -> None:
    _, body = api(request(**{"4111111111111111": "Jane Doe"}))

    assert body["error"]["details"]["field"] == "4111111111111111"
    assert [line["field"] for line in logged] == ["?"]


UNREADABLE_LIMITS = ["10,000", "", "NaN", "Infinity", "-1", Decimal("-0.01"), True, False, [1], {"EUR": 1}, {1}, b"1"]


@pytest.mark.parametrize("limit", UNREADABLE_LIMITS, ids=repr)
def test_a_merchant_whose_limit_is_none_is_a_503_that_names_it_to_the_operator(
    api: Any, tables: Tables, monkeypatch: pytest.MonkeyPatch, logged: list[dict[str, Any]], limit: Any
) -> None:
    counted: list[str] = []
    monkeypatch.setattr("pipeline.aws.merchants.count", counted.append)
    row = {"merchant_id": "typo", "name": "Typo", "max_transaction_amount": limit}
    serialize = TypeSerializer().serialize  # operators' tools write types that our rows do not have
    tables.client.put_item(TableName=tables.merchants, Item={name: serialize(value) for name, value in row.items()})

    status, body = api(request(merchant_id="typo"))

    assert (status, body["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert counted == ["MerchantUnreadable"]
    assert (logged[0]["merchant_id"], logged[0]["attribute"]) == ("typo", "max_transaction_amount")
    assert tables.rows() == {}


@pytest.mark.parametrize("limit", [0, Decimal("0.00"), "0"])
def test_a_limit_of_zero_lets_nothing_through(api: Any, tables: Tables, limit: Any) -> None:
    tables.put(tables.merchants, {"merchant_id": "zero", "name": "Zero", "max_transaction_amount": limit})

    assert api(request(merchant_id="zero"))[1]["error"]["code"] == "AMOUNT_OVER_MERCHANT_LIMIT"


def test_what_was_accepted_stays_accepted_when_the_merchant_becomes_unreadable(
    api: Any, tables: Tables, acceptor: Acceptor, monkeypatch: pytest.MonkeyPatch
) -> None:
    api(request())
    tables.put(tables.merchants, {"merchant_id": "shop", "name": "Corner Shop", "max_transaction_amount": "10,000"})
    fresh = MerchantDirectory(tables.client, tables.merchants, cache_seconds=60)
    monkeypatch.setattr(acceptor, "_merchants", fresh)

    assert api(request())[0] == 202
    assert api(request(amount=13))[0] == 409
    assert api(request(transaction_id="t2"))[0] == 503


def test_a_body_that_is_no_utf8_is_a_400(api: Any) -> None:
    assert api(base64.b64encode(b"\xff\xfe{").decode(), encoded=True)[0] == 400


def test_when_the_table_is_out_of_reach_the_sender_is_told_to_send_again(api: Any, dynamodb: Faulty) -> None:
    dynamodb.fail("put_item", TIMEOUT)

    status, body = api(request())

    assert (status, body["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")


def test_a_repetition_that_meets_the_commit_of_its_transaction_is_not_refused(api: Any, dynamodb: Faulty) -> None:
    api(request())
    in_flight = ClientError({"Error": {"Code": "TransactionConflictException"}}, "PutItem")
    dynamodb.fail("put_item", in_flight, times=2)

    assert api(request())[0] == 202
