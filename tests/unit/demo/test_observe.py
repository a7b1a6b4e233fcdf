"""The observer against a local AWS: placeholders, pages and indexes are where fakes would lie."""

from __future__ import annotations

import gzip
import json
import uuid
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, Callable

import pytest
from boto3.dynamodb.types import TypeSerializer

from scripts.demo.diagnose import save_complaints
from scripts.demo.model import DemoError, Merchant
from scripts.demo.observe import Case, Observer, Resources, Row
from scripts.demo.system import FLAGSHIP

Clients = Callable[[str], Any]

DECIDED = {
    "transaction_id": "t1", "account_id": "a1", "merchant_id": "m1", "amount": Decimal("10000.01"), "currency": "USD",
    "status": "DECLINED", "sequence": 3, "decided_at": "2026-11-20T10:00:00.250000Z", "revision": 3,
    "decision": {
        "score": 30, "outcome": "REVIEW_REQUIRED", "routes": ["high_value"], "features": {"amount": "1"},
        "policy": "points", "shadows": [{"policy": "weights", "outcome": "APPROVED", "score": 3}],
    },
    "history": [{"reason": "ACCEPTED"}, {"reason": "SCORED"}, {"reason": "ANALYST"}],
}  # fmt: skip
WAITING = {
    "transaction_id": "t2", "account_id": "a1", "merchant_id": "m1", "amount": 5, "currency": "USD",
    "status": "RECEIVED", "history": [{"reason": "ACCEPTED"}], "received_shard": "0", "sweep_after": "2026",
}  # fmt: skip
UNREADABLE = {"transaction_id": "message#1", "status": "REJECTED"}


def put(dynamodb: Any, table: str, row: dict[str, Any]) -> None:
    serialize = TypeSerializer().serialize
    dynamodb.put_item(TableName=table, Item={name: serialize(value) for name, value in row.items()})


def make_table(dynamodb: Any, name: str, key: str, **more: Any) -> str:
    attributes = [{"AttributeName": key, "AttributeType": "S"}, *more.pop("attributes", [])]
    dynamodb.create_table(
        TableName=name, KeySchema=[{"AttributeName": key, "KeyType": "HASH"}], AttributeDefinitions=attributes,
        BillingMode="PAY_PER_REQUEST", **more,
    )  # fmt: skip
    return name


