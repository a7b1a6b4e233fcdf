"""The stream of transactions: sending, and reading records as a function gets them, or back from the stream."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Optional

from pipeline.aws.queue import Message
from pipeline.domain.queued import Acceptance

MOST_EMPTY_ANSWERS = 20
"""Answers without a record that are taken for gaps of the stream, and not for its end."""

RECORDS_A_CALL = 1000


class TransactionStream:
    """The stream between acceptance and decision; the partition key is the account.

    An account's records are read in the order in which the stream numbers them: roughly that of their arrival. It
    promises growing numbers only to a writer that names the number of the record before, which may be another's here.

    Parameters
    ----------
    client
        A Kinesis client.
    name
        Name of the stream.
    """

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def send(self, acceptance: Acceptance) -> None:
        """Put an accepted transaction on the stream; a second copy of it has no effect."""
        self._client.put_record(
            StreamName=self._name, PartitionKey=acceptance.account_key, Data=acceptance.to_body().encode()
        )


@dataclass(frozen=True)
class StreamBatch:
    """Records of one shard, in order.

    Parameters
    ----------
    shard_id
        The shard.
    messages
        The records: the message id is that of the event, the group the partition key.
    arrived_at
        When the stream got the first of them.
    """

    shard_id: str
    messages: list[Message]
    arrived_at: datetime


def read_batch(event: Mapping[str, Any]) -> StreamBatch:
    """Return the records of a Lambda event; an event has those of one shard, and at least one."""
    records = event["Records"]
    return StreamBatch(
        shard_id=str(records[0]["eventID"]).partition(":")[0],
        messages=[
            _message(
                str(record["eventID"]),
                _decoded(record["kinesis"]["data"]),
                record["kinesis"]["partitionKey"],
                record["kinesis"]["sequenceNumber"],
            )
            for record in records
        ],
        arrived_at=datetime.fromtimestamp(records[0]["kinesis"]["approximateArrivalTimestamp"], tz=timezone.utc),
    )


def read_back(client: Any, stream_arn: str, shard_id: str, start: str, end: str) -> Iterator[Message]:
    """Yield the records that the stream still holds of a shard, from one sequence number to another, both included.

    Parameters
    ----------
    client
        A Kinesis client.
    stream_arn, shard_id
        The stream and the shard.
    start, end
        The sequence numbers.
    """
    iterator: Optional[str] = client.get_shard_iterator(
        StreamARN=stream_arn, ShardId=shard_id, ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=start
    ).get("ShardIterator")
    empty = 0
    while iterator and empty < MOST_EMPTY_ANSWERS:
        answer = client.get_records(ShardIterator=iterator, StreamARN=stream_arn, Limit=RECORDS_A_CALL)
        for record in answer["Records"]:
            number = record["SequenceNumber"]
            if int(number) > int(end):
                return
            if int(number) >= int(start):
                yield _message(f"{shard_id}:{number}", record["Data"], record["PartitionKey"], number)
            if int(number) == int(end):
                return
        if not answer["Records"] and not answer.get("MillisBehindLatest"):
            return  # nothing follows
        empty = 0 if answer["Records"] else empty + 1
        iterator = answer.get("NextShardIterator")


def _message(event_id: str, data: bytes, partition_key: str, sequence_number: str) -> Message:
    return Message(
        message_id=event_id,
        receipt_handle="",
        # What is no UTF-8 becomes an escape that JSON does not know: kept for people, and read as no transaction.
        body=data.decode("utf-8", "backslashreplace"),
        group=partition_key,
        sequence_number=sequence_number,
        receive_count=1,
    )


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        return data.encode()
