"""`notify`: the team is told of each flagged transaction, in words, and once."""

from __future__ import annotations

import importlib
import json
import shlex
import sys
import uuid
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from pipeline.aws.alert_lease import LeaseHeldError
from pipeline.aws.dynamo import from_item
from pipeline.aws.observability import metrics
from pipeline.domain.errors import SettingError
from pipeline.domain.fraud_alert import FraudAlert, InvalidAlertError, alert_of, read_alert
from pipeline.domain.status import Status
from scripts.ministack import MiniStack
from tests.unit.functions.alert_world import (
    LEASE_SECONDS,
    TIMEOUT,
    VISIBILITY_SECONDS,
    AlertWorld,
    alert,
    message,
    sns_error,
)
from tests.unit.functions.conftest import Faulty
from tests.unit.functions.function_module import load_handler
from tests.unit.functions.timed_table import TIMESTAMP, TimedTable

NOT_REACHED = EndpointConnectionError(endpoint_url="local")
THROTTLED = sns_error(429)


@pytest.fixture
def world(aws: Any) -> AlertWorld:
    return AlertWorld(TimedTable(aws("dynamodb")).create())


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the metrics that are counted from now on."""
    names: list[str] = []
    monkeypatch.setattr("notify.notifier.count", names.append)
    return names


class TestWords:
    key = """'{"transaction_id": {"S": "t1"}, "timestamp": {"N": "1795165140.5"}}'"""

    def test_people_read_what_how_much_why_when_and_what_to_do(self) -> None:
        assert alert().subject == "FRAUD_SUSPECTED: transaction t1"
        assert alert().text("transactions", "eu-west-1").splitlines() == [
            "Fraud is suspected. [FRAUD_SUSPECTED]",
            "",
            "Amount: 6,000.00 USD",
            "Merchant: shop",
            "Transaction: t1",
            "Made: 2026-11-20 08:59:00 UTC",
            "Decided: 2026-11-20 09:00:00 UTC",
            "",
            "Why (score 40):",
            "- The amount is above 5,000. [HIGH_AMOUNT]",
            "- The amount is a multiple of 1,000. [ROUND_AMOUNT]",
            "",
            "What to do: look at the transaction and its decision, then act on it.",
            "aws dynamodb get-item --region eu-west-1 --table-name transactions --key " + self.key,
            "",
            "In the logs: correlation_id request-t1",
        ]

    def test_a_review_is_no_suspicion(self) -> None:
        told = alert(status=Status.REVIEW_REQUIRED)

        assert told.subject == "REVIEW_REQUIRED: transaction t1"
        assert told.text("transactions", "eu-west-1").startswith("A person should review it.")

    @pytest.mark.parametrize("status", [Status.REVIEW_REQUIRED, Status.FRAUD_SUSPECTED])
    def test_the_subject_of_the_longest_id_is_one_that_sns_takes(self, status: Status) -> None:
        subject = read_alert(alert("x" * 64, status=status).to_body()).subject

        assert len(subject) < 100
        assert subject.isascii()
        assert subject.isprintable()

    @pytest.mark.parametrize(
        ("amount", "currency", "readable"),
        [
            ("6000", "USD", "6,000.00 USD"),
            ("12.5", "EUR", "12.50 EUR"),
            ("5001", "JPY", "5,001 JPY"),
            ("0.125", "KWD", "0.125 KWD"),
            ("0.125", "USD", "0.125 USD"),
            ("123456789012345678901234567890.12", "USD", "123,456,789,012,345,678,901,234,567,890.12 USD"),
        ],
    )
    def test_an_amount_is_read_to_its_last_digit(self, amount: str, currency: str, readable: str) -> None:
        told = alert(amount=Decimal(amount), currency=currency)

        assert f"Amount: {readable}" in told.text("transactions", "eu-west-1").splitlines()

    def test_the_command_shows_the_row(self, world: AlertWorld) -> None:
        told = world.decided("o'neil; rm -rf")
        text = told.text(world.table.name, "eu-west-1")

        (command,) = [line for line in text.splitlines() if line.startswith("aws ")]
        words = shlex.split(command)
        arguments = dict(zip(words[3::2], words[4::2]))
        answer = world.table.client.get_item(
            TableName=arguments["--table-name"], Key=json.loads(arguments["--key"]), ConsistentRead=True
        )

        assert from_item(answer["Item"])["transaction_id"] == "o'neil; rm -rf"


class TestMessages:
    def test_what_is_queued_is_read_back(self) -> None:
        assert read_alert(alert().to_body()) == alert()

    def test_it_says_neither_whose_account_nor_where(self) -> None:
        row = {
            "transaction_id": "t1",
            "timestamp": TIMESTAMP,
            "account_id": "acc",
            "location": {"latitude": Decimal(1), "longitude": Decimal(2)},
            "merchant_id": "shop",
            "merchant_name": "Corner Shop",
            "amount": Decimal("6000"),
            "currency": "USD",
            "status": "FRAUD_SUSPECTED",
            "decided_at": "2026-11-20T09:00:00.250000Z",
            "correlation_id": "request-t1",
            "decision": {
                "score": Decimal(40),
                "features": {"merchant_name": "Corner Shop"},
                "reasons": [{"code": "HIGH_AMOUNT", "points": Decimal(30), "text": "The amount is above 5,000."}],
            },
        }

        assert json.loads(alert_of(row).to_body()) == {
            "transaction_id": "t1",
            "timestamp": "1795165140.5",
            "amount": "6000",
            "currency": "USD",
            "merchant_id": "shop",
            "status": "FRAUD_SUSPECTED",
            "score": 40,
            "reasons": [{"code": "HIGH_AMOUNT", "text": "The amount is above 5,000."}],
            "decided_at": "2026-11-20T09:00:00.250000Z",
            "correlation_id": "request-t1",
        }

    @pytest.mark.parametrize(
        "changes",
        [
            {"transaction_id": "t1\nBcc: all"},
            {"transaction_id": "x" * 65},
            {"transaction_id": "überweisung"},
            {"transaction_id": 1},
            {"timestamp": "1763628000000"},
            {"timestamp": 1763628000},
            {"amount": "1E+999999"},
            {"amount": "NaN"},
            {"status": "APPROVED"},
            {"status": "LOST"},
            {"reasons": [{"code": "HIGH_AMOUNT"}]},
            {"reasons": None},
            {"score": "high"},
            {"decided_at": "yesterday"},
            {"merchant_id": None},
        ],
        ids=str,
    )
    def test_what_is_no_alert_is_refused(self, changes: dict[str, Any]) -> None:
        body = json.dumps({**json.loads(alert().to_body()), **changes})

        with pytest.raises(InvalidAlertError):
            read_alert(body)

    @pytest.mark.parametrize("body", ["", "null", "[]", '"t1"', "{}"])
    def test_so_is_what_is_no_object_of_an_alert(self, body: str) -> None:
        with pytest.raises(InvalidAlertError):
            read_alert(body)


class TestOnce:
    def test_an_alert_is_published_and_marked(self, world: AlertWorld, counted: list[str]) -> None:
        told = world.decided()

        assert world.notifier().notify([message(told)]) == []

        (sent,) = world.sns.published
        assert sent == {
            "TopicArn": "arn:topic",
            "Subject": told.subject,
            "Message": told.text(world.table.name, "eu-west-1"),
        }
        state = world.state()
        assert (state["state"], state["message_id"]) == ("SENT", "sns-1")
        assert state["sent_at"] == "2026-11-20T09:00:00.000000Z"
        assert world.table.row()["status"] == "FRAUD_SUSPECTED"
        assert counted == ["AlertSent"]

    def test_a_second_message_of_the_same_transaction_is_dropped(self, world: AlertWorld, counted: list[str]) -> None:
        told = world.decided()

        assert world.notifier().notify([message(told, 0), message(told, 1)]) == []
        world.passes(100 * VISIBILITY_SECONDS)
        assert world.notifier().notify([message(told, 2)]) == []

        assert len(world.sns.published) == 1
        assert counted == ["AlertSent", "AlertRepeated", "AlertRepeated"]

    def test_while_another_sends_it_the_message_comes_back(self, world: AlertWorld, counted: list[str]) -> None:
        told = world.decided()
        world.leases().take(told.transaction_id, told.timestamp)
        world.passes(LEASE_SECONDS - 0.001)

        assert world.notifier().notify([message(told)]) == [message(told)]

        assert world.sns.published == []
        assert counted == []

    def test_a_lease_that_lapsed_is_taken_over(self, world: AlertWorld) -> None:
        told = world.decided()
        world.leases().take(told.transaction_id, told.timestamp)
        world.passes(LEASE_SECONDS)

        assert world.notifier().notify([message(told)]) == []

        assert len(world.sns.published) == 1

    def test_who_lost_the_lease_marks_and_releases_nothing(self, world: AlertWorld) -> None:
        told = world.decided()
        slow = world.leases().take(told.transaction_id, told.timestamp)
        world.passes(LEASE_SECONDS)
        other = world.leases().take(told.transaction_id, told.timestamp)
        assert slow is not None
        assert other is not None

        world.leases().release(slow)

        assert not world.leases().mark_sent(slow, "late")
        assert world.state()["owner"] == other.owner

    def test_a_mark_is_not_released(self, world: AlertWorld) -> None:
        told = world.decided()
        lease = world.leases().take(told.transaction_id, told.timestamp)
        assert lease is not None
        world.leases().mark_sent(lease, "sns-1")

        world.leases().release(lease)

        assert world.state()["state"] == "SENT"

    def test_a_write_that_the_sdk_makes_twice_has_one_effect(self, world: AlertWorld) -> None:
        class Twice(Faulty):
            """Loses the first answer of each update, as a time-out does that the SDK tries again."""

            def update_item(self, **arguments: Any) -> Any:
                world.table.client.update_item(**arguments)
                return world.table.client.update_item(**arguments)

        assert world.notifier(dynamodb=Twice(None)).notify([message(world.decided())]) == []

        assert len(world.sns.published) == 1
        assert world.state()["state"] == "SENT"

    @pytest.mark.parametrize("nonsense", ["SENT", {"state": "LOST"}, {"state": "SENDING"}], ids=str)
    def test_a_state_that_nobody_wrote_is_not_overwritten(self, world: AlertWorld, nonsense: Any) -> None:
        told = world.decided()
        world.table.put({**world.table.row(), "alert": nonsense})

        with pytest.raises(LeaseHeldError):
            world.leases().take(told.transaction_id, told.timestamp)

        assert world.state() == nonsense


class TestTrouble:
    @pytest.mark.parametrize("error", [sns_error(400), THROTTLED, NOT_REACHED], ids=["refused", "throttled", "away"])
    def test_what_sns_certainly_did_not_take_gives_the_lease_back(
        self, world: AlertWorld, counted: list[str], error: Exception
    ) -> None:
        told = world.decided()
        world.topic.fail("publish", error, times=3)

        assert world.notifier().notify([message(told)]) == [message(told)]
        assert world.state() is None
        assert counted == ["AlertFailed"]

        assert world.notifier().notify([message(told)]) == []  # at once, not when a lease lapses
        assert len(world.sns.published) == 1

    def test_a_throttle_that_passes_costs_nothing(self, world: AlertWorld) -> None:
        world.topic.fail("publish", THROTTLED, times=2)

        assert world.notifier().notify([message(world.decided())]) == []

        assert len(world.sns.published) == 1

    @pytest.mark.parametrize("error", [TIMEOUT, sns_error(500), sns_error(503)], ids=["timeout", "500", "503"])
    @pytest.mark.parametrize("taken", [True, False])
    def test_when_nobody_knows_the_lease_is_kept_and_sns_is_not_asked_again(
        self, world: AlertWorld, error: Exception, taken: bool
    ) -> None:
        told = world.decided()
        world.topic.fail("publish", error, when="after" if taken else "before")

        assert world.notifier().notify([message(told)]) == [message(told)]
        assert world.topic.calls == ["publish"]
        assert world.notifier().notify([message(told)]) == [message(told)]

        world.passes(VISIBILITY_SECONDS)
        assert world.notifier().notify([message(told)]) == []
        assert len(world.sns.published) == (2 if taken else 1)

    def test_a_lease_that_cannot_be_given_back_lapses(self, world: AlertWorld) -> None:
        told = world.decided()
        world.topic.fail("publish", NOT_REACHED, times=3)
        world.dynamodb.fail("update_item", TIMEOUT, nth=2)

        assert world.notifier().notify([message(told)]) == [message(told)]

        world.passes(VISIBILITY_SECONDS)
        assert world.notifier().notify([message(told)]) == []
        assert len(world.sns.published) == 1

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_an_alert_that_could_not_be_marked_is_done_all_the_same(
        self, world: AlertWorld, counted: list[str], when: str
    ) -> None:
        world.dynamodb.fail("update_item", TIMEOUT, nth=2, when=when)

        assert world.notifier().notify([message(world.decided())]) == []

        assert len(world.sns.published) == 1
        assert counted == ["AlertSent"]

    def test_without_a_lease_nothing_is_sent(self, world: AlertWorld) -> None:
        told = world.decided()
        world.dynamodb.fail("update_item", TIMEOUT)

        assert world.notifier().notify([message(told)]) == [message(told)]

        assert world.sns.published == []

    @pytest.mark.parametrize("body", ["{}", alert("unknown").to_body()], ids=["unreadable", "without a row"])
    def test_a_message_that_leads_nowhere_comes_back_alone(
        self, world: AlertWorld, counted: list[str], body: str
    ) -> None:
        lost, good = message(body, 1), message(world.decided(), 2)

        assert world.notifier().notify([lost, good]) == [lost]

        assert [sent["Subject"] for sent in world.sns.published] == [alert().subject]
        assert counted == ["AlertFailed", "AlertSent"]
        assert len(world.table.rows()) == 1  # an alert makes no row

    def test_what_cannot_be_begun_in_time_comes_back_untouched(self, world: AlertWorld) -> None:
        left = iter([30.0, 9.9])
        first, second = message(world.decided("t1"), 1), message(world.decided("t2"), 2)

        assert world.notifier().notify([first, second], lambda: next(left)) == [second]

        assert world.state("t2") is None


class TestHandler:
    def handler(self, world: AlertWorld, aws: Any, emulator: MiniStack, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Wire the function to a topic of its own with an inbox."""
        name = uuid.uuid4().hex
        self.topic = aws("sns").create_topic(Name=name)["TopicArn"]
        self.inbox = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
        about = aws("sqs").get_queue_attributes(QueueUrl=self.inbox, AttributeNames=["QueueArn"])
        aws("sns").subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=about["Attributes"]["QueueArn"])
        return load_handler(
            "notify", monkeypatch, emulator, TRANSACTIONS_TABLE=world.table.name, ALERTS_TOPIC_ARN=self.topic
        )

    def event(self, *alerts: FraudAlert) -> dict[str, Any]:
        return {
            "Records": [
                {"messageId": f"m-{i}", "receiptHandle": "r", "body": each.to_body(), "attributes": {}}
                for i, each in enumerate(alerts)
            ]
        }

    def context(self, seconds: float = 30.0) -> Any:
        return SimpleNamespace(get_remaining_time_in_millis=lambda: seconds * 1000)

    def test_it_publishes_and_names_what_comes_back(
        self,
        world: AlertWorld,
        aws: Any,
        emulator: MiniStack,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        module = self.handler(world, aws, emulator, monkeypatch)
        metrics.clear_metrics()  # what other tests counted

        answer = module.handler(self.event(world.decided(), alert("unknown")), self.context())

        assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
        (received,) = aws("sqs").receive_message(QueueUrl=self.inbox)["Messages"]
        envelope = json.loads(received["Body"])
        assert envelope["Subject"] == alert().subject
        assert envelope["Message"].startswith("Fraud is suspected.")
        (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
        assert (told["AlertSent"], told["AlertFailed"]) == ([1.0], [1.0])

    def test_sns_is_asked_once_a_call(
        self, world: AlertWorld, aws: Any, emulator: MiniStack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        module = self.handler(world, aws, emulator, monkeypatch)

        assert module.NOTIFIER._topic._client.meta.config.retries["total_max_attempts"] == 1

    def test_a_function_that_may_outlive_a_lease_sends_nothing(
        self, world: AlertWorld, aws: Any, emulator: MiniStack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        module = self.handler(world, aws, emulator, monkeypatch)

        with pytest.raises(SettingError, match="LEASE_SECONDS"):
            module.handler(self.event(world.decided()), self.context(seconds=60.0))

        assert world.state() is None

    def test_it_does_not_start_without_its_topic(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRANSACTIONS_TABLE", "transactions")
        monkeypatch.delitem(sys.modules, "notify.handler", raising=False)

        with pytest.raises(SettingError, match="ALERTS_TOPIC_ARN"):
            importlib.import_module("notify.handler")


def test_logs_carry_ids_and_no_payload(world: AlertWorld, capsys: pytest.CaptureFixture[str]) -> None:
    world.topic.fail("publish", sns_error(400), times=3)
    world.notifier().notify([message(world.decided()), message('{"account_id": "secret-account"}', 1)])

    told = capsys.readouterr().out
    assert "secret-account" not in told
    assert "6000" not in told
