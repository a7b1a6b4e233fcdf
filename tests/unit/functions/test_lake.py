"""`lake`: what is settled lies in S3, many lines an object, and nothing is lost when S3 fails."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lake.writer import LakeWriter

from pipeline.aws.stream import read_records
from pipeline.domain.errors import BatchStuckError
from scripts.ministack import MiniStack
from tests.unit.functions.buckets import RefusingS3, lines, make_bucket, objects
from tests.unit.functions.customer_rows import decided, labelled, received
from tests.unit.functions.function_module import load_handler
from tests.unit.functions.stream import event, stream_record

HOUR = "raw/transactions/year=2026/month=11/day=20/hour=08"
NEXT = "2026-11-20T09:10:00.000000Z"


@pytest.fixture
def s3(aws: Any) -> Any:
    return aws("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    return make_bucket(s3, "lake")


@pytest.fixture
def writer(s3: Any, bucket: str) -> LakeWriter:
    return LakeWriter(s3, bucket)


def batch_of(count: int) -> dict[str, Any]:
    return event(*(stream_record(n, decided(f"t{n}"), received(f"t{n}")) for n in range(1, count + 1)))


def test_a_thousand_records_become_one_object_an_hour(s3: Any, bucket: str, writer: LakeWriter) -> None:
    batch = batch_of(999)
    batch["Records"].append(stream_record(1000, decided("late", occurred_at=NEXT)))

    assert writer.write(read_records(batch)) is None

    assert sorted(key.rsplit("/", 1)[0] for key in objects(s3, bucket)) == [HOUR, HOUR.replace("hour=08", "hour=09")]
    assert len({line["transaction_id"] for line in lines(s3, bucket)}) == 1000


def test_what_is_received_deleted_or_unchanged_writes_nothing(s3: Any, bucket: str, writer: LakeWriter) -> None:
    batch = event(
        stream_record(1, received()), stream_record(2, None, decided()), stream_record(3, decided(), decided())
    )

    assert writer.write(read_records(batch)) is None
    assert objects(s3, bucket) == {}


def test_the_same_batch_again_writes_the_same_bytes(s3: Any, bucket: str, writer: LakeWriter) -> None:
    batch = batch_of(20)
    writer.write(read_records(batch))
    before = objects(s3, bucket)

    writer.write(read_records(event(*batch["Records"][::-1])))

    assert objects(s3, bucket) == before


def test_a_row_and_its_label_are_two_lines(s3: Any, bucket: str, writer: LakeWriter) -> None:
    batch = event(stream_record(1, decided()), stream_record(2, labelled(decided()), decided()))

    writer.write(read_records(batch))

    assert [(line["event_id"], line["label"]) for line in lines(s3, bucket)] == [
        ("t1#2", None),
        ("t1#2#label-1", "fraud"),
    ]


@pytest.mark.parametrize(
    "record",
    [
        stream_record(1, {**decided(), "amount": "a lot"}),
        stream_record(1, decided(), {"status": "RECEIVED"}),
        {"dynamodb": {"SequenceNumber": f"{1:021}", "NewImage": {"amount": {"X": "?"}}}},
        {"eventName": "INSERT"},
    ],
    ids=["amount", "old image", "wire format", "no change"],
)
def test_what_cannot_be_read_is_put_aside_with_the_reason_and_holds_up_nothing(
    s3: Any, bucket: str, writer: LakeWriter, record: dict[str, Any]
) -> None:
    assert writer.write(read_records(event(record, stream_record(2, decided("t2"))))) is None

    (aside,) = [json.loads(body) for key, body in objects(s3, bucket).items() if key.startswith("quarantine/stream/")]
    assert aside["record"] == record
    assert aside["reason"].split(":")[0] in ("AttributeError", "KeyError", "TypeError")
    assert [line["transaction_id"] for line in lines(s3, bucket)] == ["t2"]


def test_what_s3_refuses_comes_again_from_its_first_record_on(s3: Any, bucket: str) -> None:
    client: Any = RefusingS3(s3, "hour=09", times=1)
    batch = event(
        stream_record(1, decided("t1")),
        stream_record(2, decided("t2", occurred_at=NEXT)),
        stream_record(3, decided("t3")),
    )
    records = read_records(batch)

    again = LakeWriter(client, bucket).write(records)

    assert again is records[1]
    assert LakeWriter(client, bucket).write(read_records(event(*batch["Records"][1:]))) is None
    assert {line["transaction_id"] for line in lines(s3, bucket)} == {"t1", "t2", "t3"}


def test_what_cannot_be_put_aside_comes_again_too(s3: Any, bucket: str) -> None:
    client: Any = RefusingS3(s3, "quarantine/")
    records = read_records(event(stream_record(1, decided()), stream_record(2, {**decided(), "amount": "a lot"})))

    assert LakeWriter(client, bucket).write(records) is records[1]


class TestHandler:
    def test_it_answers_which_record_comes_again_and_counts(
        self, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, s3: Any, bucket: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        module = load_handler("lake", monkeypatch, emulator, LAKE_BUCKET=bucket)
        module.metrics.clear_metrics()  # of the tests before
        batch = batch_of(3)
        batch["Records"].append(stream_record(4, {**decided(), "amount": "a lot"}))

        assert module.handler(batch, None) == {"batchItemFailures": []}

        (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
        assert (told["LakeLines"], told["LakeQuarantined"]) == ([3.0], [1.0])
        assert len(lines(s3, bucket)) == 3

    def test_a_batch_of_which_nothing_was_taken_fails_for_lambda_to_halve_it(
        self, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, bucket: str
    ) -> None:
        module = load_handler("lake", monkeypatch, emulator, LAKE_BUCKET=f"{bucket}-gone")

        with pytest.raises(BatchStuckError):
            module.handler(batch_of(2), None)
        assert module.handler(batch_of(1), None) == {"batchItemFailures": [{"itemIdentifier": f"{1:021}"}]}
