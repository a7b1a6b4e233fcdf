"""Shares, how sure they are, and when too little is known to name one; pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any, Optional

Z = 1.959963984540054
"""The normal quantile of a two-sided confidence of 95 %."""

MINIMUM_LABELS = 10
"""Below this many labels a share is an accident of these cases, and is not named."""


@dataclass(frozen=True)
class Rate:
    """A share with its 95 % interval, or in words why there is none.

    Parameters
    ----------
    hits, of
        How many of how many.
    value, low, high
        The share and its interval (Wilson's score), 0 to 1; None if there are not enough cases.
    sentence
        Why there is no share; empty if there is one.
    """

    hits: int
    of: int
    value: Optional[float] = None
    low: Optional[float] = None
    high: Optional[float] = None
    sentence: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as reports hold it."""
        return {"value": self.value, "low": self.low, "high": self.high, "hits": self.hits, "of": self.of} | (
            {"sentence": self.sentence} if self.sentence else {}
        )


def rate(hits: int, of: int, minimum: int = 1, what: str = "transactions") -> Rate:
    """Return a share with its interval.

    Parameters
    ----------
    hits, of
        How many of how many.
    minimum
        Of `of`, below which no share is named; at least 1.
    what
        What `of` counts, for the sentence.
    """
    if of < minimum:
        return Rate(hits, of, sentence=f"Not enough labels: {of:,} {what}; a rate needs {minimum:,}.")
    low, high = wilson(hits, of)
    return Rate(hits, of, hits / of, low, high)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the limits of Wilson's score interval, which stays within 0 and 1 and is sound for rare events."""
    share = hits / of
    spread = Z * sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    middle, scale = share + Z * Z / (2 * of), 1 + Z * Z / of
    low = 0.0 if hits == 0 else max(0.0, (middle - spread) / scale)
    high = 1.0 if hits == of else min(1.0, (middle + spread) / scale)
    return low, high
