"""The life of a transaction as its status tells it."""

from __future__ import annotations

from enum import Enum


class Status(str, Enum):
    """Where a transaction stands.

    RECEIVED is the only status that still waits for the pipeline. HELD waits for
    people or for an earlier transaction of its account; the history says which.
    """

    RECEIVED = "RECEIVED"
    APPROVED = "APPROVED"
    REVIEW_REQUIRED = "REVIEW_REQUIRED"
    FRAUD_SUSPECTED = "FRAUD_SUSPECTED"
    DECLINED = "DECLINED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    HELD = "HELD"


FLAGGED = frozenset({Status.REVIEW_REQUIRED, Status.FRAUD_SUSPECTED})
"""The outcomes that open a case."""

PENDING_ANSWER = "pending_fraud_check"
"""What the API calls RECEIVED: the word of the published interface."""
