"""The archive: every event once an object, every digit kept, nothing lost when S3 fails."""

from __future__ import annotations

import gzip
import json
import uuid
from typing import Any

import pytest
from archive.archiver import Archiver
from archive.objects import archive_objects, read_event

from pipeline.aws.queue import Message
from scripts.ministack import MiniStack
from tests.unit.functions.buckets import RefusingS3, make_bucket, objects
from tests.unit.functions.function_module import load_handler

HOUR = "year=2026/month=11/day=20/hour=09"


def event(event_id: str = "t1#2", time: str = "2026-11-20T09:59:59Z", **detail: Any) -> dict[str, Any]:
    """Return an event as EventBridge writes it into the queue."""
    return {
        "version": "0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, event_id)),
        "detail-type": "TransactionDecided",
        "source": "transaction-pipeline",
        "account": "000000000000",
        "time": time,
        "region": "us-east-1",
        "resources": [],
        "detail": {"event_id": event_id, "transaction_id": event_id.split("#", maxsplit=1)[0], **detail},
    }


def message(number: int, body: Any) -> Message:
    text = body if isinstance(body, str) else json.dumps(body)
    return Message(f"m-{number}", f"r-{number}", text, group="", sequence_number="", receive_count=1)


@pytest.fixture
def s3(aws: Any) -> Any:
    return aws("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    return make_bucket(s3, "archive")


@pytest.fixture
def archiver(s3: Any, bucket: str) -> Archiver:
    return Archiver(s3, bucket)


def lines(body: bytes) -> list[str]:
    return gzip.decompress(body).decode().splitlines()


def test_a_batch_becomes_one_object_an_hour(s3: Any, bucket: str, archiver: Archiver) -> None:
    batch = [
        message(1, event("t1#2", "2026-11-20T09:00:00Z")),
        message(2, event("t2#2", "2026-11-20T09:59:59Z")),
        message(3, event("t3#2", "2026-11-20T10:00:00Z")),
    ]

    assert archiver.archive(batch) == []

    found = {key.rsplit("/", maxsplit=1)[0]: lines(body) for key, body in objects(s3, bucket).items()}
    assert {partition: len(kept) for partition, kept in found.items()} == {
        f"events/{HOUR}": 2,
        "events/year=2026/month=11/day=20/hour=10": 1,
    }
    assert [json.loads(line) for line in found[f"events/{HOUR}"]] == [
        event("t1#2", "2026-11-20T09:00:00Z"),
        event("t2#2", "2026-11-20T09:59:59Z"),
    ]


def test_the_same_batch_again_writes_the_same_bytes_in_any_order(s3: Any, bucket: str, archiver: Archiver) -> None:
    batch = [message(number, event(f"t{number}#2")) for number in range(5)]
    archiver.archive(batch)
    before = objects(s3, bucket)

    archiver.archive(batch[::-1])

    assert objects(s3, bucket) == before
    assert [key.endswith(".jsonl.gz") for key in before] == [True]


def test_a_repeated_event_lies_in_an_object_once(s3: Any, bucket: str, archiver: Archiver) -> None:
    archiver.archive([message(1, event()), message(2, event())])

    (body,) = objects(s3, bucket).values()
    assert len(lines(body)) == 1


def test_numbers_keep_every_digit_and_line_breaks_none(s3: Any, bucket: str, archiver: Archiver) -> None:
    text = json.dumps(event(text="one\u2028line"), indent=2, ensure_ascii=False)
    text = text.replace('"event_id"', '"amount": 0.10000000000000000001,\r\n"event_id"')

    archiver.archive([message(1, text)])

    (body,) = objects(s3, bucket).values()
    assert gzip.decompress(body).count(b"\n") == 1
    assert b"0.10000000000000000001" in gzip.decompress(body)
    assert json.loads(gzip.decompress(body))["detail"]["text"] == "one\u2028line"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("no json", "no JSON: JSONDecodeError"),
        ('{"detail": NaN}', "no JSON: ValueError"),
        ("[" * 100_000, "no JSON: RecursionError"),
        ("[]", "no event: not an object with a detail"),
        ('{"detail": "text"}', "no event: not an object with a detail"),
        ('{"detail": {}, "time": "2026-11-20T09:00:00Z"}', "no event: without an id"),
        ('{"detail": {}, "id": "e1"}', "no event: without a time"),
        ('{"detail": {}, "id": "e1", "time": 5}', "no event: without a time"),
        ('{"detail": {}, "id": "e1", "time": "../../x"}', "no event: without a time"),
    ],
)
def test_what_is_no_event_is_kept_aside_with_the_reason(
    s3: Any, bucket: str, archiver: Archiver, body: str, reason: str
) -> None:
    assert archiver.archive([message(1, body), message(2, event())]) == []

    found = objects(s3, bucket)
    assert json.loads(found["quarantine/m-1.json"]) == {"message_id": "m-1", "reason": reason, "body": body}
    assert len(found) == 2


def test_only_the_messages_whose_object_s3_refused_come_again(s3: Any, bucket: str) -> None:
    refused = message(3, event("t3#2", "2026-11-20T10:00:00Z"))
    batch = [message(1, event("t1#2")), message(2, "no json"), refused]
    client: Any = RefusingS3(s3, part="hour=10")

    assert Archiver(client, bucket).archive(batch) == [refused]
    assert len(objects(s3, bucket)) == 2


def test_an_event_without_a_senders_id_goes_by_the_buss_own() -> None:
    document = event()
    del document["detail"]["event_id"]

    assert read_event("m-1", json.dumps(document)).event_id == document["id"]


def test_an_objects_name_follows_from_the_event_ids_alone() -> None:
    one, two = (read_event(f"m-{n}", json.dumps(event(f"t{n}#2"))) for n in (1, 2))
    same = read_event("m-9", json.dumps(event("t1#2")))

    assert archive_objects([one])[0].key == archive_objects([same])[0].key
    assert archive_objects([one])[0].key != archive_objects([two])[0].key
    assert archive_objects([one, two])[0].key == archive_objects([two, one])[0].key


def test_the_function_reports_what_has_to_come_again(
    monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, s3: Any, bucket: str
) -> None:
    record = {
        "messageId": "m-1",
        "receiptHandle": "r-1",
        "body": json.dumps(event()),
        "attributes": {"ApproximateReceiveCount": "1"},
    }
    module = load_handler("archive", monkeypatch, emulator, ARCHIVE_BUCKET=bucket)
    assert module.handler({"Records": [record]}, None) == {"batchItemFailures": []}
    assert len(objects(s3, bucket)) == 1

    module = load_handler("archive", monkeypatch, emulator, ARCHIVE_BUCKET=f"{bucket}-gone")
    assert module.handler({"Records": [record]}, None) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
