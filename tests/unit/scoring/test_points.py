"""The points rules as published, every boundary and oddity of the document included."""

from __future__ import annotations

import pytest

from pipeline.domain.decision import Reason
from pipeline.domain.status import Status
from pipeline.scoring import points
from tests.unit.scoring.documents import document
from tests.unit.scoring.golden_tables import cases

SPEC = document().policies["points"]


@pytest.mark.parametrize("case", cases("points.csv"))
def test_golden_table(case: dict[str, str]) -> None:
    features = {name: case[name] for name in ("amount", "currency", "merchant_name")}

    result = points.evaluate(SPEC, features)

    assert result.score == int(case["score"])
    assert result.outcome == Status(case["outcome"])
    assert [reason.code for reason in result.reasons] == case["reasons"].split()
    assert sum(reason.points for reason in result.reasons) == result.score


def test_a_reason_tells_people_what_it_is_about() -> None:
    result = points.evaluate(SPEC, {"amount": "6000", "currency": "USD", "merchant_name": "Corner Shop"})

    assert result.reasons == (
        Reason("HIGH_AMOUNT", 30, "The amount is above 5,000."),
        Reason("ROUND_AMOUNT", 10, "The amount is a multiple of 1,000."),
    )


def test_points_and_thresholds_are_the_documents() -> None:
    spec = SPEC._replace(numbers={**SPEC.numbers, "HIGH_AMOUNT": 55, "ROUND_AMOUNT": 0})

    result = points.evaluate(spec, {"amount": "6000", "currency": "USD", "merchant_name": "Corner Shop"})

    assert (result.score, result.outcome) == (55, Status.FRAUD_SUSPECTED)
    assert [reason.code for reason in result.reasons] == ["HIGH_AMOUNT"]  # a rule of 0 points is switched off
