"""Which fault strikes when: every kind once in each round, in an order that the seed decides."""

from __future__ import annotations

import random
from dataclasses import dataclass

KILL, LATE, UNDONE, THROTTLE = "functions killed", "answers too late", "calls never done", "tables throttled"
BUS, TOPIC, QUEUE, RESTART, KEY = "bus down", "topics down", "queues down", "emulator restarted", "key disabled"
LONGEST_SECONDS = {
    KILL: 10.0, LATE: 12.0, UNDONE: 12.0, THROTTLE: 12.0, BUS: 10.0, TOPIC: 15.0, QUEUE: 8.0, RESTART: 0.0, KEY: 5.0,
}  # fmt: skip
"""Each kind, and for how long it lasts at most; a restart takes as long as it takes."""
KINDS = tuple(LONGEST_SECONDS)
ROUND_SECONDS = 300.0
"""One round of all kinds for each so many seconds of load, and at least one."""
_SHARE = 0.4  # of its slot that a fault may take: the rest is for the recovery


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, when it begins and how long it lasts, in seconds since the load began."""

    kind: str
    starts: float
    seconds: float

    @property
    def ends(self) -> float:
        """When it is over."""
        return self.starts + self.seconds


def schedule(duration_seconds: float, seed: int) -> list[Fault]:
    """Return the faults of a run in the order of their beginnings; no two overlap.

    Parameters
    ----------
    duration_seconds
        For how long there is load; above 0.
    seed
        Same seed, same schedule.
    """
    rng = random.Random(seed)  # noqa: S311 - a schedule is no secret
    rounds = max(1, int(duration_seconds // ROUND_SECONDS))
    slot = duration_seconds / (rounds * len(KINDS))
    faults = []
    for round_ in range(rounds):
        for place, kind in enumerate(rng.sample(KINDS, len(KINDS))):
            begins = slot * (round_ * len(KINDS) + place)
            seconds = min(_SHARE * slot, LONGEST_SECONDS[kind])
            faults.append(Fault(kind, round(begins + rng.uniform(0.1, 0.3) * slot, 2), round(seconds, 2)))
    return faults
