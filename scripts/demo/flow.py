"""How fast a run goes: not far ahead of the pipeline, and not on for ever when nothing moves.

Without a rate, "as fast as possible" means: as fast as the pipeline decides. A queue that only grows would
measure nothing but its own length, and slows the local AWS down.
"""

from __future__ import annotations

from typing import Callable

BACKLOG = 30
"""Undecided transactions at which sending pauses: half a second of work for the local AWS.

Far more would not go faster and would measure the wait in the queue instead of the pipeline.
"""
_HOPELESS_AFTER_SECONDS = 60.0


class Stillness:
    """Says for how long nothing has moved.

    Parameters
    ----------
    clock
        Seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last: object = None
        self._moved_at = clock()

    def seconds(self, state: object) -> float:
        """Return for how long `state` has been what it is now."""
        if state != self._last:
            self._last, self._moved_at = state, self._clock()
        return self._clock() - self._moved_at


class Backlog:
    """Says when enough is under way.

    Parameters
    ----------
    limit
        Undecided transactions at which it is enough.
    clock
        Seconds, never going back.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._still = Stillness(clock)

    def full(self, waiting: int) -> bool:
        """Return whether to pause, given how many transactions wait for their decision.

        When that stands still for long, waiting is no help: all is sent, and the wait for the last
        decisions finds the stall.
        """
        hopeless = self._still.seconds(waiting) > _HOPELESS_AFTER_SECONDS
        return waiting >= self._limit and not hopeless
