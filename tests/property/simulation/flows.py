"""The ways that transactions take, and every single fault on them: at each call, each kind of fault once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Optional

from tests.property.simulation import redrive, stream_flows
from tests.property.simulation.faults import Fault, OneFault, Point
from tests.property.simulation.scenario import HUGE, LARGE, NOBODY, Chances, Scenario, Submission
from tests.property.simulation.search import Found, run

_ONE, _TWO, _THREE = (Submission(f"t{n}", "acc-0", 0.1 * n) for n in range(3))

FLOWS: Mapping[str, Scenario] = {
    "approved": Scenario((_ONE,)),
    "two accounts in one batch": Scenario((_ONE, replace(_TWO, account_id="acc-1"))),
    "high value, with a case that is answered": Scenario((replace(_ONE, amount=HUGE),)),
    "fraud suspected, and nobody answers": Scenario(
        (replace(_ONE, amount=LARGE, merchant_id="test-shop"),), chances=Chances(analyst=0.0)
    ),
    "fraud suspected and held": Scenario(
        tuple(replace(each, amount=LARGE, merchant_id="test-shop", at=20.0 * n) for n, each in enumerate((_ONE, _TWO)))
    ),
    "the case fails": Scenario(
        (replace(_ONE, amount=LARGE),), faults=OneFault(-1, None, dict.fromkeys(range(9, 13), Fault.CRASH_BEFORE))
    ),
    "the merchant is gone": Scenario((replace(_ONE, merchant_id=NOBODY),), gone_at=0.13),
    "refused at once": Scenario((replace(_ONE, merchant_id="unknown"),)),
    "sent again, much later": Scenario((replace(_ONE, repeats=(400.0,)), _TWO)),
    "decided at the third attempt": Scenario((_ONE, _TWO), failures={"t0": 3}),
    "failed, with followers": Scenario((_ONE, _TWO, replace(_THREE, at=700.0)), failures={"t0": 99}),
    "kills the function": Scenario((_ONE, _TWO, replace(_THREE, at=700.0)), deadly={"t0": 99}),
    "failed, and sent again": Scenario((replace(_ONE, repeats=(310.0,)), _TWO), failures={"t0": 99}),
    "failed, and a copy of it could be decided": Scenario((replace(_ONE, repeats=(310.0,)), _TWO), failures={"t0": 4}),
    "no transaction": Scenario((_ONE,), junk=((0.05, "acc-0"),)),
    "no transaction, and it cannot even be refused": Scenario(
        (), junk=((0.05, "acc-0"),), faults=OneFault(-1, None, dict.fromkeys(range(3), Fault.CRASH_BEFORE))
    ),
    "another body under the same id": Scenario((_ONE, replace(_ONE, at=3.0, amount=LARGE))),
    "the account is unreadable": Scenario((replace(_ONE, at=5.0), replace(_TWO, at=5.1)), unreadable={"acc-0": 1.0}),
    "stored and never queued": Scenario(
        (replace(_ONE, attempts=1),), sweeps=(0.2,), faults=OneFault(-1, None, {2: Fault.CRASH_BEFORE})
    ),
}


FLOWS_OF: Mapping[str, Mapping[str, Scenario]] = {
    "flagship": FLOWS,
    "merchant_api": FLOWS,
    "stream_alerts": stream_flows.ALERTS,
    "securebank": stream_flows.BANK,
    "redrive": redrive.FLOWS,
    "labels": stream_flows.LABELS,
}
"""The ways by systems; merchant_api goes along as far as it goes."""


def every_single_fault(
    kinds: tuple[Fault, ...] = tuple(Fault), only: Optional[str] = None, systems: tuple[str, ...] = tuple(FLOWS_OF)
) -> Iterator[Found]:
    """Run every flow with each fault at each of its calls; yield what each schedule has shown.

    Where the operator's tool is at work, faults strike its calls only: those of the functions are the flagship's. Of
    reads that it makes one after the other, the first is struck.

    Parameters
    ----------
    kinds
        The faults.
    only
        The one flow to run; None: all.
    systems
        Whose flows.
    """
    for system, name in [(each, name) for each in systems for name in FLOWS_OF[each]]:
        if only not in (None, name):
            continue
        flow = FLOWS_OF[system][name]
        given = flow.faults.given if isinstance(flow.faults, OneFault) else {}
        counting = OneFault(-1, None, given)
        yield _run(system, name, flow, counting)
        struck = _of_the_tool(counting.seen) if system == "redrive" else range(len(counting.seen))
        for nth in sorted(set(struck) - set(given)):
            for kind in kinds:
                yield _run(system, f"{name}, call {nth}: {kind.value}", flow, OneFault(nth, kind, given))


def _of_the_tool(seen: Sequence[Point]) -> Iterator[int]:
    before = None
    for nth, point in enumerate(seen):
        if point.function == redrive.TOOL and point != before:
            yield nth
        if point.function == redrive.TOOL:
            before = point


def _run(system: str, name: str, flow: Scenario, faults: OneFault) -> Found:
    return run(system, name, replace(flow, faults=faults), Random(1))  # noqa: S311
