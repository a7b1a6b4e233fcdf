"""Figures as people read them."""

from __future__ import annotations

from typing import Optional

DASH = "\N{EN DASH}"
"""Stands for a figure that is not defined."""

PERCENT = "\N{NO-BREAK SPACE}%"


def share(value: Optional[float]) -> str:
    """Return a share in percent, with more digits where it is small: 12.3 %, 0.57 %."""
    if value is None:
        return DASH
    digits = 0 if value in (0, 1) else 1 if abs(value) >= 0.01 else 2 if abs(value) >= 0.001 else 3
    return f"{100 * value:.{digits}f}{PERCENT}"


def figure(value: Optional[float]) -> str:
    """Return a figure between 0 and 1 with three places."""
    return DASH if value is None else f"{value:.3f}"


def count(value: Optional[float]) -> str:
    """Return a whole number, thousands apart."""
    return DASH if value is None else f"{value:,.0f}"
