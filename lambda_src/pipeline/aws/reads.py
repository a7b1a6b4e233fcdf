"""Reading many rows at once, strongly consistent, and asking again for those that a throttle held back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Callable

from pipeline.aws.backoff import full_jitter
from pipeline.aws.dynamo import from_item
from pipeline.domain.errors import UndeliveredError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ATTEMPTS = 4


def batch_get(
    client: DynamoDBClient, table: str, key: str, values: Sequence[str], sleep: Callable[[float], None]
) -> dict[str, dict[str, Any]]:
    """Return the rows of `table` whose `key` is among `values`, by that key; missing ones are left out.

    Raises
    ------
    UndeliveredError
        If the table stays throttled over all attempts.
    """
    pending: list[dict[str, Any]] = [{key: {"S": value}} for value in values]
    found: dict[str, dict[str, Any]] = {}
    for attempt in range(1, MAX_ATTEMPTS + 1):
        if not pending:
            return found
        request: Any = {table: {"Keys": pending, "ConsistentRead": True}}
        answer: Any = client.batch_get_item(RequestItems=request)
        for item in answer["Responses"].get(table, []):
            row = from_item(item)
            found[row[key]] = row
        pending = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        if pending and attempt < MAX_ATTEMPTS:
            sleep(full_jitter(attempt, base_seconds=0.05, cap_seconds=1.0))
    if pending:
        raise UndeliveredError(f"{len(pending)} keys of {table} stayed unread")
    return found
