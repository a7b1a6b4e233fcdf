"""Where the row of a transaction lies, for those who know no more of it than its id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Optional

from pipeline.aws.layout import Layout

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def key_of_id(client: DynamoDBClient, layout: Layout, transaction_id: str) -> Optional[Mapping[str, Any]]:
    """Return the key of a transaction's row in wire format, or None if nobody has claimed the id.

    Where the id is the whole key it is known without a call. Else the claim tells it, strongly consistent, and keeps
    telling it when the row is deleted.
    """
    key = {"transaction_id": {"S": transaction_id}}
    if not layout.ids_table:
        return key
    claim = client.get_item(TableName=layout.ids_table, Key=key, ConsistentRead=True).get("Item")
    return None if claim is None else layout.key_in(claim)
