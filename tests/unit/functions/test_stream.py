"""Records of a table's stream: read when asked for, and named in the answer."""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal
from typing import Any

import pytest

from pipeline.aws.stream import again_from, read_records
from pipeline.domain.errors import BatchStuckError
from pipeline.domain.evidence import pack, whole_decision
from tests.unit.functions.stream import event, stream_record

ROW = {"transaction_id": "t1", "timestamp": Decimal("5.5"), "status": "RECEIVED"}


def test_a_record_tells_key_and_images() -> None:
    inserted, changed, deleted = read_records(
        event(stream_record(7, ROW), stream_record(8, {**ROW, "status": "APPROVED"}, ROW), stream_record(9, None, ROW))
    )

    assert [one.place for one in (inserted, changed, deleted)] == [0, 1, 2]
    assert [one.event_name for one in (inserted, changed, deleted)] == ["INSERT", "MODIFY", "REMOVE"]
    assert (inserted.new, inserted.old) == (ROW, None)
    assert (changed.new, changed.old) == ({**ROW, "status": "APPROVED"}, ROW)
    assert (deleted.new, deleted.old) == (None, ROW)
    assert deleted.keys == {"transaction_id": "t1", "timestamp": Decimal("5.5")}
    assert inserted.sequence_number == f"{7:021}"


def test_binary_attributes_come_as_base64_and_are_read_as_bytes() -> None:
    evidence = pack({"amount": "12.5"}, [])
    record = stream_record(1, {**ROW, "decision": {"score": 3}})
    record["dynamodb"]["NewImage"]["evidence"] = {"B": b64encode(evidence).decode()}

    new = read_records(event(record))[0].new

    assert new is not None
    assert whole_decision(new) == {"score": 3, "features": {"amount": "12.5"}, "shadows": []}


def test_one_record_that_cannot_be_read_does_not_spoil_its_batch() -> None:
    bad, good = read_records(event({"dynamodb": {"NewImage": {"amount": {"X": "?"}}}}, stream_record(2, ROW)))

    assert good.new == ROW
    with pytest.raises(TypeError):
        _ = bad.new


@pytest.mark.parametrize("raw", [{}, {"dynamodb": {}}, {"dynamodb": None}], ids=str)
def test_a_record_without_a_number_stands_for_the_whole_batch(raw: dict[str, Any]) -> None:
    (record,) = read_records(event(raw))

    assert again_from(event(raw), record.sequence_number) == {"batchItemFailures": [{"itemIdentifier": ""}]}


def test_when_all_is_done_nothing_comes_again() -> None:
    assert again_from(event(stream_record(1, ROW)), None) == {"batchItemFailures": []}


def test_what_is_done_does_not_come_again() -> None:
    batch = event(*(stream_record(number, ROW) for number in (1, 2, 3)))

    assert again_from(batch, f"{2:021}") == {"batchItemFailures": [{"itemIdentifier": f"{2:021}"}]}


def test_a_record_that_holds_up_its_batch_is_parted_from_it() -> None:
    batch = event(*(stream_record(number, ROW) for number in (1, 2, 3)))

    with pytest.raises(BatchStuckError, match="holds up 2 others"):
        again_from(batch, f"{1:021}")


def test_a_record_that_is_alone_comes_again_by_its_name() -> None:
    answer = again_from(event(stream_record(1, ROW)), f"{1:021}")

    assert answer == {"batchItemFailures": [{"itemIdentifier": f"{1:021}"}]}
