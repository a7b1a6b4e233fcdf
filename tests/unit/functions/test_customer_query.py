"""The reading operations by customer, held against examples/securebank/openapi.yaml."""

from __future__ import annotations

import base64
import hashlib
import json
import string
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, Callable, Optional

import fastjsonschema
import pytest
import yaml
from botocore.exceptions import ClientError, EndpointConnectionError
from customer_query import transactions as reading
from customer_query.buckets import FraudBuckets
from customer_query.cursor import from_cursor, to_cursor
from customer_query.filters import TRANSACTION_TYPES, Filters, filters_of
from customer_query.insights import DATE_RANGES, DEFAULT_RANGE, DEFAULT_THRESHOLD
from customer_query.queries import Queries
from customer_query.transactions import CustomerTransactions

from pipeline.aws import parameters, reads
from pipeline.domain.errors import InvalidTransactionError, SettingError
from pipeline.domain.status import Status
from scripts.ministack import MiniStack
from tests.unit.functions.bank_world import World
from tests.unit.functions.conftest import Faulty
from tests.unit.functions.customer_reading import ReadTables, customer_row, waiting_row
from tests.unit.functions.customer_tables import CustomerTables
from tests.unit.functions.function_module import load_handler
from tests.unit.functions.shard import direct, submission

API: dict[str, Any] = yaml.safe_load((Path(__file__).parents[3] / "examples/securebank/openapi.yaml").read_text())
PARAMETERS = API["components"]["parameters"]
NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "Query")

OTHER = {"custom:customer_id": "other"}
OWN = {"custom:customer_id": "cust"}
OPERATOR = {"cognito:groups": "operators"}
NOBODY = {"sub": "user-1"}


def schema(name: str) -> Callable[[Any], Any]:
    """Return a validator of a schema of the API's description."""
    components = nullable(API["components"])
    check: Callable[[Any], Any] = fastjsonschema.compile(
        {"$ref": f"#/components/schemas/{name}", "components": components}
    )
    return check


def nullable(part: Any) -> Any:
    """Return a schema in the words of JSON Schema, which has no `nullable`."""
    if isinstance(part, list):
        return [nullable(one) for one in part]
    if not isinstance(part, dict):
        return part
    plain = {name: nullable(value) for name, value in part.items() if name != "nullable"}
    return {**plain, "type": [part["type"], "null"]} if part.get("nullable") is True else plain


TRANSACTION, PAGE, INSIGHTS = schema("Transaction"), schema("TransactionPage"), schema("FraudInsights")


def request(
    resource: str, query: Optional[dict[str, str]] = None, claims: Optional[dict[str, Any]] = None, **path: str
) -> dict[str, Any]:
    context: dict[str, Any] = {"requestId": "request-9"}
    if claims is not None:
        context["authorizer"] = {"claims": claims}
    return {
        "resource": resource,
        "httpMethod": "GET",
        "pathParameters": path or None,
        "queryStringParameters": query,
        "requestContext": context,
    }


def one(transaction_id: str = "t1", claims: Optional[dict[str, Any]] = None) -> dict[str, Any]:
    return request("/transactions/{transaction_id}", claims=claims, transaction_id=transaction_id)


def of_customer(customer_id: str = "cust", claims: Optional[dict[str, Any]] = None, /, **query: str) -> dict[str, Any]:
    return request("/customers/{customer_id}/transactions", query or None, claims, customer_id=customer_id)


def of_fraud(claims: Optional[dict[str, Any]] = None, /, **query: str) -> dict[str, Any]:
    return request("/fraud/insights", query or None, claims)


HEALTH = request("/health")


def problem(response: dict[str, Any]) -> tuple[int, str, Optional[str]]:
    """Return status, code and field of an error, which must have the documented shape and never be kept."""
    body = json.loads(response["body"])
    schema("Error")(body)
    assert body["request_id"] == "request-9"
    assert response["headers"]["Cache-Control"] == "no-store"
    return response["statusCode"], body["error"]["code"], body["error"]["details"].get("field")


