"""`detect`: each accepted transaction is decided once, and none that is flagged stays without an alert."""

from __future__ import annotations

import importlib
import json
import sys
import uuid
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from detect.detector import Detector
from detect.outbox import Outbox
from detect.rows import StreamedRows

from pipeline.aws.observability import metrics
from pipeline.aws.stream import read_records
from pipeline.domain.errors import SettingError
from pipeline.domain.fraud_alert import read_alert
from pipeline.domain.records import received_row
from scripts.ministack import MiniStack
from tests.factories import NOW, FixedPolicies, acceptance, engine, policy_text
from tests.unit.functions.conftest import Faulty
from tests.unit.functions.function_module import load_handler
from tests.unit.functions.stream import event, stream_record
from tests.unit.functions.timed_table import TIMESTAMP, TimedTable

TIMEOUT = ReadTimeoutError(endpoint_url="local")
OCCURRED_AT = "2026-11-20T08:59:00.500000Z"
FRAUD = {"amount": "6000", "currency": "JPY"}


class CrashError(BaseException):
    """The function dies; nothing of ours may catch it."""


class Sqs:
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.sent: dict[str, list[Any]] = {"alerts": [], "dead": []}

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803
        self.sent[QueueUrl].append(json.loads(MessageBody))


class World:
    """A real table, its stream, and queues that keep what they are given."""

    def __init__(self, table: TimedTable) -> None:
        self.table = table
        self.dynamodb: Any = Faulty(table.client)
        self.queues = Sqs()
        self.sqs: Any = Faulty(self.queues)
        self.policies: Any = FixedPolicies()
        self.stream: list[dict[str, Any]] = []

    def accept(self, transaction_id: str = "t1", **changes: Any) -> dict[str, Any]:
        """Store a transaction as `ingest` does; return its record."""
        accepted = acceptance(transaction_id, occurred_at=OCCURRED_AT, **changes)
        row = {**received_row(accepted), "timestamp": TIMESTAMP}
        self.table.put(row)
        return self.record(row)

    def record(self, row: dict[str, Any]) -> dict[str, Any]:
        self.stream.append(stream_record(len(self.stream) + 1, row))
        return self.stream[-1]

    def detect(self, *records: dict[str, Any], seconds_left: Callable[[], float] | None = None) -> int | None:
        """Hand over records, else all; return the place of the first that comes again."""
        detector = Detector(
            StreamedRows(self.dynamodb, self.table.name),
            Outbox(self.sqs, "alerts", "dead"),
            self.policies,
            now=lambda: NOW,
        )
        batch = read_records(event(*(records or self.stream)))
        first = detector.detect(batch, seconds_left) if seconds_left else detector.detect(batch)
        return None if first is None else first.place

    @property
    def alerted(self) -> list[str]:
        return [alert["transaction_id"] for alert in self.queues.sent["alerts"]]

    def statuses(self) -> dict[str, str]:
        return {row["transaction_id"]: row["status"] for row in self.table.rows()}


@pytest.fixture
def world(aws: Any) -> World:
    return World(TimedTable(aws("dynamodb")).create())


