"""The transactions table as readers see it: one row, or an account's rows, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from pipeline.aws.dynamo import from_item, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROBE_ID = "health#probe"
"""A key that no row can have: neither a client's id nor a message's begins like this."""


@dataclass(frozen=True)
class Position:
    """A place in an account's list: right after the row with this time and id."""

    account_id: str
    received_at: str
    transaction_id: str


@dataclass(frozen=True)
class Page:
    """Rows of an account, the newest received first; `next_position` is None on the last page."""

    rows: list[dict[str, Any]]
    next_position: Optional[Position]


class TransactionsView:
    """Reads transactions.

    Parameters
    ----------
    client
        A DynamoDB client.
    table
        Name of the transactions table.
    account_index
        Name of the index by account_id and received_at; rows of it hold what the index projects.
    """

    def __init__(self, client: DynamoDBClient, table: str, account_index: str) -> None:
        self._client = client
        self._table = table
        self._account_index = account_index

    def find(self, transaction_id: str) -> Optional[dict[str, Any]]:
        """Return the row as it stands now (a strongly consistent read), or None."""
        answer = self._client.get_item(
            TableName=self._table, Key={"transaction_id": {"S": transaction_id}}, ConsistentRead=True
        )
        return from_item(answer["Item"]) if "Item" in answer else None

    def page(self, account_id: str, limit: int, after: Optional[Position] = None) -> Page:
        """Return up to `limit` rows of the account, beginning after `after`.

        One row more than asked for is read, so that a last page knows that it is the last.
        """
        start: Any = {"ExclusiveStartKey": to_item(vars(after))} if after else {}
        answer = self._client.query(
            TableName=self._table,
            IndexName=self._account_index,
            KeyConditionExpression="account_id = :account",
            ExpressionAttributeValues={":account": {"S": account_id}},
            ScanIndexForward=False,
            Limit=limit + 1,
            **start,
        )
        rows = [from_item(item) for item in answer["Items"]]
        more = len(rows) > limit or "LastEvaluatedKey" in answer
        rows = rows[:limit]
        return Page(rows, _position(rows[-1]) if more and rows else None)

    def last_before(self, account_id: str, received_at: str, limit: int) -> list[dict[str, Any]]:
        """Return the account's last `limit` rows that were received at `received_at` or earlier."""
        answer = self._client.query(
            TableName=self._table,
            IndexName=self._account_index,
            KeyConditionExpression="account_id = :account AND received_at <= :at",
            ExpressionAttributeValues={":account": {"S": account_id}, ":at": {"S": received_at}},
            ScanIndexForward=False,
            Limit=limit,
        )
        return [from_item(item) for item in answer["Items"]]

    def probe(self) -> None:
        """Read the table once, for nothing; raises what any reader would get."""
        self.find(PROBE_ID)


def _position(row: dict[str, Any]) -> Position:
    return Position(row["account_id"], row["received_at"], row["transaction_id"])