def content(response: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a success."""
    assert response["statusCode"] == 200, response["body"]
    body: dict[str, Any] = json.loads(response["body"])
    return body


def ids(body: dict[str, Any]) -> list[str]:
    return [transaction["transaction_id"] for transaction in body["transactions"]]


@pytest.fixture
def tables(aws: Any) -> ReadTables:
    return ReadTables(aws("dynamodb"))


@pytest.fixture
def dynamodb(tables: ReadTables) -> Faulty:
    return Faulty(tables.client)


def queries_of(tables: ReadTables, client: Any, cache_seconds: int = 0) -> Queries:
    return Queries(
        CustomerTransactions(client, tables.transactions, tables.transaction_ids),
        FraudBuckets(client, tables.insights, sleep=lambda _: None),
        cache_seconds,
        now=lambda: NOW,
    )


@pytest.fixture
def queries(tables: ReadTables, dynamodb: Faulty) -> Queries:
    return queries_of(tables, dynamodb)


class TestOneTransaction:
    def test_a_decided_transaction_is_shown_by_the_names_of_its_request(
        self, queries: Queries, tables: ReadTables
    ) -> None:
        location = {"latitude": Decimal("52.52"), "longitude": Decimal("13.405")}
        given = {
            "transaction_type": "purchase",
            "merchant_category": "groceries",
            "merchant_name": "Corner Bookshop",
            "channel": "online",
        }
        tables.put(customer_row(status="FRAUD_SUSPECTED", location=location, **given))

        body = content(queries.answer(one()))

        TRANSACTION(body)
        assert given.items() <= body.items()
        assert body["timestamp"] == "2026-11-20T08:15:27.000000Z"
        assert (body["is_fraud"], body["risk_score"], body["decision"]["score"]) == (True, 0.9, 9)
        assert body["location"] == {"latitude": 52.52, "longitude": 13.405}
        assert [entry["status"] for entry in body["history"]] == ["RECEIVED", "FRAUD_SUSPECTED"]

    def test_what_is_only_for_inside_is_not_shown(self, queries: Queries, tables: ReadTables) -> None:
        tables.put(customer_row())

        text = queries.answer(one())["body"]

        assert not [word for word in ("fingerprint", "features", "#t1", "sequence") if word in text]

    def test_one_that_still_waits_has_no_decision_and_no_risk(self, queries: Queries, tables: ReadTables) -> None:
        tables.put(waiting_row())

        body = content(queries.answer(one()))

        TRANSACTION(body)
        assert body["status"] == "RECEIVED"
        assert not {"decision", "is_fraud", "risk_score", "processed_timestamp"} & set(body)

    def test_it_is_read_strongly_consistent_by_its_claim_alone(
        self, queries: Queries, tables: ReadTables, dynamodb: Faulty
    ) -> None:
        row = waiting_row()
        tables.put(row)
        tables.client.delete_item(TableName=tables.transaction_ids, Key={"transaction_id": {"S": "t1"}})

        assert problem(queries.answer(one())) == (404, "NOT_FOUND", "transaction_id")
        assert dynamodb.calls == ["get_item", "get_item"]  # the claim, and what a refused record left

    def test_a_claim_whose_row_was_deleted_is_a_404(self, queries: Queries, tables: ReadTables) -> None:
        row = customer_row()
        tables.put(row)
        key = {name: {"S": row[name]} for name in ("customer_id", "timestamp")}
        tables.client.delete_item(TableName=tables.transactions, Key=key)

        assert problem(queries.answer(one())) == (404, "NOT_FOUND", "transaction_id")

    def test_an_unknown_transaction_is_a_404(self, queries: Queries) -> None:
        assert problem(queries.answer(one("nobody"))) == (404, "NOT_FOUND", "transaction_id")

    @pytest.mark.parametrize("transaction_id", ["", "health#probe", "a b", "-a", "a" * 65, "a%2", "%C3%A4", "..%2f"])
    def test_what_is_no_id_is_a_400_that_names_it(self, queries: Queries, transaction_id: str) -> None:
        assert problem(queries.answer(one(transaction_id))) == (400, "INVALID_REQUEST", "transaction_id")


class TestList:
    @pytest.fixture
    def seven(self, tables: ReadTables) -> list[str]:
        """Write seven transactions of one customer, two of them at the same instant; return them, newest first."""
        for number, second in enumerate([0, 1, 2, 3, 3, 4, 5]):
            tables.put(customer_row(f"t{number}", occurred_at=f"2026-11-20T09:00:0{second}.000000Z"))
        tables.put(customer_row("other", customer_id="cust-2"))
        return [f"t{number}" for number in reversed(range(7))]

    def test_pages_hold_everything_once_newest_first_and_the_last_one_says_so(
        self, queries: Queries, seven: list[str]
    ) -> None:
        sizes, seen = [], []
        for body in pages(queries, limit="3"):
            PAGE(body)
            assert body["customer_id"] == "cust"
            sizes.append(len(body["transactions"]))
            seen += ids(body)

        assert sizes == [3, 3, 1]
        assert seen == seven

    def test_a_page_that_takes_exactly_all_is_the_last(self, queries: Queries, seven: list[str]) -> None:
        body = content(queries.answer(of_customer(limit="7")))

        assert (len(body["transactions"]), body["next_cursor"]) == (7, None)

    def test_the_limit_may_change_from_page_to_page(self, queries: Queries, seven: list[str]) -> None:
        first = content(queries.answer(of_customer(limit="2")))
        second = content(queries.answer(of_customer(limit="100", cursor=first["next_cursor"])))

        assert ids(first) + ids(second) == seven

    def test_a_row_that_arrives_between_two_pages_shifts_nothing(
        self, queries: Queries, tables: ReadTables, seven: list[str]
    ) -> None:
        first = content(queries.answer(of_customer(limit="3")))
        tables.put(customer_row("new", occurred_at="2026-11-20T10:00:00.000000Z"))

        second = content(queries.answer(of_customer(limit="4", cursor=first["next_cursor"])))

        assert ids(first) + ids(second) == seven

    def test_a_customer_without_transactions_has_an_empty_list(self, queries: Queries) -> None:
        assert content(queries.answer(of_customer("nobody"))) == {
            "customer_id": "nobody",
            "transactions": [],
            "summary": {"count": 0, "fraud_count": 0, "amounts": []},
            "next_cursor": None,
        }

    def test_a_list_leaves_the_history_out_and_shows_twenty_by_default(
        self, queries: Queries, tables: ReadTables
    ) -> None:
        tables.put(*(customer_row(f"t{n}", occurred_at=f"2026-11-20T08:{n:02}:00.000000Z") for n in range(21)))

        body = content(queries.answer(of_customer()))

        assert len(body["transactions"]) == 20
        assert body["next_cursor"] is not None
        assert "history" not in body["transactions"][0]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"start_date": "2026-11-20"}, "cd"),
            ({"end_date": "2026-11-19"}, "ab"),
            ({"start_date": "2026-11-19", "end_date": "2026-11-19"}, "b"),
            ({"start_date": "2026-11-19T23:59:59.999999Z"}, "bcd"),
            ({"start_date": "2026-11-20T00:00:00.000001Z"}, "d"),
            ({"end_date": "2026-11-20T00:00:00Z"}, "ab"),
            ({"end_date": "2026-11-20T00:00:00.000001Z"}, "abc"),
            ({"start_date": "2026-11-20T01:00:00+01:00", "end_date": "2026-11-20T01:00:00.000001+01:00"}, "c"),
            ({"start_date": "2026-11-21"}, ""),
            ({"start_date": "0001-01-01", "end_date": "9999-12-30"}, "abcd"),
        ],
    )
    def test_a_time_range_has_its_start_and_not_its_end_and_a_date_is_a_whole_day(
        self, queries: Queries, tables: ReadTables, query: dict[str, str], found: str
    ) -> None:
        for transaction_id, at in {
            "a": "2026-11-18T12:00:00.000000Z",
            "b": "2026-11-19T23:59:59.999999Z",
            "c": "2026-11-20T00:00:00.000000Z",
            "d": "2026-11-20T12:00:00.000000Z",
        }.items():
            tables.put(customer_row(transaction_id, occurred_at=at))

        assert "".join(reversed(ids(content(queries.answer(of_customer(**query)))))) == found

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"type": "refund"}, "b"),
            ({"category": "books"}, "ab"),
            ({"status": "APPROVED"}, "ab"),
            ({"status": "RECEIVED"}, "d"),
            ({"include_fraud": "false"}, "abd"),
            ({"include_fraud": "true"}, "abcd"),
            ({"category": "books", "type": "purchase", "status": "APPROVED", "include_fraud": "false"}, "a"),
            ({"status": "FRAUD_SUSPECTED", "include_fraud": "false"}, ""),
        ],
    )
    def test_what_passes_all_filters_is_listed(
        self, queries: Queries, tables: ReadTables, query: dict[str, str], found: str
    ) -> None:
        tables.put(
            customer_row("a", transaction_type="purchase", merchant_category="books"),
            customer_row("b", transaction_type="refund", merchant_category="books"),
            customer_row("c", transaction_type="purchase", merchant_category="toys", status="FRAUD_SUSPECTED"),
            waiting_row("d"),
        )

        assert "".join(reversed(ids(content(queries.answer(of_customer(**query)))))) == found

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            *(("limit", text) for text in ("0", "101", "-1", "ten", "1.0", "", "1e2", "²", "9" * 50)),
            *(
                ("start_date", text)
                for text in ("", "20261120", "2026-11-31", "2026-11-20T00:00:00", "today", "²" * 10)
            ),
            *(("end_date", text) for text in ("9999-12-31", "2026-W47-5", "2026-11-20 ", "1763628000", "0000-01-01")),
            *(("type", text) for text in ("", "Purchase", "purchase ", "sale")),
            *(("category", text) for text in ("", "Books", "a" * 65, "a b", "a\n")),
            *(("status", text) for text in ("", "approved", "pending_fraud_check")),
            *(("include_fraud", text) for text in ("", "no", "0", "False")),
            *(("cursor", text) for text in ("", "x", "A" * 5000, "ä", "bm8ganNvbg")),
        ],
    )
    def test_a_bad_parameter_is_a_400_that_names_it(self, queries: Queries, name: str, text: str) -> None:
        assert problem(queries.answer(of_customer(**{name: text}))) == (400, "INVALID_REQUEST", name)

    @pytest.mark.parametrize("start", ["2026-11-21", "2026-11-20T12:00:00Z", "2026-11-21T00:00:00Z"])
    def test_an_end_that_is_not_after_the_start_is_refused(self, queries: Queries, start: str) -> None:
        end = start if "T" in start else "2026-11-20"

        response = queries.answer(of_customer(start_date=start, end_date=end))

        assert problem(response) == (400, "INVALID_REQUEST", "end_date")

    @pytest.mark.parametrize("customer_id", ["", "a b", "a" * 65, "cust%20"])
    def test_a_bad_customer_is_a_400_that_names_it(self, queries: Queries, customer_id: str) -> None:
        assert problem(queries.answer(of_customer(customer_id))) == (400, "INVALID_REQUEST", "customer_id")


def pages(queries: Queries, customer_id: str = "cust", **query: str) -> Iterator[dict[str, Any]]:
    """Yield the pages of a list until the last one."""
    cursor: dict[str, str] = {}
    while True:
        body = content(queries.answer(of_customer(customer_id, **query, **cursor)))
        yield body
        if body["next_cursor"] is None:
            return
        cursor = {"cursor": body["next_cursor"]}


class TestCostOfAPage:
    def test_without_filters_a_page_is_one_query(self, queries: Queries, tables: ReadTables, dynamodb: Faulty) -> None:
        tables.put(*(customer_row(f"t{number}") for number in range(5)))

        queries.answer(of_customer(limit="3"))

        assert dynamodb.calls == ["query"]

    def test_a_page_is_filled_though_filters_drop_what_lies_between(
        self, queries: Queries, tables: ReadTables, dynamodb: Faulty
    ) -> None:
        rare = {0, 7, 20, 39}
        tables.put(
            *(
                customer_row(
                    f"t{n}",
                    occurred_at=f"2026-11-20T08:{n:02}:00.000000Z",
                    transaction_type="refund" if n in rare else "payment",
                )
                for n in range(40)
            )
        )

        first, second = list(pages(queries, limit="3", type="refund"))

        assert (ids(first), ids(second)) == (["t39", "t20", "t7"], ["t0"])

    def test_a_page_gives_up_looking_after_so_many_rows_and_the_next_goes_on_there(
        self, queries: Queries, tables: ReadTables, dynamodb: Faulty, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "ROWS_A_QUERY", 2)
        rows = [customer_row(f"t{n:02}", occurred_at=f"2026-11-20T08:{n:02}:00.000000Z") for n in range(39)]
        tables.put(*({**row, "transaction_type": "refund"} if n == 0 else row for n, row in enumerate(rows)))

        found = list(pages(queries, limit="1", type="refund"))

        assert [ids(body) for body in found] == [[], [], [], ["t00"]]
        assert dynamodb.calls == ["query"] * 5 * len(found)

    def test_the_summary_costs_no_read_and_covers_the_page_alone(
        self, queries: Queries, tables: ReadTables, dynamodb: Faulty
    ) -> None:
        amounts = {"t0": "10.00", "t1": "10.01", "t2": "0.02"}
        tables.put(*(customer_row(name, amount=Decimal(amount)) for name, amount in amounts.items()))
        tables.put(customer_row("t3", amount=Decimal(1001), currency="JPY", status="FRAUD_SUSPECTED"))
        tables.put(customer_row("t4", amount=Decimal(1000), currency="JPY"))

        first, second = list(pages(queries, limit="4"))

        assert first["summary"] == {
            "count": 4,
            "fraud_count": 1,
            "amounts": [
                {"currency": "EUR", "count": 2, "total": "10.03", "average": "5.02"},
                {"currency": "JPY", "count": 2, "total": "2001", "average": "1000"},
            ],
        }
        assert second["summary"]["amounts"] == [{"currency": "EUR", "count": 1, "total": "10.00", "average": "10.00"}]
        assert dynamodb.calls == ["query"] * 2

    def test_a_sum_keeps_digits_that_a_json_number_would_lose(self, queries: Queries, tables: ReadTables) -> None:
        tables.put(*(customer_row(f"t{n}", amount=Decimal("999999999999.99")) for n in range(100)))

        body = content(queries.answer(of_customer(limit="100")))

        assert body["summary"]["amounts"][0]["total"] == "99999999999999.00"


class TestCursor:
    FILTERS = Filters(equal={"status": "APPROVED"})
    PLACE = "2026-11-20T09:00:00.000000Z#t1"

    def test_a_cursor_is_read_back_and_fits_into_a_query_string(self) -> None:
        for place in (self.PLACE, f"2026-11-20T09:00:00.000000Z#{'t' * 64}"):
            text = to_cursor(place, "cust", self.FILTERS)
            assert from_cursor(text, "cust", self.FILTERS) == place
            assert set(text) <= set(string.ascii_letters + string.digits + "-_")
            assert len(text) <= PARAMETERS["Cursor"]["schema"]["maxLength"]

    @pytest.mark.parametrize(
        "query",
        [
            {},
            {"status": "REJECTED"},
            {"status": "APPROVED", "type": "purchase"},
            {"status": "APPROVED", "category": "purchase"},
            {"status": "APPROVED", "include_fraud": "false"},
            {"status": "APPROVED", "start_date": "2026-11-01"},
            {"status": "APPROVED", "end_date": "2026-11-30"},
        ],
    )
    def test_a_cursor_is_good_for_the_same_filters_only(self, queries: Queries, query: dict[str, str]) -> None:
        cursor = to_cursor(self.PLACE, "cust", self.FILTERS)

        assert content(queries.answer(of_customer(status="APPROVED", include_fraud="true", cursor=cursor)))
        assert problem(queries.answer(of_customer(**query, cursor=cursor))) == (400, "INVALID_REQUEST", "cursor")

    def test_a_cursor_of_another_customer_is_refused(self, queries: Queries) -> None:
        cursor = to_cursor(self.PLACE, "cust", Filters())

        assert problem(queries.answer(of_customer("cust-2", cursor=cursor))) == (400, "INVALID_REQUEST", "cursor")

    def test_the_same_range_in_other_words_is_the_same_list(self) -> None:
        in_dates = filters_of({"start_date": "2026-11-01", "end_date": "2026-11-20"})
        in_times = filters_of({"start_date": "2026-11-01T01:00:00+01:00", "end_date": "2026-11-21T00:00:00Z"})

        assert from_cursor(to_cursor(self.PLACE, "cust", in_dates), "cust", in_times) == self.PLACE

    def test_a_cursor_changed_in_any_place_is_refused(self) -> None:
        text = to_cursor(self.PLACE, "cust", self.FILTERS)
        for place in range(len(text)):
            changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
            with pytest.raises(InvalidTransactionError, match="cursor"):
                from_cursor(changed, "cust", self.FILTERS)

    @pytest.mark.parametrize("document", [None, [], {}, 1, [1, "p"], [1, 2, 3], [1, ["p"], "d"], [2, PLACE, "d"]])
    def test_what_is_no_cursor_is_refused(self, document: Any) -> None:
        text = base64.urlsafe_b64encode(json.dumps(document, separators=(",", ":")).encode()).decode().rstrip("=")

        with pytest.raises(InvalidTransactionError, match="cursor"):
            from_cursor(text, "cust", self.FILTERS)

    @pytest.mark.parametrize("place", ["", "~", "2027-01-01T00:00:00.000000Z#t1", "é" * 600, "2026\ud800"])
    def test_a_place_where_no_page_can_begin_is_refused_though_its_digest_fits(
        self, queries: Queries, place: str
    ) -> None:
        end = {"end_date": "2026-11-20"}
        filters = filters_of(end)
        parts = json.dumps([place, "cust", filters.to_texts()], separators=(",", ":"))
        packed = json.dumps([1, place, hashlib.sha256(parts.encode()).hexdigest()[:16]], separators=(",", ":"))
        cursor = base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")

        assert problem(queries.answer(of_customer(**end, cursor=cursor))) == (400, "INVALID_REQUEST", "cursor")


class TestInsights:
    def test_buckets_of_all_slots_add_up(self, queries: Queries, tables: ReadTables) -> None:
        tables.count("2026-11-20#0", transactions=3, fraud=1, flagged=1, amount__EUR=Decimal("30.50"), risk__0=2)
        tables.count("2026-11-20#0", transactions=3, fraud=1, flagged=1, amount__EUR=Decimal("30.50"), risk__0=2,
                     risk__9=1, fraud_amount__EUR=Decimal("20.00"), reason__NIGHT=1, reason__VELOCITY=2,
                     fraud_category__toys=1)  # fmt: skip
        tables.count("2026-11-20#7", transactions=1, amount__JPY=Decimal(500), risk__1=1, reason__NIGHT=1)
        tables.count("2026-11-14#3", transactions=4, flagged=2, amount__EUR=Decimal("0.25"), risk__8=4)
        tables.count("2026-11-13#3", transactions=1000)
        tables.count("2026-11-21#0", transactions=1000)
        tables.count("2026-11-20#8", transactions=1000)

        body = content(queries.answer(of_fraud()))

        INSIGHTS(body)
        assert (body["date_range"], body["from_date"], body["to_date"]) == ("7d", "2026-11-14", "2026-11-20")
        assert (body["customer_id"], body["truncated"], body["risk_threshold"]) == (None, False, 0.8)
        assert (body["transactions"], body["fraud"], body["flagged"], body["fraud_rate"]) == (8, 1, 3, 0.125)
        assert body["over_threshold"] == 1  # 0.8 is not above 0.8
        assert body["amounts"] == [
            {"currency": "EUR", "total": "30.75", "fraud_total": "20.00"},
            {"currency": "JPY", "total": "500", "fraud_total": "0"},
        ]
        distribution = [entry["transactions"] for entry in body["risk_distribution"]]
        assert distribution == [2, 1, 0, 0, 0, 0, 0, 0, 4, 1, 0]
        assert [entry["risk_score"] for entry in body["risk_distribution"]][::5] == [0.0, 0.5, 1.0]
        assert body["top_reasons"] == [
            {"code": "NIGHT", "transactions": 2},
            {"code": "VELOCITY", "transactions": 2},
        ]
        assert body["top_fraud_categories"] == [{"merchant_category": "toys", "fraud": 1}]
        assert [day["transactions"] for day in body["by_day"]] == [4, 0, 0, 0, 0, 0, 4]
        assert body["by_day"][1] == {
            "date": "2026-11-15", "transactions": 0, "fraud": 0, "fraud_rate": None, "flagged": 0
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("date_range", "days", "calls"), [("1d", 1, 1), ("7d", 7, 1), ("30d", 30, 3), ("90d", 90, 8)]
    )
    def test_a_range_reads_eight_slots_a_day_a_hundred_at_once(
        self, queries: Queries, dynamodb: Faulty, tables: ReadTables, date_range: str, days: int, calls: int
    ) -> None:
        body = content(queries.answer(of_fraud(date_range=date_range)))

        keys = [key for read in dynamodb.reads for key in read[tables.insights]["Keys"]]
        assert dynamodb.calls == ["batch_get_item"] * calls
        assert len({key["bucket"]["S"] for key in keys}) == len(keys) == 8 * days
        assert len(body["by_day"]) == days
        assert body["by_day"][-1]["date"] == "2026-11-20"

    def test_without_a_transaction_there_is_no_rate(self, queries: Queries) -> None:
        body = content(queries.answer(of_fraud(date_range="1d")))

        INSIGHTS(body)
        assert (body["transactions"], body["fraud_rate"], body["amounts"]) == (0, None, [])

    def test_keys_that_a_throttle_held_back_are_asked_for_again(self, tables: ReadTables) -> None:
        tables.count("2026-11-20#5", transactions=5)
        client = HoldingBack(tables.client, times=2)

        body = content(queries_of(tables, client).answer(of_fraud(date_range="1d")))

        assert (body["transactions"], client.calls) == (5, 3)

    def test_a_table_that_stays_throttled_is_a_503(self, tables: ReadTables) -> None:
        client = HoldingBack(tables.client, times=reads.MAX_ATTEMPTS)

        assert problem(queries_of(tables, client).answer(of_fraud())) == (503, "SERVICE_UNAVAILABLE", None)

    @pytest.mark.parametrize(
        ("threshold", "over"), [("0", 5), ("0.05", 5), ("0.1", 4), ("0.8", 2), ("0.899999", 2), ("0.9", 1), ("1", 0)]
    )
    def test_the_threshold_counts_what_lies_above_it(
        self, queries: Queries, tables: ReadTables, threshold: str, over: int
    ) -> None:
        tables.count("2026-11-20#0", transactions=6, risk__0=1, risk__1=1, risk__8=2, risk__9=1, risk__10=1)

        body = content(queries.answer(of_fraud(date_range="1d", risk_threshold=threshold)))

        assert (body["over_threshold"], body["risk_threshold"]) == (over, float(threshold))

    def test_only_the_ten_most_frequent_reasons_are_told(self, queries: Queries, tables: ReadTables) -> None:
        tables.count("2026-11-20#0", **{f"reason__R{number:02}": number for number in range(1, 13)})

        body = content(queries.answer(of_fraud(date_range="1d")))

        assert [entry["code"] for entry in body["top_reasons"]] == [f"R{number:02}" for number in range(12, 2, -1)]

    def test_one_customer_is_counted_by_the_same_rules_from_their_rows(
        self, queries: Queries, tables: ReadTables
    ) -> None:
        reasons = [{"code": code, "points": 4, "text": "-"} for code in ("VELOCITY", "NIGHT")]
        fraud = customer_row(
            "f", status="FRAUD_SUSPECTED", merchant_category="toys", occurred_at="2026-11-20T23:59:59.999999Z"
        )
        fraud["decision"]["reasons"] = reasons
        tables.put(
            fraud,
            customer_row("a", occurred_at="2026-11-14T00:00:00.000000Z"),
            customer_row("b", occurred_at="2026-11-13T23:59:59.999999Z"),
            customer_row("c", occurred_at="2026-11-21T00:00:00.000000Z"),
            customer_row("d", customer_id="other"),
            waiting_row("e", occurred_at="2026-11-20T11:00:00.000000Z"),
        )

        body = content(queries.answer(of_fraud(customer_id="cust")))

        INSIGHTS(body)
        assert (body["transactions"], body["fraud"], body["flagged"], body["over_threshold"]) == (2, 1, 1, 1)
        assert body["amounts"] == [{"currency": "EUR", "total": "259.98", "fraud_total": "129.99"}]
        assert body["top_reasons"] == [{"code": "NIGHT", "transactions": 2}, {"code": "VELOCITY", "transactions": 1}]
        assert body["top_fraud_categories"] == [{"merchant_category": "toys", "fraud": 1}]
        assert [day["transactions"] for day in body["by_day"]] == [1, 0, 0, 0, 0, 0, 1]
        assert (body["customer_id"], body["truncated"]) == ("cust", False)

    @pytest.mark.parametrize(("rows", "truncated"), [(4, False), (5, False), (6, True)])
    def test_a_customer_with_more_rows_than_we_look_at_is_cut_and_told_so(
        self, queries: Queries, tables: ReadTables, monkeypatch: pytest.MonkeyPatch, rows: int, truncated: bool
    ) -> None:
        monkeypatch.setattr(reading, "MOST_ROWS", 5)
        tables.put(*(customer_row(f"t{n}", occurred_at=f"2026-11-{15 + n}T00:00:00.000000Z") for n in range(rows)))

        body = content(queries.answer(of_fraud(customer_id="cust")))

        assert (body["transactions"], body["truncated"]) == (min(rows, 5), truncated)
        assert body["by_day"][rows]["transactions"] == 1  # the newest is there
        assert body["by_day"][1]["transactions"] == int(not truncated)

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            *(("date_range", text) for text in ("", "7", "8d", "7D", "1d,7d")),
            *(("risk_threshold", text) for text in ("", "-0.1", "1.1", "1.000001", "2", ".5", "nan", "1e-1", "0,8")),
            *(("customer_id", text) for text in ("", "a b", "a" * 65)),
        ],
    )
    def test_a_bad_parameter_is_a_400_that_names_it(self, queries: Queries, name: str, text: str) -> None:
        assert problem(queries.answer(of_fraud(**{name: text}))) == (400, "INVALID_REQUEST", name)


class TestTenants:
    @pytest.fixture(autouse=True)
    def rows(self, tables: ReadTables) -> None:
        tables.put(customer_row("t1"), customer_row("t2", customer_id="other"))

    @pytest.mark.parametrize("claims", [None, OWN, OPERATOR])
    def test_who_may_see_a_customer_sees_all_there_is(self, queries: Queries, claims: Optional[dict[str, Any]]) -> None:
        assert content(queries.answer(one("t1", claims)))["transaction_id"] == "t1"
        assert ids(content(queries.answer(of_customer("cust", claims)))) == ["t1"]
        assert content(queries.answer(of_fraud(claims, customer_id="cust")))["transactions"] == 1

    @pytest.mark.parametrize("claims", [OTHER, NOBODY, {}])
    def test_anothers_transaction_is_answered_like_one_that_does_not_exist(
        self, queries: Queries, claims: dict[str, Any]
    ) -> None:
        assert queries.answer(one("t1", claims)) == queries.answer(one("t3", claims))
        assert problem(queries.answer(one("t1", claims))) == (404, "NOT_FOUND", "transaction_id")

    @pytest.mark.parametrize("claims", [OTHER, NOBODY, {}])
    def test_anothers_list_and_insights_are_refused_whether_or_not_there_is_such_a_customer(
        self, queries: Queries, dynamodb: Faulty, claims: dict[str, Any]
    ) -> None:
        for customer_id in ("cust", "nobody"):
            for event in (of_customer(customer_id, claims), of_fraud(claims, customer_id=customer_id)):
                assert problem(queries.answer(event)) == (403, "FORBIDDEN", "customer_id")
        assert dynamodb.calls == []

    @pytest.mark.parametrize("claims", [OWN, NOBODY, {}])
    def test_insights_into_all_customers_are_for_operators_and_services(
        self, queries: Queries, claims: dict[str, Any]
    ) -> None:
        assert problem(queries.answer(of_fraud(claims))) == (403, "FORBIDDEN", "customer_id")
        assert content(queries.answer(of_fraud(OPERATOR)))
        assert content(queries.answer(of_fraud()))

    def test_a_cursor_leads_nobody_into_anothers_list(self, queries: Queries, tables: ReadTables) -> None:
        tables.put(customer_row("t9", occurred_at="2026-11-20T09:00:00.000000Z"))
        cursor = content(queries.answer(of_customer("cust", OWN, limit="1")))["next_cursor"]

        refused = queries.answer(of_customer("cust", OTHER, cursor=cursor))
        foreign = queries.answer(of_customer("other", OTHER, cursor=cursor))

        assert problem(refused) == (403, "FORBIDDEN", "customer_id")
        assert problem(foreign) == (400, "INVALID_REQUEST", "cursor")

    def test_health_is_for_everybody(self, queries: Queries) -> None:
        assert content(queries.answer(request("/health", claims=NOBODY)))


class TestService:
    def test_health_is_ok_while_both_tables_answer(self, queries: Queries, dynamodb: Faulty) -> None:
        schema("Health")(content(queries.answer(HEALTH)))

        assert dynamodb.calls == ["get_item"] * 2

    @pytest.mark.parametrize("failure", [THROTTLED, EndpointConnectionError(endpoint_url="http://nowhere")])
    @pytest.mark.parametrize("event", [HEALTH, one(), of_customer(), of_fraud(), of_fraud(customer_id="cust")])
    def test_a_table_that_does_not_answer_is_a_503(
        self, queries: Queries, dynamodb: Faulty, event: dict[str, Any], failure: Exception
    ) -> None:
        for operation in ("get_item", "query", "batch_get_item"):
            dynamodb.fail(operation, failure)

        assert problem(queries.answer(event)) == (503, "SERVICE_UNAVAILABLE", None)

    @pytest.mark.parametrize(
        "event",
        [
            request("/v1/health"),
            request("/transactions"),
            {**HEALTH, "httpMethod": "DELETE"},
            {**one(), "resource": None},
        ],
    )
    def test_what_is_not_described_is_a_404(self, queries: Queries, event: dict[str, Any]) -> None:
        assert problem(queries.answer(event)) == (404, "NOT_FOUND", None)

    def test_answers_may_be_kept_only_where_that_is_asked_for(self, tables: ReadTables, queries: Queries) -> None:
        tables.put(customer_row("t1"), waiting_row("t2"))
        caching = queries_of(tables, tables.client, cache_seconds=300)
        kept = {"Cache-Control": "private, max-age=300", "Vary": "Authorization, x-api-key"}

        for event in (one("t1"), of_customer(), of_fraud(), of_fraud(customer_id="cust")):
            assert queries.answer(event)["headers"]["Cache-Control"] == "no-store"
            assert kept.items() <= caching.answer(event)["headers"].items()
        for event in (one("t2"), HEALTH, one("none"), of_customer("cust", OTHER), of_customer(limit="0")):
            assert caching.answer(event)["headers"]["Cache-Control"] == "no-store"

    def test_the_function_answers_as_lambda_calls_it_and_says_how_long_it_took(
        self, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, tables: ReadTables,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        tables.put(customer_row())
        module = load_handler("customer_query", monkeypatch, emulator, **settings_of(tables), CACHE_SECONDS="60")

        response = module.handler(one(), None)

        assert json.loads(json.dumps(response))["statusCode"] == 200
        assert response["headers"]["Cache-Control"] == "private, max-age=60"
        written = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert {"Name": "API/ResponseTime", "Unit": "Milliseconds"} in written["_aws"]["CloudWatchMetrics"][0][
            "Metrics"
        ]
        assert 0 < written["API/ResponseTime"][0] < 60_000

    @pytest.mark.parametrize(
        ("origins", "asking", "allowed", "vary"),
        [
            ("https://a.example", "https://a.example", "https://a.example", "Origin"),
            ("https://a.example, https://b.example", "https://b.example", "https://b.example", "Origin"),
            ("https://a.example", "https://evil.example", "https://a.example", "Origin"),
            ("https://a.example", None, "https://a.example", "Origin"),
            ("*", "https://anybody.example", "*", None),
            ("", "https://a.example", None, None),
        ],
    )
    def test_pages_of_the_given_origins_may_read_every_answer(
        self, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, tables: ReadTables,
        origins: str, asking: Optional[str], allowed: Optional[str], vary: Optional[str],
    ) -> None:  # fmt: skip
        module = load_handler("customer_query", monkeypatch, emulator, **settings_of(tables), CORS_ORIGINS=origins)

        for event in (HEALTH, one("none")):
            headers = module.handler({**event, "headers": {"origin": asking} if asking else None}, None)["headers"]
            assert (headers.get("Access-Control-Allow-Origin"), headers.get("Vary")) == (allowed, vary)

    def test_what_is_kept_is_kept_for_one_origin_too(
        self, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, tables: ReadTables
    ) -> None:
        given = {**settings_of(tables), "CACHE_SECONDS": "60", "CORS_ORIGINS": "https://a.example"}
        module = load_handler("customer_query", monkeypatch, emulator, **given)

        assert module.handler(of_customer(), None)["headers"]["Vary"] == "Authorization, x-api-key, Origin"

    @pytest.mark.parametrize("seconds", ["-1", "3601", "5m"])
    def test_a_time_that_no_gateway_keeps_fails_the_start(
        self, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, tables: ReadTables, seconds: str
    ) -> None:
        with pytest.raises(SettingError, match="CACHE_SECONDS"):
            load_handler("customer_query", monkeypatch, emulator, **settings_of(tables), CACHE_SECONDS=seconds)


def settings_of(tables: ReadTables) -> dict[str, str]:
    return {
        "TRANSACTIONS_TABLE": tables.transactions,
        "TRANSACTION_IDS_TABLE": tables.transaction_ids,
        "FRAUD_INSIGHTS_TABLE": tables.insights,
    }


class TestWithTheWriter:
    """What `stream_process` writes is what is read here: neither side's tests know the other's code."""

    @pytest.fixture
    def bank(self, aws: Any) -> World:
        return World(CustomerTables(aws("dynamodb")).create())

    @pytest.fixture
    def reading(self, bank: World) -> Queries:
        tables = bank.tables
        return Queries(
            CustomerTransactions(tables.client, tables.transactions, tables.ids),
            FraudBuckets(tables.client, tables.insights, sleep=lambda _: None),
            now=lambda: NOW,
        )

    def test_rows_and_counters_tell_the_same_of_the_only_customer(self, bank: World, reading: Queries) -> None:
        near, far = {"latitude": 52.52, "longitude": 13.405}, {"latitude": 40.71, "longitude": -74.0}
        for place in range(6):
            bank.shard.submit(f"t{place}", location=near)
        bank.shard.submit("fraud", location=far, amount=1000, merchant_category="jewellery")
        bank.shard.submit("early", timestamp="2026-11-18T23:30:00Z", currency="JPY", amount=9000)
        assert bank.process() is None

        of_all = content(reading.answer(of_fraud()))
        of_one = content(reading.answer(of_fraud(customer_id="cust")))

        assert {**of_all, "customer_id": "cust"} == of_one
        assert (of_one["transactions"], of_one["fraud"], len(of_one["amounts"])) == (8, 1, 2)

    def test_what_was_decided_is_found_by_id_and_in_the_list(self, bank: World, reading: Queries) -> None:
        bank.shard.submit("t1", merchant_category="groceries", transaction_type="payment", merchant_name="Shop")
        assert bank.process() is None

        body = content(reading.answer(one("t1")))
        listed = content(reading.answer(of_customer(category="groceries", type="payment", start_date="2026-11-20")))

        TRANSACTION(body)
        PAGE(listed)
        assert (body["timestamp"], body["merchant_category"]) == ("2026-11-20T08:59:00.000000Z", "groceries")
        assert listed["transactions"] == [{name: value for name, value in body.items() if name != "history"}]

    def test_a_record_that_was_refused_is_found_by_the_id_that_it_names_with_the_reason(
        self, bank: World, reading: Queries
    ) -> None:
        bank.shard.submit("t1", currency="XXX")
        assert bank.process() is None

        response = reading.answer(one("t1"))
        body = content(response)

        schema("RefusedSubmission")(body)
        assert (body["transaction_id"], body["status"]) == ("t1", "REJECTED")
        assert (body["rejection"]["code"], body["rejection"]["field"]) == ("INVALID_MESSAGE", "currency")
        assert response["headers"]["Cache-Control"] == "no-store"
        assert "message#" not in response["body"]

    def test_a_refused_record_claims_no_id_and_a_corrected_body_takes_its_place(
        self, bank: World, reading: Queries
    ) -> None:
        bank.shard.submit("t1", currency="XXX")
        bank.shard.submit("t1")
        assert bank.process() is None
        assert bank.process() is None  # both come again

        body = content(reading.answer(one("t1")))

        TRANSACTION(body)
        assert body["status"] == "APPROVED"

    def test_of_two_refused_records_with_one_id_the_latest_is_found(self, bank: World, reading: Queries) -> None:
        for wrong in ({"currency": "XXX"}, {"amount": 0}):
            bank.process(bank.shard.submit("t1", **wrong))

        assert content(reading.answer(one("t1")))["rejection"]["field"] == "amount"

    def test_of_two_bodies_with_one_id_the_first_is_shown(self, bank: World, reading: Queries) -> None:
        bank.shard.submit("t1")
        bank.shard.submit("t1", amount=99)
        assert bank.process() is None

        body = content(reading.answer(one("t1")))

        assert (body["status"], body["amount"]) == ("APPROVED", 12.5)

    @pytest.mark.parametrize("claims", [{"custom:customer_id": "cust"}, {"custom:customer_id": "message"}, {}])
    def test_a_refused_record_is_nobodys_and_no_token_of_a_customer_finds_it(
        self, bank: World, reading: Queries, claims: dict[str, Any]
    ) -> None:
        bank.shard.submit("t1", currency="XXX")
        assert bank.process() is None

        assert problem(reading.answer(one("t1", claims))) == (404, "NOT_FOUND", "transaction_id")
        assert content(reading.answer(one("t1", {"cognito:groups": "operators"})))["status"] == "REJECTED"

    @pytest.mark.parametrize(
        "body",
        ["{", "[]", '{"submission": []}', direct({**submission(), "transaction_id": "a b"}), direct({})],
    )
    def test_a_record_without_a_readable_id_leaves_nothing_to_be_found(self, bank: World, body: str) -> None:
        bank.shard.put(body)
        assert bank.process() is None

        assert bank.tables.claims() == {}
        assert len(bank.tables.rows()) == 1

    def test_what_ingest_stored_is_found_before_it_is_decided(self, bank: World, reading: Queries) -> None:
        bank.store("t1")

        assert content(reading.answer(one("t1")))["status"] == "RECEIVED"
        assert content(reading.answer(of_fraud(customer_id="cust")))["transactions"] == 0


class TestDocument:
    def test_it_knows_exactly_our_words_and_bounds(self) -> None:
        request_types = API["components"]["schemas"]["TransactionRequest"]["properties"]["transaction_type"]["enum"]
        never = {Status.DECLINED.value}  # there are no cases here that could decline

        assert PARAMETERS["Type"]["schema"]["enum"] == request_types == list(TRANSACTION_TYPES)
        assert set(API["components"]["schemas"]["TransactionStatus"]["enum"]) == {one.value for one in Status} - never
        assert PARAMETERS["DateRange"]["schema"] == {"type": "string", "enum": [*DATE_RANGES], "default": DEFAULT_RANGE}
        assert PARAMETERS["RiskThreshold"]["schema"]["default"] == float(DEFAULT_THRESHOLD)
        limits = {"minimum": 1, "maximum": parameters.MAXIMUM_LIMIT, "default": parameters.DEFAULT_LIMIT}
        assert PARAMETERS["Limit"]["schema"] == {"type": "integer", **limits}

    def test_it_describes_exactly_the_operations_that_are_answered(self, queries: Queries) -> None:
        described = {path for path, item in API["paths"].items() if "get" in item}

        assert set(queries._operations) == described


class HoldingBack:
    """A client whose first calls of BatchGetItem leave every key unread, as a throttled table does."""

    def __init__(self, client: Any, times: int) -> None:
        self._client = client
        self._times = times
        self.calls = 0

    def batch_get_item(self, **arguments: Any) -> Any:
        self.calls += 1
        if self.calls <= self._times:
            return {"Responses": {}, "UnprocessedKeys": arguments["RequestItems"]}
        return self._client.batch_get_item(**arguments)
