"""The ways that transactions take in the systems that have streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.property.simulation.faults import Fault, OneFault
from tests.property.simulation.scenario import LARGE, Scenario, Submission

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
