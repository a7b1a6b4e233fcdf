"""Streams and their functions: partial answers, bounded retries, poison records, and the shard that goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

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
