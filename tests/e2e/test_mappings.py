"""Streams and their functions: partial answers, bounded retries, poison records, and the shard that goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pipeline.aws.dynamo import to_item
from tests.e2e.conftest import Flagship
from tests.e2e.deployed import wait_for
from tests.e2e.probing import Probes, record

BATCH_INFO = {"table": "DDBStreamBatchInfo", "kinesis": "KinesisBatchInfo"}

NewId = Callable[[str], str]


@pytest.fixture(params=["table", pytest.param("kinesis", marks=pytest.mark.needs("kinesis-mappings"))])
def source(request: pytest.FixtureRequest, probes: Probes) -> str:
    """Return the kind of stream that the test is about."""
    kind = str(request.param)
    if kind not in probes.outputs["source_arns"]:
        pytest.skip("this local AWS has no Kinesis: it needs Node.js")
    return kind


@pytest.mark.needs("stream-partial-answers")
def test_after_a_partial_answer_the_stream_begins_again_at_the_first_failed_record(
    probes: Probes, source: str, new_id: NewId
) -> None:
    case = new_id(f"partial-{source}")

    probes.write(source, case, record("1"), record("2"), record("3", "fail", times=1), record("4"))
    probes.calls_until(case, "4", times=2)
    probes.write(source, case, record("after"))

    assert probes.calls_until(case, "after") == [["1", "2", "3", "4"], ["3", "4"], ["after"]]


@pytest.mark.needs("stream-partial-answers")
def test_of_several_named_records_the_first_counts(probes: Probes, source: str, new_id: NewId) -> None:
    case = new_id(f"several-{source}")

    probes.write(source, case, record("1"), record("2", "fail", times=1), record("3"), record("4", "fail", times=1))
    probes.calls_until(case, "4", times=2)
    probes.write(source, case, record("after"))

    assert probes.calls_until(case, "after") == [["1", "2", "3", "4"], ["2", "3", "4"], ["after"]]


@pytest.mark.needs("stream-retry-bounds")
def test_a_record_that_fails_for_ever_is_given_up_after_its_retries_and_the_shard_goes_on(
    probes: Probes, source: str, new_id: NewId
) -> None:
    case = new_id(f"bounds-{source}")
    retries = probes.outputs["maximum_retries"]

    probes.write(source, case, record("bad", "fail", times=1000))
    message = probes.given_up(source)
    probes.write(source, case, record("after"), record("last"))

    assert message["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert message["requestContext"]["approximateInvokeCount"] == 1 + retries
    assert probes.calls_until(case, "last") == [["bad"]] * (1 + retries) + [["after", "last"]]


@pytest.mark.needs("stream-retry-bounds", "stream-bisection")
def test_a_poison_record_is_isolated_and_given_up_and_its_neighbours_are_done(
    probes: Probes, source: str, new_id: NewId
) -> None:
    case = new_id(f"poison-{source}")
    retries = probes.outputs["maximum_retries"]

    probes.write(source, case, record("1"), record("2"), record("poison", "raise"), record("4"), record("5"))
    message = probes.given_up(source)
    probes.write(source, case, record("after"))

    calls = probes.calls_until(case, "after")
    assert calls[0] == ["1", "2", "poison", "4", "5"]
    assert calls.count(["poison"]) == 1 + retries
    # Every call without it succeeds: each record is done once, in the order of the shard.
    assert [name for names in calls if "poison" not in names for name in names] == ["1", "2", "4", "5", "after"]
    assert calls[-1] == ["after"]
    check_where_it_lies(probes, source, case, message)


def check_where_it_lies(probes: Probes, source: str, case: str, message: dict[str, Any]) -> None:
    """Find the given-up record by what the message tells of its place; what it holds is not in the message."""
    place = message[BATCH_INFO[source]]

    assert place["batchSize"] == 1
    assert place["startSequenceNumber"] == place["endSequenceNumber"]
    lies_there = probes.record_at(source, place["shardId"], place["startSequenceNumber"])
    assert (lies_there["case"], lies_there["name"]) == (case, "poison")
    assert case not in str(message)


@pytest.mark.needs("stream-retry-bounds", "stream-bisection")
def test_a_row_that_cannot_be_announced_is_given_up_and_what_surrounds_it_is_announced(
    flagship: Flagship, purchase: Callable[..., dict[str, Any]], new_id: NewId
) -> None:
    before, unreadable, beside = (new_id(name) for name in ("before", "unreadable", "beside"))
    later = purchase()

    with giving_up_soon(flagship, flagship.outputs["function_names"]["relay"]) as mapping:
        write_rows(flagship, changed(before), {"transaction_id": unreadable, "status": "HELD"}, changed(beside))
        queue_url = flagship.queue_url(mapping["DestinationConfig"]["OnFailure"]["Destination"])
        message = flagship.messages(queue_url, lambda message: "DDBStreamBatchInfo" in message["Body"])
        flagship.submit(later)
        wait_for(
            lambda: {before, beside, later["transaction_id"]} <= announced(flagship),
            "the rows beside it and the later one to be announced",
        )

    told = json.loads(message["Body"])
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["DDBStreamBatchInfo"]["batchSize"] == 1
    assert unreadable not in message["Body"]
    assert unreadable not in announced(flagship)


def changed(transaction_id: str) -> dict[str, Any]:
    """Return a row as it is after a change of its status."""
    return {"transaction_id": transaction_id, "status": "HELD", "revision": 2}


def write_rows(flagship: Flagship, *rows: dict[str, Any]) -> None:
    """Write rows of transactions at once, past the pipeline."""
    table = flagship.outputs["transactions_table_name"]
    puts = [{"Put": {"TableName": table, "Item": to_item(row)}} for row in rows]
    flagship.client("dynamodb").transact_write_items(TransactItems=puts)


def announced(flagship: Flagship) -> set[str]:
    """Return the transactions that were announced, as the archive has them."""
    return {event["detail"].get("transaction_id", "") for event in flagship.archived()}


@contextmanager
def giving_up_soon(flagship: Flagship, function: str) -> Iterator[dict[str, Any]]:
    """Let a stream's function have one retry for a while, instead of a day of them; give the mapping."""
    functions = flagship.client("lambda")
    (mapping,) = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]

    def allow(retries: int) -> None:
        functions.update_event_source_mapping(UUID=mapping["UUID"], MaximumRetryAttempts=retries)
        wait_for(
            lambda: functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Enabled",
            "the mapping to be changed",
        )

    allow(1)
    try:
        yield dict(mapping)
    finally:
        allow(mapping["MaximumRetryAttempts"])