class TestDecisions:
    def test_what_is_harmless_is_approved_without_a_word(self, world: World) -> None:
        world.accept("t1")

        assert world.detect() is None

        row = world.table.row("t1")
        assert (row["status"], row["revision"]) == ("APPROVED", 2)
        assert [(line["status"], line["actor"]) for line in row["history"]] == [
            ("RECEIVED", "ingest"),
            ("APPROVED", "detect"),
        ]
        assert row["decision"]["outcome"] == "APPROVED"
        assert "sequence" not in row
        assert world.alerted == []

    @pytest.mark.parametrize(
        ("changes", "status"),
        [({"amount": "6000"}, "REVIEW_REQUIRED"), (FRAUD, "FRAUD_SUSPECTED")],
        ids=["review", "fraud"],
    )
    def test_what_is_flagged_is_alerted(self, world: World, changes: dict[str, Any], status: str) -> None:
        world.accept("t1", **changes)

        world.detect()

        assert world.statuses() == {"t1": status}
        assert world.alerted == ["t1"]

    def test_an_alert_says_what_people_need_and_nothing_of_the_customer(self, world: World) -> None:
        world.accept("t1", account_id="account-7", merchant_name="Fake Goods", amount="6000.50")

        world.detect()

        assert world.queues.sent["alerts"] == [
            {
                "transaction_id": "t1",
                "timestamp": "1795165140.5",
                "amount": "6000.5",
                "currency": "USD",
                "merchant_id": "shop",
                "status": "FRAUD_SUSPECTED",
                "score": 70,
                "reasons": [
                    {"code": "SUSPICIOUS_MERCHANT", "text": "The merchant's name contains test, fake or dummy."},
                    {"code": "HIGH_AMOUNT", "text": "The amount is above 5,000."},
                ],
                "decided_at": "2026-11-20T09:00:00.000000Z",
                "correlation_id": "request-t1",
            }
        ]

    def test_each_is_decided_by_the_name_of_its_own_request(self, world: World) -> None:
        world.accept("t1", merchant_name="Fake Goods")
        world.accept("t2", merchant_name="Corner Shop")
        world.accept("t3")

        world.detect()

        assert world.alerted == ["t1"]

    def test_a_transaction_without_an_account_is_decided_too(self, world: World) -> None:
        world.accept("t1", account_id=None, **FRAUD)

        world.detect()

        assert world.alerted == ["t1"]

    def test_one_customer_s_transactions_do_not_wait_for_each_other(self, world: World) -> None:
        world.accept("t1", account_id="acc", amount="6000")
        world.accept("t2", account_id="acc", amount="6000")

        world.detect()

        assert world.alerted == ["t1", "t2"]

    def test_a_batch_is_decided_by_one_policy_document(self, world: World) -> None:
        class Changing(FixedPolicies):
            """Has another document each time it is asked."""

            def engine(self) -> Any:
                return engines.pop(0)

        engines = [engine(version="1"), engine(version="2")]
        world.policies = Changing()
        world.accept("t1")
        world.accept("t2")

        world.detect()

        assert {row["decision"]["document_version"] for row in world.table.rows()} == {"1"}

    @pytest.mark.parametrize(
        "record",
        [
            stream_record(1, {"transaction_id": "t1", "timestamp": TIMESTAMP, "status": "APPROVED"}),
            stream_record(1, {"transaction_id": "t1", "timestamp": TIMESTAMP}),
            stream_record(1, None, {"transaction_id": "t1", "timestamp": TIMESTAMP, "status": "RECEIVED"}),
            stream_record(
                1,
                {"transaction_id": "t1", "timestamp": TIMESTAMP, "status": "RECEIVED", "sweeps": 1},
                {"transaction_id": "t1", "timestamp": TIMESTAMP, "status": "RECEIVED"},
            ),
        ],
        ids=["decided", "no status", "deleted", "changed"],
    )
    def test_what_was_not_just_accepted_is_left_alone(self, world: World, record: dict[str, Any]) -> None:
        assert world.detect(record) is None

        assert world.dynamodb.calls == []
        assert world.queues.sent == {"alerts": [], "dead": []}


