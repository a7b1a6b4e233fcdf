"""Faults: what may happen to a call of AWS, and what decides which call it happens to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Optional, Protocol


class Fault(str, Enum):
    """What happens to one attempt at a call."""

    CRASH_BEFORE = "crash before the call"
    CRASH_AFTER = "crash after its effect"
    CRASH_LATE = "crash, and the effect comes later"
    THROTTLE = "throttled"
    SERVER_ERROR = "error 500, nothing done"
    TIMEOUT_BEFORE = "no answer, nothing done"
    TIMEOUT_AFTER = "no answer, but done"
    TIMEOUT_LATE = "no answer, and the effect comes later"
    PARTLY = "done in part"
    CONFLICT = "refused: another transaction is in flight"
    STALL = "the function stands still for minutes, and goes on"


CRASHES = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.CRASH_LATE)


@dataclass(frozen=True)
class Point:
    """A place where a fault can strike: one operation that one function calls.

    Parameters
    ----------
    function, operation
        Which function calls what.
    place
        The file of the code that calls, below lambda_src or scripts.
    """

    function: str
    operation: str
    place: str

    def __str__(self) -> str:
        return f"{self.function}: {self.operation} ({self.place})"


class Faults(Protocol):
    """Decides."""

    def strike(self, point: Point, service: str, now: float) -> Optional[Fault]:
        """Return what happens to the attempt at hand."""


@dataclass
class Outage:
    """A service that answers nothing for a while.

    Parameters
    ----------
    service
        Such as "dynamodb".
    start, end
        From when until when, in virtual seconds.
    """

    service: str
    start: float
    end: float


@dataclass
class RandomFaults:
    """Strikes at random, and comes to an end.

    Parameters
    ----------
    draw
        Where chance comes from.
    rate
        How likely a fault is at each attempt.
    left
        How many there are at most.
    kinds
        Those that it draws from.
    outages
        Services that are out for a while.
    """

    draw: Random
    rate: float
    left: int
    kinds: tuple[Fault, ...] = tuple(Fault)
    outages: list[Outage] = field(default_factory=list)

    def strike(self, point: Point, service: str, now: float) -> Optional[Fault]:
        """Return what happens to the attempt at hand."""
        if any(each.service == service and each.start <= now < each.end for each in self.outages):
            return Fault.THROTTLE
        if self.left == 0 or self.draw.random() >= self.rate:
            return None
        self.left -= 1
        return self.draw.choice(self.kinds)


@dataclass
class OneFault:
    """Strikes once, at the n-th attempt of a schedule; 0 is the first.

    Parameters
    ----------
    nth, kind
        Where, and with what; None counts only.
    given
        Faults that belong to the flow itself, by the attempt that they strike.
    """

    nth: int
    kind: Optional[Fault]
    given: Mapping[int, Fault] = field(default_factory=dict)
    seen: list[Point] = field(default_factory=list)

    def strike(self, point: Point, service: str, now: float) -> Optional[Fault]:
        """Return what happens to the attempt at hand."""
        self.seen.append(point)
        place = len(self.seen) - 1
        return self.given.get(place) or (self.kind if place == self.nth else None)
