"""How many shards a stream should have: within AWS's rules, and never going back and forth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Optional

ACTIVE = "ACTIVE"

STEADY = "STEADY"
STREAM_IS_CHANGING = "STREAM_IS_CHANGING"
COOLING_DOWN = "COOLING_DOWN"
AT_MINIMUM = "AT_MINIMUM"
AT_MAXIMUM = "AT_MAXIMUM"
BELOW_MINIMUM = "BELOW_MINIMUM"
ABOVE_MAXIMUM = "ABOVE_MAXIMUM"
LOAD_IS_HIGH = "LOAD_IS_HIGH"
LOAD_IS_LOW = "LOAD_IS_LOW"


@dataclass(frozen=True)
class Bounds:
    """What a stream may be scaled between, and how long it rests.

    Parameters
    ----------
    minimum, maximum
        Fewest and most shards.
    grow_cooldown, shrink_cooldown
        How long after a change it may grow, or shrink, again.
    """

    minimum: int
    maximum: int
    grow_cooldown: timedelta
    shrink_cooldown: timedelta

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.maximum:
            raise ValueError(f"1 <= {self.minimum} <= {self.maximum} does not hold: minimum, maximum number of shards")


@dataclass(frozen=True)
class Stream:
    """A stream as it is: its open shards, its status as Kinesis names it, and which of its alarms are on."""

    shards: int
    status: str
    load_is_high: bool
    load_is_low: bool


@dataclass(frozen=True)
class Intent:
    """What is to be done.

    Parameters
    ----------
    reason
        A stable code, for the log.
    target
        The number of shards wanted; None to leave the stream alone.
    cooldown
        How long the stream must have been left alone before it may be changed.
    refused
        Whether the load asks for a change that may not be made: an operator has to decide.
    """

    reason: str
    target: Optional[int] = None
    cooldown: timedelta = timedelta(0)
    refused: bool = False


def decide(stream: Stream, bounds: Bounds) -> Intent:
    """Return what is to be done with a stream.

    AWS doubles a stream at most and halves it at most, in one step, and only while it is ACTIVE. Whole doublings and
    halvings are also what it does fastest. What lies outside of the bounds is led back first: that is how a change of
    the bounds takes effect. High load goes before low, if ever both alarms are on.
    """
    if stream.status != ACTIVE:
        return Intent(STREAM_IS_CHANGING)
    more = min(bounds.maximum, 2 * stream.shards)
    fewer = max(bounds.minimum, (stream.shards + 1) // 2)
    if stream.shards < bounds.minimum:
        return Intent(BELOW_MINIMUM, min(bounds.minimum, more), bounds.grow_cooldown)
    if stream.shards > bounds.maximum:
        return Intent(ABOVE_MAXIMUM, max(bounds.maximum, fewer), bounds.grow_cooldown)
    if stream.load_is_high:
        full = stream.shards == bounds.maximum
        return Intent(AT_MAXIMUM, refused=True) if full else Intent(LOAD_IS_HIGH, more, bounds.grow_cooldown)
    if stream.load_is_low:
        least = stream.shards == bounds.minimum
        return Intent(AT_MINIMUM) if least else Intent(LOAD_IS_LOW, fewer, bounds.shrink_cooldown)
    return Intent(STEADY)