@pytest.fixture
def resources(aws: Clients) -> Resources:
    dynamodb, own = aws("dynamodb"), uuid.uuid4().hex[:8]
    shard, after = "received_shard", "sweep_after"
    index = {
        "IndexName": FLAGSHIP.received_index,
        "KeySchema": [{"AttributeName": shard, "KeyType": "HASH"}, {"AttributeName": after, "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    queue = aws("sqs").create_queue(QueueName=f"priority-{own}.fifo", Attributes={"FifoQueue": "true"})
    aws("s3").create_bucket(Bucket=f"archive-{own}")
    return Resources(
        transactions_table=make_table(
            dynamodb, f"transactions-{own}", "transaction_id", GlobalSecondaryIndexes=[index],
            attributes=[{"AttributeName": name, "AttributeType": "S"} for name in (shard, after)],
        ),
        accounts_table=make_table(dynamodb, f"accounts-{own}", "account_id"),
        merchants_table=make_table(dynamodb, f"merchants-{own}", "merchant_id"),
        cases_table=make_table(dynamodb, f"cases-{own}", "case_id"),
        priority_queue_url=queue["QueueUrl"],
        archive_bucket=f"archive-{own}",
    )  # fmt: skip


@pytest.fixture
def observer(aws: Clients, resources: Resources) -> Observer:
    return Observer(aws("dynamodb"), aws("sqs"), aws("s3"), resources, FLAGSHIP)


def archive(aws: Clients, resources: Resources, key: str, *events: dict[str, Any]) -> None:
    lines = "\n".join(json.dumps(event) for event in events)
    aws("s3").put_object(Bucket=resources.archive_bucket, Key=key, Body=gzip.compress(lines.encode()))


def event(event_id: str, kind: str = "TransactionDecided") -> dict[str, Any]:
    return {"detail-type": kind, "detail": {"event_id": event_id, "transaction_id": event_id.split("#", maxsplit=1)[0]}}


def test_a_snapshot_holds_what_is_in_the_tables_the_queue_and_the_bucket(
    aws: Clients, resources: Resources, observer: Observer
) -> None:
    for row in (DECIDED, WAITING, UNREADABLE):
        put(aws("dynamodb"), resources.transactions_table, row)
    put(aws("dynamodb"), resources.accounts_table, {"account_id": "a1", "commits": 3, "version": 9})
    put(aws("dynamodb"), resources.cases_table, {"case_id": "t1", "status": "CLOSED", "outcome": "DECLINED"})
    aws("sqs").send_message(
        QueueUrl=resources.priority_queue_url, MessageBody="t1", MessageGroupId="a1", MessageDeduplicationId="1"
    )
    archive(aws, resources, "events/day=1/1.json.gz", event("t1#2"), event("t1#3", "TransactionStatusChanged"))

    state = observer.snapshot()

    decided_at = datetime(2026, 11, 20, 10, 0, 0, 250_000, tzinfo=timezone.utc).timestamp()
    assert state.rows["t1"] == Row(
        "t1", "a1", "m1", Decimal("10000.01"), "USD", "DECLINED", 3, decided_at, 30.0, "REVIEW_REQUIRED",
        ("high_value",), 1, "points", {"points": "REVIEW_REQUIRED", "weights": "APPROVED"},
    )  # fmt: skip
    assert state.rows["t2"].outcome is None
    assert state.rejected_messages == 1
    assert state.commits == {"a1": 3}
    assert state.cases == {"t1": Case("t1", "CLOSED", "DECLINED")}
    assert state.priority_messages == 1
    assert state.archive.decided == {"t1": {"t1#2"}}
    assert set(state.archive.deliveries) == {"t1#2", "t1#3"}


def test_the_pulse_counts_only_waiting_rows_as_waiting(aws: Clients, resources: Resources, observer: Observer) -> None:
    for row in (DECIDED, WAITING):
        put(aws("dynamodb"), resources.transactions_table, row)

    assert observer.pulse().waiting == 1


def test_an_archived_object_is_counted_once_however_often_one_looks(
    aws: Clients, resources: Resources, observer: Observer
) -> None:
    archive(aws, resources, "events/1.json.gz", event("t1#2"))
    observer.archive()
    archive(aws, resources, "events/2.json.gz", event("t1#2"), event("t2#2"))

    assert dict(observer.archive().deliveries) == {"t1#2": 2, "t2#2": 1}


def test_what_the_archive_keeps_aside_is_no_event(aws: Clients, resources: Resources, observer: Observer) -> None:
    aws("s3").put_object(Bucket=resources.archive_bucket, Key="quarantine/1.json", Body=b'{"reason": "no event"}')

    assert not observer.archive().deliveries


def test_an_object_that_is_no_event_file_is_named(aws: Clients, resources: Resources, observer: Observer) -> None:
    aws("s3").put_object(Bucket=resources.archive_bucket, Key="events/odd.bin", Body=b"\x00\x01")

    with pytest.raises(DemoError, match=r"no JSON lines file: events/odd\.bin"):
        observer.archive()


def test_more_rows_than_a_page_holds_are_all_read(aws: Clients, resources: Resources, observer: Observer) -> None:
    wide = {"history": [{"reason": "ACCEPTED", "note": "x" * 100_000}]}
    for number in range(25):  # 2.5 MB: a page ends at 1 MB
        put(aws("dynamodb"), resources.transactions_table, {**WAITING, **wide, "transaction_id": f"t{number}"})

    assert len(observer.snapshot().rows) == 25
    assert observer.waiting() == 25


def test_all_merchants_are_seeded(aws: Clients, resources: Resources, observer: Observer) -> None:
    given = [Merchant(f"m{number}", f"Shop {number}", number % 2 == 0, Decimal(number)) for number in range(60)]

    assert observer.seed_merchants([*given, Merchant("free", "Free")]) == 61
    pages = aws("dynamodb").get_paginator("scan").paginate(TableName=resources.merchants_table)
    items = {item["merchant_id"]["S"]: item for page in pages for item in page["Items"]}

    assert len(items) == 61
    assert items["m7"] == {
        "merchant_id": {"S": "m7"}, "name": {"S": "Shop 7"}, "active": {"BOOL": False},
        "max_transaction_amount": {"N": "7"},
    }  # fmt: skip
    assert "max_transaction_amount" not in items["free"]


def test_the_functions_complaints_are_kept(aws: Clients, tmp_path: Path) -> None:
    logs, group, now = aws("logs"), f"/aws/lambda/{uuid.uuid4().hex}", datetime.now(timezone.utc)
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    at = int(now.timestamp() * 1000)
    logs.put_log_events(
        logGroupName=group, logStreamName="s",
        logEvents=[{"timestamp": at, "message": "INFO fine"}, {"timestamp": at + 1, "message": '{"level":"ERROR"}'}],
    )  # fmt: skip

    file = save_complaints(logs, datetime.fromtimestamp(at / 1000 - 1, tz=timezone.utc), tmp_path / "functions.log")

    assert file is not None
    lines = [line for line in file.read_text().splitlines() if group in line]
    assert len(lines) == 1
    assert lines[0].endswith('{"level":"ERROR"}')