class TestRepeats:
    def test_a_repeat_changes_nothing_and_alerts_again(self, world: World) -> None:
        world.accept("t1", **FRAUD)
        world.accept("t2")
        world.detect()
        before = world.table.rows()

        assert world.detect() is None

        assert world.table.rows() == before
        assert world.alerted == ["t1", "t1"]
        first, again = world.queues.sent["alerts"]
        assert first == again

    def test_a_repeat_is_not_counted(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        told: list[Any] = []
        monkeypatch.setattr("detect.detector.report_settled", lambda changes, _: told.extend(changes))
        world.accept("t1", **FRAUD)

        world.detect()
        world.detect()

        assert len(told) == 1

    def test_a_transaction_whose_case_is_closed_is_not_alerted_again(self, world: World) -> None:
        world.accept("t1", **FRAUD)
        world.detect()
        world.table.put({**world.table.row("t1"), "status": "DECLINED"})

        world.detect()

        assert world.alerted == ["t1"]


class TestDeletedRows:
    def test_a_row_that_was_deleted_before_its_record_came_is_not_made_again(self, world: World) -> None:
        world.record({**received_row(acceptance("gone", occurred_at=OCCURRED_AT, **FRAUD)), "timestamp": TIMESTAMP})
        world.accept("t1")

        assert world.detect() is None

        assert world.statuses() == {"t1": "APPROVED"}
        assert world.queues.sent == {"alerts": [], "dead": []}

    def test_it_is_not_counted(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        told: list[Any] = []
        monkeypatch.setattr("detect.detector.report_settled", lambda changes, _: told.extend(changes))
        world.record({**received_row(acceptance("gone", occurred_at=OCCURRED_AT)), "timestamp": TIMESTAMP})

        world.detect()

        assert told == []


class TestTrouble:
    def test_a_death_between_the_row_and_the_alert_loses_nothing(self, world: World) -> None:
        world.accept("t1", **FRAUD)
        world.sqs.fail("send_message", CrashError())

        with pytest.raises(CrashError):
            world.detect()
        assert world.statuses() == {"t1": "FRAUD_SUSPECTED"}
        assert world.alerted == []

        assert world.detect() is None
        assert world.alerted == ["t1"]

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_nothing_is_told_of_what_may_not_be_settled(self, world: World, when: str) -> None:
        world.accept("t1", **FRAUD)
        world.dynamodb.fail("update_item", TIMEOUT, when=when)

        assert world.detect() == 0
        assert world.alerted == []

        assert world.detect() is None
        assert world.alerted == ["t1"]

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_the_first_that_failed_is_named_and_those_after_it_are_decided_at_once(
        self, world: World, when: str
    ) -> None:
        for transaction_id in ("t1", "t2", "t3", "t4"):
            world.accept(transaction_id, **FRAUD)
        world.sqs.fail("send_message", TIMEOUT, nth=2, times=2, when=when)

        assert world.detect() == 1

        assert set(world.statuses().values()) == {"FRAUD_SUSPECTED"}
        assert world.detect(*world.stream[1:]) is None
        assert set(world.alerted) == {"t1", "t2", "t3", "t4"}

    def test_a_bug_at_one_transaction_is_a_failure_and_no_poison(self, world: World) -> None:
        class Buggy:
            """Fails at one transaction."""

            def decide(self, acceptance: Any, account: Any, merchant: Any) -> Any:
                if acceptance.transaction.transaction_id == "t2":
                    raise KeyError("a bug of ours")
                return engine().decide(acceptance, account, merchant)

        world.policies = FixedPolicies(Buggy())
        for transaction_id in ("t1", "t2", "t3"):
            world.accept(transaction_id)

        assert world.detect() == 1

        assert world.statuses() == {"t1": "APPROVED", "t2": "RECEIVED", "t3": "APPROVED"}
        assert world.queues.sent["dead"] == []

    def test_what_cannot_be_begun_in_time_comes_again(self, world: World) -> None:
        for transaction_id in ("t1", "t2", "t3"):
            world.accept(transaction_id)
        left = iter([30.0, 9.9])

        assert world.detect(seconds_left=lambda: next(left)) == 1

        assert world.statuses() == {"t1": "APPROVED", "t2": "RECEIVED", "t3": "RECEIVED"}

    def test_a_failure_before_the_end_of_time_comes_first(self, world: World) -> None:
        world.accept("t1")
        world.accept("t2")
        world.dynamodb.fail("update_item", TIMEOUT)
        left = iter([30.0, 9.9])

        assert world.detect(seconds_left=lambda: next(left)) == 0


def row_with(**changes: Any) -> dict[str, Any]:
    """Return an accepted row, changed by hand; None takes a part away."""
    row = {**received_row(acceptance("bad", occurred_at=OCCURRED_AT)), "timestamp": TIMESTAMP, **changes}
    return {name: value for name, value in row.items() if value is not None}


def refingerprinted(**changes: Any) -> dict[str, Any]:
    """Return the row of a transaction that no request could have been."""
    return {**received_row(acceptance("bad", occurred_at=OCCURRED_AT, **changes)), "timestamp": TIMESTAMP}


class TestPoison:
    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            (row_with(amount=None), "amount: is missing"),
            (row_with(amount="12.50 dollars"), "the row cannot be read: ValueError"),
            (row_with(amount=[1]), "the row cannot be read: TypeError"),
            (row_with(fingerprint="0" * 64), "the row cannot be read: ValueError"),
            (row_with(fingerprint=None), "fingerprint: is missing"),
            (row_with(received_at="yesterday"), "the row cannot be read: ValueError"),
            (row_with(received_at=5), "the row cannot be read: TypeError"),
            (row_with(correlation_id=5), "the row cannot be read: AttributeError"),
            (row_with(correlation_id="a\nb"), "the row cannot be read: ValueError"),
            (row_with(location="here"), "the row cannot be read: TypeError"),
            (refingerprinted(amount="-1"), "amount: must be more than 0"),
            (refingerprinted(currency="XXX"), "currency: must be a currency in use (ISO 4217)"),
        ],
        ids=range(12),
    )
    def test_what_holds_no_transaction_is_set_aside_and_the_others_go_on(
        self, world: World, row: dict[str, Any], reason: str
    ) -> None:
        world.accept("t1")
        world.table.put(row)
        world.record(row)
        world.accept("t2", **FRAUD)

        assert world.detect() is None

        assert world.statuses() == {"t1": "APPROVED", "bad": "RECEIVED", "t2": "FRAUD_SUSPECTED"}
        assert world.queues.sent["dead"] == [
            {
                "kind": "POISON_RECORD",
                "keys": {"transaction_id": "bad", "timestamp": "1795165140.5"},
                "reason": reason,
                "event_id": "event-2",
                "sequence_number": f"{2:021}",
            }
        ]

    @pytest.mark.parametrize(
        "record",
        [{}, {"eventName": "INSERT"}, {"eventName": "INSERT", "dynamodb": {"NewImage": {"status": {"X": "?"}}}}],
        ids=range(3),
    )
    def test_so_is_what_is_no_record(self, world: World, record: dict[str, Any]) -> None:
        world.accept("t1")

        assert world.detect(record, world.stream[0]) is None

        assert world.statuses() == {"t1": "APPROVED"}
        assert [dead["keys"] for dead in world.queues.sent["dead"]] == [{}]

    def test_a_row_that_holds_another_transaction_by_now_is_set_aside(self, world: World) -> None:
        record = world.accept("t1", amount="10")
        world.accept("t1", amount="20")

        assert world.detect(record) is None

        assert world.statuses() == {"t1": "RECEIVED"}
        assert [dead["reason"] for dead in world.queues.sent["dead"]] == ["the row holds another transaction by now"]

    @pytest.mark.parametrize("key", [Decimal("1795165140500"), Decimal(0), Decimal("1795165140.1234567")])
    def test_so_is_a_row_whose_key_is_no_time(self, world: World, key: Decimal) -> None:
        row = {**received_row(acceptance("bad", occurred_at=OCCURRED_AT, **FRAUD)), "timestamp": key}
        world.table.put(row)
        world.record(row)

        assert world.detect() is None

        assert world.statuses() == {"bad": "RECEIVED"}
        assert [dead["reason"].split(":")[0] for dead in world.queues.sent["dead"]] == ["timestamp"]
        assert world.alerted == []

    def test_what_cannot_be_set_aside_comes_again(self, world: World) -> None:
        world.record(row_with(amount=None))
        world.accept("t1")
        world.sqs.fail("send_message", TIMEOUT)

        assert world.detect() == 0
        assert world.statuses() == {"t1": "APPROVED"}

        assert world.detect() is None
        assert len(world.queues.sent["dead"]) == 1

    def test_neither_the_queue_nor_the_log_gets_what_the_row_holds(
        self, world: World, capsys: pytest.CaptureFixture[str]
    ) -> None:
        world.record(row_with(amount="secret amount", merchant_name="secret name", currency="secret"))

        world.detect()

        assert len(world.queues.sent["dead"]) == 1
        assert "secret" not in json.dumps(world.queues.sent)
        assert "secret" not in capsys.readouterr().out


