"""Customers' profiles against their rows, and where they are read from."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, Callable

import pytest

from scripts.demo.parts.profiles import CustomerProfiles, Profile, Profiles
from tests.unit.demo.builders import counted_with, failing, row, transaction

CHECK = "Each customer's profile is the sum of its decisions"
ROWS = (
    row(transaction("t1", amount=Decimal("1.10"))),
    row(transaction("t2", amount=Decimal("2.20"), currency="EUR"), 2),
    row(transaction("t3", account_id="a2", amount=Decimal("5"))),
)
RIGHT = {"a1": Profile(2, Decimal("3.3")), "a2": Profile(1, Decimal(5))}


def test_profiles_that_are_the_sum_of_their_rows_balance() -> None:
    assert counted_with(Profiles(RIGHT), *ROWS).balanced


@pytest.mark.parametrize(
    "wrong",
    [
        {**RIGHT, "a1": Profile(3, Decimal("3.3"))},
        {**RIGHT, "a1": Profile(2, Decimal("3.31"))},
        {"a1": RIGHT["a1"]},
        {**RIGHT, "a3": Profile(1, Decimal(1))},
    ],
    ids=["a transaction too many", "another sum", "a customer less", "a customer of no row"],
)
def test_a_profile_that_is_not_is_found(wrong: dict[str, Profile]) -> None:
    counts = counted_with(Profiles(wrong), *ROWS)

    assert failing(counts) == [CHECK]
    assert len(counts.examples["wrong_profiles"]) == 1


def test_a_customer_of_whom_nothing_is_decided_has_no_profile(aws: Callable[[str], Any]) -> None:
    name, dynamodb = f"customers-{uuid.uuid4().hex[:8]}", aws("dynamodb")
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "customer_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "customer_id", "AttributeType": "S"}],
    )  # fmt: skip
    decided = {"customer_id": {"S": "a1"}, "transaction_count": {"N": "2"}, "total_amount": {"N": "3.3"}}
    for item in (decided, {"customer_id": {"S": "held"}, "version": {"N": "1"}}):
        dynamodb.put_item(TableName=name, Item=item)

    class Deployed:
        client = staticmethod(aws)

        def output(self, output: str) -> str:
            return {"customers_table_name": name}[output]

    assert CustomerProfiles(Deployed()).read() == Profiles({"a1": RIGHT["a1"]})
