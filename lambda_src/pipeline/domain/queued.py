"""What travels through the transaction queue; `pipeline.domain.queue_body` reads it back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.times import to_text
from pipeline.domain.transaction import Transaction

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

    @property
    def account_key(self) -> str:
        """What order and habits are kept by: the account, or the transaction alone where it has none."""
        return self.transaction.account_id or self.transaction.transaction_id

    @property
    def event_time(self) -> str:
        """When it happened as far as we know: the sender's word, or the time of the acceptance."""
        return self.transaction.occurred_at or self.received_at

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
