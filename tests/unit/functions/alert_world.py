"""What `notify` works with in tests: a real table, a topic that keeps what it took, and a clock that is set by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError
from notify.notifier import Notifier
from notify.topic import Topic

from pipeline.aws.alert_lease import AlertLeases
from pipeline.aws.queue import Message
from pipeline.domain.fraud_alert import AlertReason, FraudAlert
from pipeline.domain.status import Status
from tests.factories import NOW
from tests.unit.functions.conftest import Faulty
from tests.unit.functions.timed_table import TIMESTAMP, TimedTable

LEASE_SECONDS = 60
VISIBILITY_SECONDS = 300
TIMEOUT = ReadTimeoutError(endpoint_url="local")


def sns_error(status: int) -> ClientError:
    """Return an answer of SNS that is none."""
    return ClientError(
        {"Error": {"Code": "Told"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "Publish",
    )


def alert(transaction_id: str = "t1", **changes: Any) -> FraudAlert:
    """Return an alert of 6,000 USD, with `changes`."""
    given: dict[str, Any] = {
        "timestamp": TIMESTAMP,
        "amount": Decimal("6000"),
        "currency": "USD",
        "merchant_id": "shop",
        "status": Status.FRAUD_SUSPECTED,
        "score": 40,
        "reasons": (
            AlertReason("HIGH_AMOUNT", "The amount is above 5,000."),
            AlertReason("ROUND_AMOUNT", "The amount is a multiple of 1,000."),
        ),
        "decided_at": "2026-11-20T09:00:00.250000Z",
        "correlation_id": f"request-{transaction_id}",
        **changes,
    }
    return FraudAlert(transaction_id, **given)


def message(body: FraudAlert | str, copy: int = 0) -> Message:
    """Return a message of the queue; copies differ in their id."""
    text = body if isinstance(body, str) else body.to_body()
    return Message(f"m-{copy}", f"r-{copy}", text, group="", sequence_number="", receive_count=1)


class Sns:
    """Keeps what was published."""

    def __init__(self) -> None:
        self.published: list[dict[str, str]] = []

    def publish(self, **arguments: str) -> dict[str, str]:
        self.published.append(arguments)
        return {"MessageId": f"sns-{len(self.published)}"}


@dataclass
class AlertWorld:
    """One table, one topic, one clock; any number of consumers."""

    table: TimedTable
    sns: Sns = field(default_factory=Sns)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.dynamodb: Any = Faulty(self.table.client)
        self.topic: Any = Faulty(self.sns)

    def decided(self, transaction_id: str = "t1") -> FraudAlert:
        """Store a flagged transaction; return its alert."""
        self.table.put({"transaction_id": transaction_id, "timestamp": TIMESTAMP, "status": "FRAUD_SUSPECTED"})
        return alert(transaction_id)

    def leases(self, client: Any = None) -> AlertLeases:
        return AlertLeases(client or self.dynamodb, self.table.name, LEASE_SECONDS, now=lambda: self.now)

    def notifier(self, dynamodb: Any = None, sns: Any = None) -> Notifier:
        """Return a consumer."""
        topic = Topic(sns or self.topic, "arn:topic", sleep=lambda _: None)
        return Notifier(self.leases(dynamodb), topic, self.table.name, "eu-west-1")

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def state(self, transaction_id: str = "t1") -> Any:
        """Return what the row says of its alert."""
        return self.table.row(transaction_id).get("alert")
