"""The weights rules as published, in tenths: every boundary on both sides."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

import pytest

from pipeline.domain.decision import Feature
from pipeline.domain.status import Status
from pipeline.scoring import weights
from tests.unit.scoring.documents import document
from tests.unit.scoring.golden_tables import cases

SPEC = document().policies["weights"]


def features_of(case: dict[str, str]) -> dict[str, Feature]:
    at = time.fromisoformat(case["time"])
    return {
        "transactions_1h": int(case["earlier_1h"]),
        "amount_thousandths": str(int(Decimal(case["amount"]) * 1000)),
        "total_thousandths": str(int(Decimal(case["earlier_total"]) * 1000)),
        "counted_transactions": int(case["earlier_count"]),
        "distance_thousandths_mile": int(Decimal(case["miles"]) * 1000) if case["miles"] else -1,
        "second_of_day": at.hour * 3600 + at.minute * 60 + at.second,
    }


@pytest.mark.parametrize("case", cases("weights.csv"))
def test_golden_table(case: dict[str, str]) -> None:
    result = weights.evaluate(SPEC, features_of(case))

    assert result.score == int(case["score"])
    assert result.outcome == Status(case["outcome"])
    assert [reason.code for reason in result.reasons] == case["reasons"].split()


def test_a_rule_without_weight_is_switched_off() -> None:
    spec = SPEC._replace(numbers={**SPEC.numbers, "NIGHT": 0})
    night = {"earlier_1h": "0", "amount": "1", "earlier_total": "1", "earlier_count": "1", "miles": "", "time": "03:00"}

    result = weights.evaluate(spec, features_of(night))

    assert (result.score, result.reasons) == (0, ())
