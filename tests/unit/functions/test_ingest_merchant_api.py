"""`ingest` as merchant_api composes it: no accounts, no event time, a standard queue."""

from __future__ import annotations

import json
import uuid
from types import ModuleType
from typing import Any

import pytest

from pipeline.domain.errors import SettingError
from scripts.ministack import MiniStack
from tests.unit.functions.conftest import Tables
from tests.unit.functions.function_module import load_handler
from tests.unit.functions.gateway import post

BODY = {"transaction_id": "t1", "merchant_id": "shop", "amount": 12.5, "currency": "USD"}
ACCEPTED = {"message": "Transaction validated and queued", "transaction_id": "t1", "status": "pending_fraud_check"}


@pytest.fixture
def queue_url(aws: Any) -> str:
    return str(aws("sqs").create_queue(QueueName=f"transactions-{uuid.uuid4().hex}")["QueueUrl"])


@pytest.fixture
def settings(tables: Tables, queue_url: str) -> dict[str, str]:
    return {
        "REQUEST_SCHEMA": "merchant_api",
        "TRANSACTIONS_TABLE": tables.transactions,
        "MERCHANTS_TABLE": tables.merchants,
        "TRANSACTION_QUEUE_URL": queue_url,
        "SWEEP_AFTER_SECONDS": "900",
    }


@pytest.fixture
def ingest(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, emulator: MiniStack) -> ModuleType:
    return load_handler("ingest", monkeypatch, emulator, **settings)


def messages(aws: Any, queue_url: str) -> list[dict[str, Any]]:
    answer = aws("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, AttributeNames=["All"])
    return list(answer.get("Messages", []))


def test_four_fields_are_stored_and_queued_without_a_group(
    ingest: ModuleType, tables: Tables, aws: Any, queue_url: str
) -> None:
    assert post(ingest, BODY) == (202, ACCEPTED)

    (message,) = messages(aws, queue_url)
    assert "MessageGroupId" not in message["Attributes"]
    queued = json.loads(message["Body"])["transaction"]
    assert queued == {"transaction_id": "t1", "merchant_id": "shop", "amount": "12.5", "currency": "USD"}
    row = tables.rows()["t1"]
    assert row["status"] == "RECEIVED"
    assert not {"account_id", "occurred_at", "merchant_name"} & row.keys()
    assert {"received_shard", "sweep_after"} <= row.keys()


def test_a_repetition_gets_the_same_answer_whenever_it_comes(ingest: ModuleType, tables: Tables) -> None:
    post(ingest, BODY)
    before = tables.rows()

    assert post(ingest, {**BODY, "amount": 12.50}) == (202, ACCEPTED)
    assert tables.rows() == before


def test_another_body_is_a_conflict_and_the_first_stands(ingest: ModuleType, tables: Tables) -> None:
    post(ingest, BODY)

    status, answer = post(ingest, {**BODY, "amount": 99})

    assert (status, answer["error"]["code"]) == (409, "TRANSACTION_CONFLICT")
    assert tables.rows()["t1"]["amount"] == 12.5


@pytest.mark.parametrize(("written", "status"), [("true", 202), ("True", 202), ("false", 422), ("yes", 422)])
def test_a_merchants_switch_may_be_the_text_that_operators_write_with_the_cli(
    ingest: ModuleType, tables: Tables, written: str, status: int
) -> None:
    tables.put(tables.merchants, {"merchant_id": "cli", "name": "CLI", "active": written})

    assert post(ingest, {**BODY, "merchant_id": "cli"})[0] == status


def test_an_account_is_a_field_that_this_system_does_not_take(ingest: ModuleType) -> None:
    status, answer = post(ingest, {**BODY, "account_id": "acc"})

    assert (status, answer["error"]["details"]["field"]) == (400, "account_id")


def test_an_unknown_request_schema_fails_the_start(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, emulator: MiniStack
) -> None:
    with pytest.raises(SettingError, match="'merchants'"):
        load_handler("ingest", monkeypatch, emulator, **{**settings, "REQUEST_SCHEMA": "merchants"})
