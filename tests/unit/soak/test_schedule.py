"""The schedule of the faults."""

from __future__ import annotations

import pytest

from scripts.soak.schedule import KINDS, schedule


@pytest.mark.parametrize("minutes", [1, 5, 12, 60])
def test_every_kind_strikes_in_each_round_and_no_two_overlap(minutes: int) -> None:
    faults = schedule(60.0 * minutes, seed=4)

    rounds = max(1, minutes // 5)
    assert sorted(fault.kind for fault in faults) == sorted(KINDS * rounds)
    assert all(before.ends < after.starts for before, after in zip(faults, faults[1:]))
    assert faults[0].starts > 0
    assert faults[-1].ends < 60.0 * minutes


def test_the_seed_alone_decides() -> None:
    assert schedule(300.0, seed=7) == schedule(300.0, seed=7)
    assert schedule(300.0, seed=7) != schedule(300.0, seed=8)
