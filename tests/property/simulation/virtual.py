"""Puts the functions' code onto virtual time and chance: whatever it takes from the clock comes from the schedule.

The code takes its clock, its waits and its jitter as defaults of arguments. While schedules run, these defaults are
those of the schedule at hand.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any, Callable, Optional
from unittest.mock import patch

from pipeline.aws import alert_lease, clients, clock, models, observability
from pipeline.scoring.engine import DecisionEngine
from scripts import paths
from tests.property.simulation.functions import Session, load
from tests.property.simulation.kernel import Kernel


class Present:
    """The schedule that runs now, and what deciding meets in it."""

    kernel: Optional[Kernel] = None
    deciding: Callable[[str], None] = staticmethod(lambda _: None)
    """Called with a transaction's id before it is decided: a bug of ours raises here."""


def _kernel() -> Kernel:
    if Present.kernel is None:
        raise AssertionError("no schedule runs")
    return Present.kernel


def _uniform(low: float, high: float) -> float:
    return low + (high - low) * _kernel().draw.random()


_REPLACED: dict[Any, Any] = {
    time.sleep: lambda seconds: _kernel().pause(seconds),
    time.monotonic: lambda: _kernel().now,
    random.uniform: _uniform,
}
_DATETIME = SimpleNamespace(now=lambda _zone: _kernel().utc())
_UUID = SimpleNamespace(uuid4=lambda: SimpleNamespace(hex=_kernel().new_name()))
_decide = DecisionEngine.decide


def _decided(engine: DecisionEngine, acceptance: Any, account: Any, merchant: Any) -> Any:
    Present.deciding(acceptance.transaction.transaction_id)
    return _decide(engine, acceptance, account, merchant)


@contextmanager
def virtual(packages: Sequence[str]) -> Iterator[None]:
    """Let the code of these functions run on virtual time, without logs and metrics."""
    level = observability.logger.log_level
    with (
        patch.object(clients, "session", Session),
        patch.object(clients, "Config", SimpleNamespace),
        patch.object(clock, "datetime", _DATETIME),
        patch.object(alert_lease, "uuid", _UUID),
        patch.object(models, "load_models", dict),
        patch.object(DecisionEngine, "decide", _decided),
        patch.object(observability.metrics, "add_metric", lambda **_: None),
        patch.object(observability.metrics.provider, "flush_metrics", lambda **_: None),
    ):
        for package in packages:
            load(package)
        changed = [(function, _replace(function)) for function in _functions()]
        observability.logger.setLevel("CRITICAL")
        try:
            yield
        finally:
            observability.logger.setLevel(level)
            for function, defaults in changed:
                function.__defaults__ = defaults


def _replace(function: FunctionType) -> Any:
    """Give a function the defaults of the schedule; return those that it had."""
    before = function.__defaults__
    if before:
        function.__defaults__ = tuple(_REPLACED.get(value, value) if callable(value) else value for value in before)
    return before


def _functions() -> list[FunctionType]:
    """Return all functions and methods of the loaded code below lambda_src."""
    found: list[FunctionType] = []
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and paths.LAMBDA_SRC in Path(file).parents:
            owners = [module, *(each for each in vars(module).values() if isinstance(each, type))]
            found += [member for owner in owners for member in vars(owner).values() if isinstance(member, FunctionType)]
    return found
