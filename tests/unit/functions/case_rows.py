"""Rows and tables for tests of cases, of queries and of what surrounds them."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from pipeline.aws.dynamo import from_item, to_item
from pipeline.domain.case import FlaggedTransaction
from pipeline.domain.records import history_entry
from pipeline.domain.status import Status

RECEIVED_AT = "2026-11-20T09:00:00.000000Z"
DECIDED_AT = "2026-11-20T09:00:00.250000Z"
INDEX = "account-index"
OWN = "arn:aws:states:us-east-1:000000000000:execution:cases:own"
OTHER = "arn:aws:states:us-east-1:000000000000:execution:cases:other"

# The attributes that the index by account has to project; `history` and `fingerprint` stay out of it.
PROJECTED = [
    "merchant_id",
    "amount",
    "currency",
    "occurred_at",
    "category",
    "channel",
    "location",
    "status",
    "revision",
    "correlation_id",
    "sequence",
    "decided_at",
    "decision",
]


def flagged(**changes: Any) -> FlaggedTransaction:
    """Return a suspected transaction of 6,000 USD, with `changes`."""
    given: dict[str, Any] = {
        "transaction_id": "t1",
        "account_id": "acc",
        "merchant_id": "shop",
        "amount": Decimal("6000"),
        "currency": "USD",
        "received_at": RECEIVED_AT,
        "status": Status.FRAUD_SUSPECTED,
        "score": 80,
        "reasons": ("SUSPICIOUS_MERCHANT", "HIGH_AMOUNT"),
        "routes": (),
        "correlation_id": "request-1",
    }
    return FlaggedTransaction(**{**given, **changes})


def event_detail(**changes: Any) -> dict[str, Any]:
    """Return the detail of the TransactionDecided event of `flagged()`, with `changes`."""
    return {
        "event_id": "t1#2",
        "transaction_id": "t1",
        "account_id": "acc",
        "merchant_id": "shop",
        "amount": 6000,
        "currency": "USD",
        "occurred_at": RECEIVED_AT,
        "received_at": RECEIVED_AT,
        "decided_at": DECIDED_AT,
        "status": "FRAUD_SUSPECTED",
        "previous_status": "RECEIVED",
        "revision": 2,
        "sequence": 1,
        "score": 80,
        "outcome": "FRAUD_SUSPECTED",
        "policy": "points",
        "policy_version": "1",
        "reasons": ["SUSPICIOUS_MERCHANT", "HIGH_AMOUNT"],
        "routes": [],
        "correlation_id": "request-1",
        **changes,
    }


def decided_event(**changes: Any) -> dict[str, Any]:
    """Return that event as a rule delivers it: what an execution is started with."""
    return {
        "version": "0",
        "id": "5f0c2a0e-6a4f-4b8e-9b57-0d8b3a1f2c11",
        "detail-type": "TransactionDecided",
        "source": "transaction-pipeline",
        "account": "111122223333",
        "time": "2026-11-20T10:00:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": event_detail(**changes),
    }


def decided_row(transaction_id: str = "t1", **changes: Any) -> dict[str, Any]:
    """Return the row of a transaction that was decided, with `changes`."""
    status = changes.get("status", "FRAUD_SUSPECTED")
    row = {
        "transaction_id": transaction_id,
        "account_id": "acc",
        "merchant_id": "shop",
        "amount": Decimal("6000"),
        "currency": "USD",
        "occurred_at": "2026-11-20T08:59:00.000000Z",
        "received_at": RECEIVED_AT,
        "correlation_id": "request-1",
        "fingerprint": "f" * 64,
        "status": status,
        "revision": 2,
        "sequence": 1,
        "queue_sequence": "18849496460467696128",
        "decided_at": DECIDED_AT,
        "decision": {
            "score": 80,
            "outcome": status,
            "policy": "points",
            "policy_version": "1",
            "features": {"amount": "6000"},
            "reasons": [{"code": "HIGH_AMOUNT", "points": 30, "text": "The amount is above 5,000."}],
            "routes": [],
        },
        "history": [
            history_entry(Status.RECEIVED, RECEIVED_AT, "ingest", "ACCEPTED"),
            history_entry(Status(status), DECIDED_AT, "process", "SCORED"),
        ],
    }
    return {**row, **changes}


class Tables:
    """The tables of one test, with names of their own, in the bare local AWS."""

    def __init__(self, dynamodb: Any) -> None:
        self.client = dynamodb
        suffix = uuid.uuid4().hex[:12]
        self.transactions = f"transactions-{suffix}"
        self.cases = f"cases-{suffix}"
        self.accounts = f"accounts-{suffix}"
        self.merchants = f"merchants-{suffix}"
        self._create(self.transactions, "transaction_id", with_index=True)
        self._create(self.cases, "case_id")
        self._create(self.accounts, "account_id")
        self._create(self.merchants, "merchant_id")

    def put(self, table: str, row: dict[str, Any]) -> None:
        """Write a row."""
        self.client.put_item(TableName=table, Item=to_item(row))

    def get(self, table: str, **key: str) -> dict[str, Any]:
        """Read a row that must exist."""
        answer = self.client.get_item(TableName=table, Key=to_item(key), ConsistentRead=True)
        return from_item(answer["Item"])

    def _create(self, name: str, key: str, with_index: bool = False) -> None:
        attributes = [key, "account_id", "received_at"] if with_index else [key]
        index: dict[str, Any] = {
            "IndexName": INDEX,
            "KeySchema": [
                {"AttributeName": "account_id", "KeyType": "HASH"},
                {"AttributeName": "received_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": PROJECTED},
        }
        self.client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in attributes],
            BillingMode="PAY_PER_REQUEST",
            **({"GlobalSecondaryIndexes": [index]} if with_index else {}),
        )
