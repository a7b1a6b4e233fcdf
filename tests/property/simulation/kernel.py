"""Virtual time, and tasks that take turns: what runs next follows from when it is due, and from nothing else.

A task is a greenlet. It gives way where it pauses, and goes on when its time has come; between two pauses nothing else
runs. So a schedule is its draws of times: the same draws, the same schedule.
"""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any, Callable, Optional

from greenlet import getcurrent, greenlet

from tests.property.simulation.errors import CrashError

START = datetime(2026, 11, 20, 9, 0, tzinfo=timezone.utc)

Action = Callable[[], None]

_NOTHING = object()


class StuckError(AssertionError):
    """The schedule does not come to an end."""


class Task:
    """What runs by turns.

    Parameters
    ----------
    name
        For the trace.
    deadline
        When it is killed, in virtual seconds; None: never.
    """

    def __init__(self, name: str, deadline: Optional[float]) -> None:
        self.name = name
        self.deadline = deadline
        self.skew = 0.0
        """By how much the clock of its machine is wrong, in seconds."""


class Kernel:
    """The clock and what is due.

    Parameters
    ----------
    draw
        Where all chance of a schedule comes from.
    """

    def __init__(self, draw: Random) -> None:
        self.draw = draw
        self.now = 0.0
        self.steps = 0
        self.current: Optional[Task] = None
        self._due: list[tuple[float, int, Action]] = []
        self._count = 0
        self._names = 0
        self._main = getcurrent()

    def new_name(self) -> str:
        """Return a name that no other has in this schedule: what is drawn to be unique is not left to its chance."""
        self._names += 1
        return f"{self._names:032x}"

    def later(self, seconds: float, action: Action) -> None:
        """Do `action` when so many seconds have passed."""
        self._count += 1
        heapq.heappush(self._due, (self.now + seconds, self._count, action))

    def run(self, until: float) -> None:
        """Do what is due, in the order of its time, until nothing is left or that time is passed.

        Raises
        ------
        StuckError
            If something is left then.
        """
        while self._due:
            at, _, action = heapq.heappop(self._due)
            if at > until:
                raise StuckError(f"still busy after {at:.0f} virtual seconds")
            self.now = max(self.now, at)
            self.steps += 1
            action()

    def start(self, task: Task, body: Callable[[], Any], end: Callable[[Any], None]) -> None:
        """Run `body` as a task, and hand to `end` what it returns or raises."""

        def whole() -> None:
            try:
                outcome: Any = body()
            except (Exception, CrashError) as error:  # noqa: BLE001
                outcome = error  # whatever a function ends in is told to those who called it
            end(outcome)

        runner = greenlet(whole, self._main)
        self.later(0.0, lambda: self._go(task, runner))

    def pause(self, seconds: float) -> None:
        """Let a task wait.

        Raises
        ------
        CrashError
            If its time is over meanwhile.
        """
        own, me = self.current, getcurrent()
        if own is None:
            raise AssertionError("only tasks can wait")
        self.later(seconds, lambda: self._go(own, me))
        self._main.switch()
        if own.deadline is not None and self.now > own.deadline:
            raise CrashError(f"{own.name} runs out of time")

    def wait(self, begin: Callable[[Callable[[Any], None]], None], at_most: float) -> Any:
        """Let a task wait for an answer.

        Parameters
        ----------
        begin
            Gets what is to be called with the answer; the first one counts.
        at_most
            How long it waits, in seconds.

        Raises
        ------
        TimeoutError
            If no answer comes in time.
        """
        own, me = self.current, getcurrent()
        if own is None:
            raise AssertionError("only tasks can wait")
        answered = False

        def answer(value: Any) -> None:
            nonlocal answered
            if not answered:
                answered = True
                self.later(0.0, lambda: self._go(own, me, value))

        self.later(at_most, lambda: answer(_NOTHING))
        begin(answer)
        found = self._main.switch()
        if found is _NOTHING:
            raise TimeoutError
        return found

    def utc(self) -> datetime:
        """Return what the current task takes for the time."""
        skew = self.current.skew if self.current else 0.0
        return START + timedelta(seconds=self.now + skew)

    def true_utc(self) -> datetime:
        """Return the time as AWS knows it."""
        return START + timedelta(seconds=self.now)

    def _go(self, task: Task, runner: greenlet, *answer: Any) -> None:
        """Let a task run until it gives way; only the main loop may do that."""
        self.current = task
        try:
            runner.switch(*answer)
        finally:
            self.current = None
