"""The highest rate that is taken, and which limit comes next."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from scripts.capacity.limits import LIMITS
from scripts.capacity.load import Load
from scripts.capacity.outcome import Outcome
from scripts.capacity.settings import Settings
from scripts.capacity.simulation import Simulation

HIGHEST_RATE = 100_000.0
PRECISION = 1.1
"""Between the rate that is taken and the one that is not."""
_STEP = 2.5
_LOWEST_RATE = 1.0
_LEAST_SECONDS, _MOST_SECONDS, _TRANSACTIONS = 3.0, 60.0, 40_000.0

Run = Callable[[Settings, Load], Outcome]


@dataclass(frozen=True)
class Capacity:
    """How much is taken.

    Parameters
    ----------
    rate
        The highest rate that was tried and taken, transactions a second; 0 if none was.
    at_rate
        What it brought; None if none was taken.
    limit
        What came in the way just above; empty at the highest rate of all.
    """

    rate: float
    at_rate: Outcome | None
    limit: str


@dataclass(frozen=True)
class Rung:
    """One step of the ladder: settings, what they take, and the limit that ends it."""

    settings: Settings
    capacity: Capacity


def simulate(settings: Settings, load: Load) -> Outcome:
    """Run one simulation."""
    return Simulation(settings, load).run()


def seconds_for(rate: float) -> float:
    """Return how long a rate is simulated: long enough for its tail, short enough to wait for."""
    return min(_MOST_SECONDS, max(_LEAST_SECONDS, _TRANSACTIONS / rate))


def capacity(settings: Settings, load: Load, run: Run = simulate, floor: float = 10.0) -> Capacity:
    """Return the highest rate of such a load that is taken, searched from `floor` upwards."""
    taken, best, refused, limit = 0.0, None, 0.0, ""
    rate = floor
    while True:
        outcome = run(settings, replace(load, rate=rate, seconds=seconds_for(rate)))
        if outcome.is_sustained:
            taken, best = rate, outcome
            if rate >= HIGHEST_RATE:
                return Capacity(rate, best, "")
        else:
            refused, limit = rate, outcome.limit
        if not taken and rate < _LOWEST_RATE:
            return Capacity(0.0, None, limit)
        if refused and taken and refused / taken <= PRECISION:
            return Capacity(taken, best, limit)
        rate = _next(rate, taken, refused)


def _next(rate: float, taken: float, refused: float) -> float:
    """Return what to try next: between both, else further up or down."""
    if taken and refused:
        return math.sqrt(taken * refused)
    return min(HIGHEST_RATE, rate * _STEP) if taken else rate / _STEP


def ladder(settings: Settings, load: Load, run: Run = simulate) -> list[Rung]:
    """Return what is taken, then what is taken with the first limit moved, and so on to the highest rate of all."""
    rungs: list[Rung] = []
    floor = 50.0
    while len(rungs) < len(LIMITS):
        found = capacity(settings, load, run, floor)
        rungs.append(Rung(settings, found))
        lift = LIMITS[found.limit].lift if found.limit else None
        lifted = lift(settings) if lift else settings
        if lifted == settings:
            break
        settings, floor = lifted, max(50.0, found.rate)
    return rungs
