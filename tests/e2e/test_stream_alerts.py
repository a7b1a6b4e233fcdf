"""examples/stream_alerts as deployed: identity, decisions from the stream, one alert each, poison, and the end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline.aws.dynamo import from_item, to_item
from scripts import inventory, systems
from tests.e2e import refusals
from tests.e2e.alarms import reaches_its_topic
from tests.e2e.api_document import check_against_document, read_document
from tests.e2e.deployed import Deployed, acting_in, apply, environment_of, local_aws, read_logs, wait_for
from tests.e2e.documented import run_commands
from tests.e2e.planting import TEXTS, plant
from tests.e2e.redriving import redrive
from tests.hostile.corpus import VALUES, requests_of

DOCUMENT = read_document(systems.STREAM_ALERTS.api_document)

Payment = Callable[..., dict[str, Any]]


@dataclass
class StreamAlerts(Deployed):
    """The deployed system as a client and the fraud team see it."""

    inbox_url: str = ""
    _alerts: list[str] = field(default_factory=list)

    def submit(self, document: dict[str, Any]) -> requests.Response:
        """Submit a transaction."""
        return self.call("POST", "/transactions", json=document)

    def items(self, transaction_id: str) -> list[dict[str, Any]]:
        """Return all items that the table holds for a transaction id."""
        answer = self.client("dynamodb").query(
            TableName=self.outputs["transactions_table_name"],
            KeyConditionExpression="transaction_id = :id",
            ExpressionAttributeValues={":id": {"S": transaction_id}},
            ConsistentRead=True,
        )
        return [from_item(item) for item in answer["Items"]]

    def settled(self, transaction_id: str) -> dict[str, Any]:
        """Wait until a transaction is decided and return its only item."""
        (row,) = wait_for(
            lambda: [row for row in self.items(transaction_id) if row["status"] != "RECEIVED"],
            f"{transaction_id} to be decided",
        )
        return dict(row)

    def alerted(self, transaction_id: str) -> dict[str, Any]:
        """Wait until a transaction's alert is marked as sent and return its item."""
        (row,) = wait_for(
            lambda: [row for row in self.items(transaction_id) if row.get("alert", {}).get("state") == "SENT"],
            f"the alert of {transaction_id}",
        )
        return dict(row)

    def alerts(self, transaction_id: str) -> list[str]:
        """Return the texts of all alerts so far that name a transaction."""
        sqs = self.client("sqs")
        while messages := sqs.receive_message(QueueUrl=self.inbox_url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                alert = json.loads(message["Body"])
                self._alerts.append(f"{alert['Subject']}\n{alert['Message']}")
                sqs.delete_message(QueueUrl=self.inbox_url, ReceiptHandle=message["ReceiptHandle"])
        return [text for text in self._alerts if transaction_id in text]


@pytest.fixture(scope="module")
def stream_alerts(request: pytest.FixtureRequest) -> Iterator[StreamAlerts]:
    """Apply the example and return it, ready to be used."""
    with local_aws(systems.STREAM_ALERTS, request.config) as server:
        environment = environment_of(server, systems.STREAM_ALERTS)
        deployed = apply(StreamAlerts, systems.STREAM_ALERTS, server, environment, request)
        deployed.inbox_url = deployed.inbox(deployed.outputs["notifications_topic_arn"], "inbox")
        yield deployed


@pytest.fixture
def payment(new_id: Callable[[str], str]) -> Payment:
    """Make a harmless payment: payment("1", amount=5)."""

    def make(name: str = "1", **changes: Any) -> dict[str, Any]:
        document = {
            "transaction_id": new_id(f"s{name}"),
            "timestamp": int(time.time()),
            "merchant_id": "m-1",
            "amount": 12.5,
            "currency": "USD",
        }
        return {key: value for key, value in {**document, **changes}.items() if value is not ...}

    return make


def suspicious(payment: Payment, name: str = "1", **changes: Any) -> dict[str, Any]:
    """Return a payment that the points flag: 30 for its amount and 40 for its merchant."""
    return payment(name, amount=9999.5, merchant_name="Fake Goods", **changes)


def test_a_second_plan_changes_nothing_beyond_the_emulators_read_back_gaps(stream_alerts: StreamAlerts) -> None:
    """The first test of this file: a later one makes a topic anew."""
    assert not stream_alerts.changes_of_a_second_plan()


@pytest.mark.needs("stream-records")
def test_the_documented_commands_work_word_for_word(stream_alerts: StreamAlerts) -> None:
    printed = run_commands(stream_alerts, systems.STREAM_ALERTS, "Use it")

    assert "pending_fraud_check" in printed
    assert "TRANSACTION_CONFLICT" in printed
    assert '"Count": 1,' in printed


def test_a_harmless_transaction_is_stored_under_both_keys_and_approved(
    stream_alerts: StreamAlerts, payment: Payment
) -> None:
    document = payment()

    accepted = stream_alerts.submit(document)

    check_against_document(accepted, "/transactions", "post", DOCUMENT)
    assert accepted.status_code == 202
    row = stream_alerts.settled(document["transaction_id"])
    assert (row["status"], row["timestamp"], row["amount"]) == ("APPROVED", document["timestamp"], Decimal("12.5"))
    assert "alert" not in row
    assert stream_alerts.alerts(document["transaction_id"]) == []


def test_a_suspicious_transaction_gets_one_readable_alert_without_personal_data(
    stream_alerts: StreamAlerts, payment: Payment
) -> None:
    document = suspicious(payment, account_id="customer-4711")

    stream_alerts.submit(document)
    row = stream_alerts.alerted(document["transaction_id"])

    (text,) = wait_for(lambda: stream_alerts.alerts(document["transaction_id"]), "the alert")
    assert row["status"] == "FRAUD_SUSPECTED"
    for part in ("FRAUD_SUSPECTED", "9,999.50", "USD", *(reason["text"] for reason in row["decision"]["reasons"])):
        assert part in text
    assert "customer-4711" not in text


def test_an_alert_that_is_delivered_again_is_not_sent_again(stream_alerts: StreamAlerts, payment: Payment) -> None:
    first, second = suspicious(payment, "1"), suspicious(payment, "2")
    queue = stream_alerts.outputs["alerts_queue_url"]
    notify = stream_alerts.outputs["function_names"]["notify"]
    with stream_alerts.paused(notify):
        stream_alerts.submit(first)
        stream_alerts.settled(first["transaction_id"])
        message = stream_alerts.messages(queue, lambda message: first["transaction_id"] in message["Body"])
    for _ in range(3):
        stream_alerts.client("sqs").send_message(QueueUrl=queue, MessageBody=message["Body"])
    stream_alerts.alerted(first["transaction_id"])
    stream_alerts.submit(second)  # comes after the repetitions
    stream_alerts.alerted(second["transaction_id"])

    wait_for(lambda: stream_alerts.alerts(second["transaction_id"]), "the second alert")
    wait_for(
        lambda: sum("AlertRepeated" in text for text in stream_alerts.log_texts(notify)) >= 1, "repetitions to be seen"
    )
    assert len(stream_alerts.alerts(first["transaction_id"])) == 1


def test_an_alert_survives_a_topic_that_refuses_it(stream_alerts: StreamAlerts, payment: Payment) -> None:
    sqs, sns = stream_alerts.client("sqs"), stream_alerts.client("sns")
    queue, topic = stream_alerts.outputs["alerts_queue_url"], stream_alerts.outputs["notifications_topic_arn"]
    document = suspicious(payment)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "3"})  # nobody waits for 300 s
    stream_alerts.close_inbox(stream_alerts.inbox_url)
    sns.delete_topic(TopicArn=topic)
    try:
        stream_alerts.submit(document)
        wait_for(
            lambda: any(
                "alert not sent" in text and document["transaction_id"] in text
                for text in stream_alerts.log_texts(stream_alerts.outputs["function_names"]["notify"])
            ),
            "the refusal",
        )
    finally:
        assert sns.create_topic(Name=topic.rsplit(":", 1)[1])["TopicArn"] == topic
        stream_alerts.inbox_url = stream_alerts.inbox(topic, f"inbox-{document['transaction_id']}")
    stream_alerts.alerted(document["transaction_id"])
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "300"})

    wait_for(lambda: stream_alerts.alerts(document["transaction_id"]), "the alert")
    assert len(stream_alerts.alerts(document["transaction_id"])) == 1


