"""What is simulated for the report."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from scripts.capacity.figures import Figures, flagship
from scripts.capacity.latency import Draws, percentile
from scripts.capacity.load import Load, busiest_share
from scripts.capacity.outcome import Outcome
from scripts.capacity.search import Capacity, Rung, capacity, ladder, seconds_for
from scripts.capacity.settings import Settings
from scripts.capacity.simulation import Simulation

RATES = (100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0, 100_000.0)
SKEW = 0.5
"""Zipf's exponent of the ordinary load: of a million accounts the busiest has 0.05 % of the transactions. Assumed."""
HOT_RATE = 1_000.0
ANNOUNCEMENTS = 100_000

Say = Callable[[str], None]


@dataclass(frozen=True)
class Sweep:
    """The same settings under rising rates."""

    name: str
    runs: tuple[tuple[float, Outcome], ...]


@dataclass(frozen=True)
class Hot:
    """What a busy account does to itself and to the others.

    Parameters
    ----------
    name
        How the accounts are spread.
    share
        Of the busiest account.
    busiest, others
        p99 of their decisions, seconds; infinite where they fall behind.
    waiting
        Messages undecided at the end.
    """

    name: str
    share: float
    busiest: float
    others: float
    waiting: int


@dataclass(frozen=True)
class Start:
    """A load that meets an environment at rest."""

    name: str
    rate: float
    outcome: Outcome
    environments: int


@dataclass(frozen=True)
class Results:
    """All that was simulated."""

    seed: int
    rungs: tuple[Rung, ...]
    sweeps: tuple[Sweep, ...]
    one_account: Capacity
    without_high_throughput: Capacity
    hot: tuple[Hot, ...]
    starts: tuple[Start, ...]
    announced: tuple[float, float]


def simulate_all(figures: Figures, seed: int, say: Say) -> Results:
    """Run everything."""
    new = flagship(figures)

    def run(settings: Settings, load: Load) -> Outcome:
        return Simulation(settings, load, seed).run()

    say("which limit comes first")
    rungs = tuple(ladder(new, Load(1, 1, skew=SKEW), run))
    grown, all_moved = with_arguments(new, figures), rungs[-1].settings
    named = (
        ("as variables.tf has it, new tables", new),
        ("arguments raised, grown tables", grown),
        ("every limit moved that can be", all_moved),
    )
    say("rising rates")
    sweeps = tuple(Sweep(name, tuple(_sweep(settings, run))) for name, settings in named)
    say("one account, and a queue without high throughput")
    one = capacity(grown, Load(1, 1, accounts=1), run)
    plain = capacity(replace(grown, is_high_throughput=False), Load(1, 1, skew=SKEW), run, floor=100.0)
    say("hot accounts and cold starts")
    hot = tuple(_hot(name, grown, load, seed) for name, load in _hot_loads())
    starts = tuple(_start(name, settings, rate, seed) for name, settings, rate in (
        ("as variables.tf has it, new tables", new, 400.0), ("arguments raised, grown tables", grown, 2_000.0)
    ))  # fmt: skip
    return Results(seed, rungs, sweeps, one, plain, hot, starts, _announced(figures, seed))


def with_arguments(settings: Settings, figures: Figures) -> Settings:
    """Return what can be had without asking AWS: the root's arguments at their highest, tables that have grown."""
    return replace(
        settings,
        api_rate=10_000.0,
        api_burst=10_000.0,
        maximum_concurrency=1_000,
        table_units=figures.limits["table_quota_units"].value,
    )


def _sweep(settings: Settings, run: Callable[[Settings, Load], Outcome]) -> list[tuple[float, Outcome]]:
    return [(rate, run(settings, Load(rate, seconds_for(rate), skew=SKEW))) for rate in RATES]


def _hot_loads() -> list[tuple[str, Load]]:
    seconds = 40.0
    zipf = [(f"Zipf, exponent {skew}", Load(HOT_RATE, seconds, skew=skew)) for skew in (0.5, 0.8, 1.0)]
    giants = [(f"one account with {share:.0%}", Load(HOT_RATE, seconds, giant=share)) for share in (0.05, 0.2)]
    return zipf + giants


def _hot(name: str, settings: Settings, load: Load, seed: int) -> Hot:
    outcome = Simulation(settings, load, seed, gives_up=False).run()
    busiest = 0 if load.giant else 1
    is_busiest = [account == busiest for account in outcome.accounts]
    return Hot(
        name=name,
        share=busiest_share(load),
        busiest=percentile(outcome.decision_seconds(is_busiest), 0.99),
        others=percentile(outcome.decision_seconds([not one for one in is_busiest]), 0.99),
        waiting=outcome.accepted - outcome.decided,
    )


def _start(name: str, settings: Settings, rate: float, seed: int) -> Start:
    simulation = Simulation(replace(settings, is_warm=False), Load(rate, 30.0, skew=SKEW), seed, gives_up=False)
    outcome = simulation.run()
    return Start(name, rate, outcome, simulation.cold_starts)


def _announced(figures: Figures, seed: int) -> tuple[float, float]:
    """Return p50 and p99 from the commit to the event's arrival at a target, where nothing is in the way."""
    rng = random.Random(seed)  # noqa: S311 - a simulation
    stream, bus = (Draws(figures.latencies[name][0], rng) for name in ("stream_to_function", "bus_to_target"))
    times = sorted(stream() + bus() for _ in range(ANNOUNCEMENTS))
    return percentile(times, 0.5), percentile(times, 0.99)
