"""Who may send the alert of a transaction: a lease in the transaction's row, and the mark that it was sent.

The row's `alert` is a map that goes through two states:

| state | meaning |
|---|---|
| SENDING | `owner` is sending it, alone until the time `until`; after that anybody may take over |
| SENT | SNS took it as `message_id` at `sent_at`; nobody sends it again |
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Callable, Optional

from botocore.exceptions import ClientError

from pipeline.aws.clock import utc_now
from pipeline.aws.dynamo import error_code, from_item, to_item
from pipeline.aws.writes import condition_held, retry_conflicts
from pipeline.domain.errors import PipelineError
from pipeline.domain.times import to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SENDING = "SENDING"
SENT = "SENT"


class LeaseHeldError(PipelineError):
    """Another consumer is sending this alert; ask again when its lease has lapsed."""


class RowMissingError(PipelineError):
    """The alert is of a transaction that is not in the table."""


@dataclass(frozen=True)
class Lease:
    """The right to send the alert of one transaction.

    Parameters
    ----------
    key
        The row's key, in wire format.
    owner
        Who holds it: drawn anew for each, so that it also tells one's own write that was made twice.
    """

    key: Mapping[str, Any]
    owner: str


class AlertLeases:
    """Gives leases.

    Parameters
    ----------
    client
        A DynamoDB client.
    table
        Name of the transactions table.
    seconds
        How long a lease lasts: longer than the function may run. Then whoever held a lease that
        lapsed is dead, and not merely slow.
    now, draw_owner
        The clock, and the names of owners.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        seconds: float,
        now: Callable[[], datetime] = utc_now,
        draw_owner: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._client = client
        self._table = table
        self._lasts = timedelta(seconds=seconds)
        self._now = now
        self._draw_owner = draw_owner

    def take(self, transaction_id: str, timestamp: Decimal) -> Optional[Lease]:
        """Return the lease, or None if the alert was sent.

        Raises
        ------
        LeaseHeldError
            If another holds it.
        RowMissingError
            If there is no such transaction.
        """
        lease = Lease(to_item({"transaction_id": transaction_id, "timestamp": timestamp}), self._draw_owner())
        now = self._now()
        wanted = {"state": SENDING, "owner": lease.owner, "until": to_text(now + self._lasts)}
        try:
            retry_conflicts(
                lambda: self._client.update_item(
                    TableName=self._table,
                    Key=lease.key,
                    UpdateExpression="SET #alert = :wanted",
                    ConditionExpression="attribute_exists(transaction_id) AND (attribute_not_exists(#alert) "
                    "OR (#alert.#state = :sending AND #alert.#until <= :now))",
                    ExpressionAttributeNames={"#alert": "alert", "#state": "state", "#until": "until"},
                    ExpressionAttributeValues=to_item({":wanted": wanted, ":sending": SENDING, ":now": to_text(now)}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            known: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
            return self._refused(lease, from_item(known))
        return lease

    def _refused(self, lease: Lease, row: Mapping[str, Any]) -> Optional[Lease]:
        if not row:
            raise RowMissingError("there is no such transaction")
        known = row.get("alert")
        held = known if isinstance(known, Mapping) else {}
        if held.get("state") == SENT:
            return None
        if held.get("owner") != lease.owner:
            raise LeaseHeldError("another consumer is sending the alert")
        return lease  # the SDK made the write twice, and the first had its effect

    def mark_sent(self, lease: Lease, message_id: str) -> bool:
        """Record that SNS took the alert; tell whether the lease was still ours.

        If it was not, nothing is changed: the alert is another's by now.
        """
        sent = {"state": SENT, "owner": lease.owner, "message_id": message_id, "sent_at": to_text(self._now())}
        return condition_held(
            lambda: self._client.update_item(
                TableName=self._table,
                Key=lease.key,
                UpdateExpression="SET #alert = :sent",
                ConditionExpression="#alert.#owner = :owner",
                ExpressionAttributeNames={"#alert": "alert", "#owner": "owner"},
                ExpressionAttributeValues=to_item({":sent": sent, ":owner": lease.owner}),
            )
        )

    def release(self, lease: Lease) -> None:
        """Give the lease back, so that the next delivery need not wait for its end."""
        condition_held(
            lambda: self._client.update_item(
                TableName=self._table,
                Key=lease.key,
                UpdateExpression="REMOVE #alert",
                ConditionExpression="#alert.#state = :sending AND #alert.#owner = :owner",
                ExpressionAttributeNames={"#alert": "alert", "#state": "state", "#owner": "owner"},
                ExpressionAttributeValues=to_item({":sending": SENDING, ":owner": lease.owner}),
            )
        )
