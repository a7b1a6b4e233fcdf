"""The inbox for alerts against a local AWS: what the topic's subscribers get."""

from __future__ import annotations

import uuid
from typing import Any, Callable

import pytest

from scripts.demo.model import DemoError
from scripts.demo.parts import alerts
from scripts.demo.parts.alerts import AlertInbox, Alerts

Clients = Callable[[str], Any]


class Deployed:
    """A topic and a queue of alerts that nobody but the test has."""

    def __init__(self, client: Clients) -> None:
        self.client = client
        own = uuid.uuid4().hex[:8]
        self.outputs = {
            "notifications_topic_arn": client("sns").create_topic(Name=f"alerts-{own}")["TopicArn"],
            "alerts_queue_url": client("sqs").create_queue(QueueName=f"alerts-{own}")["QueueUrl"],
        }

    def output(self, name: str) -> str:
        return str(self.outputs[name])

    def publish(self, subject: str) -> None:
        self.client("sns").publish(
            TopicArn=self.outputs["notifications_topic_arn"], Subject=subject, Message="Look at it."
        )


@pytest.fixture
def deployed(aws: Clients) -> Deployed:
    return Deployed(aws)


@pytest.fixture
def inbox(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> AlertInbox:
    monkeypatch.setattr(alerts, "INBOX", f"inbox-{uuid.uuid4().hex[:8]}")
    made = AlertInbox(deployed)
    made.open()
    return made


def test_each_alert_is_read_once_and_kept(deployed: Deployed, inbox: AlertInbox) -> None:
    for number in range(12):  # more than one receive gives
        deployed.publish(f"FRAUD_SUSPECTED: transaction t{number}")
    assert (inbox.pulse(), inbox.flagged()) == ((12, 0), 12)
    deployed.publish("REVIEW_REQUIRED: transaction t3")

    sent = inbox.read().sent

    assert {id_: len(ids) for id_, ids in sent.items()} == {f"t{n}": 2 if n == 3 else 1 for n in range(12)}


def test_what_waits_to_become_an_alert_is_counted(deployed: Deployed, inbox: AlertInbox) -> None:
    deployed.client("sqs").send_message(QueueUrl=deployed.outputs["alerts_queue_url"], MessageBody="{}")

    assert inbox.read().queued == 1
    assert inbox.pulse() == (0, 1)


def test_a_repeated_delivery_of_one_alert_is_no_second_alert() -> None:
    found = Alerts()
    for _ in range(2):
        found.add('{"Subject": "FRAUD_SUSPECTED: transaction t1", "MessageId": "m1", "Message": "Look."}')

    assert found.sent == {"t1": {"m1"}}


@pytest.mark.parametrize("envelope", ['{"MessageId": "m1"}', '{"MessageId": "m1", "Subject": "Hello"}'])
def test_an_alert_about_nothing_ends_the_run(envelope: str) -> None:
    with pytest.raises(DemoError, match="the subject of an alert names no transaction"):
        Alerts().add(envelope)
