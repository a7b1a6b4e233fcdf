"""The three tables of pipeline/domain/case.py, row by row."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Optional

import pytest

from pipeline.domain.case import (
    Action,
    Assessment,
    CaseContext,
    CaseInputError,
    Outcome,
    RecentTransaction,
    Review,
    Risk,
    Verdict,
    assess_account,
    assess_merchant,
    assessment,
    case_context,
    close_case,
    decide_action,
    flagged_transaction,
    hold_change,
    read_review,
)
from pipeline.domain.merchant import Merchant
from pipeline.domain.status import Status
from tests.unit.functions.case_rows import event_detail, flagged

LONG_AGO = "2026-11-01T09:00:00.000000Z"
USUAL_SHOP = Merchant("shop", "Corner Shop")


def earlier(number: int, **changes: Any) -> RecentTransaction:
    given: dict[str, Any] = {
        "transaction_id": f"earlier-{number}",
        "merchant_id": "shop",
        "amount": Decimal("2500"),
        "currency": "USD",
        "received_at": LONG_AGO,
        "status": Status.APPROVED,
        "outcome": Status.APPROVED,
        **changes,
    }
    return RecentTransaction(**{**given, "amount": Decimal(given["amount"])})


def context(
    *recent: RecentTransaction, merchant: Optional[Merchant] = USUAL_SHOP, blocked_by: Optional[str] = None
) -> CaseContext:
    return CaseContext(blocked_by, recent, merchant)


def usual(count: int = 4, **changes: Any) -> list[RecentTransaction]:
    return [earlier(number, **changes) for number in range(count)]


class TestAccount:
    def test_an_account_with_a_usual_past_has_a_low_risk(self) -> None:
        assert assess_account(flagged(), context(*usual())) == Assessment("account", Risk.LOW, ())

    def test_one_earlier_sign_of_fraud_is_medium_and_two_are_high(self) -> None:
        sign = earlier(8, status=Status.DECLINED)
        another = earlier(9, status=Status.FRAUD_SUSPECTED, outcome=Status.FRAUD_SUSPECTED)

        one = assess_account(flagged(), context(*usual(), sign))
        two = assess_account(flagged(), context(*usual(), sign, another))

        assert (one.risk, one.reasons) == (Risk.MEDIUM, ("EARLIER_FRAUD_SIGN",))
        assert (two.risk, two.reasons) == (Risk.HIGH, ("REPEATED_FRAUD_SIGNS",))

    def test_what_an_analyst_cleared_speaks_for_nobody(self) -> None:
        cleared = [earlier(n, status=Status.APPROVED, outcome=Status.FRAUD_SUSPECTED) for n in range(3)]

        assert assess_account(flagged(), context(*usual(), *cleared)).risk is Risk.LOW

    def test_a_transaction_that_a_case_still_holds_is_a_sign(self) -> None:
        held = earlier(8, status=Status.HELD, outcome=Status.FRAUD_SUSPECTED)

        assert assess_account(flagged(), context(*usual(), held)).reasons == ("EARLIER_FRAUD_SIGN",)

    def test_a_transaction_held_by_the_quarantine_is_no_sign(self) -> None:
        waiting = earlier(8, status=Status.HELD, outcome=None)

        assert assess_account(flagged(), context(*usual(), waiting)).risk is Risk.LOW

    @pytest.mark.parametrize(
        ("amount", "risk", "reasons"),
        [
            ("7499.99", Risk.LOW, ()),
            ("7500", Risk.MEDIUM, ("AMOUNT_ABOVE_USUAL",)),
            ("12499.99", Risk.MEDIUM, ("AMOUNT_ABOVE_USUAL",)),
            ("12500", Risk.HIGH, ("AMOUNT_FAR_ABOVE_USUAL",)),
        ],
    )
    def test_three_times_the_usual_amount_is_medium_and_five_times_is_high(
        self, amount: str, risk: Risk, reasons: tuple[str, ...]
    ) -> None:
        found = assess_account(flagged(amount=Decimal(amount)), context(*usual()))

        assert (found.risk, found.reasons) == (risk, reasons)

    def test_amounts_in_another_currency_and_frauds_are_not_usual_amounts(self) -> None:
        yen = usual(3, amount="900000", currency="JPY")
        fraud = earlier(8, amount="900000", status=Status.DECLINED)
        small = [earlier(n, amount="10") for n in (5, 6, 7)]

        assert "AMOUNT_FAR_ABOVE_USUAL" in assess_account(flagged(), context(*yen, fraud, *small)).reasons

    def test_fewer_than_three_earlier_transactions_make_a_new_account(self) -> None:
        assert assess_account(flagged(), context(*usual(2))).reasons == ("NEW_ACCOUNT",)

    @pytest.mark.parametrize(("minute", "burst"), [("49", False), ("50", True), ("59", True)])
    def test_five_transactions_within_ten_minutes_are_a_burst(self, minute: str, burst: bool) -> None:
        recent = usual(5, received_at=f"2026-11-20T08:{minute}:00.000000Z")

        assert ("BURST" in assess_account(flagged(), context(*recent)).reasons) is burst

    def test_the_transaction_itself_and_later_ones_do_not_count(self) -> None:
        itself = earlier(0, transaction_id="t1", status=Status.FRAUD_SUSPECTED, outcome=Status.FRAUD_SUSPECTED)
        later = earlier(9, received_at="2026-11-20T09:00:01.000000Z", status=Status.DECLINED)

        assert assess_account(flagged(), context(*usual(), itself, later)).risk is Risk.LOW

    def test_a_quarantined_account_is_medium(self) -> None:
        found = assess_account(flagged(), context(*usual(), blocked_by="t0"))

        assert (found.risk, found.reasons) == (Risk.MEDIUM, ("ACCOUNT_BLOCKED",))


class TestMerchant:
    @pytest.mark.parametrize(
        ("merchant", "risk", "reasons"),
        [
            (USUAL_SHOP, Risk.LOW, ()),
            (None, Risk.HIGH, ("MERCHANT_UNKNOWN",)),
            (Merchant("shop", "", active=False), Risk.HIGH, ("MERCHANT_INACTIVE",)),
            (Merchant("shop", "", max_transaction_amount=Decimal("7500")), Risk.LOW, ()),
            (
                Merchant("shop", "", max_transaction_amount=Decimal("7499.99")),
                Risk.MEDIUM,
                ("NEAR_MERCHANT_LIMIT",),
            ),
            (
                Merchant("shop", "", max_transaction_amount=Decimal("6000")),
                Risk.MEDIUM,
                ("NEAR_MERCHANT_LIMIT",),
            ),
            (
                Merchant("shop", "", max_transaction_amount=Decimal("5999.99")),
                Risk.HIGH,
                ("OVER_MERCHANT_LIMIT",),
            ),
        ],
    )
    def test_the_merchant_as_configured_now(
        self, merchant: Optional[Merchant], risk: Risk, reasons: tuple[str, ...]
    ) -> None:
        found = assess_merchant(flagged(), context(*usual(), merchant=merchant))

        assert (found.risk, found.reasons) == (risk, reasons)

    def test_a_merchant_that_the_account_never_paid_is_medium(self) -> None:
        found = assess_merchant(flagged(), context(*usual(merchant_id="elsewhere")))

        assert (found.risk, found.reasons) == (Risk.MEDIUM, ("MERCHANT_NEW_TO_ACCOUNT",))


def assessed(risk: Risk) -> list[Assessment]:
    return [Assessment("account", Risk.LOW, ()), Assessment("merchant", risk, ())]


@pytest.mark.parametrize(
    ("status", "risk", "routes", "action"),
    [
        (Status.FRAUD_SUSPECTED, Risk.HIGH, (), Action.HOLD),
        (Status.FRAUD_SUSPECTED, Risk.MEDIUM, (), Action.ASK_ANALYST),
        (Status.FRAUD_SUSPECTED, Risk.LOW, ("high_value",), Action.ASK_ANALYST),
        (Status.REVIEW_REQUIRED, Risk.HIGH, (), Action.ASK_ANALYST),
        (Status.REVIEW_REQUIRED, Risk.MEDIUM, ("high_value",), Action.ASK_ANALYST),
        (Status.REVIEW_REQUIRED, Risk.MEDIUM, (), Action.ALERT),
        (Status.REVIEW_REQUIRED, Risk.LOW, (), Action.ALERT),
    ],
)
def test_what_is_done_follows_from_decision_risk_and_route(
    status: Status, risk: Risk, routes: tuple[str, ...], action: Action
) -> None:
    assert decide_action(flagged(status=status, routes=routes), assessed(risk)).action is action


def test_without_assessments_nothing_is_decided() -> None:
    with pytest.raises(CaseInputError):
        decide_action(flagged(), [])


@pytest.mark.parametrize(
    ("verdict", "held", "outcome", "status", "unanswered"),
    [
        (Verdict.FRAUD, True, Outcome.FRAUD_CONFIRMED, Status.DECLINED, False),
        (Verdict.FRAUD, False, Outcome.FRAUD_CONFIRMED, Status.DECLINED, False),
        (Verdict.GENUINE, True, Outcome.GENUINE, Status.APPROVED, False),
        (Verdict.GENUINE, False, Outcome.GENUINE, Status.APPROVED, False),
        (Verdict.NONE, True, Outcome.NO_ANSWER, Status.DECLINED, True),
        (Verdict.NONE, False, Outcome.NO_ANSWER, None, True),
        (Verdict.INVALID, True, Outcome.INVALID_VERDICT, Status.DECLINED, True),
        (Verdict.INVALID, False, Outcome.INVALID_VERDICT, None, True),
        (Verdict.NOT_ASKED, False, Outcome.ALERT_ONLY, None, False),
    ],
)
def test_how_a_case_ends_follows_from_the_verdict_and_the_hold(
    verdict: Verdict, held: bool, outcome: Outcome, status: Optional[Status], unanswered: bool
) -> None:
    before = Status.HELD if held else Status.FRAUD_SUSPECTED

    closing = close_case(Review(verdict), before, held_by_case=held)

    assert (closing.outcome, closing.unanswered) == (outcome, unanswered)
    assert (closing.change.status if closing.change else None) is status


@pytest.mark.parametrize("status", [Status.APPROVED, Status.DECLINED, Status.FAILED, Status.HELD])
def test_a_transaction_that_somebody_else_changed_stays_as_it_is(status: Status) -> None:
    closing = close_case(Review(Verdict.FRAUD), status, held_by_case=False)

    assert (closing.outcome, closing.change) == (Outcome.SUPERSEDED, None)


def test_the_history_names_the_analyst_who_answered_and_the_workflow_where_nobody_did() -> None:
    answered = close_case(Review(Verdict.FRAUD, "ana-7"), Status.HELD, held_by_case=True).change
    unanswered = close_case(Review(Verdict.NONE), Status.HELD, held_by_case=True).change

    assert answered is not None
    assert (answered.actor, answered.reason) == ("analyst:ana-7", "CASE_FRAUD_CONFIRMED")
    assert unanswered is not None
    assert (unanswered.actor, unanswered.reason) == ("case-workflow", "CASE_NO_ANSWER")


@pytest.mark.parametrize(
    "status", [status for status in Status if status.value not in {"REVIEW_REQUIRED", "FRAUD_SUSPECTED"}]
)
def test_only_a_flagged_transaction_is_held(status: Status) -> None:
    assert hold_change(status) is None
    assert hold_change(Status.REVIEW_REQUIRED) is not None


@pytest.mark.parametrize(
    ("document", "review"),
    [
        ({"state": "ANSWERED", "answer": {"verdict": "fraud"}}, Review(Verdict.FRAUD)),
        ({"state": "ANSWERED", "answer": {"verdict": "genuine", "analyst": "ana-7"}}, Review(Verdict.GENUINE, "ana-7")),
        ({"state": "TIMED_OUT"}, Review(Verdict.NONE)),
        ({"state": "NOT_ASKED"}, Review(Verdict.NOT_ASKED)),
        ({"state": "ANSWERED", "answer": {"verdict": "none"}}, Review(Verdict.INVALID)),
        ({"state": "ANSWERED", "answer": {"verdict": "not_asked"}}, Review(Verdict.INVALID)),
        ({"state": "ANSWERED", "answer": {"verdict": "FRAUD"}}, Review(Verdict.INVALID)),
        ({"state": "ANSWERED", "answer": {"verdict": ["fraud"]}}, Review(Verdict.INVALID)),
        ({"state": "ANSWERED", "answer": {"verdict": {"fraud": True}}}, Review(Verdict.INVALID)),
        ({"state": "ANSWERED", "answer": {}}, Review(Verdict.INVALID)),
        ({"state": "ANSWERED", "answer": "fraud"}, Review(Verdict.INVALID)),
        ({"state": "ANSWERED", "answer": None}, Review(Verdict.INVALID)),
        ({"state": "ANSWERED", "answer": {"verdict": "fraud", "analyst": "Jane Doe"}}, Review(Verdict.FRAUD)),
        ({"state": "ANSWERED", "answer": {"verdict": "fraud", "analyst": 7}}, Review(Verdict.FRAUD)),
    ],
)
def test_whatever_an_analysts_tool_sends_is_an_outcome_and_no_error(document: dict[str, Any], review: Review) -> None:
    assert read_review(document) == review


class TestDocuments:
    def test_a_flagged_transaction_survives_the_workflow(self) -> None:
        transaction = flagged(amount=Decimal("999999999999.99"), routes=("high_value",))

        assert flagged_transaction(transaction.to_document()) == transaction

    def test_an_event_amount_that_lambda_read_as_a_float_is_the_decimal_that_was_sent(self) -> None:
        assert flagged_transaction(event_detail(amount=1234567890.12)).amount == Decimal("1234567890.12")

    @pytest.mark.parametrize(
        "changes",
        [
            {"transaction_id": None},
            {"transaction_id": "not an id"},
            {"amount": "a lot"},
            {"amount": None},
            {"received_at": "yesterday"},
            {"reasons": "HIGH_AMOUNT"},
            {"reasons": [1]},
            {"score": "high"},
            {"status": "UNKNOWN"},
            {"status": "APPROVED"},
        ],
    )
    def test_an_event_that_describes_no_flagged_transaction_is_refused(self, changes: dict[str, Any]) -> None:
        with pytest.raises(CaseInputError):
            flagged_transaction(event_detail(**changes))

    def test_a_missing_part_is_named(self) -> None:
        detail = event_detail()
        del detail["routes"]

        with pytest.raises(CaseInputError, match="routes is missing"):
            flagged_transaction(detail)

    def test_a_context_survives_the_workflow_without_the_merchants_name(self) -> None:
        merchant = Merchant("shop", "Somebody's Shop", max_transaction_amount=Decimal("0.10"))
        before = context(*usual(), earlier(7, outcome=None), merchant=merchant, blocked_by="t0")

        document = before.to_document()
        after = case_context(document)

        assert "Somebody" not in str(document)
        assert (after.blocked_by, after.recent) == (before.blocked_by, before.recent)
        assert after.merchant == Merchant("shop", "", max_transaction_amount=Decimal("0.10"))
        assert case_context(context(merchant=None).to_document()).merchant is None

    def test_an_assessment_survives_the_workflow(self) -> None:
        before = Assessment("account", Risk.HIGH, ("REPEATED_FRAUD_SIGNS", "BURST"))

        assert assessment(before.to_document()) == before

    @pytest.mark.parametrize("document", [{}, {"subject": "account", "risk": "huge", "reasons": []}])
    def test_what_is_no_assessment_is_refused(self, document: dict[str, Any]) -> None:
        with pytest.raises(CaseInputError):
            assessment(document)

    @pytest.mark.parametrize("document", [{}, {"account": {"blocked_by": None}, "recent": [{}], "merchant": None}])
    def test_what_is_no_context_is_refused(self, document: dict[str, Any]) -> None:
        with pytest.raises(CaseInputError):
            case_context(document)
