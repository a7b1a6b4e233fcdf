"""Numbers as people read them, and tables in Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence

NOTHING = "-"
"""Where there is no figure."""


def number(value: float) -> str:
    """Return a number with three digits that count, at least, and thousands apart."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2g}"


def rounded(rate: float) -> float:
    """Return a rate with two digits, rounded down: a bound must not be promised too high."""
    if rate <= 0:
        return 0.0
    unit = 10 ** max(0, math.floor(math.log10(rate)) - 1)
    return float(math.floor(rate / unit) * unit)


def time(seconds: float) -> str:
    """Return a time in milliseconds or seconds; in words what did not end within the run."""
    if math.isnan(seconds):
        return NOTHING
    if math.isinf(seconds):
        return "not in the run"
    return f"{1000 * seconds:,.0f} ms" if seconds < 10 else f"{seconds:,.0f} s"


def share(value: float) -> str:
    """Return a share in per cent."""
    return "0" if value == 0 else f"{value:.1%}" if value >= 0.001 else f"{value:.2%}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
