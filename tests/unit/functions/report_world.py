"""A small system of the report's: tables, lake, trail and a bucket with object lock, in the bare local AWS."""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Sequence
from typing import Any

from lake.writer import LakeWriter

from pipeline.aws.dynamo import to_item
from pipeline.aws.stream import read_records
from tests.unit.functions.buckets import lines, make_bucket, objects
from tests.unit.functions.stream import event, stream_record

DAY = "2026-11-20"
REPORT = "reports/year=2026/month=11/day=20/compliance"
COUNTS = f"analytics/table-counts/day={DAY}/counts.jsonl"
TRAIL_PREFIX = "AWSLogs/111122223333/CloudTrail/"


class World:
    """What the report reads and writes, and short ways to fill it and to look into it."""

    def __init__(self, aws: Any) -> None:
        self.dynamodb, self.s3 = aws("dynamodb"), aws("s3")
        suffix = uuid.uuid4().hex[:8]
        self.transactions, self.insights = f"transactions-{suffix}", f"insights-{suffix}"
        self._create(self.transactions, "customer_id", "timestamp")
        self._create(self.insights, "bucket")
        self.lake, self.trail = make_bucket(self.s3, "lake"), make_bucket(self.s3, "trail")
        self.reports = make_bucket(self.s3, "reports", ObjectLockEnabledForBucket=True)

    @property
    def settings(self) -> dict[str, str]:
        """The function's settings, without what is optional."""
        return {
            "TRANSACTIONS_TABLE": self.transactions,
            "FRAUD_INSIGHTS_TABLE": self.insights,
            "LAKE_BUCKET": self.lake,
            "REPORTS_BUCKET": self.reports,
            "REPORT_RETENTION_DAYS": "30",
        }

    def _create(self, name: str, key: str, sort_key: str = "") -> None:
        schema = [(key, "HASH"), *([(sort_key, "RANGE")] if sort_key else [])]
        self.dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in schema],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in schema],
        )

    def put(self, *rows: dict[str, Any]) -> None:
        """Store rows in the table alone."""
        for row in rows:
            self.dynamodb.put_item(TableName=self.transactions, Item=to_item(row))

    def to_lake(self, *rows: dict[str, Any]) -> None:
        """Write rows into the lake alone, as `lake` does."""
        records = read_records(event(*(stream_record(number, row) for number, row in enumerate(rows))))
        assert LakeWriter(self.s3, self.lake).write(records) is None

    def keep(self, *rows: dict[str, Any]) -> None:
        """Store rows in both."""
        self.put(*rows)
        self.to_lake(*rows)

    def count(self, slot: int = 0, day: str = DAY, **counters: Any) -> None:
        """Set the counters of a slot; "amount_USD" stands for the counter `amount:USD`."""
        named = {name.replace("_", ":"): value for name, value in counters.items()}
        self.dynamodb.put_item(TableName=self.insights, Item=to_item({"bucket": f"{day}#{slot}", **named}))

    def lines(self) -> list[dict[str, Any]]:
        """Return the lake's lines."""
        return lines(self.s3, self.lake)

    def report(self) -> dict[str, bytes]:
        """Return the files of the report by their endings."""
        return {key.rsplit(".", 1)[-1]: body for key, body in objects(self.s3, self.reports).items()}

    def table_counts(self) -> list[dict[str, Any]]:
        """Return what was written for queries to compare the lake with."""
        return [json.loads(line) for line in objects(self.s3, self.lake)[COUNTS].splitlines()]

    def log(
        self, name: str, events: Sequence[dict[str, Any]], day: str = "2026/11/20", region: str = "eu-west-1"
    ) -> None:
        """Put a file into the trail; `name` is the time of its delivery, such as 20261120T0905Z."""
        key = f"{TRAIL_PREFIX}{region}/{day}/111122223333_CloudTrail_{region}_{name}_abc.json.gz"
        self.s3.put_object(Bucket=self.trail, Key=key, Body=gzip.compress(json.dumps({"Records": events}).encode()))


def data_event(**changes: Any) -> dict[str, Any]:
    """Return a data event of the trail."""
    return {
        "eventTime": f"{DAY}T09:00:00Z",
        "eventCategory": "Data",
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": "Query",
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/analyst/ann"},
        "resources": [{"type": "AWS::DynamoDB::Table", "ARN": "arn:aws:dynamodb:eu-west-1:111122223333:table/t"}],
        **changes,
    }
