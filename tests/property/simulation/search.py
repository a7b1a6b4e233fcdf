"""Schedules by their seeds: one seed, one schedule, whatever went before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Optional

from tests.property.simulation import (
    alert_invariants,
    bank_invariants,
    invariants,
    learning_invariants,
    scenario,
    stream_scenarios,
)
from tests.property.simulation.faults import CRASHES, Fault, Point
from tests.property.simulation.flagship import Flagship
from tests.property.simulation.kernel import StuckError
from tests.property.simulation.labels import Labels
from tests.property.simulation.merchant_api import MerchantApi
from tests.property.simulation.redrive import TOOL, Redrive, of_redrive
from tests.property.simulation.securebank import SecureBank
from tests.property.simulation.stream_alerts import StreamAlerts

Trace = Callable[[str], None]


@dataclass(frozen=True)
class Kind:
    """A system that is searched.

    Parameters
    ----------
    functions
        The packages of its functions.
    drawn
        Makes a scenario of chance.
    world
        Makes the system of a scenario, its chance and a trace.
    violations
        Says what does not hold of it in the end.
    """

    functions: tuple[str, ...]
    drawn: Callable[[Random], Any]
    world: Callable[[Any, Random, Optional[Trace]], Any]
    violations: Callable[[Any], list[str]]


KINDS: Mapping[str, Kind] = {
    "flagship": Kind(tuple(Flagship.functions), scenario.drawn, Flagship, invariants.violations),
    "merchant_api": Kind(
        tuple(MerchantApi.functions), scenario.drawn, MerchantApi, invariants.violations_without_accounts
    ),
    "stream_alerts": Kind(
        tuple(StreamAlerts.functions), stream_scenarios.of_alerts, StreamAlerts, alert_invariants.violations
    ),
    "securebank": Kind(tuple(SecureBank.functions), stream_scenarios.of_bank, SecureBank, bank_invariants.violations),
    "redrive": Kind(tuple(Redrive.functions), of_redrive, Redrive, invariants.violations),
    "labels": Kind(tuple(Labels.functions), stream_scenarios.of_labels, Labels, learning_invariants.violations),
}

TURNS = (
    "flagship", "securebank", "stream_alerts", "flagship", "labels",
    "flagship", "securebank", "merchant_api", "redrive", "securebank",
)  # fmt: skip
"""Whose turn it is, seed by seed."""


@dataclass
class Found:
    """What schedules have shown.

    Parameters
    ----------
    schedules, calls
        How many there were, by system, and how many calls of functions in them.
    limits
        In how many a known limit struck, by system.
    violations
        What did not hold, by the name of the schedule.
    seen, crashed
        The points that were reached, and those at which a function has died before and after the call.
    faults
        How often which fault struck.
    """

    schedules: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    limits: Counter[str] = field(default_factory=Counter)
    violations: dict[str, list[str]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    crashed: set[str] = field(default_factory=set)
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, other: Found) -> None:
        """Take in what others have shown."""
        self.schedules += other.schedules
        self.calls += other.calls
        self.limits += other.limits
        self.violations.update(other.violations)
        self.seen |= other.seen
        self.crashed |= other.crashed
        self.faults += other.faults

    @property
    def crash_points(self) -> set[str]:
        """The places where a function can die: before and after each call that was seen."""
        return {f"{point} {when}" for point in self.seen for when in ("before", "after")}

    def of(self, system: str) -> dict[str, Any]:
        """Return the figures of one system."""
        own = f"{system} "
        points = {point for point in self.crash_points if point.startswith(own)}
        return {
            "schedules": self.schedules[system],
            "crash_points": {"all": len(points), "covered": len(points & self.crashed)},
            "schedules_that_met_a_known_limit": self.limits[system],
            "violations": sum(name.startswith(own) for name in self.violations),
        }


def packages() -> tuple[str, ...]:
    """Return the functions of all systems, which must be on virtual time while schedules run (`virtual`)."""
    return tuple(dict.fromkeys(name for kind in KINDS.values() for name in kind.functions))


def system_of(seed: int) -> str:
    """Return the system whose turn a seed is."""
    return TURNS[seed % len(TURNS)]


def run_seeds(seeds: Iterable[int]) -> Found:
    """Run the schedules of these seeds."""
    found = Found()
    for seed in seeds:
        found.add(run_seed(seed))
    return found


def run_seed(seed: int, trace: Optional[Trace] = None) -> Found:
    """Run the schedule of a seed; the seed tells also which system it is of."""
    draw = Random(seed)  # noqa: S311
    system = system_of(seed)
    return run(system, str(seed), KINDS[system].drawn(draw), draw, trace)


def run(system: str, name: str, given: Any, draw: Random, trace: Optional[Trace] = None) -> Found:
    """Run one schedule, and look at what it leaves.

    Parameters
    ----------
    system, name
        Of which system it is, and what it is called.
    given, draw
        The scenario, and where chance comes from.
    trace
        Gets a line for each call.
    """
    kind = KINDS[system]
    world = kind.world(given, draw, trace)
    try:
        world.run()
        broken = kind.violations(world)
    except StuckError as error:
        broken = [str(error)]
    network = world.network
    return Found(
        schedules=Counter({system: 1}),
        calls=world.runtime.calls,
        limits=Counter([system] if world.met_a_limit else []),
        violations={f"{system} {name}": broken} if broken else {},
        seen={f"{system} {point}" for point in network.seen if _is_ours(system, point)},
        crashed={
            f"{system} {point} {_when(fault)}"
            for point, fault in network.struck
            if fault in CRASHES and _is_ours(system, point)
        },
        faults=Counter(fault.value for _, fault in network.struck),
    )


def _is_ours(system: str, point: Point) -> bool:
    """Tell whether code of ours calls, which can crash; where the tool is at work, the functions are the flagship's."""
    return point.function == TOOL if system == "redrive" else point.function not in ("workflow", "gateway")


def _when(fault: Fault) -> str:
    return "before" if fault is Fault.CRASH_BEFORE else "after"
