"""Drift: what is counted of a decision, the index by its formula, and a breaker that says when it cannot know."""

from __future__ import annotations

import json
from decimal import Decimal
from math import log
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.records import decision_attributes
from pipeline.scoring.artifact import load
from pipeline.scoring.document import DriftBars
from pipeline.scoring.drift import (
    LEAST_SHARE,
    AlertRate,
    Breaker,
    DriftReport,
    bin_of,
    counters_of,
    judge,
    next_breaker,
    population_stability,
)
from pipeline.scoring.engine import DecisionEngine
from pipeline.scoring.model import Model, Reference
from tests.factories import acceptance, account, merchant
from tests.unit.scoring import artifacts, documents

REFERENCE = {
    "score": {"edges": [1, 1_000_000], "shares": [0.1, 0.8, 0.1]},
    "amount_cents": {"edges": [1000, 2000], "shares": [0.5, 0.3, 0.2]},
    "day_of_week": {"edges": [3], "shares": [0.5, 0.5]},
}
BARS = DriftBars(psi_max_thousandths=250, alert_rate_max_basis_points=500, minimum_decisions=100)
EARLIER, NOW = "2026-11-20T08:00:00.000000Z", "2026-11-20T09:00:00.000000Z"


@pytest.fixture(scope="module")
def model() -> Model:
    return load(json.dumps(artifacts.content(reference=REFERENCE)))


def decided(model: Model, amount: str = "12.50", **changes: Any) -> dict[str, Any]:
    """Return a decision as a row keeps it."""
    sha256 = model.description.sha256
    engine = DecisionEngine(documents.document(sha256, **changes), {sha256: model})
    return decision_attributes(engine.decide(acceptance(amount=amount), account(), merchant()))


class TestCounting:
    def test_all_policies_and_all_watched_series_are_counted(self, model: Model) -> None:
        decision = decided(model, "6000")

        found = counters_of(decision, {model.version: model})

        assert found["decided"] == found["flagged"] == found["flagged:points"] == 1
        assert {name for name in found if name.startswith("scored:")} == {
            "scored:points",
            "scored:model",
            "scored:weights",
            "scored:combined",
        }
        assert found[f"feature:{model.version}:amount_cents:2"] == 1
        assert found[f"score:{model.version}:1"] == 1
        assert not any("day_of_week" in name for name in found)

    def test_a_model_within_a_combination_is_counted_by_its_own_score(self, model: Model) -> None:
        decision = decided(model, champion="combined", challenger=None, shadows=[])

        found = counters_of(decision, {model.version: model})

        place = bin_of(model.description.reference["score"], model.score(decision["features"]))
        assert found[f"score:{model.version}:{place}"] == 1

    def test_numbers_that_a_table_gives_back_count_the_same(self, model: Model) -> None:
        decision = decided(model)
        stored = json.loads(json.dumps(decision), parse_int=Decimal)

        assert counters_of(stored, {model.version: model}) == counters_of(decision, {model.version: model})

    def test_the_score_of_a_model_that_is_not_packaged_is_not_binned(self, model: Model) -> None:
        found = counters_of(decided(model), {})

        assert not any(name.startswith(("score:", "feature:")) for name in found)
        assert found["scored:model"] == 1

    def test_what_a_list_decided_says_nothing_of_the_policy_in_charge(self, model: Model) -> None:
        lists = {"allow": [], "deny": [documents.entry("account", "acc")]}

        found = counters_of(decided(model, lists=lists), {model.version: model})

        assert (found["flagged"], found["scored:points"], found["flagged:points"]) == (1, 0, 0)

    def test_a_decision_of_an_earlier_version_is_counted(self) -> None:
        assert counters_of({"policy": "points", "outcome": "APPROVED", "score": Decimal(0)}, {}) == {
            "decided": 1,
            "scored:points": 1,
        }

    @pytest.mark.parametrize(("value", "place"), [(-1, 0), (999, 0), (1000, 1), (1999, 1), (2000, 2), (10**9, 2)])
    def test_a_value_belongs_to_the_first_bin_whose_edge_is_above_it(self, value: int, place: int) -> None:
        assert bin_of(Reference((1000, 2000), (0.5, 0.3, 0.2)), value) == place


