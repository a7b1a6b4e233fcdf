"""The reading operations, held against api/openapi.yaml."""

from __future__ import annotations

import base64
import contextlib
import json
import string
from decimal import Decimal
from pathlib import Path
from typing import Any, Callable, Optional

import fastjsonschema
import pytest
import yaml
from botocore.exceptions import ClientError, EndpointConnectionError
from query.cursor import from_cursor, to_cursor
from query.queries import Queries

from pipeline.aws.transactions_view import Position, TransactionsView
from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.records import decision_attributes
from pipeline.scoring.engine import DecisionEngine
from scripts.ministack import MiniStack
from tests.factories import acceptance, account, merchant
from tests.unit.functions.case_rows import INDEX, Tables, decided_row
from tests.unit.functions.function_module import load_handler
from tests.unit.scoring import artifacts, documents

API = Path(__file__).parents[3] / "api" / "openapi.yaml"


def schema(name: str) -> Callable[[Any], Any]:
    """Return a validator of a schema of the API's description."""
    components = yaml.safe_load(API.read_text())["components"]
    components["schemas"]["TransactionPage"]["properties"]["next_cursor"]["type"] = ["string", "null"]
    check: Callable[[Any], Any] = fastjsonschema.compile(
        {"$ref": f"#/components/schemas/{name}", "components": components}
    )
    return check


def request(resource: str, query: Optional[dict[str, str]] = None, **path: str) -> dict[str, Any]:
    return {
        "resource": resource,
        "httpMethod": "GET",
        "pathParameters": path or None,
        "queryStringParameters": query,
        "requestContext": {"requestId": "request-9"},
    }


def one(transaction_id: str) -> dict[str, Any]:
    return request("/v1/transactions/{transaction_id}", transaction_id=transaction_id)


def of_account(account_id: str = "acc", **query: str) -> dict[str, Any]:
    return request("/v1/accounts/{account_id}/transactions", query or None, account_id=account_id)


def problem(response: dict[str, Any]) -> tuple[int, str, Optional[str]]:
    """Return status, code and field of an error, which must have the documented shape."""
    body = json.loads(response["body"])
    schema("Error")(body)
    assert body["request_id"] == "request-9"
    return response["statusCode"], body["error"]["code"], body["error"]["details"].get("field")


@pytest.fixture
def tables(aws: Any) -> Tables:
    return Tables(aws("dynamodb"))


@pytest.fixture
def queries(tables: Tables) -> Queries:
    return Queries(TransactionsView(tables.client, tables.transactions, INDEX))


class TestOneTransaction:
    def test_a_decided_transaction_is_shown_with_decision_and_history(self, queries: Queries, tables: Tables) -> None:
        location = {"latitude": Decimal("48.8566"), "longitude": Decimal("2.3522")}
        tables.put(
            tables.transactions,
            decided_row(amount=Decimal("6000.10"), location=location, category="grocery", channel="online"),
        )

        response = queries.answer(one("t1"))

        body = json.loads(response["body"], parse_float=Decimal)
        schema("Transaction")(json.loads(response["body"]))
        assert response["statusCode"] == 200
        assert body["amount"] == Decimal("6000.10")
        assert body["location"] == location
        assert [entry["status"] for entry in body["history"]] == ["RECEIVED", "FRAUD_SUSPECTED"]
        assert body["decision"]["reasons"] == [
            {"code": "HIGH_AMOUNT", "points": 30, "text": "The amount is above 5,000."}
        ]

    def test_who_decided_and_what_others_would_have_is_shown(self, queries: Queries, tables: Tables) -> None:
        model = artifacts.model()
        sha256 = model.description.sha256
        engine = DecisionEngine(documents.document(sha256, champion="model", challenger=None), {sha256: model})
        decision = decision_attributes(engine.decide(acceptance(), account(), merchant()))
        tables.put(tables.transactions, decided_row(decision=decision))

        response = queries.answer(one("t1"))

        schema("Transaction")(json.loads(response["body"]))
        shown = json.loads(response["body"])["decision"]
        assert (shown["model_version"], shown["document_version"], shown["decided_by"]) == (
            model.version,
            "test-1",
            "champion",
        )
        assert shown["shadows"] == decision["shadows"]
        assert "features" not in shown

    @pytest.mark.parametrize("amount", ["0.01", "0.1", "129.99", "1234567890.12", "999999999999", "99999999999.999"])
    def test_an_amount_is_a_json_number_with_every_digit(self, queries: Queries, tables: Tables, amount: str) -> None:
        tables.put(tables.transactions, decided_row(amount=Decimal(amount)))

        body = json.loads(queries.answer(one("t1"))["body"], parse_float=Decimal, parse_int=Decimal)

        assert body["amount"] == Decimal(amount)

    def test_what_is_only_for_inside_is_not_shown(self, queries: Queries, tables: Tables) -> None:
        tables.put(tables.transactions, decided_row())

        text = queries.answer(one("t1"))["body"]

        assert "fingerprint" not in text
        assert "features" not in text
        assert "queue_sequence" not in text

    def test_a_transaction_that_still_waits_is_shown_without_a_decision(self, queries: Queries, tables: Tables) -> None:
        row = decided_row(status="RECEIVED", revision=1)
        for name in ("decision", "decided_at", "sequence", "queue_sequence"):
            del row[name]
        tables.put(tables.transactions, row)

        body = json.loads(queries.answer(one("t1"))["body"])

        schema("Transaction")(body)
        assert body["status"] == "RECEIVED"
        assert "decision" not in body

    def test_an_unknown_transaction_is_a_404(self, queries: Queries) -> None:
        assert problem(queries.answer(one("nobody"))) == (404, "NOT_FOUND", "transaction_id")

    @pytest.mark.parametrize("transaction_id", ["", "message#m-1", "a b", "-a", "a" * 65, "a%2", "%C3%A4"])
    def test_what_is_no_id_is_a_400_that_names_it(self, queries: Queries, transaction_id: str) -> None:
        assert problem(queries.answer(one(transaction_id))) == (400, "INVALID_REQUEST", "transaction_id")

    def test_an_encoded_id_is_read_as_it_was_meant(self, queries: Queries, tables: Tables) -> None:
        tables.put(tables.transactions, decided_row("a:1"))

        assert queries.answer(one("a%3A1"))["statusCode"] == 200


