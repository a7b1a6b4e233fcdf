"""The search for the highest rate, and the ladder of limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scripts.capacity import figures
from scripts.capacity.limits import LIMITS
from scripts.capacity.load import Load
from scripts.capacity.outcome import Outcome
from scripts.capacity.search import PRECISION, capacity, ladder, simulate
from scripts.capacity.settings import Settings
from scripts.capacity.simulation import Simulation


def test_the_search_comes_close_below_the_limit(unlimited: Settings) -> None:
    found = capacity(replace(unlimited, api_rate=500, api_burst=1_000), Load(1, 1))

    assert 500 / PRECISION**1.5 < found.rate <= 500
    assert found.limit == "api_rate"


def test_the_ladder_moves_one_limit_after_the_other(unlimited: Settings) -> None:
    low = replace(unlimited, api_rate=100, api_burst=50, maximum_concurrency=2)  # 286 a second

    def run(settings: Settings, load: Load) -> Outcome:
        # Batches at once are never more than two, so that the second rung ends it.
        return simulate(replace(settings, maximum_concurrency=2), replace(load, seconds=load.seconds / 2))

    rungs = ladder(low, Load(1, 1), run)

    assert [rung.capacity.limit for rung in rungs[:2]] == ["api_rate", "maximum_concurrency"]
    # Near so low a limit chance makes bursts, and what waits for them for a tenth of its time is no longer taken.
    assert rungs[0].capacity.rate == pytest.approx(100, rel=0.25)
    assert rungs[1].capacity.rate == pytest.approx(286, rel=0.25)


def test_the_search_goes_down_where_it_began_too_high(unlimited: Settings) -> None:
    assert 35 < capacity(replace(unlimited, api_rate=50, api_burst=50), Load(1, 1), floor=400.0).rate <= 50


def test_every_limit_that_can_show_is_explained(published: Settings) -> None:
    cold = replace(published, is_warm=False, api_rate=5_000, maximum_concurrency=20)

    for settings, load in ((published, Load(2_000, 4)), (cold, Load(3_000, 4)), (cold, Load(500, 4, accounts=1))):
        outcome = Simulation(settings, load).run()
        assert {*outcome.refused, *outcome.held, *outcome.slowed} <= LIMITS.keys()
        assert outcome.limit in LIMITS


def test_the_published_flagship_decides_within_a_second_at_its_rate() -> None:
    """What the README claims; the figures are in docs/capacity.md."""
    outcome = Simulation(figures.flagship(figures.load()), Load(400, 20, skew=0.5)).run()

    assert outcome.is_sustained
    assert outcome.decision(0.5) < 0.2
