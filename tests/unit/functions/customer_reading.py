"""Tables of a system whose transactions are keyed by customer and time, fresh for each test, as readers find them."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from pipeline.aws.dynamo import to_item
from pipeline.domain.records import history_entry
from pipeline.domain.status import Status

OCCURRED_AT = "2026-11-20T08:15:27.000000Z"
RECEIVED_AT = "2026-11-20T08:15:28.001334Z"
DECIDED_AT = "2026-11-20T08:15:28.190220Z"


def customer_row(transaction_id: str = "t1", **changes: Any) -> dict[str, Any]:
    """Return the row of a transaction that was decided, with `changes`; `occurred_at` moves its sort key."""
    occurred_at = changes.get("occurred_at", OCCURRED_AT)
    status = changes.get("status", "APPROVED")
    row = {
        "customer_id": "cust",
        "timestamp": f"{occurred_at}#{transaction_id}",
        "transaction_id": transaction_id,
        "merchant_id": "shop",
        "amount": Decimal("129.99"),
        "currency": "EUR",
        "occurred_at": occurred_at,
        "received_at": RECEIVED_AT,
        "correlation_id": "request-1",
        "fingerprint": "f" * 64,
        "status": status,
        "revision": 2,
        "sequence": 1,
        "decided_at": DECIDED_AT,
        "processed_timestamp": DECIDED_AT,
        "is_fraud": status == "FRAUD_SUSPECTED",
        "risk_score": Decimal("0.9") if status == "FRAUD_SUSPECTED" else Decimal("0.1"),
        "decision": {
            "score": 9 if status == "FRAUD_SUSPECTED" else 1,
            "outcome": status,
            "policy": "weights",
            "policy_version": "1",
            "features": {"amount_thousandths": 129990},
            "reasons": [{"code": "NIGHT", "points": 1, "text": "It happened between 22:00 and 06:00 UTC."}],
            "routes": [],
        },
        "history": [
            history_entry(Status.RECEIVED, RECEIVED_AT, "ingest", "ACCEPTED"),
            history_entry(Status(status), DECIDED_AT, "stream_process", "SCORED"),
        ],
    }
    return {**row, **changes}


def waiting_row(transaction_id: str = "t1", **changes: Any) -> dict[str, Any]:
    """Return the row of a transaction that has no decision yet, with `changes`."""
    decided = ("sequence", "decided_at", "processed_timestamp", "is_fraud", "risk_score", "decision")
    row = customer_row(transaction_id, status="RECEIVED", revision=1, **changes)
    return {name: value for name, value in row.items() if name not in decided}


class ReadTables:
    """The tables of one test, with names of their own, in the bare local AWS."""

    def __init__(self, client: Any) -> None:
        self.client = client
        suffix = uuid.uuid4().hex[:12]
        self.transactions = f"transactions-{suffix}"
        self.transaction_ids = f"transaction-ids-{suffix}"
        self.insights = f"fraud-insights-{suffix}"
        self._create(self.transactions, "customer_id", "timestamp")
        self._create(self.transaction_ids, "transaction_id")
        self._create(self.insights, "bucket")

    def put(self, *rows: dict[str, Any]) -> None:
        """Write transactions, each with the claim of its id."""
        for row in rows:
            claim = {name: row[name] for name in ("transaction_id", "customer_id", "timestamp", "fingerprint")}
            self.client.put_item(TableName=self.transactions, Item=to_item(row))
            self.client.put_item(TableName=self.transaction_ids, Item=to_item(claim))

    def count(self, bucket: str, **counters: Any) -> None:
        """Write the counters of a bucket; a colon in a name is written as two underscores."""
        row = {"bucket": bucket, **{name.replace("__", ":"): value for name, value in counters.items()}}
        self.client.put_item(TableName=self.insights, Item=to_item(row))

    def _create(self, name: str, *key: str) -> None:
        self.client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": part, "KeyType": kind} for part, kind in zip(key, ("HASH", "RANGE"))],
            AttributeDefinitions=[{"AttributeName": part, "AttributeType": "S"} for part in key],
        )
