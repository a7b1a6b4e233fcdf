"""A transactions table of the stream system's shape, keyed by id and time, fresh for each test."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pipeline.aws.dynamo import from_item, to_item

TIMESTAMP = Decimal("1795165140.5")
"""2026-11-20T08:59:00.5Z."""


@dataclass
class TimedTable:
    """The table of one test, and short ways to look into it."""

    client: Any
    name: str = field(default_factory=lambda: f"dynamodb-transactions-{uuid.uuid4().hex[:8]}")

    def create(self) -> TimedTable:
        self.client.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "transaction_id", "KeyType": "HASH"},
                {"AttributeName": "timestamp", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "transaction_id", "AttributeType": "S"},
                {"AttributeName": "timestamp", "AttributeType": "N"},
            ],
        )
        return self

    def put(self, row: dict[str, Any]) -> None:
        self.client.put_item(TableName=self.name, Item=to_item(row))

    def row(self, transaction_id: str = "t1", timestamp: Decimal = TIMESTAMP) -> dict[str, Any]:
        """Return a row, {} if there is none."""
        key = to_item({"transaction_id": transaction_id, "timestamp": timestamp})
        return from_item(self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True).get("Item", {}))

    def rows(self) -> list[dict[str, Any]]:
        """Return all rows."""
        return [from_item(item) for item in self.client.scan(TableName=self.name, ConsistentRead=True)["Items"]]
