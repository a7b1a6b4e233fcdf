"""The observer against a local AWS: placeholders, pages and indexes are where fakes would lie."""

from __future__ import annotations

import gzip
import json
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, Callable

import pytest
from boto3.dynamodb.types import TypeSerializer

from pipeline.domain.evidence import pack
from scripts.demo.books import count
from scripts.demo.diagnose import save_complaints
from scripts.demo.model import DemoError, Merchant
from scripts.demo.observe import Observer
from scripts.demo.parts.accounts import Accounts
from scripts.demo.parts.archive import Archive, ArchiveBucket
from scripts.demo.parts.cases import Case, Cases
from scripts.demo.parts.dead_letters import DeadLetters
from scripts.demo.parts.priority import PriorityRoute
from scripts.demo.state import Analysis, Findings, Row, Snapshot
from scripts.demo.systems import FLAGSHIP
from scripts.errors import CommandError
from tests.unit.demo.builders import failing, row, sent, transaction

Clients = Callable[[str], Any]

DECIDED = {
    "transaction_id": "t1", "account_id": "a1", "merchant_id": "m1", "amount": Decimal("10000.01"), "currency": "USD",
    "status": "DECLINED", "sequence": 3, "decided_at": "2026-11-20T10:00:00.250000Z", "revision": 3,
    "decision": {
        "score": 30, "outcome": "REVIEW_REQUIRED", "routes": ["high_value"], "policy": "points",
    },
    "evidence": pack({"amount": "1"}, [{"policy": "weights", "outcome": "APPROVED", "score": 3}]),
    "history": [{"reason": "ACCEPTED"}, {"reason": "SCORED"}, {"reason": "ANALYST"}],
}  # fmt: skip
WAITING = {
    "transaction_id": "t2", "account_id": "a1", "merchant_id": "m1", "amount": 5, "currency": "USD",
    "status": "RECEIVED", "history": [{"reason": "ACCEPTED"}], "received_shard": "0", "sweep_after": "2026",
}  # fmt: skip
UNREADABLE = {"transaction_id": "message#1", "status": "REJECTED"}


def make_table(dynamodb: Any, name: str, key: str, **more: Any) -> str:
    attributes = [{"AttributeName": key, "AttributeType": "S"}, *more.pop("attributes", [])]
    dynamodb.create_table(
        TableName=name, KeySchema=[{"AttributeName": key, "KeyType": "HASH"}], AttributeDefinitions=attributes,
        BillingMode="PAY_PER_REQUEST", **more,
    )  # fmt: skip
    return name


@dataclass
class Deployed:
    """Tables, queues and a bucket that nobody but the test has, under the outputs of a root."""

    client: Clients
    outputs: dict[str, str]

    def output(self, name: str) -> str:
        return self.outputs[name]

    def put(self, output: str, *rows: dict[str, Any]) -> None:
        serialize = TypeSerializer().serialize
        for one in rows:
            item = {name: serialize(value) for name, value in one.items()}
            self.client("dynamodb").put_item(TableName=self.outputs[output], Item=item)

    def archive(self, key: str, *events: dict[str, Any]) -> None:
        lines = "\n".join(json.dumps(event) for event in events)
        bucket = self.outputs["archive_bucket_name"]
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=gzip.compress(lines.encode()))


