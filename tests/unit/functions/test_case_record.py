"""Cases in real tables: one a transaction, each step repeatable, nothing overwritten that is not ours."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Optional

import pytest
from case_record.recorder import CaseStateError, Recorder, Step

from pipeline.aws.cases import CaseFile, CaseStore
from pipeline.aws.labels import Labels
from pipeline.domain.case import Action, CaseInputError
from pipeline.domain.errors import VersionConflictError
from pipeline.domain.label import Label, LabelRequest, LabelSource, LabelValue
from tests.unit.functions.case_rows import OTHER, OWN, Tables, decided_row, event_detail

NOW = datetime(2026, 11, 20, 9, 1, tzinfo=timezone.utc)
FAILED_AT = NOW + timedelta(seconds=30)
ASSESSMENTS = ({"subject": "account", "risk": "high", "reasons": ["REPEATED_FRAUD_SIGNS"]},)


@pytest.fixture
def tables(aws: Any) -> Tables:
    found = Tables(aws("dynamodb"))
    found.put(found.transactions, decided_row())
    return found


@pytest.fixture
def store(tables: Tables) -> CaseStore:
    return CaseStore(tables.client, tables.cases, tables.transactions)


@pytest.fixture
def recorder(store: CaseStore) -> Recorder:
    return Recorder(store, now=lambda: NOW)


def step(execution_arn: str = OWN, action: Action = Action.HOLD) -> Step:
    return Step("t1", execution_arn, action, ("SUSPECTED_AND_HIGH_RISK",), ASSESSMENTS)


def answered(verdict: str, **more: Any) -> dict[str, Any]:
    return {"state": "ANSWERED", "answer": {"verdict": verdict, **more}}


def case(tables: Tables) -> dict[str, Any]:
    return tables.get(tables.cases, case_id="t1")


def transaction(tables: Tables) -> dict[str, Any]:
    return tables.get(tables.transactions, transaction_id="t1")


def steps_of(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(entry["status"], entry["actor"], entry["reason"]) for entry in row["history"]]


class TestOpening:
    def test_a_flagged_transaction_gets_one_open_case(self, recorder: Recorder, tables: Tables) -> None:
        found = recorder.open(OWN, event_detail())

        assert found["outcome"] == "OPENED"
        assert found["summary"]["case_id"] == "t1"
        row = case(tables)
        assert (row["status"], row["execution_arn"], row["amount"]) == ("OPEN", OWN, 6000)
        assert row["decided_as"] == "FRAUD_SUSPECTED"
        assert row["opened_at"] == "2026-11-20T09:01:00.000000Z"

    def test_a_repeated_event_opens_no_second_case(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail())

        found = recorder.open(OTHER, event_detail())

        assert found["outcome"] == "ALREADY_OPEN"
        assert found["summary"]["case_id"] == "t1"
        assert case(tables)["execution_arn"] == OWN

    def test_a_retry_of_the_same_execution_finds_its_own_case(self, recorder: Recorder) -> None:
        recorder.open(OWN, event_detail())

        assert recorder.open(OWN, event_detail())["outcome"] == "OPENED"

    def test_a_request_that_arrives_late_opens_no_closed_case_again(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail())
        recorder.close(step(), {"state": "NOT_ASKED"})

        recorder.open(OWN, event_detail())

        assert case(tables)["status"] == "CLOSED"

    def test_a_failed_case_can_be_opened_again(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail())
        recorder.fail(OWN, event_detail(), "Lambda.Unknown", FAILED_AT)

        assert recorder.open(OTHER, event_detail(), FAILED_AT + timedelta(minutes=5))["outcome"] == "OPENED"
        assert case(tables)["status"] == "OPEN"
        assert "failure" not in case(tables)

    def test_an_execution_of_before_the_failure_opens_it_no_more(self, recorder: Recorder, tables: Tables) -> None:
        """It got its answer while the other was at work; this is its first request, which arrives late."""
        recorder.open(OWN, event_detail())
        recorder.fail(OWN, event_detail(), "Lambda.Unknown", FAILED_AT)

        found = recorder.open(OTHER, event_detail(), FAILED_AT - timedelta(seconds=9))

        assert found["outcome"] == "ALREADY_OPEN"
        assert (case(tables)["status"], case(tables)["execution_arn"]) == ("FAILED", OWN)

    def test_an_event_that_flags_nothing_is_an_error(self, recorder: Recorder) -> None:
        with pytest.raises(CaseInputError):
            recorder.open(OWN, event_detail(status="APPROVED"))

    def test_a_case_keeps_nothing_but_ids_amounts_codes_and_times(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail(customer_name="Jane Doe"))

        assert "Jane" not in str(case(tables))


class TestHolding:
    def test_the_transaction_is_held_with_its_reason(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail())

        found = recorder.hold(step())

        assert found == {"outcome": "HELD", "status": "HELD"}
        row = transaction(tables)
        assert (row["status"], row["revision"]) == ("HELD", 3)
        assert steps_of(row)[-1] == ("HELD", "case-workflow", "CASE_HOLD")
        assert case(tables)["held_at"] == "2026-11-20T09:01:00.000000Z"

    def test_holding_again_changes_nothing(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail())
        recorder.hold(step())
        before = transaction(tables)

        assert recorder.hold(step()) == {"outcome": "HELD", "status": "HELD"}
        assert transaction(tables) == before

    def test_what_somebody_else_has_settled_is_not_held(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail())
        tables.put(tables.transactions, decided_row(status="APPROVED", revision=3))

        assert recorder.hold(step()) == {"outcome": "NOT_HELD", "status": "APPROVED"}
        assert transaction(tables)["revision"] == 3

    def test_the_case_of_another_execution_is_left_alone(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OTHER, event_detail())

        with pytest.raises(CaseStateError):
            recorder.hold(step())
        assert transaction(tables)["status"] == "FRAUD_SUSPECTED"

    def test_a_case_whose_transaction_is_gone_is_an_error(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail(transaction_id="t2"))

        with pytest.raises(CaseStateError, match="gone"):
            recorder.hold(Step("t2", OWN, Action.HOLD, (), ()))


class TestClosing:
    def test_a_fraud_is_declined_and_the_case_closed_together(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail())
        recorder.hold(step())

        found = recorder.close(step(), answered("fraud", analyst="ana-7"))

        assert (found["outcome"], found["status"], found["unanswered"]) == ("FRAUD_CONFIRMED", "DECLINED", False)
        assert steps_of(transaction(tables)) == [
            ("RECEIVED", "ingest", "ACCEPTED"),
            ("FRAUD_SUSPECTED", "process", "SCORED"),
            ("HELD", "case-workflow", "CASE_HOLD"),
            ("DECLINED", "analyst:ana-7", "CASE_FRAUD_CONFIRMED"),
        ]
        assert transaction(tables)["revision"] == 4
        row = case(tables)
        assert (row["status"], row["verdict"], row["analyst"]) == ("CLOSED", "fraud", "ana-7")
        assert (row["previous_transaction_status"], row["transaction_status"]) == ("HELD", "DECLINED")
        assert row["assessments"] == list(ASSESSMENTS)

    def test_a_genuine_one_is_approved(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail())

        assert recorder.close(step(), answered("genuine"))["status"] == "APPROVED"
        assert transaction(tables)["status"] == "APPROVED"

    @pytest.mark.parametrize(
        ("review", "outcome"),
        [({"state": "TIMED_OUT"}, "NO_ANSWER"), (answered("perhaps"), "INVALID_VERDICT")],
    )
    def test_without_a_verdict_a_held_transaction_is_declined(
        self, recorder: Recorder, tables: Tables, review: dict[str, Any], outcome: str
    ) -> None:
        recorder.open(OWN, event_detail())
        recorder.hold(step())

        found = recorder.close(step(), review)

        assert (found["outcome"], found["status"], found["unanswered"]) == (outcome, "DECLINED", True)
        assert transaction(tables)["status"] == "DECLINED"

    @pytest.mark.parametrize(
        ("review", "outcome", "unanswered"),
        [
            ({"state": "TIMED_OUT"}, "NO_ANSWER", True),
            (answered("perhaps"), "INVALID_VERDICT", True),
            ({"state": "NOT_ASKED"}, "ALERT_ONLY", False),
        ],
    )
    def test_without_a_verdict_one_that_was_not_held_keeps_its_status(
        self, recorder: Recorder, tables: Tables, review: dict[str, Any], outcome: str, unanswered: bool
    ) -> None:
        recorder.open(OWN, event_detail())

        found = recorder.close(step(action=Action.ASK_ANALYST), review)

        assert (found["outcome"], found["unanswered"]) == (outcome, unanswered)
        assert transaction(tables) == decided_row()
        assert case(tables)["status"] == "CLOSED"

    def test_closing_again_changes_nothing_and_announces_the_same(
        self, recorder: Recorder, store: CaseStore, tables: Tables
    ) -> None:
        recorder.open(OWN, event_detail())
        first = recorder.close(step(), answered("fraud"))
        rows = case(tables), transaction(tables)

        later = Recorder(store, now=lambda: NOW + timedelta(hours=1))

        assert later.close(step(), answered("fraud")) == first
        assert (case(tables), transaction(tables)) == rows

    def test_the_announcement_has_a_stable_id_and_an_exact_amount(self, recorder: Recorder) -> None:
        recorder.open(OWN, event_detail(amount=1234567890.12))

        event = recorder.close(step(), answered("fraud"))["event"]

        assert event == {
            "event_id": "t1#case-closed",
            "case_id": "t1",
            "transaction_id": "t1",
            "account_id": "acc",
            "merchant_id": "shop",
            "amount": 1234567890.12,
            "currency": "USD",
            "score": 80,
            "policy": "points",
            "decided_as": "FRAUD_SUSPECTED",
            "action": "hold",
            "verdict": "fraud",
            "outcome": "FRAUD_CONFIRMED",
            "status": "DECLINED",
            "previous_status": "FRAUD_SUSPECTED",
            "opened_at": "2026-11-20T09:01:00.000000Z",
            "closed_at": "2026-11-20T09:01:00.000000Z",
            "correlation_id": "request-1",
        }

    def test_a_transaction_held_by_the_quarantine_is_not_ours_to_end(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail())
        quarantined = decided_row(status="HELD", revision=3, held_behind="t0")
        tables.put(tables.transactions, quarantined)

        found = recorder.close(step(), answered("genuine"))

        assert (found["outcome"], found["status"]) == ("SUPERSEDED", "HELD")
        assert transaction(tables) == quarantined

    def test_a_case_that_failed_is_not_closed(self, recorder: Recorder) -> None:
        recorder.open(OWN, event_detail())
        recorder.fail(OWN, event_detail(), "States.Timeout")

        with pytest.raises(CaseStateError, match="FAILED"):
            recorder.close(step(), answered("fraud"))

    def test_a_change_in_between_is_seen_before_anything_is_written(self, tables: Tables) -> None:
        store = InterruptedStore(tables, interruptions=1)
        recorder = Recorder(store, now=lambda: NOW)
        recorder.open(OWN, event_detail())

        found = recorder.close(step(), answered("fraud"))

        assert (found["outcome"], found["status"]) == ("SUPERSEDED", "APPROVED")
        assert transaction(tables)["status"] == "APPROVED"

    def test_a_transaction_that_never_stands_still_is_left_to_the_workflows_retry(self, tables: Tables) -> None:
        store = InterruptedStore(tables, interruptions=99, status="FRAUD_SUSPECTED")
        recorder = Recorder(store, now=lambda: NOW)
        recorder.open(OWN, event_detail())

        with pytest.raises(VersionConflictError):
            recorder.close(step(), answered("fraud"))
        assert case(tables)["status"] == "OPEN"


class TestLabelling:
    @pytest.mark.parametrize(("verdict", "analyst"), [("fraud", "ana-7"), ("genuine", None)])
    def test_a_verdict_labels_the_transaction_in_the_write_that_closes_the_case(
        self, recorder: Recorder, tables: Tables, verdict: str, analyst: Optional[str]
    ) -> None:
        recorder.open(OWN, event_detail())

        recorder.close(step(), answered(verdict, analyst=analyst))

        row = transaction(tables)
        assert row["label"] == {
            "value": verdict,
            "source": "analyst",
            "confirmed_at": "2026-11-20T09:01:00.000000Z",
            "recorded_at": "2026-11-20T09:01:00.000000Z",
            "actor": "analyst:ana-7" if analyst else "analyst",
        }
        assert (row["labels"], row["label_revision"]) == ([row["label"]], 1)

    @pytest.mark.parametrize("review", [{"state": "TIMED_OUT"}, {"state": "NOT_ASKED"}, answered("perhaps")])
    def test_without_a_verdict_nothing_is_labelled(
        self, recorder: Recorder, tables: Tables, review: dict[str, Any]
    ) -> None:
        recorder.open(OWN, event_detail())
        recorder.hold(step())

        recorder.close(step(), review)

        assert "label" not in transaction(tables)

    def test_a_case_that_somebody_else_has_settled_labels_nothing(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail())
        tables.put(tables.transactions, decided_row(status="APPROVED", revision=3))

        assert recorder.close(step(), answered("fraud"))["outcome"] == "SUPERSEDED"
        assert "label" not in transaction(tables)

    def test_closing_again_labels_once(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail())
        for _ in range(2):
            recorder.close(step(), answered("fraud"))

        assert len(transaction(tables)["labels"]) == 1

    def test_a_chargeback_that_was_there_first_stays_in_the_history(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail())
        label_through_the_api(tables, "genuine", "2026-11-20T08:00:00.000000Z")

        recorder.close(step(), answered("fraud"))

        row = transaction(tables)
        assert (row["label"]["value"], row["label_revision"]) == ("fraud", 2)
        assert [one["source"] for one in row["labels"]] == ["chargeback", "analyst"]

    def test_a_label_that_comes_while_the_case_is_closed_is_not_overwritten(self, tables: Tables) -> None:
        class Labelled(CaseStore):
            def load(self, case_id: str) -> CaseFile:
                file = super().load(case_id)
                if file.case is not None and "label" not in (file.transaction or {}):
                    label_through_the_api(tables, "genuine", "2026-11-20T08:00:00.000000Z")
                return file

        recorder = Recorder(Labelled(tables.client, tables.cases, tables.transactions), now=lambda: NOW)
        recorder.open(OWN, event_detail())

        assert recorder.close(step(), answered("fraud"))["outcome"] == "FRAUD_CONFIRMED"

        row = transaction(tables)
        assert [one["source"] for one in row["labels"]] == ["chargeback", "analyst"]
        assert (row["label"]["value"], row["label_revision"], row["revision"]) == ("fraud", 2, 3)


def label_through_the_api(tables: Tables, value: str, confirmed_at: str) -> None:
    label = Label(LabelValue(value), LabelSource.CHARGEBACK, confirmed_at)
    Labels(tables.client, tables.transactions).record(LabelRequest("t1", label), "api", confirmed_at)


class TestFailing:
    def test_a_failure_is_kept_with_its_code(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail())

        assert recorder.fail(OWN, event_detail(), "States.Timeout") == {"recorded": True, "transaction_id": "t1"}
        row = case(tables)
        assert (row["status"], row["account_id"]) == ("FAILED", "acc")
        assert row["failure"] == {"error_code": "States.Timeout", "at": "2026-11-20T09:01:00.000000Z"}

    def test_a_case_that_could_not_even_be_opened_is_recorded(self, recorder: Recorder, tables: Tables) -> None:
        assert recorder.fail(OWN, {"transaction_id": "t1"}, "Lambda.Unknown")["recorded"]
        assert case(tables)["status"] == "FAILED"

    def test_a_closed_case_stays_closed(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OWN, event_detail())
        recorder.close(step(), answered("fraud"))

        assert recorder.fail(OWN, event_detail(), "EventBridge.Failed")["recorded"]
        row = case(tables)
        assert (row["status"], row["outcome"]) == ("CLOSED", "FRAUD_CONFIRMED")
        assert row["failure"]["error_code"] == "EventBridge.Failed"

    def test_the_case_of_another_execution_goes_on(self, recorder: Recorder, tables: Tables) -> None:
        recorder.open(OTHER, event_detail())

        assert recorder.fail(OWN, event_detail(), "States.Timeout") == {"recorded": False, "transaction_id": "t1"}
        assert case(tables)["status"] == "OPEN"

    @pytest.mark.parametrize("document", [{}, {"transaction_id": None}, {"transaction_id": "no id"}, [], "text", None])
    def test_an_input_without_an_id_is_said_to_be_unrecorded(self, recorder: Recorder, document: Any) -> None:
        assert recorder.fail(OWN, document, "Lambda.Unknown") == {"recorded": False, "transaction_id": None}


class InterruptedStore(CaseStore):
    """A store in which somebody else changes the transaction after each of the first reads."""

    def __init__(self, tables: Tables, interruptions: int, status: str = "APPROVED") -> None:
        super().__init__(tables.client, tables.cases, tables.transactions)
        self._tables = tables
        self._left = interruptions
        self._status = status

    def load(self, case_id: str) -> CaseFile:
        file = super().load(case_id)
        row: Optional[dict[str, Any]] = file.transaction
        if self._left and row is not None:
            self._left -= 1
            self._tables.put(
                self._tables.transactions, {**row, "status": self._status, "revision": row["revision"] + 1}
            )
        return file