class TestIndex:
    def test_it_is_the_published_formula(self) -> None:
        expected = (0.2 - 0.5) * log(0.2 / 0.5) + (0.3 - 0.3) * log(1) + (0.5 - 0.2) * log(0.5 / 0.2)

        assert population_stability((0.5, 0.3, 0.2), (20, 30, 50)) == pytest.approx(expected)

    def test_the_same_shares_give_nothing(self) -> None:
        assert population_stability((0.5, 0.3, 0.2), (50, 30, 20)) == pytest.approx(0)

    @pytest.mark.parametrize(
        ("shares", "counts"), [((0.5, 0.5), (10, 0)), ((1.0, 0.0), (5, 5)), ((0.0, 1.0), (10, 0)), ((1.0,), (3,))]
    )
    def test_an_empty_bin_on_either_side_counts_as_the_least_share(
        self, shares: tuple[float, ...], counts: tuple[int, ...]
    ) -> None:
        floored = [(max(s, LEAST_SHARE), max(c / sum(counts), LEAST_SHARE)) for s, c in zip(shares, counts)]

        assert population_stability(shares, counts) == pytest.approx(sum((a - e) * log(a / e) for e, a in floored))

    @given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=10))
    def test_it_is_finite_and_never_below_nothing(self, pairs: list[tuple[int, int]]) -> None:
        total = sum(expected for expected, _ in pairs) or 1
        counts = [count for _, count in pairs]
        counts[0] += 1

        assert 0 <= population_stability([expected / total for expected, _ in pairs], counts) < 20


def counters(model: Model, *amount_bins: int, decided: int = 100, flagged: int = 0) -> dict[str, int]:
    """Return counters with the score as in the reference."""
    return {
        "decided": decided,
        "flagged": flagged,
        "scored:points": decided,
        "flagged:points": flagged,
        **{f"score:{model.version}:{i}": n for i, n in enumerate((10, 80, 10))},
        **{f"feature:{model.version}:amount_cents:{i}": n for i, n in enumerate(amount_bins)},
    }


def vars_of(bars: DriftBars) -> dict[str, int]:
    """Return the bars as a document has them."""
    return {
        "psi_max_thousandths": bars.psi_max_thousandths,
        "alert_rate_max_basis_points": bars.alert_rate_max_basis_points,
        "minimum_decisions": bars.minimum_decisions,
    }


class TestJudging:
    def test_what_looks_like_the_training_data_passes_no_bar(self, model: Model) -> None:
        report = judge(counters(model, 50, 30, 20, flagged=5), [model], ["points"], BARS)

        assert report.judged
        assert report.reasons == ()
        assert {one.series for one in report.series} == {"score", "amount_cents"}
        assert [rate.basis_points for rate in report.rates] == [500, 500]

    def test_a_series_that_moved_is_named_with_its_model(self, model: Model) -> None:
        report = judge(counters(model, 10, 30, 60), [model], ["points"], BARS)

        assert report.reasons == (f"PSI:{model.version}:amount_cents",)

    def test_a_rate_above_the_bar_is_named_with_its_policy(self, model: Model) -> None:
        found = {**counters(model, 50, 30, 20), "scored:model": 100, "flagged:model": 6}

        report = judge(found, [model], ["points", "model"], BARS)

        assert report.reasons == ("ALERT_RATE:model",)
        assert report.rates[2] == AlertRate("model", 100, 600)

    def test_the_rate_of_a_mere_rule_set_shadow_is_measured_and_has_no_bar(self) -> None:
        bars = documents.document(drift=vars_of(BARS)).drift
        found = {"decided": 100, "scored:weights": 100, "flagged:weights": 50}

        report = judge(found, [], ["points", "weights"], bars)

        assert report.reasons == ()
        assert report.rates[2] == AlertRate("weights", 100, 5000)

    @pytest.mark.parametrize("policy", ["points", "weights", "model", "combined"])
    def test_champion_challenger_and_shadows_with_models_have_a_bar(self, policy: str) -> None:
        challenger = {"policy": "weights", "share_basis_points": 0, "salt": "1"}
        shadows = ["points", "weights", "model", "combined"]
        bars = documents.document(drift=vars_of(BARS), challenger=challenger, shadows=shadows).drift
        found = {f"scored:{policy}": 100, f"flagged:{policy}": 50}

        assert judge(found, [], [policy], bars).reasons == (f"ALERT_RATE:{policy}",)

    def test_below_the_minimum_nothing_is_judged(self, model: Model) -> None:
        found = {
            "decided": 99,
            "flagged": 99,
            f"score:{model.version}:0": 99,
            f"feature:{model.version}:amount_cents:2": 99,
        }

        report = judge(found, [model], ["points"], BARS)

        assert not report.judged
        assert report.reasons == ()
        assert all(one.psi is None for one in report.series)
        assert all(rate.basis_points is None for rate in report.rates)

    def test_nothing_counted_at_all_is_no_error(self, model: Model) -> None:
        assert not judge({}, [model], ["points"], BARS).judged


