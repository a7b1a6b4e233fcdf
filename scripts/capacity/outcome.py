"""What a simulation brought."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scripts.capacity.latency import percentile

GOAL_SECONDS = 1.0
"""The promise: 99 of 100 decisions within this time of their acceptance."""
MOST_REFUSED = 0.001
"""Share of requests that may be refused without the load counting as too much."""
_BLAME = 0.1
"""Share of the functions' time spent waiting from which on what they wait for is the cause, and not concurrency."""


@dataclass
class Outcome:
    """Counts and times of a run.

    Parameters
    ----------
    seconds
        For how long there were arrivals.
    accounts
        Of each transaction.
    measured_from
        Arrivals before this are not measured.
    accepted_at, decided_at
        Of each transaction; infinite where that did not happen.
    arrived_at
        Of each transaction.
    api_seconds
        Times of answers to measured requests that were accepted.
    refused
        Requests by the limit that refused them.
    held
        Seconds times transactions that waited, by the limit that held them up.
    batches
        How many batches ran.
    work_seconds
        How long the functions' calls took altogether.
    slowed
        How long of that they waited for tables, indexes and the queue, by limit.
    peak_waiting
        The longest that the queue was.
    gave_up
        Whether the run was broken off because the load was far too much.
    """

    seconds: float
    measured_from: float
    arrived_at: Sequence[float]
    accounts: Sequence[int]
    accepted_at: list[float]
    decided_at: list[float]
    api_seconds: list[float] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    held: dict[str, float] = field(default_factory=dict)
    batches: int = 0
    work_seconds: float = 0.0
    slowed: dict[str, float] = field(default_factory=dict)
    peak_waiting: int = 0
    gave_up: bool = False

    @property
    def arrived(self) -> int:
        """Return how many requests came."""
        return len(self.arrived_at)

    @property
    def accepted(self) -> int:
        """Return how many were accepted."""
        return sum(1 for moment in self.accepted_at if moment < math.inf)

    @property
    def decided(self) -> int:
        """Return how many were decided."""
        return sum(1 for moment in self.decided_at if moment < math.inf)

    @property
    def refused_share(self) -> float:
        """Return the share of requests that were refused."""
        return sum(self.refused.values()) / self.arrived if self.arrived else 0.0

    def decision_seconds(self, among: Sequence[bool] | None = None) -> list[float]:
        """Return the times from acceptance to commit of what was measured, rising; infinite where undecided.

        Parameters
        ----------
        among
            Whether to count each transaction; None: all.
        """
        return sorted(
            decided - accepted
            for index, (arrived, accepted, decided) in enumerate(
                zip(self.arrived_at, self.accepted_at, self.decided_at)
            )
            if arrived >= self.measured_from and accepted < math.inf and (among is None or among[index])
        )

    def decision(self, share: float) -> float:
        """Return a percentile of the decisions' times."""
        return percentile(self.decision_seconds(), share)

    def api(self, share: float) -> float:
        """Return a percentile of the answers' times."""
        return percentile(sorted(self.api_seconds), share)

    def decided_a_second(self) -> float:
        """Return how many were decided a second, from `measured_from` to the last arrival."""
        count = sum(1 for moment in self.decided_at if self.measured_from <= moment < self.seconds)
        return count / (self.seconds - self.measured_from)

    @property
    def is_sustained(self) -> bool:
        """Say whether the load is taken: hardly anything refused, and 99 of 100 decisions in time.

        A short run can bridge too small a limit by waiting for it, so functions may not do that to speak of.
        """
        if self.gave_up or self.refused_share > MOST_REFUSED or self._is_slowed:
            return False
        return self.decision(0.99) <= GOAL_SECONDS

    @property
    def _is_slowed(self) -> bool:
        return sum(self.slowed.values()) > _BLAME * self.work_seconds

    @property
    def limit(self) -> str:
        """Return the limit that showed first; empty if none did.

        What slows functions down uses up concurrency and batches at once, so it is looked at before these.
        """
        if self._is_slowed:
            return _largest(self.slowed)
        return _largest(self.refused) if self.refused_share > MOST_REFUSED else _largest(self.held)


def _largest(by_limit: Mapping[str, float]) -> str:
    return max(by_limit, key=lambda name: by_limit[name]) if by_limit else ""
