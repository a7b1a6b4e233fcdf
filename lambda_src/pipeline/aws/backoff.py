"""Waiting before a retry: exponential, with full jitter, so that those who failed together do not return together."""

from __future__ import annotations

import random
from typing import Callable

Jitter = Callable[[float, float], float]
"""Draws a number between its two arguments; `random.uniform` unless a test decides."""


def full_jitter(
    attempt: int, base_seconds: float, cap_seconds: float, draw: Jitter = random.uniform, growth: float = 2.0
) -> float:
    """Return the seconds to wait before retry number `attempt` (1 is the first).

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog, the "full jitter" formula.
    """
    return draw(0.0, min(cap_seconds, base_seconds * growth ** (attempt - 1)))
