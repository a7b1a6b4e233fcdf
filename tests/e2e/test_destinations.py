"""Asynchronous calls: what became of each reaches its destination, a failure after exactly the retries asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.deployed import Deployed
from tests.e2e.probing import Probes

pytestmark = pytest.mark.needs("async-destinations")

LONGEST_SECONDS = 300.0
"""A local AWS may wait as AWS does: a minute before the first retry, and two before the second."""

NewId = Callable[[str], str]


def retries_of(deployed: Deployed, function: str) -> int:
    """Return how often the function is called again after a failure, as it was deployed."""
    configured = deployed.client("lambda").get_function_event_invoke_config(FunctionName=function)
    return int(configured["MaximumRetryAttempts"])


def outcome(deployed: Deployed, queue_url: str, mark: str) -> dict[str, Any]:
    """Wait for the message about the call whose event holds `mark`."""
    message = deployed.messages(queue_url, lambda message: mark in message["Body"], LONGEST_SECONDS)
    return dict(json.loads(message["Body"]))


def test_a_success_is_sent_with_its_event_and_its_answer(probes: Probes, new_id: NewId) -> None:
    event = {"case": new_id("success"), "do": "succeed"}

    probes.call_later(probes.outputs["function_name"], event)

    sent = outcome(probes, probes.outputs["outcome_queue_urls"]["succeeded"], event["case"])
    assert (sent["requestContext"]["condition"], sent["requestContext"]["approximateInvokeCount"]) == ("Success", 1)
    assert (sent["requestPayload"], sent["responsePayload"]) == (event, {"done": event["case"]})
    assert len(probes.calls(event["case"])) == 1


def test_a_failure_is_sent_with_its_event_and_its_error_after_exactly_its_retries(
    probes: Probes, new_id: NewId
) -> None:
    event = {"case": new_id("failure"), "do": "raise"}
    calls = 1 + retries_of(probes, probes.outputs["function_name"])

    probes.call_later(probes.outputs["function_name"], event)

    sent = outcome(probes, probes.outputs["outcome_queue_urls"]["failed"], event["case"])
    check_failure(sent, event, "PoisonError", calls)
    assert len(probes.calls(event["case"])) == calls


def check_failure(sent: dict[str, Any], event: dict[str, Any], error_type: str, calls: int) -> None:
    """Check what a destination was told of a call that failed for good."""
    context = sent["requestContext"]

    assert (context["condition"], context["approximateInvokeCount"]) == ("RetriesExhausted", calls)
    assert sent["requestPayload"] == event
    assert sent["responseContext"]["functionError"] == "Unhandled"
    assert sent["responsePayload"]["errorType"] == error_type
