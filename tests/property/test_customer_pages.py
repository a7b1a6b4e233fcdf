"""Whatever a customer's rows, the filters and the limits: all pages together are the list, each row once, in order."""

from __future__ import annotations

import json
from itertools import count
from typing import Any, Optional

import pytest
from customer_query import transactions as reading
from customer_query.buckets import FraudBuckets
from customer_query.queries import Queries
from customer_query.transactions import CustomerTransactions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.functions.customer_reading import ReadTables, customer_row, waiting_row

EXAMPLES = count()
TYPES, CATEGORIES, STATUSES = ("purchase", "refund"), ("books", "toys"), ("APPROVED", "FRAUD_SUSPECTED", "RECEIVED")
DAYS = ("2026-11-18", "2026-11-19", "2026-11-20")

ROWS = st.lists(
    st.tuples(
        st.sampled_from(DAYS),
        st.integers(0, 2),  # few hours, so that many fall into the same instant
        st.sampled_from(STATUSES),
        st.none() | st.sampled_from(TYPES),
        st.none() | st.sampled_from(CATEGORIES),
    ),
    max_size=40,
)
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "start_date": st.sampled_from([*DAYS, "2026-11-19T01:00:00Z", "2026-11-19T00:00:00.000001Z"]),
        "end_date": st.sampled_from(["2026-11-20", "2026-11-21", "2026-11-20T02:00:00Z", "2026-11-20T01:00:00Z"]),
        "type": st.sampled_from(TYPES),
        "category": st.sampled_from(CATEGORIES),
        "status": st.sampled_from(STATUSES),
        "include_fraud": st.sampled_from(["true", "false"]),
    },
)


@pytest.fixture(scope="module")
def customers(client: Any) -> ReadTables:
    return ReadTables(client)


def expected(rows: list[dict[str, Any]], query: dict[str, str]) -> list[str]:
    """Return the ids of the list by the words of the document, without any of the code that reads it."""
    start, end = query.get("start_date", ""), query.get("end_date", "~")
    end = f"{end}~" if end in DAYS or end == "2026-11-21" else end.replace("Z", "")
    kept = [
        row
        for row in rows
        if row["occurred_at"] >= start.replace("Z", "")
        and row["occurred_at"] < end
        and query.get("type") in (None, row.get("transaction_type"))
        and query.get("category") in (None, row.get("merchant_category"))
        and query.get("status") in (None, row["status"])
        and not (query.get("include_fraud") == "false" and row["status"] == "FRAUD_SUSPECTED")
    ]
    ordered = sorted(kept, key=lambda row: (row["occurred_at"], row["transaction_id"]), reverse=True)
    return [row["transaction_id"] for row in ordered]


@settings(derandomize=True, max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawn=ROWS, query=QUERIES, limits=st.lists(st.integers(1, 9), min_size=1, max_size=5), at_once=st.integers(1, 12)
)
def test_all_pages_together_are_the_filtered_list(
    customers: ReadTables,
    monkeypatch: pytest.MonkeyPatch,
    drawn: list[tuple[str, int, str, Optional[str], Optional[str]]],
    query: dict[str, str],
    limits: list[int],
    at_once: int,
) -> None:
    customer_id = f"cust-{next(EXAMPLES)}"
    monkeypatch.setattr(reading, "ROWS_A_QUERY", at_once)  # so that pages end early, too
    rows = [
        (waiting_row if status == "RECEIVED" else customer_row)(
            f"{customer_id}-{number}",
            customer_id=customer_id,
            occurred_at=f"{day}T{hour:02}:00:00.000000Z",
            **({} if status == "RECEIVED" else {"status": status}),
            **({"transaction_type": kind} if kind else {}),
            **({"merchant_category": category} if category else {}),
        )
        for number, (day, hour, status, kind, category) in enumerate(drawn)
    ]
    customers.put(*rows)
    queries = Queries(
        CustomerTransactions(customers.client, customers.transactions, customers.transaction_ids),
        FraudBuckets(customers.client, customers.insights, sleep=lambda _: None),
    )

    seen: list[str] = []
    total = 0
    cursor: dict[str, str] = {}
    for page in count():
        limit = limits[page % len(limits)]
        event = {
            "resource": "/customers/{customer_id}/transactions",
            "httpMethod": "GET",
            "pathParameters": {"customer_id": customer_id},
            "queryStringParameters": {**query, **cursor, "limit": str(limit)},
        }
        response = queries.answer(event)
        assert response["statusCode"] == 200, response["body"]
        body = json.loads(response["body"])
        assert len(body["transactions"]) <= limit
        seen += [transaction["transaction_id"] for transaction in body["transactions"]]
        total += body["summary"]["count"]
        assert page <= len(rows) + 1, "the list does not end"
        if body["next_cursor"] is None:
            break
        cursor = {"cursor": body["next_cursor"]}

    assert seen == expected(rows, query)
    assert total == len(seen)
