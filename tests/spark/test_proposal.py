"""Rates and thresholds by their own arithmetic; no Spark."""

from __future__ import annotations

import json
import math
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lake_jobs.proposal import Scored, champion_of, propose, score_of
from lake_jobs.rates import rate, wilson
from pipeline.scoring.document import highest_score, parse
from scripts import paths

WEEK = date(2026, 3, 9)


def flagship(champion: str = "weights") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((paths.ROOT / "policy_documents/flagship.json").read_text())
    content["champion"] = champion
    content["shadows"] = []
    return content


def scored(risk: str, fraud: int, genuine: int = 0, week: str = str(WEEK), policy: str = "weights") -> Scored:
    return Scored(week, policy, "1", Decimal(risk), fraud, genuine)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (1, 1000, 0.00018, 0.00564)],
)
def test_the_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("hits", "of"), [(0, 1), (1, 1), (3, 7), (999, 1000)])
def test_both_limits_solve_the_equation_that_defines_them(hits: int, of: int) -> None:
    """The share lies 1.96 standard errors from each limit, by the standard error at the limit."""
    for limit in wilson(hits, of):
        if 0 < limit < 1:
            error = math.sqrt(limit * (1 - limit) / of)
            assert abs(hits / of - limit) == pytest.approx(1.959963984540054 * error)


def test_a_rate_of_too_few_is_a_sentence() -> None:
    assert rate(1, 9, 10, "labelled fraud").sentence == "Not enough labels: 9 labelled fraud; a rate needs 10."
    assert rate(1, 10, 10).value == 0.1


@pytest.mark.parametrize("champion", ["points", "weights", "model", "combined"])
def test_a_risk_of_one_is_the_highest_score_of_the_champions_kind(champion: str) -> None:
    content = flagship(champion)
    highest = highest_score(champion, parse(json.dumps(content)).policies)

    assert champion_of(content).full_score == highest


@pytest.mark.parametrize("full", [10, 100, 1_000_000])
def test_a_score_comes_back_from_its_risk(full: int) -> None:
    for score in [*range(0, full, max(1, full // 997)), full]:
        millionths = score * 1_000_000 // full  # as the functions write the risk: never rounded up
        assert score_of(Decimal(millionths).scaleb(-6), full) == score


def test_the_threshold_is_the_lowest_from_which_nine_of_ten_are_frauds() -> None:
    found = propose(flagship(), [scored("0.9", 8), scored("0.7", 10, 2), scored("0.4", 5, 5)], WEEK)

    assert found.proposed is not None
    assert (found.proposed.threshold, found.proposed.suspected, found.proposed.found) == (7, 20, 18)
    assert found.document is not None
    assert found.document["policies"]["weights"]["thresholds"] == {"review": None, "fraud": 7}
    assert parse(json.dumps(found.document)).version == f"flagship-1-proposal-{WEEK}"


def test_decisions_of_other_policies_and_other_versions_do_not_count() -> None:
    others = [scored("0.9", 50, policy="points"), Scored(str(WEEK), "weights", "2", Decimal("0.9"), 50, 0)]

    found = propose(flagship(), [*others, scored("0.9", 9, 9)], WEEK)

    assert found.sentence.startswith("Not enough labels: 9 frauds and 9 genuine among the decisions of weights")


def test_where_no_threshold_is_good_enough_none_is_proposed() -> None:
    found = propose(flagship(), [scored("0.9", 20, 20)], WEEK)

    assert found.document is None
    assert "No threshold is proposed" in found.sentence


def test_what_to_expect_is_measured_on_a_week_that_the_choice_did_not_see() -> None:
    before = [scored("0.9", 10, 0, week="2026-03-02")]

    found = propose(flagship(), [*before, scored("0.9", 6, 6), scored("0.8", 40)], WEEK)

    assert found.later is not None
    assert (found.later.threshold, found.later.found, found.later.suspected) == (9, 6, 12)


def test_a_proposal_of_a_proposal_is_named_after_the_document_and_fits() -> None:
    content = flagship() | {"version": f"{'v' * 60}-proposal-2026-03-02"[-64:]}

    found = propose(content, [scored("0.7", 20, 1)], WEEK)

    assert found.document is not None
    assert found.document["version"].endswith(f"v-proposal-{WEEK}")
    parse(json.dumps(found.document))


def test_a_review_threshold_that_the_new_one_does_not_leave_room_for_goes() -> None:
    content = flagship("points")

    found = propose(content, [scored("0.2", 20, 1, policy="points"), scored("0.1", 0, 9, policy="points")], WEEK)

    assert found.document is not None
    assert found.document["policies"]["points"]["thresholds"] == {"review": None, "fraud": 20}
    parse(json.dumps(found.document))
