"""A function that does as its records and events say, and notes what it was called with."""

from __future__ import annotations

import base64
import json
import os
import time
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import boto3

CALLS = os.environ["CALLS_TABLE"]
SDK: Any = boto3
DYNAMODB = SDK.client("dynamodb")


class PoisonError(Exception):
    """A record or an event that cannot be handled."""


@dataclass(frozen=True)
class Record:
    """One record of a stream.

    Parameters
    ----------
    sequence_number
        The stream's name for it.
    case, name
        The test that it belongs to, and what that calls it.
    do
        "succeed"; "raise"; or "fail" as often as `times` says.
    """

    sequence_number: str
    case: str
    name: str
    do: str = "succeed"
    times: int = 0


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Do as a batch of records says, or as an asynchronous call does."""
    if "Records" not in event:
        return called(event)
    records = [read(raw) for raw in event["Records"]]
    for case, own in groupby(records, key=lambda record: record.case):
        note(case, [record.name for record in own])
    if any(record.do == "raise" for record in records):
        raise PoisonError("a record cannot be handled")
    failed = (record.sequence_number for record in records if record.do == "fail" and seen(record) <= record.times)
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def called(event: dict[str, Any]) -> dict[str, Any]:
    """Do as an asynchronous call says."""
    note(event["case"], [])
    if event["do"] == "raise":
        raise PoisonError("the event cannot be handled")
    return {"done": event["case"]}


def read(raw: dict[str, Any]) -> Record:
    """Return a record of a table's stream or of Kinesis."""
    if "kinesis" in raw:
        return Record(raw["kinesis"]["sequenceNumber"], **json.loads(base64.b64decode(raw["kinesis"]["data"])))
    row = raw["dynamodb"]["NewImage"]
    return Record(raw["dynamodb"]["SequenceNumber"], **json.loads(row["record"]["S"]))


def note(case: str, names: list[str]) -> None:
    """Note a call before anything can fail."""
    item = {"case": {"S": case}, "at": {"N": str(time.time_ns())}, "names": {"L": [{"S": name} for name in names]}}
    DYNAMODB.put_item(TableName=CALLS, Item=item)


def seen(record: Record) -> int:
    """Return how often a record was delivered, this time included."""
    calls = DYNAMODB.query(
        TableName=CALLS,
        KeyConditionExpression="#case = :case",
        ExpressionAttributeNames={"#case": "case"},
        ExpressionAttributeValues={":case": {"S": record.case}},
        ConsistentRead=True,
    )["Items"]
    return sum({"S": record.name} in call["names"]["L"] for call in calls)
