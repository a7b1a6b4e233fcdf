"""The lake against the table: every way in which they can differ is found, and nothing that they agree on is."""

from __future__ import annotations

import gzip
import json
import uuid
from decimal import Decimal
from typing import Any, Callable

import pytest

from scripts.demo.books import outcomes_of, submissions
from scripts.demo.model import DemoError
from scripts.demo.parts.lake import Lake, LakeBucket
from scripts.demo.state import Row
from tests.unit.demo.builders import counted_with, failing, fraud_row, row, sent, transaction, waiting_row

HOLDS = "The lake holds what the table holds"
ONE = row(transaction("t1", amount=Decimal("12.5")))
TWO = fraud_row(transaction("t2", account_id="a2"))


def line(of: Row, **changes: Any) -> dict[str, Any]:
    fields = {
        "transaction_id": of.transaction_id, "customer_id": of.account_id, "amount": of.amount,
        "currency": of.currency, "status": of.status, "revision": 2, "label_revision": 0,
        "event_id": f"{of.transaction_id}#{changes.get('revision', 2)}",
    }  # fmt: skip
    return {**fields, **changes}


def lake(*lines: dict[str, Any], quarantined: int = 0) -> Lake:
    found = Lake(objects=1, quarantined=quarantined)
    for one in lines:
        found.add(one)
    return found


def test_a_line_for_each_row_that_says_the_same_balances() -> None:
    counts = counted_with(lake(line(ONE), line(TWO)), ONE, TWO)

    assert counts.balanced
    assert counts.parts["lake"] == {
        "rows": 2, "transactions": 2, "lines": 2, "objects": 1, "repeated": 0, "quarantined": 0,
    }  # fmt: skip


def test_a_lost_line_is_found_and_named() -> None:
    counts = counted_with(lake(line(ONE)), ONE, TWO)

    assert failing(counts) == [HOLDS]
    assert counts.examples["not_in_the_lake"] == ["t2: no line"]


def test_a_line_that_lies_there_twice_is_a_duplicate() -> None:
    counts = counted_with(lake(line(ONE), line(TWO), line(TWO)), ONE, TWO)

    assert counts.duplicated == 1
    assert failing(counts) == ["Nothing is decided twice", HOLDS]


@pytest.mark.parametrize(
    "changes", [{"status": "APPROVED"}, {"amount": Decimal("12.51")}, {"currency": "EUR"}, {"customer_id": "a1"}]
)
def test_a_line_that_says_something_else_than_its_row_is_found(changes: dict[str, Any]) -> None:
    assert failing(counted_with(lake(line(ONE), line(TWO, **changes)), ONE, TWO)) == [HOLDS]


def test_of_several_revisions_the_latest_counts_however_they_come() -> None:
    earlier, later = line(TWO, status="HELD"), line(TWO, revision=3)

    for lines in ((earlier, later), (later, earlier)):
        counts = counted_with(lake(line(ONE), *lines), ONE, TWO)
        assert counts.balanced
        assert counts.parts["lake"]["lines"] == 3


def test_a_line_of_no_row_is_found() -> None:
    counts = counted_with(lake(line(ONE), line(TWO)), ONE)

    assert failing(counts) == [HOLDS]
    assert counts.examples["in_the_lake_only"] == ["t2"]


def test_what_could_not_be_read_is_found() -> None:
    assert failing(counted_with(lake(line(ONE), quarantined=1), ONE)) == [HOLDS]


def test_the_lake_is_waited_for_until_it_has_the_last_status_of_each_settled_row() -> None:
    given = transaction("t3")
    made = submissions([sent(transaction("t1")), sent(transaction("t2"), 1), sent(given, 2)])
    outcomes = outcomes_of(made, {"t1": ONE, "t2": TWO, "t3": waiting_row(given)})

    assert lake(line(ONE, status="HELD")).unfinished(outcomes) == {"lines of the lake": 2}
    assert lake(line(ONE), line(TWO)).unfinished(outcomes) == {"lines of the lake": 0}


class Deployed:
    """A bucket that nobody but the test has."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.client = client
        self.bucket = f"lake-{uuid.uuid4().hex[:8]}"
        client("s3").create_bucket(Bucket=self.bucket)

    def output(self, _name: str) -> str:
        return self.bucket

    def put(self, key: str, body: bytes) -> None:
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)


@pytest.fixture
def deployed(aws: Callable[[str], Any]) -> Deployed:
    return Deployed(aws)


def written(*lines: dict[str, Any]) -> bytes:
    return gzip.compress("\n".join(json.dumps(one, default=float) for one in lines).encode())


def test_the_lines_of_all_objects_are_read_once(deployed: Deployed) -> None:
    bucket = LakeBucket(deployed)
    deployed.put("raw/transactions/year=2026/month=01/day=05/hour=10/1.jsonl.gz", written(line(ONE)))
    assert bucket.pulse() == 1
    deployed.put("raw/transactions/year=2026/month=01/day=05/hour=10/2.jsonl.gz", written(line(TWO)))
    deployed.put("analytics/table-counts/day=2026-01-05/counts.jsonl", b"{}")
    deployed.put("quarantine/stream/year=2026/month=01/day=05/1.json", b"{}")

    found = bucket.read()

    assert counted_with(found, ONE, TWO).parts["lake"] == {
        "rows": 2, "transactions": 2, "lines": 2, "objects": 2, "repeated": 0, "quarantined": 1,
    }  # fmt: skip
    assert found.latest["t1"].amount == Decimal("12.5")


def test_an_object_that_is_no_file_of_lines_is_named(deployed: Deployed) -> None:
    deployed.put("raw/transactions/odd.bin", b"\x00\x01")

    with pytest.raises(DemoError, match=r"no JSON lines file: raw/transactions/odd\.bin"):
        LakeBucket(deployed).read()
