"""`label`: a label is recorded with one call, in the shapes of api/openapi.yaml, and never twice."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Callable

import fastjsonschema
import pytest
import yaml
from botocore.exceptions import ClientError, ReadTimeoutError

from pipeline.aws.labels import Labels
from pipeline.domain.errors import VersionConflictError
from pipeline.domain.label import Label, LabelRequest, LabelSource, LabelValue
from scripts.ministack import MiniStack
from tests.factories import NOW
from tests.unit.functions.case_rows import decided_row
from tests.unit.functions.conftest import Faulty, Tables
from tests.unit.functions.function_module import load_handler

API = Path(__file__).parents[3] / "api" / "openapi.yaml"
AT = "2026-11-20T09:00:00.000000Z"
TIMEOUT = ReadTimeoutError(endpoint_url="local")


def schema(name: str) -> Callable[[Any], Any]:
    """Return a validator of a schema of the API's description."""
    components = yaml.safe_load(API.read_text())["components"]
    check: Callable[[Any], Any] = fastjsonschema.compile(
        {"$ref": f"#/components/schemas/{name}", "components": components}
    )
    return check


def body(**changes: Any) -> dict[str, Any]:
    return {
        "transaction_id": "t1",
        "label": "fraud",
        "source": "chargeback",
        "confirmed_at": "2026-11-19T00:00:00Z",
        **changes,
    }


def request(value: str = "fraud", at: str = "2026-11-19T00:00:00.000000Z", transaction_id: str = "t1") -> LabelRequest:
    return LabelRequest(transaction_id, Label(LabelValue(value), LabelSource.CHARGEBACK, at))


@pytest.fixture
def labels(dynamodb: Any, tables: Tables) -> Labels:
    tables.put(tables.transactions, decided_row())
    return Labels(dynamodb, tables.transactions)


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, tables: Tables) -> Any:
    tables.put(tables.transactions, decided_row())
    module = load_handler("label", monkeypatch, emulator, TRANSACTIONS_TABLE=tables.transactions)
    monkeypatch.setattr(module, "NOW", lambda: NOW)
    return module


def send(handler: Any, content: Any, **context: Any) -> tuple[int, dict[str, Any]]:
    """Post a body; return the status and the answer, which must have the documented shape."""
    text = content if isinstance(content, str) else json.dumps(content)
    response = handler.handler({"body": text, "requestContext": {"requestId": "request-9", **context}}, None)
    answer = json.loads(response["body"])
    schema("LabelAnswer" if response["statusCode"] == 200 else "Error")(answer)
    return response["statusCode"], answer


