"""Tables of a bank of customers, in the bare local AWS: transactions keyed by customer and time, and those beside."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from pipeline.aws.dynamo import from_item, to_item


@dataclass
class CustomerTables:
    """The tables of one test, and short ways to look into them."""

    client: Any
    suffix: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    @property
    def transactions(self) -> str:
        return f"transactions-{self.suffix}"

    @property
    def ids(self) -> str:
        return f"transaction-ids-{self.suffix}"

    @property
    def customers(self) -> str:
        return f"customers-{self.suffix}"

    @property
    def insights(self) -> str:
        return f"fraud-insights-{self.suffix}"

    def create(self) -> CustomerTables:
        indexes = {
            "TransactionIdIndex": ["transaction_id"],
            "MerchantIndex": ["merchant_id", "timestamp"],
            "received-index": ["received_shard", "sweep_after"],
        }
        names = {"customer_id", "timestamp", *(name for pair in indexes.values() for name in pair)}
        self.client.create_table(
            TableName=self.transactions,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=_key("customer_id", "timestamp"),
            AttributeDefinitions=[
                *({"AttributeName": name, "AttributeType": "S"} for name in sorted(names)),
                {"AttributeName": "amount", "AttributeType": "N"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": _key(*pair),
                    "Projection": {"ProjectionType": "KEYS_ONLY" if index == "received-index" else "ALL"},
                }
                for index, pair in indexes.items()
            ],
            LocalSecondaryIndexes=[
                {
                    "IndexName": "AmountIndex",
                    "KeySchema": _key("customer_id", "amount"),
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        for table, key in ((self.ids, "transaction_id"), (self.customers, "customer_id"), (self.insights, "bucket")):
            self.client.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=_key(key),
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            )
        return self

    def put(self, table: str, row: dict[str, Any]) -> None:
        self.client.put_item(TableName=table, Item=to_item(row))

    def all(self, table: str) -> list[dict[str, Any]]:
        """Return all rows of a table."""
        pages = self.client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return [from_item(item) for page in pages for item in page["Items"]]

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return all transactions by id."""
        return {row["transaction_id"]: row for row in self.all(self.transactions)}

    def claims(self) -> dict[str, dict[str, Any]]:
        """Return all claims by id."""
        return {row["transaction_id"]: row for row in self.all(self.ids)}

    def customer(self, customer_id: str = "cust") -> dict[str, Any]:
        """Return a customer, {} if there is none."""
        key = {"customer_id": {"S": customer_id}}
        return from_item(self.client.get_item(TableName=self.customers, Key=key, ConsistentRead=True).get("Item", {}))

    def counters(self) -> dict[str, dict[str, Any]]:
        """Return the counters by bucket."""
        return {row.pop("bucket"): row for row in self.all(self.insights)}

    def statuses(self) -> dict[str, str]:
        """Return the status of each transaction."""
        return {key: row["status"] for key, row in self.rows().items()}


def _key(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"))]
