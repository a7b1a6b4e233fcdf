"""The three functions of the case workflow, called as the workflow calls them."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import Any

import pytest
from case_assess import handler as case_assess

from pipeline.domain.case import CaseInputError
from pipeline.domain.errors import SettingError
from scripts.ministack import MiniStack
from tests.unit.functions.case_rows import INDEX, OTHER, OWN, Tables, decided_event, decided_row, event_detail, flagged
from tests.unit.functions.function_module import load_handler

CONTEXT: Any = None
NOTHING_KNOWN: dict[str, Any] = {"account": {"blocked_by": None}, "recent": [], "merchant": None}


@pytest.fixture
def tables(aws: Any) -> Tables:
    return Tables(aws("dynamodb"))


def as_lambda_reads_it(document: dict[str, Any]) -> dict[str, Any]:
    """Return what the runtime makes of a payload: floats, lists, no decimals."""
    return dict(json.loads(json.dumps(document)))


class TestContext:
    @pytest.fixture
    def handler(self, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, tables: Tables) -> Any:
        module = load_handler(
            "case_context",
            monkeypatch,
            emulator,
            TRANSACTIONS_TABLE=tables.transactions,
            ACCOUNTS_TABLE=tables.accounts,
            MERCHANTS_TABLE=tables.merchants,
            ACCOUNT_INDEX_NAME=INDEX,
        )
        return module.handler

    def test_account_past_and_merchant_are_gathered_as_plain_json(self, handler: Any, tables: Tables) -> None:
        tables.put(tables.transactions, decided_row())
        tables.put(
            tables.transactions,
            decided_row("t0", received_at="2026-11-20T08:00:00.000000Z", amount=Decimal("0.15"), status="APPROVED"),
        )
        tables.put(tables.transactions, decided_row("elsewhere", account_id="acc-2"))
        tables.put(tables.accounts, {"account_id": "acc", "version": 3, "blocked_by": "t9"})
        tables.put(
            tables.merchants,
            {"merchant_id": "shop", "name": "Jane's", "active": True, "max_transaction_amount": Decimal("99.95")},
        )

        found = handler({"transaction": as_lambda_reads_it(flagged().to_document())}, CONTEXT)

        assert json.loads(json.dumps(found)) == found
        assert found["account"] == {"blocked_by": "t9"}
        assert [one["transaction_id"] for one in found["recent"]] == ["t1", "t0"]
        assert found["recent"][1] == {
            "transaction_id": "t0",
            "merchant_id": "shop",
            "amount": "0.15",
            "currency": "USD",
            "received_at": "2026-11-20T08:00:00.000000Z",
            "status": "APPROVED",
            "outcome": "APPROVED",
        }
        assert found["merchant"] == {
            "merchant_id": "shop",
            "active": True,
            "max_transaction_amount": "99.95",
        }

    def test_an_account_and_a_merchant_that_nobody_knows_are_no_error(self, handler: Any) -> None:
        found = handler({"transaction": flagged().to_document()}, CONTEXT)

        assert found == {"account": {"blocked_by": None}, "recent": [], "merchant": None}

    def test_at_most_the_last_twenty_others_are_read_none_of_them_later(self, handler: Any, tables: Tables) -> None:
        for minute in range(30):
            at = f"2026-11-20T08:{minute:02}:00.000000Z"
            tables.put(tables.transactions, decided_row(f"before-{minute}", received_at=at))
        tables.put(tables.transactions, decided_row())
        tables.put(tables.transactions, decided_row("after", received_at="2026-11-20T09:00:00.000001Z"))

        found = handler({"transaction": flagged().to_document()}, CONTEXT)

        expected = ["t1", *(f"before-{minute}" for minute in range(29, 9, -1))]
        assert [one["transaction_id"] for one in found["recent"]] == expected

    def test_a_row_that_was_never_decided_counts_without_an_outcome(self, handler: Any, tables: Tables) -> None:
        row = decided_row("t0", status="RECEIVED")
        del row["decision"]
        tables.put(tables.transactions, row)

        found = handler({"transaction": flagged().to_document()}, CONTEXT)

        assert [(one["status"], one["outcome"]) for one in found["recent"]] == [("RECEIVED", None)]


class TestAssess:
    def test_each_subject_gets_its_risk_and_reasons(self) -> None:
        event = {
            "transaction": as_lambda_reads_it(flagged().to_document()),
            "context": NOTHING_KNOWN,
        }

        account = case_assess.handler({"task": "assess_account", **event}, CONTEXT)
        merchant = case_assess.handler({"task": "assess_merchant", **event}, CONTEXT)

        assert account == {"subject": "account", "risk": "medium", "reasons": ["NEW_ACCOUNT"]}
        assert merchant == {
            "subject": "merchant",
            "risk": "high",
            "reasons": ["MERCHANT_UNKNOWN", "MERCHANT_NEW_TO_ACCOUNT"],
        }

    def test_the_action_follows_from_the_assessments(self) -> None:
        event = {
            "task": "decide",
            "transaction": flagged().to_document(),
            "assessments": [{"subject": "merchant", "risk": "high", "reasons": ["MERCHANT_UNKNOWN"]}],
        }

        found = case_assess.handler(event, CONTEXT)

        assert found == {"action": "hold", "reasons": ["SUSPECTED_AND_HIGH_RISK"]}

    @pytest.mark.parametrize("task", ["", "assess_weather", None])
    def test_a_task_that_does_not_exist_is_an_error(self, task: Any) -> None:
        with pytest.raises(CaseInputError):
            case_assess.handler({"task": task, "transaction": flagged().to_document()}, CONTEXT)


class TestRecord:
    @pytest.fixture
    def handler(self, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, tables: Tables) -> Any:
        module = load_handler(
            "case_record",
            monkeypatch,
            emulator,
            TRANSACTIONS_TABLE=tables.transactions,
            CASES_TABLE=tables.cases,
        )
        return module.handler

    @staticmethod
    def call(handler: Any, action: str, **more: Any) -> dict[str, Any]:
        event = {
            "action": action,
            "execution_arn": OWN,
            "case_id": "t1",
            "transaction": decided_event(),
            "decision": {"action": "hold", "reasons": ["SUSPECTED_AND_HIGH_RISK"]},
            "assessments": [{"subject": "account", "risk": "high", "reasons": []}],
            **more,
        }
        found: dict[str, Any] = handler(as_lambda_reads_it(event), CONTEXT)
        return dict(json.loads(json.dumps(found)))

    def test_a_case_from_its_opening_to_its_close(self, handler: Any, tables: Tables) -> None:
        tables.put(tables.transactions, decided_row())

        opened = self.call(handler, "open")
        held = self.call(handler, "hold")
        closed = self.call(handler, "close", review={"state": "TIMED_OUT"})

        assert (opened["outcome"], opened["summary"]["amount"]) == ("OPENED", 6000)
        assert held == {"outcome": "HELD", "status": "HELD"}
        assert (closed["outcome"], closed["status"], closed["unanswered"]) == ("NO_ANSWER", "DECLINED", True)
        assert tables.get(tables.transactions, transaction_id="t1")["status"] == "DECLINED"

    def test_a_failure_is_recorded(self, handler: Any) -> None:
        found = self.call(handler, "fail", error_code="States.Timeout")

        assert found == {"recorded": True, "transaction_id": "t1"}

    @pytest.mark.parametrize(("started_at", "outcome"), [("09:00:59.999", "ALREADY_OPEN"), ("09:01:01.5", "OPENED")])
    def test_a_failed_case_is_opened_by_what_started_after_its_failure(
        self, handler: Any, started_at: str, outcome: str
    ) -> None:
        self.call(handler, "fail", error_code="States.Timeout", failed_at="2026-11-20T09:01:00.123Z")

        again = self.call(handler, "open", execution_arn=OTHER, started_at=f"2026-11-20T{started_at}Z")

        assert again["outcome"] == outcome

    def test_a_case_that_was_started_with_the_detail_alone_goes_on(self, handler: Any) -> None:
        opened = self.call(handler, "open", transaction=event_detail())
        failed = self.call(handler, "fail", transaction=event_detail(), error_code="States.Timeout")

        assert (opened["outcome"], failed["recorded"]) == ("OPENED", True)

    @pytest.mark.parametrize("started_with", [{}, [], "text", None, {"detail": None}, {"detail": {}}])
    def test_an_execution_that_is_about_no_transaction_fails_and_can_say_so(
        self, handler: Any, started_with: Any
    ) -> None:
        with pytest.raises(CaseInputError):
            self.call(handler, "open", transaction=started_with)

        found = self.call(handler, "fail", transaction=started_with, error_code="CaseInputError")
        assert found == {"recorded": False, "transaction_id": None}

    def test_steps_are_counted_as_business_metrics(self, handler: Any, capsys: pytest.CaptureFixture[str]) -> None:
        self.call(handler, "fail", error_code="States.Timeout")

        emf = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
        assert [entry["CaseFailed"] for entry in emf] == [[1.0]]

    def test_an_action_that_does_not_exist_is_an_error(self, handler: Any) -> None:
        with pytest.raises(CaseInputError):
            self.call(handler, "forget")


@pytest.mark.parametrize(
    ("package", "setting"),
    [
        ("case_context", "TRANSACTIONS_TABLE"),
        ("case_record", "TRANSACTIONS_TABLE"),
        ("query", "TRANSACTIONS_TABLE"),
        ("archive", "ARCHIVE_BUCKET"),
    ],
)
def test_a_missing_setting_fails_the_start_with_its_name(
    package: str, setting: str, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack
) -> None:
    monkeypatch.delenv(setting, raising=False)
    with pytest.raises(SettingError, match=setting):
        load_handler(package, monkeypatch, emulator)
    assert f"{package}.handler" not in sys.modules
