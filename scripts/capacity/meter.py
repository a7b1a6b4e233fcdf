"""A limit of so many a second."""

from __future__ import annotations


class Meter:
    """Admits a rate; after a quiet time a burst above it.

    The virtual schedule of the token bucket: each unit occupies 1/rate seconds, and the schedule may lie behind the
    clock by the burst at most.

    Parameters
    ----------
    rate
        Units a second.
    burst
        Units that may come at once after a quiet time.
    is_full
        Whether the burst is there at the beginning.
    """

    __slots__ = ("_allowance", "_free_at", "_gap")

    def __init__(self, rate: float, burst: float, is_full: bool = True) -> None:
        self._gap = 1 / rate
        self._allowance = burst / rate
        self._free_at = -self._allowance if is_full else 0.0

    def wait(self, now: float) -> float:
        """Return how long what comes now has to wait."""
        return max(0.0, self._free_at - now)

    def take(self, now: float, units: float = 1.0) -> float:
        """Admit `units`, now or later; return how long they have to wait."""
        earliest = now - self._allowance
        free_at = self._free_at if self._free_at > earliest else earliest
        self._free_at = free_at + units * self._gap
        return free_at - now if free_at > now else 0.0

    def admits(self, now: float) -> bool:
        """Take one unit if there is no need to wait; say whether it was taken."""
        if self._free_at > now:
            return False
        self.take(now)
        return True