class TestHandler:
    @pytest.fixture
    def queues(self, aws: Any) -> dict[str, str]:
        """Make the two queues; return their URLs by the names of their settings."""
        suffix = uuid.uuid4().hex
        return {
            setting: aws("sqs").create_queue(QueueName=f"{setting}-{suffix}")["QueueUrl"]
            for setting in ("ALERT_QUEUE_URL", "DEAD_LETTER_QUEUE_URL")
        }

    @pytest.fixture
    def parameter(self, aws: Any) -> str:
        name = f"policy-{uuid.uuid4().hex}"
        aws("ssm").put_parameter(Name=name, Type="String", Value=policy_text())
        return name

    @pytest.fixture
    def handler(
        self,
        world: World,
        emulator: MiniStack,
        monkeypatch: pytest.MonkeyPatch,
        queues: dict[str, str],
        parameter: str,
    ) -> Any:
        module = load_handler(
            "detect",
            monkeypatch,
            emulator,
            TRANSACTIONS_TABLE=world.table.name,
            POLICY_PARAMETER=parameter,
            POLICY_REFRESH_SECONDS="60",
            **queues,
        )
        metrics.clear_metrics()  # what other tests counted
        return lambda *records: module.handler(
            event(*records), SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000)
        )

    def test_it_decides_sends_and_counts(
        self,
        world: World,
        aws: Any,
        handler: Any,
        queues: dict[str, str],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        records = [world.accept("t1", **FRAUD), world.accept("t2"), world.record(row_with(amount=None))]

        assert handler(*records) == {"batchItemFailures": []}

        bodies = {
            setting: [each["Body"] for each in aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1)["Messages"]]
            for setting, url in queues.items()
        }
        (alert,) = map(read_alert, bodies["ALERT_QUEUE_URL"])
        assert (alert.transaction_id, alert.timestamp, alert.amount) == ("t1", TIMESTAMP, Decimal(6000))
        (poison,) = map(json.loads, bodies["DEAD_LETTER_QUEUE_URL"])
        assert poison["keys"]["transaction_id"] == "bad"
        (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
        assert (told["Processed"], told["FraudDetected"], told["PoisonRecord"]) == ([1.0, 1.0], [1.0, 0.0], [1.0])
        assert len(told["DecisionLatency"]) == 2

    def test_a_start_while_the_newest_document_is_invalid_takes_the_one_before(
        self, world: World, handler: Any, aws: Any, parameter: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        aws("ssm").put_parameter(Name=parameter, Type="String", Value="{}", Overwrite=True)

        assert handler(world.accept("t1")) == {"batchItemFailures": []}

        told = capsys.readouterr().out
        assert "PolicyRefreshFailed" in told
        assert "PolicyFallback" not in told

    def test_the_answer_names_the_first_record_that_failed(
        self, world: World, handler: Any, aws: Any, queues: dict[str, str]
    ) -> None:
        records = [world.accept("t1"), world.accept("t2", **FRAUD), world.accept("t3", **FRAUD)]
        aws("sqs").delete_queue(QueueUrl=queues["ALERT_QUEUE_URL"])

        assert handler(*records) == {"batchItemFailures": [{"itemIdentifier": f"{2:021}"}]}

    def test_it_does_not_start_without_its_queue(self, handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DEAD_LETTER_QUEUE_URL")
        monkeypatch.delitem(sys.modules, "detect.handler")

        with pytest.raises(SettingError, match="DEAD_LETTER_QUEUE_URL"):
            importlib.import_module("detect.handler")