def test_the_same_id_at_another_timestamp_is_a_conflict_and_no_second_transaction(
    stream_alerts: StreamAlerts, payment: Payment
) -> None:
    document = payment()
    stream_alerts.submit(document)

    other = stream_alerts.submit({**document, "timestamp": document["timestamp"] - 60})

    check_against_document(other, "/transactions", "post", DOCUMENT)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "TRANSACTION_CONFLICT")
    assert [row["timestamp"] for row in stream_alerts.items(document["transaction_id"])] == [document["timestamp"]]


def test_a_repetition_gets_the_old_answer(stream_alerts: StreamAlerts, payment: Payment) -> None:
    document = payment()
    stream_alerts.submit(document)
    decided = stream_alerts.settled(document["transaction_id"])

    again = stream_alerts.submit(document)

    check_against_document(again, "/transactions", "post", DOCUMENT)
    assert (again.status_code, again.json()["status"]) == (200, "APPROVED")
    assert stream_alerts.items(document["transaction_id"]) == [decided]


def test_of_one_id_at_many_timestamps_sent_at_once_exactly_one_is_accepted(
    stream_alerts: StreamAlerts, payment: Payment
) -> None:
    now = int(time.time())
    documents = [payment(timestamp=now - second) for second in range(8)]

    with ThreadPoolExecutor(max_workers=8) as pool:
        codes = list(pool.map(lambda document: stream_alerts.submit(document).status_code, documents))

    accepted = [document["timestamp"] for document, code in zip(documents, codes) if code == 202]
    assert sorted(codes) == [202] + [409] * 7
    assert [row["timestamp"] for row in stream_alerts.items(documents[0]["transaction_id"])] == accepted


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"timestamp": ...}, "timestamp"),
        ({"timestamp": 0}, "timestamp"),
        ({"timestamp": "1763628000"}, "timestamp"),
        ({"timestamp": 1_763_628_000_000}, "timestamp"),
        ({"timestamp": 4_000_000_000}, "timestamp"),
        ({"amount": -1}, "amount"),
        ({"currency": "usd"}, "currency"),
        ({"card_number": "4111111111111111"}, "card_number"),
    ],
)
def test_a_bad_request_is_told_the_field(
    stream_alerts: StreamAlerts, payment: Payment, change: dict[str, Any], field: str
) -> None:
    answer = stream_alerts.submit(payment(**change))

    check_against_document(answer, "/transactions", "post", DOCUMENT)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == field


