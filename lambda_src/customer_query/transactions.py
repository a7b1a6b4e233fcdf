"""The tables as this API reads them: one transaction by its id, or a customer's, the newest first.

The sort key of a transaction is its event time and its id, `2026-11-20T08:15:27.000000Z#txn-000001`: a bare time
lies right before all transactions of its instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from customer_query.filters import Filters
from pipeline.aws.dynamo import from_item, to_item
from pipeline.domain.records import REFUSED_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SORT_KEY = "timestamp"

MOST_QUERIES = 5
ROWS_A_QUERY = 250
"""What one page may cost: so many queries, each of so many rows, whether the filters drop them or not."""

MOST_ROWS = 2_000
"""How many rows the insights into one customer may look at."""

PROBE_ID = "health#probe"
"""A key that no row can have: no id has this sign."""

_COUNTED = "#at, amount, currency, is_fraud, risk_score, merchant_category, decision.outcome, decision.reasons"


@dataclass(frozen=True)
class Page:
    """Rows of a customer, the newest first; `next_place` is the sort key of where the next page begins after."""

    rows: list[dict[str, Any]]
    next_place: Optional[str]


@dataclass(frozen=True)
class Range:
    """A customer's rows of a time, the newest first; `truncated` tells whether older ones were left out."""

    rows: list[dict[str, Any]]
    truncated: bool


class CustomerTransactions:
    """Reads transactions.

    Parameters
    ----------
    client
        A DynamoDB client.
    table, ids_table
        Names of the tables: transactions by customer and time, and where each id leads to.
    """

    def __init__(self, client: DynamoDBClient, table: str, ids_table: str) -> None:
        self._client = client
        self._table = table
        self._ids_table = ids_table

    def find(self, transaction_id: str) -> Optional[dict[str, Any]]:
        """Return the row as it stands now (the reads are strongly consistent), or None.

        Of an id that nobody has claimed it is the row of the latest record that named it and was refused.
        """
        claim = self._claim(transaction_id) or self._claim(REFUSED_PREFIX + transaction_id)
        if claim is None:
            return None
        row = self._get(self._table, {name: claim[name] for name in ("customer_id", SORT_KEY)})
        return None if row is None else from_item(row)

    def page(self, customer_id: str, filters: Filters, limit: int, after: Optional[str] = None) -> Page:
        """Return up to `limit` rows that pass the filters, beginning after the sort key `after`.

        One row more than asked for is looked for, so that a last page knows that it is the last. Where the filters drop
        too many, the page ends early, perhaps empty, and the next one begins where it stopped looking.
        """
        arguments = _filtered(_range(customer_id, filters.start, filters.end), filters)
        rows: list[dict[str, Any]] = []
        start_key: Any = None if after is None else to_item({"customer_id": customer_id, SORT_KEY: after})
        for number in range(MOST_QUERIES):
            looked_at = limit + 1 if number == 0 else ROWS_A_QUERY
            answer = self._query(arguments, looked_at, start_key)
            rows += map(from_item, answer["Items"])
            start_key = answer.get("LastEvaluatedKey")
            if len(rows) > limit:
                return Page(rows[:limit], str(rows[limit - 1][SORT_KEY]))
            if start_key is None:
                return Page(rows, None)
        return Page(rows, str(from_item(start_key)[SORT_KEY]))

    def counted(self, customer_id: str, start: str, end: str) -> Range:
        """Return what insights count of the customer's newest rows between two times."""
        arguments = {**_range(customer_id, start, end), "ProjectionExpression": _COUNTED}
        rows: list[dict[str, Any]] = []
        start_key: Any = None
        while len(rows) <= MOST_ROWS:
            answer = self._query(arguments, MOST_ROWS + 1 - len(rows), start_key)
            rows += map(from_item, answer["Items"])
            start_key = answer.get("LastEvaluatedKey")
            if start_key is None:
                break
        return Range(rows[:MOST_ROWS], truncated=len(rows) > MOST_ROWS)

    def probe(self) -> None:
        """Read each table once, for nothing; raises what any reader would get."""
        self._get(self._ids_table, {"transaction_id": {"S": PROBE_ID}})
        self._get(self._table, to_item({"customer_id": PROBE_ID, SORT_KEY: PROBE_ID}))

    def _claim(self, key: str) -> Any:
        return self._get(self._ids_table, {"transaction_id": {"S": key}})

    def _query(self, arguments: dict[str, Any], limit: int, start_key: Any) -> Any:
        start = {} if start_key is None else {"ExclusiveStartKey": start_key}
        return self._client.query(TableName=self._table, Limit=limit, **arguments, **start)

    def _get(self, table: str, key: dict[str, Any]) -> Any:
        return self._client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def _range(customer_id: str, start: str, end: str) -> dict[str, Any]:
    """Return the part of a query that finds a customer's rows from `start` on and before `end`, the newest first."""
    return {
        # No sort key is a bare time, so nothing lies at the end itself.
        "KeyConditionExpression": "customer_id = :customer AND #at BETWEEN :start AND :end",
        "ExpressionAttributeNames": {"#at": SORT_KEY},
        "ExpressionAttributeValues": to_item({":customer": customer_id, ":start": start, ":end": end}),
        "ScanIndexForward": False,
    }


def _filtered(arguments: dict[str, Any], filters: Filters) -> dict[str, Any]:
    """Return the query with the filters that drop rows; without any there is no expression to give."""
    if not filters.drops_rows:
        return arguments
    parts = [f"#{name} = :{name}" for name in filters.equal]
    values: dict[str, Any] = {f":{name}": value for name, value in filters.equal.items()}
    if not filters.with_fraud:
        parts.append("(attribute_not_exists(is_fraud) OR is_fraud <> :fraud)")
        values[":fraud"] = True
    return {
        **arguments,
        "FilterExpression": " AND ".join(parts),
        "ExpressionAttributeNames": {
            **arguments["ExpressionAttributeNames"],
            **{f"#{name}": name for name in filters.equal},
        },
        "ExpressionAttributeValues": {**arguments["ExpressionAttributeValues"], **to_item(values)},
    }
