"""`label` as the bank of customers composes it: the id leads to the row, and no customer's token labels."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any, Optional

import fastjsonschema
import pytest
import yaml
from lake.writer import LakeWriter

from pipeline.aws.labels import Labels
from pipeline.aws.layout import by_customer
from pipeline.aws.stream import read_records
from pipeline.domain.label import Label, LabelRequest, LabelSource, LabelValue
from scripts import paths
from scripts.ministack import MiniStack
from tests.factories import NOW
from tests.unit.functions.bank_world import World
from tests.unit.functions.buckets import lines, make_bucket
from tests.unit.functions.conftest import Faulty
from tests.unit.functions.customer_tables import CustomerTables
from tests.unit.functions.function_module import load_handler
from tests.unit.functions.stream import event, stream_record

API = paths.ROOT / "examples" / "securebank" / "openapi.yaml"
BODY = {"transaction_id": "t1", "label": "fraud", "source": "chargeback", "confirmed_at": "2026-11-19T00:00:00Z"}
AT = "2026-11-20T09:00:00.000000Z"


def schema(name: str) -> Callable[[Any], Any]:
    """Return a validator of a schema of the API's description."""
    components = yaml.safe_load(API.read_text(encoding="utf-8"))["components"]
    check: Callable[[Any], Any] = fastjsonschema.compile(
        {"$ref": f"#/components/schemas/{name}", "components": components}
    )
    return check


@pytest.fixture
def bank(aws: Any) -> World:
    """Return a bank in which the customer `cust` has the decided transaction t1."""
    bank = World(CustomerTables(aws("dynamodb")).create())
    bank.shard.submit("t1")
    assert bank.process() is None
    return bank


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, bank: World) -> ModuleType:
    module = load_handler(
        "label",
        monkeypatch,
        emulator,
        TRANSACTIONS_TABLE=bank.tables.transactions,
        TRANSACTION_IDS_TABLE=bank.tables.ids,
        RESPONSE_TIME_METRIC="API/ResponseTime",
        CORS_ORIGINS="https://bank.example",
    )
    monkeypatch.setattr(module, "NOW", lambda: NOW)
    return module


def answer_to(
    handler: ModuleType, claims: Optional[dict[str, Any]] = None, identity: Any = None, **changes: Any
) -> tuple[int, dict[str, Any]]:
    """Post a label; return the status and the answer, which must have the documented shape and be readable by pages."""
    context = {"requestId": "request-9", "identity": identity}
    if claims is not None:
        context["authorizer"] = {"claims": claims}
    response = handler.handler({"body": json.dumps({**BODY, **changes}), "requestContext": context}, None)
    body = json.loads(response["body"])
    schema("LabelAnswer" if response["statusCode"] == 200 else "Error")(body)
    assert response["headers"]["Access-Control-Allow-Origin"] == "https://bank.example"
    return response["statusCode"], body


def code_of(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


def test_a_label_is_written_into_the_customers_row_and_nothing_else_of_it_changes(
    handler: ModuleType, bank: World
) -> None:
    before = bank.tables.rows()["t1"]

    assert answer_to(handler) == (200, {"transaction_id": "t1", "label": "fraud", "status": "recorded"})

    (row,) = bank.tables.all(bank.tables.transactions)
    assert row["label"]["value"] == "fraud"
    assert row == {**before, "label": row["label"], "labels": [row["label"]], "label_revision": 1}


def test_the_same_again_is_unchanged_and_an_older_one_superseded(handler: ModuleType) -> None:
    answer_to(handler)

    assert answer_to(handler)[1]["status"] == "unchanged"
    assert answer_to(handler, label="genuine", confirmed_at="2026-11-18T00:00:00Z")[1]["status"] == "superseded"


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        (None, 200),
        ({"cognito:groups": "operators", "custom:customer_id": "cust"}, 200),
        ({"custom:customer_id": "cust"}, 403),
        ({"custom:customer_id": "somebody-else"}, 403),
        ({"cognito:groups": "customers"}, 403),
        ({}, 403),
    ],
)
def test_a_customers_token_does_not_label_not_even_their_own_transactions(
    handler: ModuleType, bank: World, claims: Optional[dict[str, Any]], status: int
) -> None:
    assert answer_to(handler, claims)[0] == status
    assert ("label" in bank.tables.rows()["t1"]) == (status == 200)


