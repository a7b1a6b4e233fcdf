"""How long a call takes: distributions by the percentiles that were published."""

from __future__ import annotations

import bisect
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

POOL = 1 << 14
"""Draws made ahead: an even spread over the distribution, so that its tail is there in each pool and never by luck."""


class Latency(Protocol):
    """A distribution of times, in seconds."""

    def at(self, share: float) -> float:
        """Return the time within which `share` (0 to 1) of the calls are done."""
        ...


@dataclass(frozen=True)
class Fixed:
    """Always the same."""

    seconds: float

    def at(self, share: float) -> float:  # noqa: ARG002 - the protocol's
        """Return the time."""
        return self.seconds


@dataclass(frozen=True)
class Percentiles:
    """A distribution of which some percentiles are known; between them the logarithm of the time runs straight.

    Below the first known one and above the last, times are the first and the last: nothing is made up.

    Parameters
    ----------
    percent
        Rising, 0 to 100.
    seconds
        The times that belong to them.
    """

    percent: tuple[float, ...]
    seconds: tuple[float, ...]

    def at(self, share: float) -> float:
        """Return the time within which `share` of the calls are done."""
        wanted = 100 * share
        after = bisect.bisect_left(self.percent, wanted)
        if after == 0:
            return self.seconds[0]
        if after == len(self.percent):
            return self.seconds[-1]
        low, high = self.percent[after - 1], self.percent[after]
        part = (wanted - low) / (high - low)
        short, long = math.log(self.seconds[after - 1]), math.log(self.seconds[after])
        return math.exp(short + part * (long - short))


@dataclass(frozen=True)
class Recorded:
    """Times as they were, one after the other: what made one call slow made the next one slow as well."""

    seconds: tuple[float, ...]

    def at(self, share: float) -> float:
        """Return the time within which `share` of them were done."""
        return percentile(sorted(self.seconds), share)


class Draws:
    """Times drawn from a distribution, the same for the same seed; recorded ones in their order.

    Parameters
    ----------
    latency
        What to draw from.
    rng
        Where the order comes from.
    """

    __slots__ = ("_next", "_pool")

    def __init__(self, latency: Latency, rng: random.Random) -> None:
        if isinstance(latency, Recorded):
            self._pool = list(latency.seconds)
        else:
            self._pool = [latency.at((k + 0.5) / POOL) for k in range(POOL)]
            rng.shuffle(self._pool)
        self._next = -1

    def __call__(self) -> float:
        """Return the next one."""
        self._next = (self._next + 1) % len(self._pool)
        return self._pool[self._next]


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the nearest rank of sorted values; not a number without any."""
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
