"""Mappings of streams as the adapter completes them: a failing batch is halved, a changed mapping keeps its place."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.localstack.conftest import Function

pytestmark = pytest.mark.timeout(10, func_only=True)

NOTING = """
import json, pathlib
def handler(event, _):
    ids = [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
    with pathlib.Path(%r).open("a") as notes:
        notes.write(json.dumps(ids) + chr(10))
    if any(id.startswith("poison") for id in ids):
        raise ValueError("poison")
"""


class Mapping:
    """A table whose stream a function reads that notes what it gets, and fails where there is poison in it."""

    def __init__(self, aws: Callable[[str], Any], function: Callable[..., Function], notes: Path, **settings: Any):
        self._aws = aws
        self._notes = notes
        self._noting = function(NOTING % str(notes))
        self.table = self._noting.name
        made = aws("dynamodb").create_table(
            TableName=self.table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )
        self.uuid: str = aws("lambda").create_event_source_mapping(
            FunctionName=self._noting.name,
            EventSourceArn=made["TableDescription"]["LatestStreamArn"],
            StartingPosition="TRIM_HORIZON",
            **settings,
        )["UUID"]

    def change(self, **settings: Any) -> None:
        """Change the mapping's settings."""
        self._aws("lambda").update_event_source_mapping(UUID=self.uuid, **settings)

    def write(self, *ids: str) -> None:
        """Write rows at once."""
        items = [{"Put": {"TableName": self.table, "Item": {"id": {"S": key}}}} for key in ids]
        self._aws("dynamodb").transact_write_items(TransactItems=items)

    def got(self, last: str) -> list[list[str]]:
        """Wait until a row came alone; return all batches so far."""
        return self._batches_once(lambda batches: [last] in batches)

    def wait_for(self, count: int) -> None:
        """Wait until that many batches came."""
        self._batches_once(lambda batches: len(batches) >= count)

    def batches(self) -> list[list[str]]:
        """Return the ids in each batch so far."""
        return [json.loads(line) for line in self._notes.read_text().splitlines()] if self._notes.exists() else []

    def _batches_once(self, enough: Callable[[list[list[str]]], bool]) -> list[list[str]]:
        deadline = time.monotonic() + 10
        while not enough(batches := self.batches()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return batches


@pytest.fixture
def mapping(aws: Callable[[str], Any], function: Callable[..., Function], tmp_path: Path) -> Callable[..., Mapping]:
    """Make a mapping: mapping(MaximumRetryAttempts=0)."""
    return lambda **settings: Mapping(aws, function, tmp_path / "notes", **settings)


def test_a_failing_batch_is_halved_until_the_bad_record_is_alone(mapping: Callable[..., Mapping]) -> None:
    halving = mapping(BisectBatchOnFunctionError=True, MaximumRetryAttempts=1)

    halving.write("1", "2", "poison", "4", "5")
    halving.got("poison")
    halving.write("after")

    assert halving.got("after") == [
        ["1", "2", "poison", "4", "5"],
        ["1", "2"],
        ["poison", "4", "5"],
        ["poison"],
        ["poison"],  # its one retry: the halving used up none
        ["4", "5"],
        ["after"],
    ]


def test_without_the_setting_a_failing_batch_stays_whole(mapping: Callable[..., Mapping]) -> None:
    whole = mapping(MaximumRetryAttempts=1)

    whole.write("1", "poison")
    whole.wait_for(2)
    whole.write("after")

    assert whole.got("after") == [["1", "poison"], ["1", "poison"], ["after"]]


def test_a_mapping_that_is_changed_or_paused_goes_on_where_it_was(mapping: Callable[..., Mapping]) -> None:
    changed = mapping(MaximumRetryAttempts=1)
    changed.write("1")
    changed.got("1")

    changed.change(MaximumRetryAttempts=2)
    changed.write("2")
    changed.got("2")
    changed.change(Enabled=False)
    changed.write("3")
    changed.change(Enabled=True)

    assert changed.got("3") == [["1"], ["2"], ["3"]]


def test_a_change_ends_the_retries_under_the_old_settings(mapping: Callable[..., Mapping]) -> None:
    stuck = mapping(MaximumRetryAttempts=1000)
    stuck.write("poison")
    stuck.got("poison")

    stuck.change(Enabled=False)
    before = stuck.batches()
    stuck.change(Enabled=True, MaximumRetryAttempts=3)  # their waits are longer than one of the old retries
    stuck.wait_for(len(before) + 4)
    stuck.write("after")

    assert stuck.got("after") == [*before, *[["poison"]] * 4, ["after"]]
