"""Recording a transaction that failed for good, and quarantining its account with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Optional

from pipeline.aws.accounts import Accounts
from pipeline.aws.layout import BY_ID, Layout
from pipeline.aws.rows import put_once, settle_writes
from pipeline.aws.writes import Writes, transact
from pipeline.domain.records import MESSAGE_PREFIX, history_entry, transaction_attributes
from pipeline.domain.settlement import Queued
from pipeline.domain.status import Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RECEIVES_EXHAUSTED = "RECEIVES_EXHAUSTED"
"""The reason where a queue gave a message up."""


class Quarantine:
    """Writes failures.

    Parameters
    ----------
    client
        A DynamoDB client.
    transactions_table
        Name of the table.
    accounts
        The accounts table, or what stands for it.
    layout
        How the rows of transactions lie.
    actor, reason
        Who gives a transaction up, and why, for the history.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        transactions_table: str,
        accounts: Accounts,
        layout: Layout = BY_ID,
        actor: str = "failed",
        reason: str = RECEIVES_EXHAUSTED,
    ) -> None:
        self._client = client
        self._transactions = transactions_table
        self._accounts = accounts
        self._layout = layout
        self._actor = actor
        self._reason = reason

    def fail(self, item: Queued, body: str, at: str, *, keep_version: bool = True, fence: Optional[str] = None) -> None:
        """Mark the transaction FAILED, with its original message, and block its account, both or neither.

        Parameters
        ----------
        item, body
            The transaction, and the message that it came in.
        at
            The time of the failure, UTC, RFC 3339.
        keep_version
            False where the account's stored version is unreadable: it then starts anew.
        fence
            The transaction whose fence gives way, None if there is none (see `AccountTable.quarantine_writes`).

        Raises
        ------
        VersionConflictError
            If the transaction is settled, or its account waits for another one.
        """
        block = self._accounts.quarantine_writes(item, at, keep_version, fence)
        writes = [*self._row_writes(item, body, at), *block]
        transact(self._client, writes, "the transaction or its account changed meanwhile")

    def fail_message(self, message_id: str, body: str, at: str) -> None:
        """Record a message that cannot be read as a transaction; recording it again changes nothing."""
        row = {
            "transaction_id": MESSAGE_PREFIX + message_id,
            "status": Status.FAILED.value,
            "revision": 1,
            "received_at": at,
            "failure": _failure(message_id, body, at),
            "history": [self._entry(at)],
        }
        put_once(self._client, self._transactions, self._layout.row_of_message(row))

    def _row_writes(self, item: Queued, body: str, at: str) -> Writes:
        attributes = {
            **transaction_attributes(item.acceptance),
            "status": Status.FAILED.value,
            "failure": _failure(item.message_id, body, at),
        }
        return settle_writes(self._transactions, self._layout, item, attributes, self._entry(at))

    def _entry(self, at: str) -> dict[str, str]:
        return history_entry(Status.FAILED, at, self._actor, self._reason)


def _failure(message_id: str, body: str, at: str) -> Mapping[str, str]:
    return {"message_id": message_id, "failed_at": at, "original_message": body}
