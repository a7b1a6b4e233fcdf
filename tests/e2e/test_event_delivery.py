"""Events that a target of the bus does not take: kept, told, and brought back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

import pytest

from tests.e2e.cases import answer, review_of, submit_suspect
from tests.e2e.conftest import Flagship
from tests.e2e.deployed import wait_for

Purchase = Callable[..., dict[str, Any]]


@contextmanager
def target_is_gone(flagship: Flagship, rule: str) -> Iterator[str]:
    """Let a rule's target be one that does not exist, and yield its ARN."""
    events, bus = flagship.client("events"), flagship.outputs["event_bus_name"]
    (right,) = events.list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]
    gone = right["Arn"] + "-gone"
    events.put_targets(Rule=rule, EventBusName=bus, Targets=[{**right, "Arn": gone}])
    try:
        yield gone
    finally:
        events.put_targets(Rule=rule, EventBusName=bus, Targets=[right])


@pytest.mark.needs("target-dead-letters", "event-replays", "queue-alarms", "case-starts")
def test_an_event_that_its_target_refuses_is_kept_and_told_and_can_be_brought_back(
    flagship: Flagship, purchase: Purchase, new_id: Callable[[str], str]
) -> None:
    began = datetime.now(timezone.utc)
    sqs, bus = flagship.client("sqs"), flagship.outputs["event_bus_name"]
    inbox = flagship.inbox(flagship.outputs["processing_failures_topic_arn"], new_id("undelivered"))
    undelivered = sqs.get_queue_url(QueueName=f"{bus}-undelivered")["QueueUrl"]

    def kept() -> dict[str, Any] | None:
        messages = sqs.receive_message(
            QueueUrl=undelivered, MaxNumberOfMessages=10, VisibilityTimeout=1, MessageAttributeNames=["All"]
        )
        found = [message for message in messages.get("Messages", []) if transaction_id in message["Body"]]
        return next(iter(found), None)

    with target_is_gone(flagship, "flagged") as gone:
        transaction_id = submit_suspect(flagship, purchase)
        letter = wait_for(kept, "the undelivered event")

    said = {name: attribute["StringValue"] for name, attribute in letter["MessageAttributes"].items()}
    assert json.loads(letter["Body"])["detail"]["transaction_id"] == transaction_id
    assert said["RULE_ARN"] == flagship.client("events").describe_rule(Name="flagged", EventBusName=bus)["Arn"]
    assert (said["TARGET_ARN"], said["ERROR_CODE"], said["RETRY_ATTEMPTS"]) == (gone, "NO_RESOURCE", "0")
    assert flagship.case(transaction_id) == {}

    flagship.replay("flagged", since=began)
    answer(flagship, review_of(flagship, transaction_id), "genuine")
    wait_for(lambda: flagship.case(transaction_id)["status"] == "CLOSED", "the case to be closed")

    assert flagship.alarm(inbox, f"{bus}-bus-undelivered")["NewStateValue"] == "ALARM"
    flagship.messages(undelivered, lambda message: transaction_id in message["Body"])  # takes it out
