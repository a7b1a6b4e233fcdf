"""What travels through the transaction queue, and how it is read back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.domain import strict_json
from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.times import from_text, to_text
from pipeline.domain.transaction import Transaction, from_document

MAX_RECEIVES = 3
"""After so many receives the queue moves a message to its dead-letter queue (modules/sqs_fifo)."""


@dataclass(frozen=True)
class Acceptance:
    """A transaction and the circumstances of its acceptance: the body of a queue message.

    Parameters
    ----------
    transaction
        What was accepted.
    received_at
        Processing time of the acceptance, UTC, RFC 3339.
    correlation_id
        The API request that brought it; it follows the transaction through logs and events.
    """

    transaction: Transaction
    received_at: str
    correlation_id: str

    def to_body(self) -> str:
        """Return the message body."""
        return json.dumps(
            {
                "transaction": self.transaction.to_document(),
                "received_at": self.received_at,
                "correlation_id": self.correlation_id,
                "fingerprint": self.transaction.fingerprint,
            },
            separators=(",", ":"),
        )


def accept(transaction: Transaction, now: datetime, correlation_id: str) -> Acceptance:
    """Return the acceptance of `transaction` at `now`."""
    return Acceptance(transaction, to_text(now), correlation_id)


def read_body(body: str) -> Acceptance:
    """Read back what `Acceptance.to_body` wrote.

    Raises
    ------
    InvalidTransactionError
        If the body breaks the rules of a request, or its fingerprint is not the transaction's.
    """
    document: Any = strict_json.loads(body)
    if not isinstance(document, dict):
        raise InvalidTransactionError("body", "must be an object")
    transaction = from_document(document.get("transaction"))
    if document.get("fingerprint") != transaction.fingerprint:
        raise InvalidTransactionError("fingerprint", "is not the fingerprint of the transaction")
    try:
        received_at = to_text(from_text(str(document.get("received_at"))))
    except ValueError as error:
        raise InvalidTransactionError("received_at", str(error)) from error
    return Acceptance(transaction, received_at, str(document.get("correlation_id", "")))
