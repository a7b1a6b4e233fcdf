"""Reads DynamoDB tables as plain values, and writes merchants to one."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from scripts.demo.model import DemoError, Merchant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BATCH_WRITE_ITEMS = 25
_BATCH_WRITE_ATTEMPTS = 8
_deserialize = TypeDeserializer().deserialize
_serialize = TypeSerializer().serialize


def scan(dynamodb: DynamoDBClient, table: str, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the named attributes of all items; "a.b" reaches into a map."""
    # Every name goes through a placeholder: some of them are reserved words.
    parts = sorted({part for name in names for part in name.split(".")})
    placeholders = {part: f"#n{number}" for number, part in enumerate(parts)}
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        ConsistentRead=True,
        ProjectionExpression=", ".join(".".join(placeholders[part] for part in name.split(".")) for name in names),
        ExpressionAttributeNames={placeholder: part for part, placeholder in placeholders.items()},
    )
    for page in pages:
        for item in page["Items"]:
            yield {name: _deserialize(value) for name, value in item.items()}


def whole(dynamodb: DynamoDBClient, table: str) -> Iterator[dict[str, Any]]:
    """Yield all items with all that they hold."""
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            yield {name: _deserialize(value) for name, value in item.items()}


def count(dynamodb: DynamoDBClient, table: str, index: Optional[str] = None) -> int:
    """Return how many items a table or an index holds."""
    where = {"TableName": table, **({"IndexName": index} if index else {})}
    pages = dynamodb.get_paginator("scan").paginate(**where, Select="COUNT")  # type: ignore[arg-type]
    return sum(page["Count"] for page in pages)


def count_equal(dynamodb: DynamoDBClient, table: str, name: str, value: str) -> int:
    """Return how many items hold `value` under `name`; reads the whole table."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        Select="COUNT",
        ConsistentRead=True,
        FilterExpression="#name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": {"S": value}},
    )
    return sum(page["Count"] for page in pages)


def write_merchants(dynamodb: DynamoDBClient, table: str, merchants: Sequence[Merchant]) -> None:
    """Write the merchants' configuration."""
    items = [_merchant_item(merchant) for merchant in merchants]
    for start in range(0, len(items), _BATCH_WRITE_ITEMS):
        _write(dynamodb, table, items[start : start + _BATCH_WRITE_ITEMS])


def _write(dynamodb: DynamoDBClient, table: str, items: Sequence[Mapping[str, Any]]) -> None:
    pending: Any = {table: [{"PutRequest": {"Item": item}} for item in items]}
    for attempt in range(_BATCH_WRITE_ATTEMPTS):
        pending = dynamodb.batch_write_item(RequestItems=pending).get("UnprocessedItems")
        if not pending:
            return
        time.sleep(random.uniform(0.0, 0.05 * 2**attempt))  # noqa: S311 - jitter
    raise DemoError(f"the table {table} took only a part of the merchants; try again.")


def _merchant_item(merchant: Merchant) -> dict[str, Any]:
    row = {
        "merchant_id": merchant.merchant_id,
        "name": merchant.name,
        "active": merchant.active,
        "max_transaction_amount": merchant.max_transaction_amount,
    }
    return {name: _serialize(value) for name, value in row.items() if value is not None}
