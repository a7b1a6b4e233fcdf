"""Accepting transactions into a table whose key holds more than the id: the event time, or the customer as well.

Such a key alone would take the same id at another time for another transaction. So each id is claimed in a
table of its own, in one transaction with the row: both are stored, or neither. (A claim in the transactions
table itself would be a second item under the id, in the way of everyone who looks a transaction up by it.)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Optional

from botocore.exceptions import ClientError

from pipeline.aws.dynamo import from_item
from pipeline.aws.layout import Layout
from pipeline.aws.row_keys import key_of_id
from pipeline.aws.rows import put_new
from pipeline.aws.writes import cancellation_codes, cancellation_reasons, retry_conflicts
from pipeline.domain.queued import Acceptance
from pipeline.domain.records import received_row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ClaimedTransactions:
    """The transactions table, and the table of claimed ids beside it.

    Parameters
    ----------
    client
        A DynamoDB client.
    table
        Name of the transactions table.
    layout
        How its rows lie, and where the ids are claimed.
    """

    def __init__(self, client: DynamoDBClient, table: str, layout: Layout) -> None:
        self._client = client
        self._table = table
        self._layout = layout

    def insert(self, acceptance: Acceptance, sweep_after: Optional[timedelta] = None) -> Optional[dict[str, Any]]:
        """Store a new transaction as RECEIVED; if its id is known, change nothing and return what is known.

        That is the row; or the claim alone, which has no "status", where the id was claimed for a transaction
        that lies elsewhere, or the row has been deleted.

        Parameters
        ----------
        acceptance
            The transaction.
        sweep_after
            How long it may wait before the sweeper looks after it; None: there is no sweeper.
        """
        writes: Any = [
            put_new(self._table, self._layout.row_of(acceptance, received_row(acceptance, sweep_after))),
            put_new(self._layout.ids_table, self._layout.claim_of(acceptance)),
        ]
        try:
            retry_conflicts(lambda: self._client.transact_write_items(TransactItems=writes))
        except ClientError as error:
            known = _in_the_way(error)
            if known is None:
                raise
            return self._layout.ours(from_item(known))
        return None

    def get(self, transaction_id: str) -> Optional[dict[str, Any]]:
        """Return the row, strongly consistent, or None."""
        key = key_of_id(self._client, self._layout, transaction_id)
        if key is None:
            return None
        row = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return None if row is None else self._layout.ours(from_item(row))


def _in_the_way(error: ClientError) -> Optional[Mapping[str, Any]]:
    """Return the row, or else the claim, that was there before; None if something else went wrong, too."""
    if cancellation_codes(error) != {"ConditionalCheckFailed"}:
        return None
    return next((reason["Item"] for reason in cancellation_reasons(error) if reason.get("Item")), None)
