"""Reading many rows at once, of one table or several, and asking again for those that a throttle held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

from pipeline.aws.backoff import full_jitter
from pipeline.aws.dynamo import from_item
from pipeline.domain.errors import UndeliveredError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ATTEMPTS = 4

Rows = dict[str, dict[str, Any]]
"""Rows by their key."""


@dataclass(frozen=True)
class Wanted:
    """What to read of one table.

    Parameters
    ----------
    table, key, values
        Its name, its key, and which of them; at most 100 over all tables of a call.
    consistent
        Whether the read must see every write before it, for twice the price.
    """

    table: str
    key: str
    values: Sequence[str]
    consistent: bool = True


def batch_get(
    client: DynamoDBClient, table: str, key: str, values: Sequence[str], sleep: Callable[[float], None]
) -> Rows:
    """Return the rows of `table` whose `key` is among `values`, strongly consistent; missing ones are left out.

    Raises
    ------
    UndeliveredError
        If the table stays throttled over all attempts.
    """
    return batch_get_tables(client, [Wanted(table, key, values)], sleep)[0]


def batch_get_tables(client: DynamoDBClient, wanted: Sequence[Wanted], sleep: Callable[[float], None]) -> list[Rows]:
    """Return the rows of each table in one call, in the order of `wanted`; missing ones are left out.

    Raises
    ------
    UndeliveredError
        If a table stays throttled over all attempts.
    """
    keys = {one.table: one.key for one in wanted}
    found: dict[str, Rows] = {one.table: {} for one in wanted}
    pending: dict[str, Any] = {
        one.table: {"Keys": [{one.key: {"S": value}} for value in one.values], "ConsistentRead": one.consistent}
        for one in wanted
        if one.values
    }
    for attempt in range(1, MAX_ATTEMPTS + 1):
        if not pending:
            break
        answer: Any = client.batch_get_item(RequestItems=pending)
        for table, items in answer["Responses"].items():
            for row in map(from_item, items):
                found[table][row[keys[table]]] = row
        pending = answer.get("UnprocessedKeys", {})
        if pending and attempt < MAX_ATTEMPTS:
            sleep(full_jitter(attempt, base_seconds=0.05, cap_seconds=1.0))
    if pending:
        left = ", ".join(f"{len(part['Keys'])} of {table}" for table, part in sorted(pending.items()))
        raise UndeliveredError(f"keys stayed unread: {left}")
    return [found[one.table] for one in wanted]
