"""Reading many rows at once, of one table or several, and asking again for those that a throttle held back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from pipeline.aws.backoff import full_jitter
from pipeline.aws.dynamo import from_item
from pipeline.domain.errors import UndeliveredError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ATTEMPTS = 4

MOST_KEYS = 100
"""Keys that one call takes at most, over all its tables."""

Rows = dict[str, dict[str, Any]]
"""Rows by one of their attributes, which is the key where that is one text."""


class Wanted(NamedTuple):
    """What to read of one table.

    Parameters
    ----------
    table, keys
        Its name, and the keys in wire format; at most `MOST_KEYS` over all tables of a call.
    by
        The attribute by which the rows are told apart; no two of them hold the same.
    consistent
        Whether the read must see every write before it, for twice the price.
    """

    table: str
    keys: Sequence[Mapping[str, Any]]
    by: str
    consistent: bool = True


def wanted(table: str, key: str, values: Sequence[str], *, consistent: bool = True) -> Wanted:
    """Return the wish for rows of a table whose key is one text."""
    return Wanted(table, [{key: {"S": value}} for value in values], key, consistent)


def batch_get(
    client: DynamoDBClient, table: str, key: str, values: Sequence[str], sleep: Callable[[float], None]
) -> Rows:
    """Return the rows of `table` whose `key` is among `values`, strongly consistent; missing ones are left out.

    Raises
    ------
    UndeliveredError
        If the table stays throttled over all attempts.
    """
    rows: Rows = {}
    for start in range(0, len(values), MOST_KEYS):
        part = wanted(table, key, values[start : start + MOST_KEYS])
        rows.update(batch_get_tables(client, [part], sleep)[0])
    return rows


def batch_get_tables(client: DynamoDBClient, wishes: Sequence[Wanted], sleep: Callable[[float], None]) -> list[Rows]:
    """Return the rows of each table in one call, in the order of `wishes`; missing ones are left out.

    Raises
    ------
    UndeliveredError
        If a table stays throttled over all attempts.
    """
    names = {one.table: one.by for one in wishes}
    found: dict[str, Rows] = {one.table: {} for one in wishes}
    pending: dict[str, Any] = {
        one.table: {"Keys": list(one.keys), "ConsistentRead": one.consistent} for one in wishes if one.keys
    }
    for attempt in range(1, MAX_ATTEMPTS + 1):
        if not pending:
            break
        answer: Any = client.batch_get_item(RequestItems=pending)
        for table, items in answer["Responses"].items():
            for row in map(from_item, items):
                found[table][row[names[table]]] = row
        pending = answer.get("UnprocessedKeys", {})
        if pending and attempt < MAX_ATTEMPTS:
            sleep(full_jitter(attempt, base_seconds=0.05, cap_seconds=1.0))
    if pending:
        left = ", ".join(f"{len(part['Keys'])} of {table}" for table, part in sorted(pending.items()))
        raise UndeliveredError(f"keys stayed unread: {left}")
    return [found[one.table] for one in wishes]
