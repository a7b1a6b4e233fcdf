"""The two queues that `detect` sends to: alerts of flagged transactions, and records that nobody can decide."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pipeline.aws.stream import StreamRecord
from pipeline.domain.fraud_alert import FraudAlert

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class Outbox:
    """Sends to both queues.

    Parameters
    ----------
    client
        An SQS client. A message that it sends twice does no harm: `notify` drops repeats.
    alert_queue_url, dead_letter_queue_url
        The queues.
    """

    def __init__(self, client: SQSClient, alert_queue_url: str, dead_letter_queue_url: str) -> None:
        self._client = client
        self._alert_queue_url = alert_queue_url
        self._dead_letter_queue_url = dead_letter_queue_url

    def send_alert(self, alert: FraudAlert) -> None:
        """Queue an alert."""
        self._client.send_message(QueueUrl=self._alert_queue_url, MessageBody=alert.to_body())

    def set_aside(self, record: StreamRecord, reason: str) -> None:
        """Leave a record to people: its keys and the reason, never what the row holds."""
        content = {
            "kind": "POISON_RECORD",
            "keys": _keys(record),
            "reason": reason,
            "event_id": str(record.raw.get("eventID", "")),
            "sequence_number": record.sequence_number,
        }
        self._client.send_message(QueueUrl=self._dead_letter_queue_url, MessageBody=json.dumps(content))


def _keys(record: StreamRecord) -> dict[str, Any]:
    try:
        return {name: str(value) for name, value in record.keys.items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}