class TestHandler:
    def test_a_label_is_recorded_and_said_to_stand(self, handler: Any, tables: Tables) -> None:
        answer = send(handler, body(), identity={"apiKeyId": "key-1"})

        assert answer == (200, {"transaction_id": "t1", "label": "fraud", "status": "recorded"})
        row = tables.rows()["t1"]
        assert row["label"] == {
            "value": "fraud",
            "source": "chargeback",
            "confirmed_at": "2026-11-19T00:00:00.000000Z",
            "recorded_at": AT,
            "actor": "api-key:key-1",
        }
        assert row["labels"] == [row["label"]]

    def test_the_decision_the_status_and_the_revision_stay_as_they_are(self, handler: Any, tables: Tables) -> None:
        send(handler, body())

        row = tables.rows()["t1"]
        assert {name: row[name] for name in decided_row()} == decided_row()

    def test_the_same_again_is_unchanged_and_an_older_one_superseded(self, handler: Any) -> None:
        send(handler, body())

        assert send(handler, body())[1]["status"] == "unchanged"
        older = body(label="genuine", confirmed_at="2026-11-18T00:00:00Z")
        assert send(handler, older)[1] == {"transaction_id": "t1", "label": "fraud", "status": "superseded"}

    @pytest.mark.parametrize(
        ("content", "field"),
        [
            ("{", "body"),
            ("[]", "body"),
            (body(label="scam"), "label"),
            (body(confirmed_at="2027-01-01T00:00:00Z"), "confirmed_at"),
            (body(note="Jane Doe"), "note"),
        ],
    )
    def test_what_is_wrong_is_named(self, handler: Any, content: Any, field: str) -> None:
        status, answer = send(handler, content)

        assert (status, answer["error"]["code"]) == (400, "INVALID_REQUEST")
        assert answer["error"]["details"]["field"] == field

    def test_a_body_in_base64_is_read(self, handler: Any) -> None:
        text = base64.b64encode(json.dumps(body()).encode()).decode()

        answer = handler.handler({"body": text, "isBase64Encoded": True, "requestContext": {}}, None)

        assert answer["statusCode"] == 200

    def test_an_unknown_transaction_is_not_found(self, handler: Any, tables: Tables) -> None:
        status, answer = send(handler, body(transaction_id="nobody"))

        assert (status, answer["error"]["code"]) == (404, "NOT_FOUND")
        assert "nobody" not in tables.rows()

    def test_what_has_no_decision_cannot_be_labelled_yet(self, handler: Any, tables: Tables) -> None:
        row = decided_row("t2", status="RECEIVED", revision=1)
        tables.put(tables.transactions, {name: value for name, value in row.items() if name != "decision"})

        status, answer = send(handler, body(transaction_id="t2"))

        assert (status, answer["error"]["code"]) == (409, "TRANSACTION_NOT_DECIDED")
        assert "label" not in tables.rows()["t2"]

    @pytest.mark.parametrize("error", [TIMEOUT, ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")])
    def test_while_the_table_is_out_the_client_is_told_to_send_again(
        self, handler: Any, tables: Tables, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        client = Faulty(tables.client)
        client.fail("update_item", error)
        broken: Any = client
        monkeypatch.setattr(handler, "LABELS", Labels(broken, tables.transactions))

        status, answer = send(handler, body())

        assert (status, answer["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")

    def test_the_log_holds_ids_and_codes_only(self, handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        logged: list[dict[str, Any]] = []
        monkeypatch.setattr(handler.logger, "info", lambda message, **more: logged.append({"message": message, **more}))

        send(handler, body())
        send(handler, body(**{"Jane Doe": "fraud"}))

        assert logged == [
            {
                "message": "label taken",
                "correlation_id": "request-9",
                "transaction_id": "t1",
                "label": "fraud",
                "source": "chargeback",
                "outcome": "recorded",
            },
            {"message": "label refused", "correlation_id": "request-9", "code": "INVALID_REQUEST", "field": "?"},
        ]


class TestTable:
    def test_the_first_label_of_a_transaction_takes_one_call(self, labels: Labels, dynamodb: Faulty) -> None:
        labels.record(request(), "api", AT)

        assert dynamodb.calls == ["update_item"]

    def test_a_repeat_takes_one_call_and_writes_nothing(self, labels: Labels, dynamodb: Faulty, tables: Tables) -> None:
        labels.record(request(), "api", AT)
        before = tables.rows()
        dynamodb.calls.clear()

        assert labels.record(request(), "api", "2026-11-21T09:00:00.000000Z").status.value == "unchanged"
        assert dynamodb.calls == ["update_item"]
        assert tables.rows() == before

    def test_a_lost_answer_does_not_record_twice(self, labels: Labels, dynamodb: Faulty, tables: Tables) -> None:
        dynamodb.fail("update_item", TIMEOUT, when="after")
        with pytest.raises(ReadTimeoutError):
            labels.record(request(), "api", AT)

        assert labels.record(request(), "api", AT).status.value == "unchanged"
        assert tables.rows()["t1"]["label_revision"] == 1

    def test_a_label_that_comes_between_is_seen(self, labels: Labels, tables: Tables, dynamodb: Faulty) -> None:
        labels.record(request("genuine", "2026-11-17T00:00:00.000000Z"), "api", AT)
        rival: Any = tables.client
        intruded = interrupted(dynamodb, lambda: Labels(rival, tables.transactions).record(later(), "rival", AT))

        found = Labels(intruded, tables.transactions).record(request(), "api", AT)

        assert (found.status.value, found.standing.value) == ("superseded", "genuine")
        assert [one["actor"] for one in tables.rows()["t1"]["labels"]] == ["api", "rival", "api"]

    def test_a_transaction_that_is_labelled_without_end_is_given_up(self, labels: Labels, tables: Tables) -> None:
        clock = iter(f"2026-11-16T00:00:{second:02}.000000Z" for second in range(60))
        rival: Any = tables.client

        def label_again() -> None:
            Labels(rival, tables.transactions).record(request("genuine", next(clock)), "rival", AT)

        label_again()
        with pytest.raises(VersionConflictError):
            Labels(interrupted(tables.client, label_again, 99), tables.transactions).record(request(), "api", AT)


def later() -> LabelRequest:
    return request("genuine", "2026-11-20T00:00:00.000000Z")


def interrupted(client: Any, intrude: Callable[[], object], times: int = 1) -> Any:
    """Return a client before whose conditional writes somebody else writes, after the first."""

    class Intruded:
        calls = 0

        def update_item(self, **arguments: Any) -> Any:
            self.calls += 1
            if 1 < self.calls <= times + 1:
                intrude()
            return client.update_item(**arguments)

    return Intruded()
