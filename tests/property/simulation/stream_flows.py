"""The ways that transactions take in the systems that have streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.property.simulation.faults import Fault, OneFault
from tests.property.simulation.scenario import LARGE, Chances, Saying, Scenario, Submission

_ONE, _TWO, _THREE = (Submission(f"t{n}", "acc-0", 0.1 * n) for n in range(3))
_FLAGGED = replace(_ONE, amount=LARGE, merchant_id="test-shop")

ALERTS: Mapping[str, Scenario] = {
    "approved": Scenario((_ONE,)),
    "flagged, in one batch with others": Scenario((_FLAGGED, _TWO, replace(_THREE, amount=LARGE))),
    "the same again": Scenario((replace(_FLAGGED, repeats=(0.01, 60.0)),)),
    "the same id at another time": Scenario((_ONE, replace(_ONE, at=0.02, occurred_at="2026-11-20T08:58:00Z"))),
    "no transaction, between others": Scenario(
        (_ONE, replace(_FLAGGED, transaction_id="t2", at=0.1)), junk=((0.05, ""),)
    ),
    "decided at the third attempt": Scenario((_FLAGGED, _TWO), failures={"t0": 2}),
    "given up, and given to the function again": Scenario((_FLAGGED, _TWO), failures={"t0": 99}),
    "kills the function": Scenario((_FLAGGED, _TWO), deadly={"t0": 99}),
    "the alert is not taken three times": Scenario(
        (_FLAGGED,), faults=OneFault(-1, None, dict.fromkeys(range(5, 8), Fault.CRASH_BEFORE))
    ),
}
"""Those of stream_alerts."""

_DIRECT = replace(_ONE, direct=True)
_OTHERS = replace(_ONE, account_id="acc-1", at=0.05)

BANK: Mapping[str, Scenario] = {
    "approved, one sent again": Scenario((replace(_ONE, repeats=(0.2,)), _TWO)),
    "directly, one sent again": Scenario((replace(_DIRECT, repeats=(0.2,)), replace(_TWO, direct=True))),
    "two customers in one batch": Scenario((_DIRECT, replace(_TWO, account_id="acc-2", at=0.0, direct=True))),
    "flagged, and labelled": Scenario(
        (_FLAGGED,), labels=(Saying("t0", "fraud", "2026-11-20T09:00:00Z", 60.0, (1.0,)),)
    ),
    "an id of two customers": Scenario((_DIRECT, replace(_OTHERS, direct=True))),
    "an id of two customers, and a clock that makes them late": Scenario(
        (_DIRECT, replace(_OTHERS, direct=True)), chances=Chances(skews=(3600.0,))
    ),
    "an id of two customers, one of them by the function": Scenario((_DIRECT, _OTHERS)),
    "no transaction": Scenario((_ONE,), junk=((0.05, "acc-0"), (0.06, "acc-0"), (0.07, "acc-0"))),
    "no transaction, and it cannot even be refused": Scenario(
        (), junk=((0.05, "acc-0"),), faults=OneFault(-1, None, dict.fromkeys(range(11), Fault.CRASH_BEFORE))
    ),
    "a bug of ours, with followers": Scenario((_ONE, _TWO, replace(_THREE, at=30.0)), failures={"t0": 99}),
    "a bug of ours, directly": Scenario((_DIRECT, replace(_TWO, direct=True)), failures={"t0": 99}),
    "kills the function, with followers": Scenario((_ONE, _TWO), deadly={"t0": 99}),
    "kills the function for a while, directly": Scenario((_DIRECT, replace(_TWO, direct=True)), deadly={"t0": 5}),
    "the customer is unreadable": Scenario((replace(_ONE, at=5.0), replace(_TWO, at=5.1)), unreadable={"acc-0": 1.0}),
    "given up, and lost": Scenario((_DIRECT,), deadly={"t0": 99}, retention_seconds=60.0),
    "stored and never put on the stream": Scenario(
        (replace(_ONE, attempts=1),), sweeps=(0.2,), faults=OneFault(-1, None, {1: Fault.CRASH_BEFORE})
    ),
}
"""Those of securebank."""

LABELS: Mapping[str, Scenario] = {
    "failed, and no transaction": Scenario((_ONE,), failures={"t0": 99}, junk=((0.05, "acc-0"),)),
    "no transaction, and it cannot even be refused": Scenario(
        (), junk=((0.05, "acc-0"),), faults=OneFault(-1, None, dict.fromkeys(range(3), Fault.CRASH_BEFORE))
    ),
    "stored and never queued": Scenario(
        (replace(_ONE, attempts=1),), sweeps=(0.2,), faults=OneFault(-1, None, {2: Fault.CRASH_BEFORE})
    ),
    "decided and labelled": Scenario(
        (_FLAGGED, replace(_TWO, account_id="acc-1")),
        labels=(
            Saying("t0", "fraud", "2026-11-20T09:00:01Z", 30.0, (0.5,)),
            Saying("t1", "genuine", "2026-11-20T09:00:01Z", 30.1),
        ),
    ),
    "labelled before it is decided": Scenario(
        (_FLAGGED,), failures={"t0": 2}, labels=(Saying("t0", "fraud", "2026-11-20T09:00:01Z", 0.06),)
    ),
    "labelled again, late and otherwise": Scenario(
        (_ONE,),
        labels=(
            Saying("t0", "fraud", "2026-11-20T09:00:02Z", 30.0),
            Saying("t0", "genuine", "2026-11-20T09:00:01Z", 40.0),
            Saying("t0", "unknown", "2026-11-20T09:00:03Z", 50.0),
        ),
    ),
    "two labels at once": Scenario(
        (_ONE,),
        labels=(
            Saying("t0", "fraud", "2026-11-20T09:00:01Z", 30.0),
            Saying("t0", "genuine", "2026-11-20T09:00:01Z", 30.0),
        ),
    ),
}
"""Those of labels and what is learnt of them."""
