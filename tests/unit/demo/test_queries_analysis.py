"""The answers of the named queries against the transactions table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Callable

import pytest

from scripts.athena import Result
from scripts.demo.analyses import queries
from scripts.demo.analyses.queries import NamedQueries
from tests.unit.demo.builders import counted_with, failing, fraud_row, row, transaction, waiting_row

CHECK = "Athena's named queries say what the table says"
ROWS = [
    row(transaction("t1", amount=Decimal("1.10"), merchant_id="m1")),
    fraud_row(transaction("t2", amount=Decimal("2.20"), merchant_id="m2"), 2),
    row(transaction("t3", account_id="a2", amount=Decimal("5"), merchant_id="m1")),
    row(transaction("t4", amount=Decimal("9")), 3, occurred_at="2026-01-06T00:00:00Z"),
]
DAY, NEXT = "2026-01-05", "2026-01-06"

Wrong = Callable[[Sequence[Mapping[str, Any]]], list[str]]


def ranked(place: str, merchant: str, transactions: str, amount: str, frauds: str) -> dict[str, str]:
    sums = {"transactions": transactions, "amount": amount, "frauds": frauds}
    return {"currency": "USD", "place": place, "merchant_id": merchant, **sums}


ANSWERS: dict[str, tuple[Wrong, list[dict[str, str]]]] = {
    "daily_volume": (
        lambda found: queries.wrong_volume(ROWS, found),
        [
            {"day": DAY, "currency": "USD", "transactions": "3", "customers": "2", "amount": "8.300", "frauds": "1"},
            {"day": NEXT, "currency": "USD", "transactions": "1", "customers": "1", "amount": "9.000", "frauds": "0"},
        ],
    ),
    "top_merchants": (
        lambda found: queries.wrong_merchants(ROWS, found),
        [
            ranked("1", "m1", "3", "15.1", "0"),
            ranked("2", "m2", "1", "2.2", "1"),
        ],
    ),
    "fraud_trend": (
        lambda found: queries.wrong_trend(ROWS, found),
        [
            {"day": DAY, "transactions": "3", "frauds": "1"},
            {"day": NEXT, "transactions": "1", "frauds": "0"},
        ],
    ),
    "customer_history": (
        lambda found: queries.wrong_history(ROWS, "a1", found),
        [
            {"transaction_id": "t4", "amount": "9.000", "status": "APPROVED"},
            {"transaction_id": "t1", "amount": "1.100", "status": "APPROVED"},
            {"transaction_id": "t2", "amount": "2.200", "status": "FRAUD_SUSPECTED"},
        ],
    ),
    "reconciliation": (
        lambda found: queries.unreconciled(ROWS[:3], found),
        [
            {
                "status": status, "currency": "USD", "table_transactions": count, "lake_transactions": count,
                "table_amount": amount, "lake_amount": amount, "verdict": "equal",
            }
            for status, count, amount in (("APPROVED", "2", "6.100"), ("FRAUD_SUSPECTED", "1", "2.200"))
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_says_what_the_rows_say_is_right(name: str) -> None:
    wrong, right = ANSWERS[name]

    assert wrong(right) == []


@pytest.mark.parametrize(
    ("name", "column"), [(name, column) for name, (_, right) in ANSWERS.items() for column in right[0]]
)
def test_each_value_that_is_wrong_is_found(name: str, column: str) -> None:
    wrong, (first, *others) = ANSWERS[name]

    assert wrong([{**first, column: "7"}, *others])


@pytest.mark.parametrize("name", ANSWERS)
def test_a_row_of_an_answer_that_is_missing_is_found(name: str) -> None:
    wrong, right = ANSWERS[name]

    assert len(wrong(right[:-1])) == 1


def test_a_history_in_another_order_is_found() -> None:
    wrong, right = ANSWERS["customer_history"]

    assert wrong(right[::-1])


def test_the_customer_with_most_transactions_is_asked_for() -> None:
    assert queries.busiest_customer(ROWS) == "a1"


class Workgroup:
    """Athena, which answers as the rows say."""

    def __init__(self, asked: list[tuple[str, Mapping[str, str]]]) -> None:
        self._asked = asked

    def run(self, name: str, values: Mapping[str, str], reuse_minutes: int) -> Result:
        assert reuse_minutes == 0
        self._asked.append((name, values))
        rows = ANSWERS[name][1]
        return Result(tuple(rows[0]), (), tuple(tuple(one.values()) for one in rows))


class Deployed:
    """Outputs that are their own names."""

    def client(self, service: str) -> str:
        return service

    def output(self, name: str) -> str:
        return name


def test_all_queries_are_asked_about_all_days(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Mapping[str, str]]] = []
    monkeypatch.setattr(queries, "Workgroup", lambda *_: Workgroup(asked))
    waiting = waiting_row(transaction("t9"), occurred_at="2026-02-01T00:00:00Z")
    rows = {one.transaction_id: one for one in (*ROWS, waiting)}

    found = NamedQueries(Deployed()).run(rows, lambda _: None)

    days = {"first_day": DAY, "last_day": NEXT}
    assert asked == [
        ("daily_volume", days),
        ("top_merchants", {**days, "places": "3"}),
        ("fraud_trend", days),
        ("customer_history", {**days, "customer_id": "a1"}),
        ("reconciliation", {"day": DAY}),
        ("reconciliation", {"day": NEXT}),
    ]
    counts = counted_with(found, *ROWS)
    assert failing(counts) == [CHECK]  # the second day's reconciliation was answered with the first day's
    assert counts.parts["queries"]["rows"]["reconciliation"] == 4
