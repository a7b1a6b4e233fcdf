"""Asynchronous calls: what became of each reaches its destination, a failure after exactly the retries asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e.conftest import Flagship
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
    """Wait for the message about the call whose event holds `mark`, whatever its way to the queue wrapped it in."""
    message = deployed.messages(queue_url, lambda message: mark in message["Body"], LONGEST_SECONDS)
    body: dict[str, Any] = json.loads(message["Body"])
    if "Message" in body:  # of a topic
        body = json.loads(body["Message"])
    return dict(body.get("detail", body))  # of a bus


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


def test_the_bus_learns_what_each_sweep_did(flagship: Flagship, new_id: NewId) -> None:
    event = {"id": new_id("sweep")}

    with heard_on_the_bus(flagship, new_id("sweeps")) as queue_url:
        flagship.call_later(flagship.outputs["function_names"]["sweep"], event)
        sent = outcome(flagship, queue_url, event["id"])

    assert sent["requestContext"]["condition"] == "Success"
    assert (sent["requestPayload"], list(sent["responsePayload"])) == (event, ["swept"])


@contextmanager
def heard_on_the_bus(flagship: Flagship, name: str) -> Iterator[str]:
    """Listen for a while to what Lambda puts on the bus; give the URL of the queue that hears it."""
    events, sqs = flagship.client("events"), flagship.client("sqs")
    bus, url = flagship.outputs["event_bus_name"], sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = {"Rule": name, "EventBusName": bus}
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": ["lambda"]}))
    events.put_targets(**rule, Targets=[{"Id": "queue", "Arn": arn}])
    try:
        yield url
    finally:
        events.remove_targets(**rule, Ids=["queue"])
        events.delete_rule(Name=name, EventBusName=bus)


def test_an_event_that_cannot_be_routed_lies_with_the_undelivered_ones(flagship: Flagship, new_id: NewId) -> None:
    route, event = flagship.outputs["function_names"]["route"], {"transaction_id": new_id("unroutable")}
    configured = flagship.client("lambda").get_function_event_invoke_config(FunctionName=route)
    queue_arn = configured["DestinationConfig"]["OnFailure"]["Destination"]

    flagship.call_later(route, event)

    sent = outcome(flagship, flagship.queue_url(queue_arn), event["transaction_id"])
    check_failure(sent, event, "KeyError", 1 + retries_of(flagship, route))


def test_a_sweep_that_fails_is_told_to_the_topic_of_failures(flagship: Flagship, new_id: NewId) -> None:
    sweep, event = flagship.outputs["function_names"]["sweep"], {"id": new_id("broken-sweep")}
    inbox = flagship.inbox(flagship.outputs["processing_failures_topic_arn"], new_id("failures"))

    with variable_of(flagship, sweep, "TRANSACTIONS_TABLE", "no-such-table"):
        flagship.call_later(sweep, event)
        sent = outcome(flagship, inbox, event["id"])

    check_failure(sent, event, "ResourceNotFoundException", 1 + retries_of(flagship, sweep))


@contextmanager
def variable_of(flagship: Flagship, function: str, name: str, value: str) -> Iterator[None]:
    """Give a function another environment variable for a while."""
    functions = flagship.client("lambda")
    kept = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]

    def give(variables: dict[str, str]) -> None:
        functions.update_function_configuration(FunctionName=function, Environment={"Variables": variables})
        functions.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})

    give({**kept, name: value})
    try:
        yield
    finally:
        give(kept)
