"""How many AWS calls a transaction costs is counted, so its bars hold on every machine."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from scripts import paths
from tests.bench.performance.calls import Measured

CALLS = paths.ROOT / "tests" / "bench" / "performance" / "calls.py"


def measured(name: str, transactions: int) -> Measured:
    """Run a scenario in a process of its own, whose calls wait for nothing."""
    done = subprocess.run(
        [sys.executable, str(CALLS), name, str(transactions), "0"], check=True, capture_output=True, text=True
    )
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("name", "transactions", "bar"),
    [
        ("process, distinct accounts", 500, 0.3),
        ("process, distinct accounts, conflicts and throttles", 2200, 0.3),
        ("process, one account", 500, 0.25),
        ("process, one account, conflicts and throttles", 2200, 0.25),
        ("relay", 500, 0.2),
        ("ingest", 100, 2.0),
    ],
)
def test_calls_a_transaction_stay_below_their_bars(name: str, transactions: int, bar: float) -> None:
    found = measured(name, transactions)

    assert found.calls_each <= bar, found.calls


def test_trouble_is_really_met() -> None:
    without, trouble = (
        measured(f"process, distinct accounts{more}", 2200) for more in ("", ", conflicts and throttles")
    )

    assert sum(trouble.calls.values()) > sum(without.calls.values())


def test_the_usual_handler_makes_six_calls_for_each() -> None:
    assert measured("the usual handler, distinct accounts", 50).calls_each == 6
