"""Customers are accounts by another name: their table is read by its own key, and their order has to hold."""

from __future__ import annotations

import uuid
from typing import Any, Callable

from scripts.demo.books import count
from scripts.demo.parts.accounts import Accounts, AccountTable
from scripts.demo.state import Snapshot
from tests.unit.demo.builders import failing, row, sent, transaction

ORDER = "Each customer's order is kept"


def test_the_commits_of_each_customer_are_read(aws: Callable[[str], Any]) -> None:
    name, dynamodb = f"customers-{uuid.uuid4().hex[:8]}", aws("dynamodb")
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "customer_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "customer_id", "AttributeType": "S"}],
    )  # fmt: skip
    dynamodb.put_item(TableName=name, Item={"customer_id": {"S": "a1"}, "commits": {"N": "2"}})

    class Deployed:
        client = staticmethod(aws)

        def output(self, output: str) -> str:
            return {"customers_table_name": name}[output]

    table = AccountTable(Deployed(), output="customers_table_name", key="customer_id", word="customer")

    assert table.read() == Accounts({"a1": 2}, "customer")


def test_a_customer_whose_transactions_were_decided_the_other_way_round_is_found() -> None:
    one, two = transaction("t1"), transaction("t2")
    customers = Accounts({"a1": 2}, "customer")

    kept = count([sent(one), sent(two, 1)], Snapshot({"t1": row(one, 1), "t2": row(two, 2)}, [customers]))
    swapped = count([sent(one), sent(two, 1)], Snapshot({"t1": row(one, 2), "t2": row(two, 1)}, [customers]))

    assert failing(kept) == []
    assert failing(swapped) == [ORDER]
    assert swapped.examples["out_of_order"] == ["a1: t1 was accepted before t2"]
