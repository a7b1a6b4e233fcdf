"""Rows of a transactions table that is keyed by customer and time, for tests of what reads them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pipeline.domain.status import Status

OCCURRED_AT = "2026-11-20T08:59:00.000000Z"
RECEIVED_AT = "2026-11-20T09:00:00.000000Z"
DECIDED_AT = "2026-11-20T09:00:00.250000Z"


def received(transaction_id: str = "t1", **changes: Any) -> dict[str, Any]:
    """Return the row of a transaction that waits for its decision, with `changes`."""
    occurred_at = changes.get("occurred_at", OCCURRED_AT)
    return {
        "customer_id": "c1",
        "timestamp": f"{occurred_at}#{transaction_id}",
        "transaction_id": transaction_id,
        "merchant_id": "shop",
        "merchant_name": "Corner Shop",
        "merchant_category": "grocery",
        "transaction_type": "purchase",
        "channel": "online",
        "amount": Decimal("12.5"),
        "currency": "USD",
        "location": {"latitude": Decimal("52.52"), "longitude": Decimal("13.4")},
        "occurred_at": occurred_at,
        "received_at": RECEIVED_AT,
        "correlation_id": f"request-{transaction_id}",
        "fingerprint": "f" * 64,
        "status": Status.RECEIVED.value,
        "revision": 1,
        **changes,
    }


def decided(transaction_id: str = "t1", **changes: Any) -> dict[str, Any]:
    """Return the row of a transaction that was decided, with `changes`."""
    row = {
        **received(transaction_id, **changes),
        "status": Status.APPROVED.value,
        "revision": 2,
        "decided_at": DECIDED_AT,
        "processed_timestamp": DECIDED_AT,
        "is_fraud": False,
        "risk_score": Decimal("0.4"),
        "decision": {
            "score": 4,
            "outcome": "APPROVED",
            "policy": "weights",
            "policy_version": "1",
            "document_version": "d-1",
            "features": {"amount": "12.5"},
            "reasons": [{"code": "VELOCITY", "points": 4, "text": "More than 5 transactions in an hour."}],
            "routes": [],
        },
    }
    return {**row, **changes}


def labelled(row: dict[str, Any], value: str = "fraud", label_revision: int = 1) -> dict[str, Any]:
    """Return a decided row with a label that stands."""
    return {**row, "label": {"value": value, "source": "chargeback"}, "label_revision": label_revision}
