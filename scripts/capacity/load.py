"""What comes in: arrivals at a rate, and whose they are."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Load:
    """Arrivals without a memory (Poisson), spread over accounts.

    Parameters
    ----------
    rate
        Transactions a second.
    seconds
        For how long.
    accounts
        How many there are.
    skew
        Exponent of Zipf's law: the k-th busiest account has the weight 1/k**skew. 0: all alike.
    giant
        Share of one account (number 0) besides, 0 to 1.
    """

    rate: float
    seconds: float
    accounts: int = 1_000_000
    skew: float = 0.0
    giant: float = 0.0

    def arrivals(self, seed: int) -> tuple[list[float], list[int]]:
        """Return the times of arrival, rising, and the account of each."""
        rng = random.Random(seed)  # noqa: S311 - a simulation
        times: list[float] = []
        now = rng.expovariate(self.rate)
        while now < self.seconds:
            times.append(now)
            now += rng.expovariate(self.rate)
        return times, self._owners(len(times), rng)

    def _owners(self, count: int, rng: random.Random) -> list[int]:
        if self.skew:
            owners = rng.choices(range(1, self.accounts + 1), cum_weights=_zipf(self.accounts, self.skew), k=count)
        else:
            owners = [1 + int(rng.random() * self.accounts) for _ in range(count)]
        if self.giant:
            owners = [0 if rng.random() < self.giant else owner for owner in owners]
        return owners


@lru_cache(maxsize=4)
def _zipf(accounts: int, skew: float) -> Sequence[float]:
    return list(itertools.accumulate(k**-skew for k in range(1, accounts + 1)))


def busiest_share(load: Load) -> float:
    """Return the share of the busiest account."""
    largest = 1 / _zipf(load.accounts, load.skew)[-1] if load.skew else 1 / load.accounts
    return max(load.giant, largest * (1 - load.giant))


@dataclass(frozen=True)
class Trace:
    """Arrivals as they were.

    Parameters
    ----------
    times
        Rising, seconds from the beginning.
    accounts
        Of each.
    """

    times: tuple[float, ...]
    accounts: tuple[int, ...]

    @property
    def seconds(self) -> float:
        """Return how long it lasts."""
        return self.times[-1] + 1.0

    @property
    def rate(self) -> float:
        """Return the mean rate."""
        return len(self.times) / self.seconds

    def arrivals(self, seed: int) -> tuple[list[float], list[int]]:  # noqa: ARG002 - nothing is drawn
        """Return the times and accounts."""
        return list(self.times), list(self.accounts)