class TestAccount:
    @pytest.fixture
    def seven(self, tables: Tables) -> list[str]:
        """Write seven transactions of one account, two of them at the same time; return them, newest first."""
        for number, second in enumerate([0, 1, 2, 3, 3, 4, 5]):
            at = f"2026-11-20T09:00:0{second}.000000Z"
            tables.put(tables.transactions, decided_row(f"t{number}", received_at=at))
        tables.put(tables.transactions, decided_row("other", account_id="acc-2"))
        return [f"t{number}" for number in reversed(range(7))]

    def test_pages_hold_everything_once_newest_first_and_the_last_one_says_so(
        self, queries: Queries, seven: list[str]
    ) -> None:
        seen: list[str] = []
        sizes: list[int] = []
        cursor: Optional[str] = None
        while True:
            response = queries.answer(of_account(limit="3", **({"cursor": cursor} if cursor else {})))
            body = json.loads(response["body"])
            schema("TransactionPage")(body)
            assert body["account_id"] == "acc"
            seen += [row["transaction_id"] for row in body["transactions"]]
            sizes.append(len(body["transactions"]))
            cursor = body["next_cursor"]
            if cursor is None:
                break

        assert sizes == [3, 3, 1]
        assert sorted(seen) == sorted(seven)
        assert [one for one in seen if one not in {"t3", "t4"}] == ["t6", "t5", "t2", "t1", "t0"]

    def test_a_page_that_takes_exactly_all_is_the_last(self, queries: Queries, seven: list[str]) -> None:
        body = json.loads(queries.answer(of_account(limit="7"))["body"])

        assert (len(body["transactions"]), body["next_cursor"]) == (7, None)

    def test_a_row_that_arrives_between_two_pages_shifts_nothing(
        self, queries: Queries, tables: Tables, seven: list[str]
    ) -> None:
        first = json.loads(queries.answer(of_account(limit="3"))["body"])
        tables.put(tables.transactions, decided_row("new", received_at="2026-11-20T10:00:00.000000Z"))

        second = json.loads(queries.answer(of_account(limit="3", cursor=first["next_cursor"]))["body"])

        shown = {row["transaction_id"] for row in first["transactions"] + second["transactions"]}
        assert len(shown) == 6
        assert "new" not in shown

    def test_an_account_without_transactions_has_an_empty_list(self, queries: Queries) -> None:
        body = json.loads(queries.answer(of_account("nobody"))["body"])

        assert body == {"account_id": "nobody", "transactions": [], "next_cursor": None}

    def test_a_list_leaves_the_history_out_and_shows_twenty_by_default(self, queries: Queries, tables: Tables) -> None:
        for minute in range(21):
            at = f"2026-11-20T08:{minute:02}:00.000000Z"
            tables.put(tables.transactions, decided_row(f"t{minute}", received_at=at))

        body = json.loads(queries.answer(of_account())["body"])

        schema("TransactionPage")(body)
        assert len(body["transactions"]) == 20
        assert body["next_cursor"] is not None
        assert "history" not in body["transactions"][0]
        assert body["transactions"][0]["decision"]["score"] == 80

    @pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1.0", "", "1e2", "²", "9" * 50])
    def test_a_bad_limit_is_a_400_that_names_it(self, queries: Queries, limit: str) -> None:
        assert problem(queries.answer(of_account(limit=limit))) == (400, "INVALID_REQUEST", "limit")

    @pytest.mark.parametrize("account_id", ["", "a b", "a" * 65])
    def test_a_bad_account_is_a_400_that_names_it(self, queries: Queries, account_id: str) -> None:
        assert problem(queries.answer(of_account(account_id))) == (400, "INVALID_REQUEST", "account_id")

    def test_a_bad_cursor_is_a_400_that_names_it(self, queries: Queries) -> None:
        assert problem(queries.answer(of_account(cursor="x"))) == (400, "INVALID_REQUEST", "cursor")

    def test_a_cursor_of_another_account_is_refused(self, queries: Queries, seven: list[str]) -> None:
        cursor = json.loads(queries.answer(of_account(limit="1"))["body"])["next_cursor"]

        assert problem(queries.answer(of_account("acc-2", cursor=cursor))) == (400, "INVALID_REQUEST", "cursor")


