"""Lambda: environments, how fast there are more of them, and the account's concurrency that functions share."""

from __future__ import annotations

import heapq

from scripts.capacity.meter import Meter
from scripts.capacity.settings import Settings


class Account:
    """The concurrency of an account that no function has reserved.

    Parameters
    ----------
    concurrency
        Calls under way at once.
    """

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._functions: list[Function] = []

    def join(self, function: Function) -> None:
        """Let a function draw on it."""
        self._functions.append(function)

    def has_room(self, now: float) -> bool:
        """Say whether another call may begin."""
        return sum(function.busy(now) for function in self._functions) < self._concurrency


class Function:
    """One function's environments.

    An environment serves one call at a time, and so many calls a second at most: after a shorter one it counts as busy
    for the rest of its time.

    Parameters
    ----------
    settings
        Quotas.
    account
        What it draws on; None: it has a reservation of its own.
    reserved
        Concurrency of its own; 0 without one.
    warm
        Environments that are there at the beginning; None: as many as are wanted.
    """

    def __init__(self, settings: Settings, account: Account | None, reserved: int, warm: int | None) -> None:
        self._account = account
        self._reserved = reserved
        self._shortest = 1 / settings.requests_per_environment
        self._new = Meter(settings.new_environments / settings.new_seconds, settings.new_environments)
        self._is_warm = warm is None
        self._environments = warm or 0
        self._busy_until: list[float] = []
        self.cold_starts = 0
        if account is not None:
            account.join(self)

    def busy(self, now: float) -> int:
        """Return how many environments are busy."""
        busy_until = self._busy_until
        while busy_until and busy_until[0] <= now:
            heapq.heappop(busy_until)
        return len(busy_until)

    def refusal(self, now: float) -> str:
        """Return which limit refuses a call now; empty if none does."""
        busy = self.busy(now)
        if self._account is None:
            if busy >= self._reserved:
                return "reserved_concurrency"
        elif not self._account.has_room(now):
            return "lambda_concurrency"
        if not self._is_warm and busy >= self._environments and self._new.wait(now) > 0:
            return "lambda_scaling"
        return ""

    def needs_start(self, now: float) -> bool:
        """Say whether the next call has to wait for a new environment, and make it."""
        if self._is_warm or self.busy(now) < self._environments:
            return False
        self._new.take(now)
        self._environments += 1
        self.cold_starts += 1
        return True

    def run(self, now: float, seconds: float) -> None:
        """Begin a call of so many seconds."""
        heapq.heappush(self._busy_until, now + max(seconds, self._shortest))
