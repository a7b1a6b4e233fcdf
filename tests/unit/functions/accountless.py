"""Transactions as merchant_api has them: no account, no event time, and a standard queue."""

from __future__ import annotations

from typing import Any

from pipeline.aws.queue import Message
from pipeline.domain.queued import Acceptance
from tests.factories import RECEIVED_AT, transaction


def accountless(transaction_id: str = "t1", **changes: Any) -> Acceptance:
    """Return the acceptance of a purchase as merchant_api takes it."""
    given: dict[str, Any] = {"account_id": None, "occurred_at": None, **changes}
    return Acceptance(transaction(transaction_id, **given), RECEIVED_AT, f"request-{transaction_id}")


def standard(transaction_id: str = "t1", receive_count: int = 1, copy: int = 0, **changes: Any) -> Message:
    """Return its message in a standard queue: no group, no sequence number."""
    return Message(
        message_id=f"m-{transaction_id}-{copy}",
        receipt_handle=f"r-{transaction_id}-{copy}",
        body=accountless(transaction_id, **changes).to_body(),
        group="",
        sequence_number="",
        receive_count=receive_count,
    )
