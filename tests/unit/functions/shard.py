"""A shard of the transactions' stream: what `ingest` or the gateway put on it, as Lambda delivers it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.aws.kinesis import StreamBatch, read_batch
from pipeline.aws.stream import again_from
from pipeline.domain.queued import Acceptance
from tests.factories import NOW, acceptance

SHARD = "shardId-000000000003"


def accepted(transaction_id: str = "t1", customer_id: str = "cust", **changes: Any) -> Acceptance:
    """Return the acceptance of a harmless purchase of a customer."""
    return acceptance(transaction_id, customer_id, **changes)


def submission(transaction_id: str = "t1", customer_id: str = "cust", **changes: Any) -> dict[str, Any]:
    """Return the same as a client submits it."""
    return {
        "transaction_id": transaction_id,
        "customer_id": customer_id,
        "timestamp": "2026-11-20T08:59:00Z",
        "merchant_id": "shop",
        "amount": 12.5,
        "currency": "USD",
        **changes,
    }


def direct(request: Mapping[str, Any]) -> str:
    """Return the record that the gateway makes of a request itself."""
    received = int(NOW.timestamp() * 1000)
    return json.dumps({"submission": request, "request_id": "request-9", "received_at_ms": received})


def kinesis_record(number: int, body: str | bytes, key: str, age_seconds: float = 1.0) -> dict[str, Any]:
    """Return a record as Lambda delivers it."""
    data = body if isinstance(body, bytes) else body.encode()
    sequence_number = f"49{number:054}"
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": key,
            "sequenceNumber": sequence_number,
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": NOW.timestamp() - age_seconds,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{SHARD}:{sequence_number}",
        "eventName": "aws:kinesis:record",
    }


class Shard:
    """The records of a shard, in order.

    Parameters
    ----------
    first
        The number of the first record.
    """

    def __init__(self, first: int = 1) -> None:
        self._first = first
        self.records: list[dict[str, Any]] = []

    def put(self, body: str | bytes, key: str = "cust", age_seconds: float = 1.0) -> dict[str, Any]:
        """Put a record on the stream; return it."""
        self.records.append(kinesis_record(self._first + len(self.records), body, key, age_seconds))
        return self.records[-1]

    def accept(
        self, transaction_id: str = "t1", customer_id: str = "cust", age_seconds: float = 1.0, **changes: Any
    ) -> dict[str, Any]:
        """Put what `ingest` puts there; its row is the test's business."""
        return self.put(accepted(transaction_id, customer_id, **changes).to_body(), customer_id, age_seconds)

    def submit(
        self, transaction_id: str = "t1", customer_id: str = "cust", age_seconds: float = 1.0, **changes: Any
    ) -> dict[str, Any]:
        """Put what the gateway puts there."""
        return self.put(direct(submission(transaction_id, customer_id, **changes)), customer_id, age_seconds)


def event_of(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what Lambda hands to a consumer of the stream."""
    return {"Records": list(records)}


def batch_of(records: Sequence[Mapping[str, Any]]) -> StreamBatch:
    """Return the same, read."""
    return read_batch(event_of(records))


def remaining(records: Sequence[dict[str, Any]], sequence_number: str | None) -> list[dict[str, Any]]:
    """Return what the stream delivers again after an answer.

    Raises
    ------
    BatchStuckError
        If the function fails as a whole; see `pipeline.aws.stream.again_from`.
    """
    failures = again_from(event_of(records), sequence_number)["batchItemFailures"]
    if not failures:
        return []
    numbers = [record["kinesis"]["sequenceNumber"] for record in records]
    return list(records[numbers.index(failures[0]["itemIdentifier"]) :])
