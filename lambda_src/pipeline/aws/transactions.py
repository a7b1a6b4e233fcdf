"""Single rows of the transactions table: accepting and finding those whose key is their id, and those that wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Optional

from botocore.exceptions import ClientError

from pipeline.aws.dynamo import error_code, from_item, to_item
from pipeline.aws.layout import BY_ID, Layout
from pipeline.aws.writes import condition_held, retry_conflicts
from pipeline.domain.queued import Acceptance
from pipeline.domain.records import RECEIVED_SHARDS, received_row
from pipeline.domain.status import Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Key = Mapping[str, Any]
"""The key of a row in wire format."""


class Transactions:
    """The transactions table whose key is the id, row by row.

    Parameters
    ----------
    client
        A DynamoDB client.
    table
        Name of the table.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def insert(self, acceptance: Acceptance, sweep_after: Optional[timedelta] = None) -> Optional[dict[str, Any]]:
        """Store a new transaction as RECEIVED; if its id is known, change nothing and return the known row.

        Parameters
        ----------
        acceptance
            The transaction.
        sweep_after
            How long it may wait before the sweeper looks after it; None: there is no sweeper.
        """
        try:
            retry_conflicts(
                lambda: self._client.put_item(
                    TableName=self._table,
                    Item=to_item(received_row(acceptance, sweep_after)),
                    ConditionExpression="attribute_not_exists(transaction_id)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            known: Mapping[str, Any] = error.response["Item"]  # type: ignore[typeddict-item]
            return from_item(known)
        return None

    def get(self, transaction_id: str) -> Optional[dict[str, Any]]:
        """Return the row, strongly consistent, or None."""
        answer = self._client.get_item(
            TableName=self._table, Key={"transaction_id": {"S": transaction_id}}, ConsistentRead=True
        )
        return from_item(answer["Item"]) if "Item" in answer else None


class WaitingRows:
    """The rows of transactions that wait, by their keys.

    Parameters
    ----------
    client
        A DynamoDB client.
    table, layout
        Name of the transactions table, and how its rows lie.
    """

    def __init__(self, client: DynamoDBClient, table: str, layout: Layout = BY_ID) -> None:
        self._client = client
        self._table = table
        self._layout = layout

    def overdue(self, index: str, now: str, limit: int) -> Iterator[Key]:
        """Yield the keys of up to `limit` transactions that have waited past their time, the longest waiting first.

        Parameters
        ----------
        index
            Name of the index of waiting rows.
        now
            UTC, RFC 3339.
        limit
            The most to yield from each shard of the index.
        """
        for shard in range(RECEIVED_SHARDS):
            answer = self._client.query(
                TableName=self._table,
                IndexName=index,
                KeyConditionExpression="received_shard = :shard AND sweep_after < :now",
                ExpressionAttributeValues={":shard": {"S": str(shard)}, ":now": {"S": now}},
                Limit=limit,
            )
            for item in answer["Items"]:
                yield self._layout.key_in(item)

    def get(self, key: Key) -> Optional[dict[str, Any]]:
        """Return the row by our names, strongly consistent, or None."""
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return self._layout.ours(from_item(answer["Item"])) if "Item" in answer else None

    def postpone(self, key: Key, sweep_after: str) -> bool:
        """Set when the sweeper looks again; tell whether the transaction is still waiting."""
        return condition_held(
            lambda: self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET sweep_after = :after ADD sweeps :one",
                ConditionExpression="#status = :received",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=to_item(
                    {":after": sweep_after, ":one": 1, ":received": Status.RECEIVED.value}
                ),
            )
        )
