"""The points rules as published, every boundary and oddity of the document included."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipeline.domain.status import Status
from pipeline.scoring import points
from pipeline.scoring.policy import Policy, features_of
from tests.factories import account, merchant, transaction


@pytest.mark.parametrize(
    ("amount", "currency", "name", "codes", "score", "outcome"),
    [
        ("12.50", "USD", "Corner Shop", [], 0, Status.APPROVED),
        ("5000", "USD", "Corner Shop", ["ROUND_AMOUNT"], 10, Status.APPROVED),
        ("5000.01", "USD", "Corner Shop", ["HIGH_AMOUNT"], 30, Status.REVIEW_REQUIRED),
        ("6000", "USD", "Corner Shop", ["HIGH_AMOUNT", "ROUND_AMOUNT"], 40, Status.REVIEW_REQUIRED),
        ("5001", "JPY", "Corner Shop", ["HIGH_AMOUNT", "UNUSUAL_CURRENCY"], 50, Status.FRAUD_SUSPECTED),
        ("12.50", "USD", "Contest Winners", ["SUSPICIOUS_MERCHANT"], 40, Status.REVIEW_REQUIRED),
        ("12.50", "CHF", "FAKE goods", ["SUSPICIOUS_MERCHANT", "UNUSUAL_CURRENCY"], 60, Status.FRAUD_SUSPECTED),
        ("1000", "USD", "Dummy", ["SUSPICIOUS_MERCHANT", "ROUND_AMOUNT"], 50, Status.FRAUD_SUSPECTED),
        ("999.99", "GBP", "Corner Shop", [], 0, Status.APPROVED),
        ("2000.00", "EUR", "Corner Shop", ["ROUND_AMOUNT"], 10, Status.APPROVED),
        ("0", "USD", "Corner Shop", ["ROUND_AMOUNT"], 10, Status.APPROVED),
        ("1000", "SEK", "Corner Shop", ["UNUSUAL_CURRENCY", "ROUND_AMOUNT"], 30, Status.REVIEW_REQUIRED),
    ],
)
def test_golden_table(amount: str, currency: str, name: str, codes: list[str], score: int, outcome: Status) -> None:
    decision = points.decide({"amount": amount, "currency": currency, "merchant_name": name})

    assert ([reason.code for reason in decision.reasons], decision.score, decision.outcome) == (codes, score, outcome)


@pytest.mark.parametrize(
    ("score", "outcome"), [(29, "APPROVED"), (30, "REVIEW_REQUIRED"), (49, "REVIEW_REQUIRED"), (50, "FRAUD_SUSPECTED")]
)
def test_outcomes_begin_at_thirty_and_fifty(score: int, outcome: str) -> None:
    assert points.outcome_of(score).value == outcome


@pytest.mark.parametrize(
    ("amount", "routes"), [("10000", ()), ("10000.01", ("high_value",)), ("250000", ("high_value",))]
)
def test_the_high_value_route_begins_above_ten_thousand(amount: str, routes: tuple[str, ...]) -> None:
    decision = Policy(Decimal("10000")).decide(transaction(amount=amount), account(), merchant())

    assert decision.routes == routes


def test_a_decision_replays_from_its_recorded_features_alone() -> None:
    decision = Policy(Decimal("10000")).decide(transaction(amount="6000"), account(commits=3), merchant("Test GmbH"))

    assert points.decide(decision.features).reasons == decision.reasons


def test_features_hold_no_float() -> None:
    assert not any(isinstance(value, float) for value in features_of(transaction(), account(), merchant()).values())
