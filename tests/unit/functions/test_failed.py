"""`failed`: what the queue gave up is recorded once, alerted, and quarantines its account."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from failed.recorder import Recorder

from pipeline.aws.accounts import AccountTable, NoAccounts
from pipeline.aws.ledger import Ledger
from pipeline.aws.quarantine import Quarantine
from pipeline.aws.queue import Message
from pipeline.aws.transactions import Transactions
from scripts.ministack import MiniStack
from tests.factories import NOW, acceptance, message, queued
from tests.unit.functions.accountless import accountless, standard
from tests.unit.functions.conftest import Faulty, Tables
from tests.unit.functions.function_module import load_handler


class Heard:
    """Keeps the alerts that were published."""

    def __init__(self) -> None:
        self.alerts: list[Any] = []

    def publish(self, subject: str, content: Any) -> None:
        self.alerts.append(content)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def recorder(ledger: Ledger, tables: Tables, dynamodb: Any, heard: Any) -> Recorder:
    quarantine = Quarantine(dynamodb, tables.transactions, AccountTable(dynamodb, tables.accounts))
    return Recorder(ledger, quarantine, heard, now=lambda: NOW, sleep=lambda _: None)


def test_a_failed_transaction_keeps_its_message_and_blocks_its_account(
    recorder: Recorder, tables: Tables, heard: Heard, transactions: Transactions
) -> None:
    transactions.insert(acceptance("t1"), timedelta(minutes=15))

    recorder.record(message("t1"))

    row = tables.rows()["t1"]
    assert row["status"] == "FAILED"
    assert row["failure"]["original_message"] == message("t1").body
    assert [line["status"] for line in row["history"]] == ["RECEIVED", "FAILED"]
    assert tables.account()["blocked_by"] == "t1"
    assert [alert["transaction_id"] for alert in heard.alerts] == ["t1"]
    assert "quarantined" in heard.alerts[0]["what_to_do"]


def test_those_behind_it_in_the_dead_letter_queue_are_held_in_order(
    recorder: Recorder, tables: Tables, heard: Heard
) -> None:
    for key in ("t1", "t2", "t3"):
        recorder.record(message(key))

    rows = tables.rows()
    assert [rows[key]["status"] for key in ("t1", "t2", "t3")] == ["FAILED", "HELD", "HELD"]
    assert [int(rows[key]["hold_sequence"]) for key in ("t2", "t3")] == [1, 2]
    assert len(heard.alerts) == 1


def test_the_fence_of_a_later_transaction_gives_way(recorder: Recorder, tables: Tables, ledger: Ledger) -> None:
    ledger.fence(queued("t2", receive_count=2))  # while t1, which the tables refused to fence, is given up

    recorder.record(message("t1"))

    assert tables.rows()["t1"]["status"] == "FAILED"
    assert tables.account()["blocked_by"] == "t1"


def test_the_fence_of_its_own_last_attempt_does_not_hold_it(recorder: Recorder, tables: Tables, ledger: Ledger) -> None:
    ledger.fence(queued("t1", receive_count=3))

    recorder.record(message("t1"))

    assert tables.rows()["t1"]["status"] == "FAILED"


def test_a_transaction_that_was_settled_after_all_stays_settled(
    recorder: Recorder, tables: Tables, heard: Heard, transactions: Transactions
) -> None:
    transactions.insert(acceptance("t1"), timedelta(minutes=15))
    tables.put(tables.transactions, {**tables.rows()["t1"], "status": "APPROVED"})

    recorder.record(message("t1"))

    assert tables.rows()["t1"]["status"] == "APPROVED"
    assert tables.account() == {}
    assert heard.alerts == []


def test_recording_again_changes_nothing_but_repeats_the_alert(
    recorder: Recorder, tables: Tables, heard: Heard
) -> None:
    recorder.record(message("t1"))
    before = tables.rows(), tables.account()

    recorder.record(message("t1"))

    assert (tables.rows(), tables.account()) == before
    assert len(heard.alerts) == 2


def test_an_unreadable_message_is_kept_whole_and_alerted(recorder: Recorder, tables: Tables, heard: Heard) -> None:
    recorder.record(replace(message("t1"), body="not json"))

    assert tables.rows()["message#m-t1-0"]["failure"]["original_message"] == "not json"
    assert heard.alerts[0]["kind"] == "MESSAGE_FAILED"


def test_a_lost_answer_is_repaired_by_the_next_delivery(
    recorder: Recorder, tables: Tables, dynamodb: Faulty, heard: Heard
) -> None:
    dynamodb.fail("transact_write_items", ReadTimeoutError(endpoint_url="local"), when="after")
    with pytest.raises(ReadTimeoutError):
        recorder.record(message("t1"))

    recorder.record(message("t1"))

    assert tables.rows()["t1"]["status"] == "FAILED"
    assert tables.account()["version"] == 1
    assert len(heard.alerts) == 1


def test_an_account_whose_version_is_unreadable_is_quarantined_all_the_same(recorder: Recorder, tables: Tables) -> None:
    tables.put(tables.accounts, {"account_id": "acc", "version": "abc"})

    recorder.record(message("t1"))
    recorder.record(message("t2"))

    assert (tables.account()["blocked_by"], tables.account()["unreadable_version"]) == ("t1", "abc")
    assert [tables.rows()[key]["status"] for key in ("t1", "t2")] == ["FAILED", "HELD"]


def test_a_failed_message_that_repeats_a_known_id_is_recorded(recorder: Recorder, tables: Tables) -> None:
    recorder.record(message("t1", amount="10"))

    recorder.record(message("t1", amount="99", copy=1))

    assert tables.rows()["t1"]["amount"] == 10
    assert tables.rows()["message#m-t1-1"]["rejection"]["code"] == "ID_REUSED"


class TestWithoutAccounts:
    @pytest.fixture
    def recorder(self, tables: Tables, dynamodb: Any, heard: Any) -> Recorder:
        accounts = NoAccounts()
        ledger = Ledger(dynamodb, tables.transactions, accounts)
        quarantine = Quarantine(dynamodb, tables.transactions, accounts)
        return Recorder(ledger, quarantine, heard, now=lambda: NOW, sleep=lambda _: None)

    def test_a_failed_transaction_is_recorded_and_alerted_and_holds_nobody(
        self, recorder: Recorder, tables: Tables, heard: Heard, transactions: Transactions
    ) -> None:
        transactions.insert(accountless("t1"))

        for key in ("t1", "t2"):
            recorder.record(standard(key, receive_count=4))

        rows = tables.rows()
        assert [rows[key]["status"] for key in ("t1", "t2")] == ["FAILED", "FAILED"]
        assert rows["t1"]["failure"]["original_message"] == standard("t1").body
        assert [line["status"] for line in rows["t1"]["history"]] == ["RECEIVED", "FAILED"]
        assert [(alert["transaction_id"], alert["account_id"]) for alert in heard.alerts] == [
            ("t1", None),
            ("t2", None),
        ]
        assert "account" not in heard.alerts[0]["what_to_do"]
        assert tables.client.scan(TableName=tables.accounts)["Items"] == []

    def test_recording_again_changes_nothing_but_repeats_the_alert(
        self, recorder: Recorder, tables: Tables, heard: Heard
    ) -> None:
        recorder.record(standard("t1"))
        before = tables.rows()

        recorder.record(standard("t1"))

        assert tables.rows() == before
        assert len(heard.alerts) == 2

    def test_what_was_decided_after_all_stays_decided(
        self, recorder: Recorder, tables: Tables, heard: Heard, transactions: Transactions
    ) -> None:
        transactions.insert(accountless("t1"))
        tables.put(tables.transactions, {**tables.rows()["t1"], "status": "APPROVED"})

        recorder.record(standard("t1"))

        assert tables.rows()["t1"]["status"] == "APPROVED"
        assert heard.alerts == []


def deliver(failed: Any, *messages: Message) -> list[str]:
    """Hand the messages to the handler; return the ids of those that come again."""
    records = [
        {
            "messageId": each.message_id,
            "receiptHandle": each.receipt_handle,
            "body": each.body,
            "attributes": {"ApproximateReceiveCount": "1", **({"MessageGroupId": each.group} if each.group else {})},
        }
        for each in messages
    ]
    answer = failed.handler({"Records": records}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.mark.parametrize(
    ("messages", "again"),
    [
        ([message("t1"), message("t2"), message("t3", "other")], ["m-t1-0", "m-t2-0"]),
        ([standard("t1"), standard("t2"), standard("t3")], ["m-t1-0"]),
    ],
    ids=["fifo", "standard"],
)
def test_a_message_that_cannot_be_recorded_keeps_its_group_waiting_and_nobody_else(
    tables: Tables,
    monkeypatch: pytest.MonkeyPatch,
    emulator: MiniStack,
    aws: Any,
    messages: list[Message],
    again: list[str],
) -> None:
    topic = aws("sns").create_topic(Name=f"failures-{tables.suffix}")["TopicArn"]
    failed = load_handler(
        "failed",
        monkeypatch,
        emulator,
        TRANSACTIONS_TABLE=tables.transactions,
        PROCESSING_FAILURES_TOPIC_ARN=topic,
        **({"ACCOUNTS_TABLE": tables.accounts} if messages[0].group else {}),
    )
    record = failed.RECORDER.record

    def stuck(item: Message) -> None:
        if item.message_id == "m-t1-0":
            raise ReadTimeoutError(endpoint_url="local")
        record(item)

    monkeypatch.setattr(failed.RECORDER, "record", stuck)

    assert deliver(failed, *messages) == again
    assert {key: row["status"] for key, row in tables.rows().items()} == {
        each.message_id[2:4]: "FAILED" for each in messages if each.message_id not in again
    }


def test_nothing_of_an_ordered_queue_is_recorded_without_the_accounts_that_it_orders(
    tables: Tables, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, aws: Any
) -> None:
    topic = aws("sns").create_topic(Name=f"failures-{tables.suffix}")["TopicArn"]
    monkeypatch.delenv("ACCOUNTS_TABLE", raising=False)
    failed = load_handler(
        "failed",
        monkeypatch,
        emulator,
        TRANSACTIONS_TABLE=tables.transactions,
        PROCESSING_FAILURES_TOPIC_ARN=topic,
    )

    assert deliver(failed, message("t1"), message("t2", "other")) == ["m-t1-0", "m-t2-0"]
    assert tables.rows() == {}