class TestBreaker:
    GOOD = DriftReport((), (AlertRate(None, 100, 5),), ())
    BAD = DriftReport((), (AlertRate(None, 100, 900),), ("ALERT_RATE:decided",))
    UNKNOWN = DriftReport((), (AlertRate(None, 3, None),), ())

    def test_it_opens_when_a_bar_is_passed(self) -> None:
        assert next_breaker(Breaker(), self.BAD, NOW) == Breaker(True, NOW, ("ALERT_RATE:decided",))

    def test_it_keeps_since_when_it_is_open_and_tells_todays_reasons(self) -> None:
        before = Breaker(True, EARLIER, ("PSI:m:score",))

        assert next_breaker(before, self.BAD, NOW) == Breaker(True, EARLIER, ("ALERT_RATE:decided",))

    def test_it_closes_when_no_bar_is_passed_any_more(self) -> None:
        assert next_breaker(Breaker(True, EARLIER, ("x",)), self.GOOD, NOW) == Breaker()

    def test_it_stays_open_while_a_reason_cannot_be_measured_as_after_the_kill_switch(self, model: Model) -> None:
        before = Breaker(True, EARLIER, (f"PSI:{model.version}:score", "ALERT_RATE:model", "ALERT_RATE:decided"))
        rules_alone = {"decided": 100, "scored:points": 100}

        after = next_breaker(before, judge(rules_alone, [model], ["points", "model"], BARS), NOW)
        fine = {**counters(model, 50, 30, 20), "scored:model": 100}
        closed = next_breaker(after, judge(fine, [model], ["points", "model"], BARS), NOW)

        assert after == Breaker(True, EARLIER, before.reasons[:2])
        assert closed == Breaker()

    def test_a_new_reason_joins_one_that_cannot_be_measured(self) -> None:
        before = Breaker(True, EARLIER, ("ALERT_RATE:model",))
        flagged = {"decided": 100, "flagged": 50}

        after = next_breaker(before, judge(flagged, [], ["model"], BARS), NOW)

        assert after == Breaker(True, EARLIER, ("ALERT_RATE:decided", "ALERT_RATE:model"))

    def test_a_reason_ends_with_the_use_of_its_model(self, model: Model) -> None:
        before = Breaker(True, EARLIER, ("PSI:replaced:score", "ALERT_RATE:replaced"))

        assert next_breaker(before, judge({"decided": 100}, [model], ["points"], BARS), NOW) == Breaker()

    @pytest.mark.parametrize("before", [Breaker(), Breaker(True, EARLIER, ("x",))])
    def test_it_stays_as_it_is_where_too_little_was_decided_to_know(self, before: Breaker) -> None:
        assert next_breaker(before, self.UNKNOWN, NOW) == before
