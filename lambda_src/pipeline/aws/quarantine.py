"""Recording a transaction that failed for good, and quarantining its account with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.aws.accounts import Accounts
from pipeline.aws.keys import row_key
from pipeline.aws.rows import put_once, settle_row
from pipeline.aws.writes import transact
from pipeline.domain.records import MESSAGE_PREFIX, history_entry, transaction_attributes
from pipeline.domain.settlement import Queued
from pipeline.domain.status import Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REASON = "RECEIVES_EXHAUSTED"


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
    """

    def __init__(self, client: DynamoDBClient, transactions_table: str, accounts: Accounts) -> None:
        self._client = client
        self._transactions = transactions_table
        self._accounts = accounts

    def fail(self, item: Queued, body: str, at: str, *, keep_version: bool = True) -> None:
        """Mark the transaction FAILED, with its original message, and block its account, both or neither.

        Parameters
        ----------
        item, body
            The transaction, and the message that it came in.
        at
            The time of the failure, UTC, RFC 3339.
        keep_version
            False where the account's stored version is unreadable: it then starts anew.

        Raises
        ------
        VersionConflictError
            If the transaction is settled, or its account waits for another one.
        """
        writes = [
            {"Update": self._failed_row(item, body, at)},
            *self._accounts.quarantine_writes(item, at, keep_version),
        ]
        transact(self._client, writes, "the transaction or its account changed meanwhile")

    def fail_message(self, message_id: str, body: str, at: str) -> None:
        """Record a message that cannot be read as a transaction; recording it again changes nothing."""
        row = {
            "transaction_id": MESSAGE_PREFIX + message_id,
            "status": Status.FAILED.value,
            "revision": 1,
            "received_at": at,
            "failure": _failure(message_id, body, at),
            "history": [history_entry(Status.FAILED, at, "failed", REASON)],
        }
        put_once(self._client, self._transactions, row)

    def _failed_row(self, item: Queued, body: str, at: str) -> dict[str, Any]:
        attributes = {
            **transaction_attributes(item.acceptance),
            "status": Status.FAILED.value,
            "failure": _failure(item.message_id, body, at),
        }
        entry = history_entry(Status.FAILED, at, "failed", REASON)
        return settle_row(self._transactions, row_key(item.acceptance), attributes, entry)


def _failure(message_id: str, body: str, at: str) -> Mapping[str, str]:
    return {"message_id": message_id, "failed_at": at, "original_message": body}
