"""Batches of streams: what a record of a table's stream says, and from which record on a stream comes again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from pipeline.aws.dynamo import from_json_item
from pipeline.domain.errors import BatchStuckError


@dataclass(frozen=True)
class StreamRecord:
    """One change of a row, as Lambda delivers it.

    What it says is read when it is asked for: one record that cannot be read must not spoil its batch.

    Parameters
    ----------
    place
        Its place in the batch.
    raw
        What Lambda delivered.
    """

    place: int
    raw: Mapping[str, Any]

    @property
    def sequence_number(self) -> str:
        """The stream's name for the record; "" if it has none, and Lambda takes that for the whole batch."""
        return _sequence_number(self.raw)

    @property
    def event_name(self) -> str:
        """INSERT, MODIFY or REMOVE."""
        return str(self.raw["eventName"])

    @property
    def keys(self) -> dict[str, Any]:
        """The row's key."""
        return from_json_item(self.raw["dynamodb"]["Keys"])

    @property
    def new(self) -> Optional[dict[str, Any]]:
        """The row after the change; None if it was deleted."""
        return self._image("NewImage")

    @property
    def old(self) -> Optional[dict[str, Any]]:
        """The row before the change; None if there was none."""
        return self._image("OldImage")

    def _image(self, name: str) -> Optional[dict[str, Any]]:
        image = self.raw["dynamodb"].get(name)
        return from_json_item(image) if image else None


def read_records(event: Mapping[str, Any]) -> list[StreamRecord]:
    """Return the records of a Lambda event in the order of the stream."""
    return [StreamRecord(place, raw) for place, raw in enumerate(event["Records"])]


def _sequence_number(raw: Mapping[str, Any]) -> str:
    """Return the name of a record of a table's stream or of Kinesis."""
    try:
        return str(raw["kinesis"]["sequenceNumber"] if "kinesis" in raw else raw["dynamodb"]["SequenceNumber"])
    except (KeyError, TypeError):
        return ""


def again_from(event: Mapping[str, Any], sequence_number: Optional[str]) -> dict[str, Any]:
    """Return the answer that has the stream deliver a record and all after it again.

    Parameters
    ----------
    event
        The batch, of a table's stream or of Kinesis.
    sequence_number
        The first record that is not done; None: all are.

    Raises
    ------
    BatchStuckError
        If that is the first of several. Naming it again and again would end with all of them given up together: Lambda
        retries what remains, as one batch. A batch that fails as a whole it halves, whatever was answered before,
        until the record is alone ("Configuring partial batch response with DynamoDB and Lambda").
    """
    if sequence_number is None:
        return {"batchItemFailures": []}
    first, *followers = event["Records"]
    if followers and _sequence_number(first) == sequence_number:
        raise BatchStuckError(f"record {sequence_number} holds up {len(followers)} others of its batch")
    return {"batchItemFailures": [{"itemIdentifier": sequence_number}]}
