"""However the stream is cut into batches, repeated or refused by S3: the lake holds the same lines."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from lake.writer import LakeWriter

from pipeline.aws.stream import read_records
from tests.unit.functions.customer_rows import decided, labelled, received
from tests.unit.functions.stream import event, stream_record

LIFE = st.lists(st.sampled_from(["revise", "label", "touch"]), max_size=4)
"""What happens to a transaction after its decision; "touch" changes neither revision nor labels."""
DELIVERIES = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 9), st.sets(st.integers(0, 3), max_size=2)), max_size=9
)
"""How far to go back before the next batch, its size, and which of its writes S3 refuses."""


class MemoryS3:
    """A bucket in memory that refuses some of a batch's writes; an object of one name always has the same bytes."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.refused: set[int] = set()
        self._writes = 0

    def begin(self, refused: set[int]) -> None:
        self.refused, self._writes = refused, 0

    def put_object(self, **arguments: Any) -> None:
        self._writes += 1
        if self._writes - 1 in self.refused:
            raise ClientError({"Error": {"Code": "SlowDown", "Message": ""}}, "PutObject")
        assert self.objects.setdefault(arguments["Key"], arguments["Body"]) == arguments["Body"]

    def lines(self) -> dict[tuple[str, int, int], set[str]]:
        """Return the texts of the lines by (transaction_id, revision, label_revision)."""
        found: dict[tuple[str, int, int], set[str]] = defaultdict(set)
        for body in self.objects.values():
            for text in gzip.decompress(body).decode().splitlines():
                line = json.loads(text)
                found[line["transaction_id"], line["revision"], line["label_revision"]].add(text)
        return dict(found)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(lives=st.lists(LIFE, min_size=1, max_size=6), deliveries=DELIVERIES)
def test_any_split_and_redelivery_gives_the_same_lines(lives: list[list[str]], deliveries: list[Any]) -> None:
    records = [record for number, life in enumerate(lives) for record in _happenings(number, life)]
    whole: Any = MemoryS3()
    assert LakeWriter(whole, "lake").write(read_records(event(*records))) is None

    cut: Any = MemoryS3()
    place = 0
    for back, size, refused in deliveries:
        place = _deliver(cut, records, max(place - back, 0), size, refused)
    while place < len(records):
        place = _deliver(cut, records, place, 4, set())

    assert cut.lines() == whole.lines()
    assert all(len(texts) == 1 for texts in cut.lines().values()), "two lines say different things of one revision"


def _deliver(s3: Any, records: list[dict[str, Any]], place: int, size: int, refused: set[int]) -> int:
    """Deliver a batch; return where the stream goes on."""
    s3.begin(refused)
    batch = read_records(event(*records[place : place + size]))
    first = LakeWriter(s3, "lake").write(batch)
    return place + (len(batch) if first is None else first.place)


def _happenings(number: int, life: list[str]) -> list[dict[str, Any]]:
    """Return the stream's records of one transaction: accepted, decided, and what comes after."""
    name, hour = f"t{number}", f"2026-11-20T{number % 3:02}:00:00.000000Z"
    rows: list[dict[str, Any]] = [received(name, occurred_at=hour), decided(name, occurred_at=hour)]
    for what in life:
        row = rows[-1]
        if what == "revise":
            rows.append({**row, "status": "DECLINED", "revision": row["revision"] + 1})
        elif what == "label":
            rows.append(labelled(row, label_revision=row.get("label_revision", 0) + 1))
        else:
            rows.append({**row, "label_counted": 1})
    return [stream_record(number * 100 + place, new, old) for place, (new, old) in enumerate(zip(rows, [None, *rows]))]
