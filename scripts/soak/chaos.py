"""Lets the faults of a schedule strike when they are due, and watches how the system gets over each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable, Optional

from scripts.soak import schedule
from scripts.soak.emulator import FaultyMiniStack
from scripts.soak.schedule import Fault

_PATIENCE_SECONDS = 60.0
"""How much longer a fault stays on while it has struck nothing."""


@dataclass
class Episode:
    """A fault as it was, in seconds since the load began.

    Parameters
    ----------
    kind
        What struck.
    began, ended
        From when to when; None: still on.
    backlog_before
        Undecided transactions when it began.
    recovered
        When, after its end, the backlog was first down to what it may be; None: not before the last look.
    """

    kind: str
    began: float
    backlog_before: int
    ended: Optional[float] = None
    recovered: Optional[float] = None

    @property
    def recovered_in(self) -> Optional[float]:
        """Return the seconds from its end to the recovery."""
        return None if self.ended is None or self.recovered is None else round(self.recovered - self.ended, 1)


@dataclass(frozen=True)
class Sample:
    """What was seen at one moment: seconds since the load began, transactions sent so far, undecided ones."""

    at: float
    sent: int
    backlog: int


class Chaos:
    """The faults of a run.

    Parameters
    ----------
    faults
        What is to strike, in the order of the beginnings.
    server
        Where.
    kms, key_arn
        Client of the key's service; the system's key.
    tolerated
        Undecided transactions at which a system has recovered, however few there were before.
    restart
        Restarts the emulator from its saved state.
    clock
        Seconds, never going back. The load begins now.
    """

    def __init__(
        self,
        faults: Sequence[Fault],
        server: FaultyMiniStack,
        kms: Any,
        key_arn: str,
        tolerated: int,
        restart: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.episodes: list[Episode] = []
        self.samples: list[Sample] = []
        self._coming = list(faults)
        self._server = server
        self._kms = kms
        self._key = key_arn
        self.began_at = time.time()
        self._clock = clock
        self._began = clock()
        self._tolerated = tolerated
        self._restart = restart
        self._ends = 0.0
        self._late = 0.0  # what took longer than planned delays the rest, so that each finds a recovered system
        self._struck_before = 0

    @property
    def active(self) -> str:
        """Return the kind that is on, or ""."""
        return self.episodes[-1].kind if self.episodes and self.episodes[-1].ended is None else ""

    @property
    def over(self) -> bool:
        """Return whether all have struck and ended."""
        return not self._coming and not self.active

    def see(self, sent: int, backlog: int) -> None:
        """Keep what was seen, and find out who has recovered."""
        now = self._elapsed()
        self.samples.append(Sample(round(now, 2), sent, backlog))
        for episode in self.episodes:
            fine = backlog <= max(episode.backlog_before, self._tolerated)
            if episode.ended is not None and episode.recovered is None and fine:
                episode.recovered = now

    def strike(self) -> None:
        """Begin what is due, or end it."""
        now = self._elapsed()
        if self.active:
            if now >= self._ends and (self._has_struck() or now >= self._ends + _PATIENCE_SECONDS):
                self.end()
        elif self._coming and now >= self._coming[0].starts + self._late:
            fault = self._coming.pop(0)
            self._late = max(self._late, now - fault.starts)
            before = self.samples[-1].backlog if self.samples else 0
            self.episodes.append(Episode(fault.kind, now, before))
            self._ends = now + fault.seconds
            self._struck_before = self._strikes(fault.kind)
            self._begin(fault.kind)

    def end(self) -> None:
        """End the fault that is on, if one is."""
        if not self.active:
            return
        if self.active == schedule.KEY:
            self._kms.enable_key(KeyId=self._key)
        self._server.control.switch("")
        now = self.episodes[-1].ended = self._elapsed()
        self._late += max(0.0, now - self._ends)

    def _has_struck(self) -> bool:
        """Return whether the fault that is on has hit anything: some find nothing to hit for a while."""
        return self._strikes(self.active) > self._struck_before

    def _strikes(self, kind: str) -> int:
        return sum(self._server.control.struck().get(kind, {}).values())

    def _elapsed(self) -> float:
        return self._clock() - self._began

    def _begin(self, kind: str) -> None:
        if kind == schedule.RESTART:
            self._restart()
            self._server.control.note(kind, "the local AWS")
            self.end()
            return
        if kind == schedule.KEY:
            self._kms.disable_key(KeyId=self._key)
        self._server.control.switch(kind)
