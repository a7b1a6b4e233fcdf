"""The counters by day against the decisions that they count, and how the rows of a day are added up."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, Callable

import pytest

from scripts.demo.parts.insights import Insights, InsightsTable
from tests.unit.demo.builders import counted_with, failing, fraud_row, row, transaction

CHECK = "The counters are the sum of the decisions"
DAY = "2026-01-05"
ROWS = (
    row(transaction("t1", amount=Decimal("1.10"))),
    fraud_row(transaction("t2", amount=Decimal("2.20")), 2),
    row(transaction("t3", account_id="a2", currency="EUR", amount=Decimal(5)), occurred_at="2026-01-06T00:00:00Z"),
)
RIGHT = {
    (DAY, "transactions"): Decimal(2), (DAY, "flagged"): Decimal(1), (DAY, "fraud"): Decimal(1),
    (DAY, "amount:USD"): Decimal("3.3"), (DAY, "fraud_amount:USD"): Decimal("2.2"),
    ("2026-01-06", "transactions"): Decimal(1), ("2026-01-06", "amount:EUR"): Decimal(5),
}  # fmt: skip


def test_counters_that_are_the_sum_of_the_decisions_balance() -> None:
    counts = counted_with(Insights(RIGHT), *ROWS)

    assert counts.balanced
    assert counts.parts["insights"]["transactions"] == 3
    assert counts.parts["insights"]["fraud"] == 1


@pytest.mark.parametrize("counter", sorted(RIGHT))
def test_each_counter_that_is_one_too_high_or_gone_is_found(counter: tuple[str, str]) -> None:
    gone = {name: value for name, value in RIGHT.items() if name != counter}

    for wrong in (gone, {**RIGHT, counter: RIGHT[counter] + 1}):
        counts = counted_with(Insights(wrong), *ROWS)
        assert failing(counts) == [CHECK]
        assert " ".join(counter) in counts.examples["wrong_counters"][0]


def test_a_counter_of_a_day_without_transactions_is_found() -> None:
    assert failing(counted_with(Insights({**RIGHT, ("2026-01-07", "fraud"): Decimal(1)}), *ROWS)) == [CHECK]


def test_the_rows_of_a_day_are_added_up(aws: Callable[[str], Any]) -> None:
    name, dynamodb = f"insights-{uuid.uuid4().hex[:8]}", aws("dynamodb")
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "bucket", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "bucket", "AttributeType": "S"}],
    )  # fmt: skip
    for slot, transactions, amount in ((0, "2", "1.5"), (3, "1", "0.25")):
        item = {"transactions": {"N": transactions}, "amount:USD": {"N": amount}, "reason:VELOCITY": {"N": "7"}}
        dynamodb.put_item(TableName=name, Item={"bucket": {"S": f"{DAY}#{slot}"}, **item})

    class Deployed:
        client = staticmethod(aws)

        def output(self, output: str) -> str:
            return {"fraud_insights_table_name": name}[output]

    found = InsightsTable(Deployed()).read()

    assert found.counters == {(DAY, "transactions"): Decimal(3), (DAY, "amount:USD"): Decimal("1.75")}