def test_who_may_not_label_does_not_learn_which_ids_are_taken(handler: ModuleType) -> None:
    token = {"custom:customer_id": "cust"}

    refusals = [answer_to(handler, token, transaction_id=name) for name in ("t1", "nobody", "no id at all")]

    assert [code_of(refusal) for refusal in refusals] == [(403, "FORBIDDEN")] * 3


@pytest.mark.parametrize(
    ("claims", "identity", "actor"),
    [
        ({"cognito:groups": "operators", "sub": "2f9c"}, {"apiKeyId": "key-1"}, "token:2f9c"),
        (None, {"userArn": "arn:aws:iam::123456789012:user/ana", "apiKeyId": "key-1"}, None),
        (None, {"userArn": None, "apiKeyId": "key-1"}, "api-key:key-1"),
        (None, None, "api"),
    ],
)
def test_the_history_tells_who_labelled(
    handler: ModuleType, bank: World, claims: Optional[dict[str, Any]], identity: Any, actor: Optional[str]
) -> None:
    answer_to(handler, claims, identity)

    assert bank.tables.rows()["t1"]["label"]["actor"] == (actor or f"iam:{identity['userArn']}")


def test_an_id_that_nobody_claimed_is_not_found(handler: ModuleType, bank: World) -> None:
    assert code_of(answer_to(handler, transaction_id="nobody")) == (404, "NOT_FOUND")
    assert len(bank.tables.all(bank.tables.transactions)) == 1


def test_a_row_that_was_deleted_is_not_made_again(handler: ModuleType, bank: World) -> None:
    row = bank.tables.rows()["t1"]
    key = {name: {"S": row[name]} for name in ("customer_id", "timestamp")}
    bank.tables.client.delete_item(TableName=bank.tables.transactions, Key=key)

    assert code_of(answer_to(handler)) == (404, "NOT_FOUND")
    assert bank.tables.all(bank.tables.transactions) == []


def test_what_waits_for_its_decision_cannot_be_labelled_yet(handler: ModuleType, bank: World) -> None:
    bank.store("t2")

    assert code_of(answer_to(handler, transaction_id="t2")) == (409, "TRANSACTION_NOT_DECIDED")


def test_a_label_takes_one_read_and_one_write(bank: World) -> None:
    client: Any = Faulty(bank.tables.client)
    label = Label(LabelValue.FRAUD, LabelSource.CHARGEBACK, "2026-11-19T00:00:00.000000Z")

    Labels(client, bank.tables.transactions, by_customer(bank.tables.ids)).record(LabelRequest("t1", label), "api", AT)

    assert client.calls == ["get_item", "update_item"]


@pytest.mark.parametrize(
    ("label", "told"),
    [("fraud", "fraud"), ("genuine", "genuine"), ("unknown", None)],
)
def test_a_label_becomes_a_line_of_the_lake_that_stands_above_the_decisions(
    handler: ModuleType, bank: World, aws: Any, label: str, told: Optional[str]
) -> None:
    bucket = make_bucket(aws("s3"), "lake")
    decided = bank.tables.rows()["t1"]
    answer_to(handler, label=label)
    changes = event(stream_record(1, decided), stream_record(2, bank.tables.rows()["t1"], decided))

    assert LakeWriter(aws("s3"), bucket).write(read_records(changes)) is None

    first, last = lines(aws("s3"), bucket)
    assert [(line["revision"], line["label_revision"], line["label"]) for line in (first, last)] == [
        (1, 0, None),
        (1, 1, told),
    ]
    named = {"label": told, "label_revision": 1, "event_id": "t1#1#label-1"}
    assert last == {**first, **named}
