"""Moto's DynamoDB, made fit for transactions on tables that grow.

For each item of a transaction moto copies the whole table, its stream included, and puts the copies in place
when the transaction is cancelled. That takes seconds after some hundred transactions, and whoever reads the
stream goes on with the table that was thrown away. Here a cancelled transaction is undone in place.

Binary attributes, which moto keeps as they travel, would leave a stream in base64 of base64.
"""

from __future__ import annotations

import copy
from base64 import b64decode
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from moto.dynamodb import models
from moto.dynamodb.models.table import Table
from moto.dynamodbstreams.models import DynamoDBStreamsBackend

_ITERATORS = 1000
"""How many stream iterators are remembered; each poll makes another one."""

_transact = models.DynamoDBBackend.transact_write_items
_update = models.DynamoDBBackend.update_item
_get_records = DynamoDBStreamsBackend.get_records


def put_right() -> None:
    """Replace what is slow or wrong; once is enough."""
    models.copy = SimpleNamespace(deepcopy=_copy_but_no_table)
    models.DynamoDBBackend.transact_write_items = transact_write_items
    models.DynamoDBBackend.update_item = update_item
    DynamoDBStreamsBackend.get_records = get_records


def transact_write_items(backend: Any, transact_items: Sequence[dict[str, Any]]) -> None:
    """Write all items or none."""
    names = {operation.get("TableName") for item in transact_items for operation in item.values()}
    tables = [backend.tables[name] for name in names if name in backend.tables]
    before = [(table, _rows(table), len(_records(table))) for table in tables]
    try:
        _transact(backend, transact_items)
    except Exception:  # moto has an error for each reason, and faults of its own must leave no half either
        for table, rows, records in before:
            table.items = rows
            del _records(table)[records:]
        raise


def update_item(backend: Any, table_name: str, key: dict[str, Any], *arguments: Any, **named: Any) -> Any:
    """Update a copy of the row, so that a row that was put aside stays as it was."""
    table = backend.get_table(table_name)
    row = backend.get_item(table_name, key)
    if row is not None:
        aside = copy.deepcopy(row)
        if row.range_key is None:
            table.items[row.hash_key] = aside
        else:
            table.items[row.hash_key][row.range_key] = aside
    return _update(backend, table_name, key, *arguments, **named)


def get_records(backend: Any, iterator_arn: str, limit: int) -> Any:
    """Return the records from an iterator on, binary attributes as bytes, and forget the oldest iterators."""
    answer = _get_records(backend, iterator_arn, limit)
    while len(backend.shard_iterators) > _ITERATORS:
        del backend.shard_iterators[next(iter(backend.shard_iterators))]
    return {**answer, "Records": [_with_bytes(record) for record in answer["Records"]]}


def _with_bytes(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("B"), str):
            return {"B": b64decode(value["B"])}
        return {name: _with_bytes(part) for name, part in value.items()}
    return [_with_bytes(part) for part in value] if isinstance(value, list) else value


def _rows(table: Any) -> Any:
    rows = table.items.copy()
    if table.range_key_attr is not None:
        for key, by_range in rows.items():
            rows[key] = by_range.copy()
    return rows


def _records(table: Any) -> Any:
    return [] if table.stream_shard is None else table.stream_shard.items


def _copy_but_no_table(value: Any) -> Any:
    return value if isinstance(value, Table) else copy.deepcopy(value)
