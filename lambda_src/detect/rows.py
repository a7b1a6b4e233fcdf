"""Settling single rows of a table whose key the stream tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from botocore.exceptions import ClientError

from pipeline.aws.dynamo import error_code, from_item, to_item
from pipeline.aws.rows import WAITING, settle_row
from pipeline.aws.writes import retry_conflicts
from pipeline.domain.records import change_attributes, history_entry
from pipeline.domain.settlement import Change

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACTOR = "detect"


@dataclass(frozen=True)
class Settled:
    """A row after an attempt to settle it.

    Parameters
    ----------
    row
        What the table holds now.
    is_new
        Whether this attempt settled it; if not, it was not open any more.
    """

    row: Mapping[str, Any]
    is_new: bool


class StreamedRows:
    """The transactions table, row by row.

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

    def settle(self, key: Mapping[str, Any], change: Change, at: str) -> Optional[Settled]:
        """Settle the row if it still waits with the same body; one call, which also tells what the row holds.

        None: the row was deleted meanwhile, and is not made again.
        """
        attributes = {**change_attributes(change, at), "status": change.status.value}
        entry = history_entry(change.status, at, ACTOR, change.reason)
        update = settle_row(self._table, to_item(key), attributes, entry, WAITING)
        try:
            answer = retry_conflicts(
                lambda: self._client.update_item(
                    **update, ReturnValues="ALL_NEW", ReturnValuesOnConditionCheckFailure="ALL_OLD"
                )
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            known: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
            return Settled(from_item(known), is_new=False) if known else None
        return Settled(from_item(answer["Attributes"]), is_new=True)