class TestService:
    def test_health_is_ok_while_the_table_answers(self, queries: Queries) -> None:
        response = queries.answer(request("/v1/health"))

        schema("Health")(json.loads(response["body"]))
        assert response["statusCode"] == 200
        assert response["headers"]["Content-Type"] == "application/json"

    @pytest.mark.parametrize(
        "failure",
        [
            ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "GetItem"),
            EndpointConnectionError(endpoint_url="http://nowhere"),
        ],
    )
    @pytest.mark.parametrize("event", [request("/v1/health"), one("t1"), of_account()])
    def test_a_table_that_does_not_answer_is_a_503(self, event: dict[str, Any], failure: Exception) -> None:
        client: Any = BrokenClient(failure)
        queries = Queries(TransactionsView(client, "transactions", INDEX))

        assert problem(queries.answer(event)) == (503, "SERVICE_UNAVAILABLE", None)

    @pytest.mark.parametrize("event", [request("/v2/health"), {**request("/v1/health"), "httpMethod": "DELETE"}])
    def test_what_is_not_described_is_a_404(self, queries: Queries, event: dict[str, Any]) -> None:
        assert problem(queries.answer(event)) == (404, "NOT_FOUND", None)

    def test_the_function_answers_as_lambda_calls_it(
        self, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, tables: Tables
    ) -> None:
        tables.put(tables.transactions, decided_row())
        module = load_handler(
            "query",
            monkeypatch,
            emulator,
            TRANSACTIONS_TABLE=tables.transactions,
            ACCOUNT_INDEX_NAME=INDEX,
        )

        response = module.handler(one("t1"), None)

        assert json.loads(json.dumps(response))["statusCode"] == 200


class TestCursor:
    POSITION = Position("acc", "2026-11-20T09:00:00.000000Z", "t1")

    def test_a_cursor_is_read_back_and_fits_into_a_query_string(self) -> None:
        longest = Position("a" * 64, self.POSITION.received_at, "t" * 64)

        for position in (self.POSITION, longest):
            text = to_cursor(position)
            assert from_cursor(text, position.account_id) == position
            assert set(text) <= set(string.ascii_letters + string.digits + "-_")

    @staticmethod
    def forge(document: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(document, separators=(",", ":")).encode()).decode().rstrip("=")

    @pytest.mark.parametrize(
        "document",
        [
            [2, "acc", "2026-11-20T09:00:00.000000Z", "t1"],
            [1, "acc", "2026-11-20T09:00:00.000000Z"],
            [1, "acc", "2026-11-20T09:00:00Z", "t1"],
            [1, "acc", "yesterday", "t1"],
            [1, "acc", None, "t1"],
            [1, "acc", "2026-11-20T09:00:00.000000Z", "message#m-1"],
            [1, ["acc"], "2026-11-20T09:00:00.000000Z", "t1"],
            {"account_id": "acc"},
            None,
            [],
            1,
        ],
    )
    def test_a_forged_cursor_is_refused(self, document: Any) -> None:
        with pytest.raises(InvalidTransactionError, match="cursor"):
            from_cursor(self.forge(document), "acc")

    @pytest.mark.parametrize("text", ["", "=", "%", "ä", "A", "AAAA", "bm8ganNvbg", "A" * 4096])
    def test_what_was_never_a_cursor_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidTransactionError, match="cursor"):
            from_cursor(text, "acc")

    def test_a_cursor_changed_in_any_place_is_refused_or_stays_in_the_account(self) -> None:
        text = to_cursor(self.POSITION)
        for place in range(len(text)):
            changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
            with contextlib.suppress(InvalidTransactionError):
                assert from_cursor(changed, "acc").account_id == "acc"


class BrokenClient:
    """A DynamoDB client whose reads fail."""

    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    def get_item(self, **_: Any) -> None:
        raise self._failure

    def query(self, **_: Any) -> None:
        raise self._failure