@pytest.fixture
def deployed(aws: Clients) -> Deployed:
    dynamodb, sqs, own = aws("dynamodb"), aws("sqs"), uuid.uuid4().hex[:8]
    shard, after = "received_shard", "sweep_after"
    index = {
        "IndexName": FLAGSHIP.received_index,
        "KeySchema": [{"AttributeName": shard, "KeyType": "HASH"}, {"AttributeName": after, "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    priority = sqs.create_queue(QueueName=f"priority-{own}.fifo", Attributes={"FifoQueue": "true"})
    aws("s3").create_bucket(Bucket=f"archive-{own}")
    outputs = {
        "transactions_table_name": make_table(
            dynamodb, f"transactions-{own}", "transaction_id", GlobalSecondaryIndexes=[index],
            attributes=[{"AttributeName": name, "AttributeType": "S"} for name in (shard, after)],
        ),
        "accounts_table_name": make_table(dynamodb, f"accounts-{own}", "account_id"),
        "merchants_table_name": make_table(dynamodb, f"merchants-{own}", "merchant_id"),
        "cases_table_name": make_table(dynamodb, f"cases-{own}", "case_id"),
        "priority_queue_url": priority["QueueUrl"],
        "archive_bucket_name": f"archive-{own}",
        "transaction_dead_letter_queue_url": sqs.create_queue(QueueName=f"dlq-1-{own}")["QueueUrl"],
        "learn_dead_letter_queue_url": sqs.create_queue(QueueName=f"dlq-2-{own}")["QueueUrl"],
    }  # fmt: skip
    return Deployed(aws, outputs)


@pytest.fixture
def observer(deployed: Deployed) -> Observer:
    return Observer(deployed, FLAGSHIP)


def event(event_id: str, kind: str = "TransactionDecided") -> dict[str, Any]:
    return {"detail-type": kind, "detail": {"event_id": event_id, "transaction_id": event_id.split("#", maxsplit=1)[0]}}


def test_a_snapshot_holds_what_is_in_the_tables_the_queues_and_the_bucket(
    deployed: Deployed, observer: Observer
) -> None:
    deployed.put("transactions_table_name", DECIDED, WAITING, UNREADABLE)
    deployed.put("accounts_table_name", {"account_id": "a1", "commits": 3, "version": 9})
    deployed.put("cases_table_name", {"case_id": "t1", "status": "CLOSED", "outcome": "DECLINED"})
    sqs, dead = deployed.client("sqs"), deployed.outputs["learn_dead_letter_queue_url"]
    sqs.send_message(QueueUrl=dead, MessageBody="{}")
    sqs.send_message(
        QueueUrl=deployed.outputs["priority_queue_url"], MessageBody="t1", MessageGroupId="a1",
        MessageDeduplicationId="1",
    )  # fmt: skip
    deployed.archive("events/day=1/1.json.gz", event("t1#2"), event("t1#3", "TransactionStatusChanged"))

    state = observer.snapshot()

    decided_at = datetime(2026, 11, 20, 10, 0, 0, 250_000, tzinfo=timezone.utc).timestamp()
    assert state.rows["t1"] == Row(
        "t1", "a1", "m1", Decimal("10000.01"), "USD", "DECLINED", 3, decided_at, 30.0, "REVIEW_REQUIRED",
        ("high_value",), 1, "points", {"points": "REVIEW_REQUIRED", "weights": "APPROVED"},
    )  # fmt: skip
    assert state.rows["t2"].outcome is None
    assert (state.unreadable, state.surplus) == (1, {})
    accounts, priority, cases, archived, dead_letters = state.findings
    assert accounts == Accounts({"a1": 3})
    assert priority == PriorityRoute(1)
    assert cases == Cases({"t1": Case("t1", "CLOSED", "DECLINED")})
    assert archived == Archive({"t1": {"t1#2"}}, Counter(["t1#2", "t1#3"]))
    assert isinstance(dead_letters, DeadLetters)
    assert sorted(dead_letters.messages.values()) == [0, 1]
    assert dead_letters.messages[dead.rsplit("/", 1)[-1]] == 1


def test_the_pulse_counts_only_waiting_rows_as_waiting(deployed: Deployed, observer: Observer) -> None:
    deployed.put("transactions_table_name", DECIDED, WAITING)

    assert observer.pulse().waiting == 1


def test_without_the_index_the_waiting_rows_are_found_by_their_status(deployed: Deployed) -> None:
    deployed.put("transactions_table_name", DECIDED, WAITING, {**WAITING, "transaction_id": "t3"})

    assert Observer(deployed, replace(FLAGSHIP, received_index=None)).waiting() == 2


def test_the_account_has_the_name_that_the_systems_table_gives_it(deployed: Deployed) -> None:
    named = {"customer_id" if name == "account_id" else name: value for name, value in DECIDED.items()}
    deployed.put("transactions_table_name", {**named, "occurred_at": "2026-01-05T10:00:00.000000Z"})

    found = Observer(deployed, replace(FLAGSHIP, account_attribute="customer_id")).snapshot().rows["t1"]

    assert (found.account_id, found.day) == ("a1", "2026-01-05")


class Analysing(Analysis):
    """An analysis that knows what it was called with, and may be impossible."""

    name = "great work"

    def __init__(self, error: CommandError | None = None) -> None:
        self.prepared = False
        self._error = error

    def prepare(self) -> None:
        self.prepared = True

    def run(self, rows: Mapping[str, Row], say: Callable[[str], None]) -> Findings:
        say("working")
        if self._error:
            raise self._error
        return DeadLetters(dict.fromkeys(rows, 0))


def test_an_analysis_is_prepared_before_anything_is_sent_and_adds_what_it_finds(deployed: Deployed) -> None:
    analysis, said = Analysing(), list[str]()
    observer = Observer(deployed, replace(FLAGSHIP, parts=(), analyses=(lambda _: analysis,)))
    observer.prepare([])
    deployed.put("transactions_table_name", DECIDED)

    after = observer.analyse(observer.snapshot(), said.append)

    assert analysis.prepared
    assert (list(after.findings), said) == ([DeadLetters({"t1": 0})], ["working"])


def test_an_analysis_that_cannot_be_done_fails_the_books_and_leaves_the_others(deployed: Deployed) -> None:
    one = transaction()
    broken, whole = Analysing(CommandError("there is no Java")), Analysing()
    observer = Observer(deployed, replace(FLAGSHIP, parts=(), analyses=(lambda _: broken, lambda _: whole)))

    after = observer.analyse(Snapshot({"t1": row(one)}), lambda _: None)
    counts = count([sent(one)], after)

    assert failing(counts) == ["The great work could be made"]
    assert "The dead-letter queues are empty" in [check.name for check in counts.checks]
    assert "there is no Java" in [check.detail for check in counts.checks]


def test_a_part_that_moves_changes_the_pulse(deployed: Deployed, observer: Observer) -> None:
    before = observer.pulse()
    deployed.put("cases_table_name", {"case_id": "t1", "status": "OPEN"})

    after = observer.pulse()

    assert after != before
    assert (before.flagged, after.flagged) == (0, 1)


def test_an_event_that_announces_no_decision_is_no_progress(deployed: Deployed) -> None:
    deployed.archive("events/1.json.gz", {**event("t1#2"), "detail-type": "SweepCompleted"})

    assert ArchiveBucket(deployed).pulse() == 0


def test_an_archived_object_is_counted_once_however_often_one_looks(deployed: Deployed) -> None:
    bucket = ArchiveBucket(deployed)
    deployed.archive("events/1.json.gz", event("t1#2"))
    bucket.read()
    deployed.archive("events/2.json.gz", event("t1#2"), event("t2#2"))

    assert dict(bucket.read().deliveries) == {"t1#2": 2, "t2#2": 1}


def test_what_the_archive_keeps_aside_is_no_event(deployed: Deployed) -> None:
    bucket = deployed.outputs["archive_bucket_name"]
    deployed.client("s3").put_object(Bucket=bucket, Key="quarantine/1.json", Body=b'{"reason": "no event"}')

    assert not ArchiveBucket(deployed).read().deliveries


def test_an_object_that_is_no_event_file_is_named(deployed: Deployed) -> None:
    bucket = deployed.outputs["archive_bucket_name"]
    deployed.client("s3").put_object(Bucket=bucket, Key="events/odd.bin", Body=b"\x00\x01")

    with pytest.raises(DemoError, match=r"no JSON lines file: events/odd\.bin"):
        ArchiveBucket(deployed).read()


def test_more_rows_than_a_page_holds_are_all_read(deployed: Deployed, observer: Observer) -> None:
    wide = {"history": [{"reason": "ACCEPTED", "note": "x" * 100_000}]}
    for number in range(25):  # 2.5 MB: a page ends at 1 MB
        deployed.put("transactions_table_name", {**WAITING, **wide, "transaction_id": f"t{number}"})

    assert len(observer.snapshot().rows) == 25
    assert observer.waiting() == 25
    assert Observer(deployed, replace(FLAGSHIP, received_index=None)).waiting() == 25


def test_all_merchants_are_configured(deployed: Deployed, observer: Observer) -> None:
    given = [Merchant(f"m{number}", f"Shop {number}", number % 2 == 0, Decimal(number)) for number in range(60)]

    assert observer.prepare([*given, Merchant("free", "Free")]) == 61
    table = deployed.outputs["merchants_table_name"]
    pages = deployed.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    items = {item["merchant_id"]["S"]: item for page in pages for item in page["Items"]}

    assert len(items) == 61
    assert items["m7"] == {
        "merchant_id": {"S": "m7"}, "name": {"S": "Shop 7"}, "active": {"BOOL": False},
        "max_transaction_amount": {"N": "7"},
    }  # fmt: skip
    assert "max_transaction_amount" not in items["free"]


def test_a_system_without_a_table_of_merchants_has_none_configured(deployed: Deployed) -> None:
    assert Observer(deployed, replace(FLAGSHIP, merchants_table=None)).prepare([Merchant("m1", "Shop")]) == 0


def test_rows_of_one_id_at_two_times_are_noticed(deployed: Deployed) -> None:
    table = f"timed-{uuid.uuid4().hex[:8]}"
    deployed.client("dynamodb").create_table(
        TableName=table, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "transaction_id", "KeyType": "HASH"},
                   {"AttributeName": "timestamp", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "transaction_id", "AttributeType": "S"},
                              {"AttributeName": "timestamp", "AttributeType": "N"}],
    )  # fmt: skip
    deployed.outputs["transactions_table_name"] = table
    for timestamp in (1, 2):
        deployed.put("transactions_table_name", {**DECIDED, "timestamp": timestamp})

    assert Observer(deployed, FLAGSHIP).snapshot().surplus == {"t1": 1}


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
