"""Accepting transactions into a table whose key is the id and the event time together.

Such a key alone would take the same id at another time for another transaction. So each id is claimed in a
table of its own, in one transaction with the row: both are stored, or neither. (A claim in the transactions
table itself would be a second item under the id, in the way of everyone who looks a transaction up by it.)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Optional

from botocore.exceptions import ClientError

from pipeline.aws.dynamo import from_item, to_item
from pipeline.aws.keys import SORT_KEY, row_key
from pipeline.aws.writes import cancellation_codes, cancellation_reasons, retry_conflicts
from pipeline.domain.queued import Acceptance
from pipeline.domain.records import received_row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TimedTransactions:
    """The transactions table with a sort key, and the table of claimed ids.

    Parameters
    ----------
    client
        A DynamoDB client.
    table, ids_table
        Names of the tables.
    """

    def __init__(self, client: DynamoDBClient, table: str, ids_table: str) -> None:
        self._client = client
        self._table = table
        self._ids_table = ids_table

    def insert(self, acceptance: Acceptance, sweep_after: Optional[timedelta] = None) -> Optional[dict[str, Any]]:
        """Store a new transaction as RECEIVED; if its id is known, change nothing and return what is known.

        That is the row; or the claim alone, {transaction_id, fingerprint, timestamp}, where the id was
        claimed for another time, or the row has been deleted.

        Parameters
        ----------
        acceptance
            The transaction.
        sweep_after
            How long it may wait before the sweeper looks after it; None: there is no sweeper.
        """
        key = row_key(acceptance, sort_key=True)
        claim = {**key, **to_item({"fingerprint": acceptance.transaction.fingerprint})}
        writes: Any = [
            _put_new(self._table, {**to_item(received_row(acceptance, sweep_after)), **key}),
            _put_new(self._ids_table, claim),
        ]
        try:
            retry_conflicts(lambda: self._client.transact_write_items(TransactItems=writes))
        except ClientError as error:
            known = _in_the_way(error)
            if known is None:
                raise
            return from_item(known)
        return None

    def get(self, transaction_id: str) -> Optional[dict[str, Any]]:
        """Return the row, strongly consistent, or None."""
        claim = self._get(self._ids_table, {"transaction_id": {"S": transaction_id}})
        if claim is None:
            return None
        row = self._get(self._table, {name: claim[name] for name in ("transaction_id", SORT_KEY)})
        return None if row is None else from_item(row)

    def _get(self, table: str, key: Mapping[str, Any]) -> Optional[Mapping[str, Any]]:
        answer = self._client.get_item(TableName=table, Key=key, ConsistentRead=True)
        return answer.get("Item")


def _put_new(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Put": {
            "TableName": table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(transaction_id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def _in_the_way(error: ClientError) -> Optional[Mapping[str, Any]]:
    """Return the row, or else the claim, that was there before; None if something else went wrong, too."""
    if cancellation_codes(error) != {"ConditionalCheckFailed"}:
        return None
    return next((reason["Item"] for reason in cancellation_reasons(error) if reason.get("Item")), None)
