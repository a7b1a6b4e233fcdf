"""A stream's batch is given again where its function names a failed record, as on AWS."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.soak.server.streams import outcome

NAMES_ONE = {"body": {"batchItemFailures": [{"itemIdentifier": "7"}]}, "log": "…"}


def event(source: str) -> dict[str, Any]:
    return {"Records": [{"eventSource": source}]}


@pytest.mark.parametrize("source", ["aws:dynamodb", "aws:kinesis"])
def test_a_named_record_of_a_stream_fails_the_batch(source: str) -> None:
    failed = outcome(event(source), NAMES_ONE)

    assert failed["error"]
    assert failed["log"] == NAMES_ONE["log"]


@pytest.mark.parametrize(
    ("given", "result"),
    [
        (event("aws:sqs"), NAMES_ONE),  # the emulator keeps a queue's failed messages by itself
        (event("aws:dynamodb"), {"body": {"batchItemFailures": []}}),
        (event("aws:dynamodb"), {"error": True, "body": {"errorType": "Runtime.ExitError"}}),
        ({"detail": {}}, NAMES_ONE),
    ],
)
def test_anything_else_stays_as_it_is(given: dict[str, Any], result: dict[str, Any]) -> None:
    assert outcome(given, result) is result
