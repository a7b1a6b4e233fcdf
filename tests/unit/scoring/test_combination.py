"""A combination adds up scores and reasons in whole numbers."""

from __future__ import annotations

from pipeline.domain.decision import PolicyResult, Reason
from pipeline.domain.status import Status
from pipeline.scoring import combination
from tests.unit.scoring.documents import document

SPEC = document().policies["combined"]


def part(name: str, score: int, *reasons: tuple[str, int], model_version: str | None = None) -> PolicyResult:
    kept = tuple(Reason(code, points, f"{code} of {name}") for code, points in reasons)
    return PolicyResult(name, name, "1", score, Status.APPROVED, kept, model_version)


def parts(points: PolicyResult | None = None, weights: PolicyResult | None = None) -> dict[str, PolicyResult]:
    return {
        "model": part("model", 250_000, ("AMOUNT_ABOVE_USUAL", 200_000), ("DISTANT", 10_000), model_version="m-1"),
        "points": points or part("points", 0),
        "weights": weights or part("weights", 0),
    }


def test_the_score_is_the_sum_of_the_parts_times_their_factors() -> None:
    result = combination.evaluate(
        SPEC, parts(part("points", 50, ("HIGH_AMOUNT", 30), ("UNUSUAL_CURRENCY", 20)), part("weights", 9))
    )

    assert result.score == 1 * 250_000 + 2000 * 50 + 20_000 * 9
    assert (result.policy, result.kind, result.outcome) == ("combined", "combination", Status.REVIEW_REQUIRED)


def test_reasons_compete_in_the_combinations_own_unit() -> None:
    result = combination.evaluate(SPEC, parts(part("points", 70, ("SUSPICIOUS_MERCHANT", 40), ("HIGH_AMOUNT", 30))))

    assert [(reason.code, reason.points) for reason in result.reasons] == [
        ("AMOUNT_ABOVE_USUAL", 200_000),
        ("SUSPICIOUS_MERCHANT", 80_000),
        ("HIGH_AMOUNT", 60_000),
        ("DISTANT", 10_000),
    ]


def test_a_reason_that_two_parts_give_counts_once_with_both_weights() -> None:
    result = combination.evaluate(SPEC, parts(weights=part("weights", 2, ("DISTANT", 2))))

    assert Reason("DISTANT", 10_000 + 2 * 20_000, "DISTANT of model") in result.reasons


def test_it_names_the_model_behind_its_score() -> None:
    assert combination.evaluate(SPEC, parts()).model_version == "m-1"
