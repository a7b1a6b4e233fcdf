"""How a run takes its time: one rate over all accounts, some patience, and an end when it is told to stop."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Callable

from scripts.errors import CommandError

FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.05, 1.0
"""How long to wait between two looks: most decisions take a tenth of a second, and some a while."""


class StoppedError(CommandError):
    """The run is to end; what it has begun, another run goes on with."""


class Pace:
    """The pace of a run, which all its accounts share.

    Parameters
    ----------
    seconds_between
        Between two transactions that are let go, over all accounts.
    patience_seconds
        How long a transaction may take to be decided.
    now, clock, sleep
        The time of day, a clock that only goes on, and how to wait.
    """

    def __init__(
        self,
        seconds_between: float,
        patience_seconds: float,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self.patience_seconds = patience_seconds
        self.now = now
        self.clock = clock
        self.sleep = sleep
        self._between = seconds_between
        self._next = -float("inf")
        self._lock = threading.Lock()

    def wait_for_turn(self) -> None:
        """Wait until one more transaction may be let go; whoever asks gets a turn of its own.

        Raises
        ------
        StoppedError
            If the run is to end.
        """
        with self._lock:
            now = self.clock()
            turn = max(now, self._next)
            self._next = turn + self._between
        self.sleep(turn - now)


def until_stopped(stop: threading.Event) -> Callable[[float], None]:
    """Return a way to wait that ends with `StoppedError` as soon as `stop` is set."""

    def sleep(seconds: float) -> None:
        if stop.wait(seconds):
            raise StoppedError("interrupted; run the same again to go on")

    return sleep
