"""The script of calls for the stream and the bucket, as `agreement` has them for tables and queues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.property.simulation.agreement import Step, outcome
from tests.property.simulation.kinesis import Stream
from tests.property.simulation.services import Buckets

NAME = "agreement"
SHARDS = 4
CUSTOMERS = ("acc-0", "acc-1", "acc-0", "acc-other", "acc-0")
MOST_ANSWERS = 20
"""Answers of a reader that are waited for, for some may be empty."""


def make_stream(client: Any) -> str:
    """Make the script's stream on an emulator; return its ARN."""
    client.create_stream(StreamName=NAME, ShardCount=SHARDS)
    client.get_waiter("stream_exists").wait(StreamName=NAME, WaiterConfig={"Delay": 1})
    return str(client.describe_stream(StreamName=NAME)["StreamDescription"]["StreamARN"])


def modelled_stream() -> Stream:
    """Return the model's stream."""
    return Stream(NAME, lambda: 0.0, SHARDS)


def stream_script(client: Any, arn: str) -> Iterator[Step]:
    """Ask a client of Kinesis, and yield what comes of it."""
    places = [
        client.put_record(StreamName=NAME, PartitionKey=customer, Data=f"{number}".encode())
        for number, customer in enumerate(CUSTOMERS)
    ]
    yield "the shard of each key", [place["ShardId"] for place in places]
    own = [int(place["SequenceNumber"]) for place, customer in zip(places, CUSTOMERS) if customer == "acc-0"]
    yield "numbers grow in the order of a shard", own == sorted(own) and len(set(own)) == len(own)
    first, second = places[0], places[2]
    yield "from a record on", _read(client, arn, second, 1000, 2)
    yield "one at a time", _read(client, arn, first, 1, 3)
    again = client.put_record(StreamName=NAME, PartitionKey="acc-0", Data=b"0")
    yield "the same once more is another record", again["SequenceNumber"] != first["SequenceNumber"]
    yield "no such stream", outcome(client.put_record, StreamName="nowhere", PartitionKey="a", Data=b"")
    iterator = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": first["SequenceNumber"]}
    nowhere = {"StreamARN": arn, "ShardId": "shardId-000000000099"}
    yield "no such shard", outcome(client.get_shard_iterator, **nowhere, **iterator)


def _read(client: Any, arn: str, place: dict[str, Any], limit: int, wanted: int) -> list[tuple[str, bytes]]:
    """Return the keys and contents that a reader finds from a place on, so many of them."""
    iterator = client.get_shard_iterator(
        StreamARN=arn,
        ShardId=place["ShardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=place["SequenceNumber"],
    )["ShardIterator"]
    found: list[tuple[str, bytes]] = []
    for _ in range(MOST_ANSWERS):
        answer = client.get_records(ShardIterator=iterator, StreamARN=arn, Limit=limit)
        assert len(answer["Records"]) <= limit
        found += [(record["PartitionKey"], record["Data"]) for record in answer["Records"]]
        if len(found) >= wanted:
            break
        iterator = answer["NextShardIterator"]
    return found


def bucket_script(client: Any, read: Callable[[str], bytes]) -> Iterator[Step]:
    """Put objects, and yield what can be read then.

    Parameters
    ----------
    client
        A client of S3.
    read
        Returns what an object of the script's bucket holds.
    """
    for text in (b"first", b"second"):
        client.put_object(Bucket=NAME, Key="raw/one", Body=text, ContentType="application/json")
        yield "the latest stands", read("raw/one")
    client.put_object(Bucket=NAME, Key="raw/two", Body=b"", ContentType="application/json")
    yield "an empty object", read("raw/two")


def modelled_bucket() -> tuple[Buckets, Callable[[str], bytes]]:
    """Return the model's bucket, as `bucket_script` takes it."""
    buckets = Buckets()
    return buckets, lambda key: buckets.objects[NAME, key]


def make_bucket(client: Any) -> tuple[Any, Callable[[str], bytes]]:
    """Make the same on an emulator."""
    region = client.meta.region_name
    elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != "us-east-1" else {}
    client.create_bucket(Bucket=NAME, **elsewhere)

    def read(key: str) -> bytes:
        content: bytes = client.get_object(Bucket=NAME, Key=key)["Body"].read()
        return content

    return client, read