def test_a_body_that_is_no_object_is_refused_by_the_gateway(stream_alerts: StreamAlerts) -> None:
    answer = stream_alerts.call("POST", "/transactions", json=[1, 2, 3])

    assert answer.status_code == 400
    if stream_alerts.provides("gateway-responses"):
        check_against_document(answer, "/transactions", "post", DOCUMENT)


def test_a_poison_record_is_set_aside_and_the_stream_goes_on(
    stream_alerts: StreamAlerts, payment: Payment, new_id: Callable[[str], str]
) -> None:
    poison = {
        "transaction_id": new_id("poison"),
        "timestamp": Decimal(1),
        "status": "RECEIVED",
        "amount": "as much as you like",
        "holder": "Jane Roe",
    }
    stream_alerts.client("dynamodb").put_item(
        TableName=stream_alerts.outputs["transactions_table_name"], Item=to_item(poison)
    )
    document = payment("after")
    stream_alerts.submit(document)

    assert stream_alerts.settled(document["transaction_id"])["status"] == "APPROVED"
    dead = stream_alerts.messages(
        stream_alerts.outputs["stream_dead_letter_queue_url"],
        lambda message: poison["transaction_id"] in message["Body"],
    )
    assert "Jane Roe" not in dead["Body"]


def test_logs_carry_ids_and_no_payloads(stream_alerts: StreamAlerts, payment: Payment) -> None:
    document = suspicious(payment, account_id="customer-0815")
    stream_alerts.submit(document)
    stream_alerts.alerted(document["transaction_id"])

    lines = "".join(
        text for name in stream_alerts.outputs["function_names"].values() for text in stream_alerts.log_texts(name)
    )

    assert document["transaction_id"] in lines
    for secret in ("9999.5", "Fake Goods"):
        assert secret not in lines


def test_what_clients_write_freely_stays_out_of_logs(stream_alerts: StreamAlerts, payment: Payment) -> None:
    """The lines are read before the system is destroyed, see `read_logs` in deployed.py."""
    (request,) = requests_of("stream_alerts")
    names = [value.text() for value in VALUES if value.is_text_for(request.schema["properties"]["merchant_name"])]
    flagged = [
        payment(f"name{number}", amount=9000, currency="CHF", merchant_name=name[:100])
        for number, name in enumerate([*TEXTS, *names])
    ]

    assert {answer.status_code for answer in plant(stream_alerts, request, payment())} <= {202, 400, 403, 404, 409}
    assert {stream_alerts.submit(document).status_code for document in flagged} == {202}
    for document in flagged:
        assert stream_alerts.settled(document["transaction_id"])["status"] != "FAILED"


@pytest.mark.needs("iam")
def test_no_function_may_do_what_its_policy_does_not_name(stream_alerts: StreamAlerts) -> None:
    assert refusals.functions(stream_alerts)
    assert refusals.not_refused(stream_alerts) == {}


@pytest.mark.parametrize(
    ("alarm", "topic"), [("fraud-rate", "fraud-notifications"), ("api-errors", "processing-failures")]
)
def test_an_alarm_reaches_the_topic_of_those_whom_it_concerns(
    stream_alerts: StreamAlerts, alarm: str, topic: str
) -> None:
    assert reaches_its_topic(stream_alerts, f"alarm-{alarm}-dev", f"sns-{topic}-dev")


def test_the_operators_tool_says_that_nothing_is_held_back_here(stream_alerts: StreamAlerts, tmp_path: Path) -> None:
    told = redrive(stream_alerts, systems.STREAM_ALERTS.name, tmp_path, "--all", "--execute")

    assert told.returncode == 1
    assert "stream_alerts has nothing to release" in told.stderr
    assert "examples/stream_alerts/README.md" in told.stderr


@pytest.mark.needs("destroy")
@pytest.mark.timeout(300, func_only=True)  # a destroy that hangs must not take the whole run's time
def test_destroy_leaves_nothing_behind(stream_alerts: StreamAlerts) -> None:
    """The last test of this file: the system is gone after it."""
    stream_alerts.close_inbox(stream_alerts.inbox_url)
    read_logs(stream_alerts.server)
    with acting_in(stream_alerts.environment):
        stream_alerts.terraform.destroy()
        there = inventory.take(stream_alerts.server.endpoint, systems.STREAM_ALERTS.region)

    assert json.loads(Path(stream_alerts.terraform.state_path).read_text())["resources"] == []
    left = {service: names for service, names in there.items() if any("-dev" in name for name in names)}
    assert not left
