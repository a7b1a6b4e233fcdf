"""AWS's billing units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.cost import units
from scripts.cost.charge import Month
from scripts.errors import CommandError


@pytest.mark.parametrize(("size", "expected"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (3 * 1024, 3)])
def test_a_started_kilobyte_is_a_write_unit(size: int, expected: int) -> None:
    assert units.write_units(size) == expected


@pytest.mark.parametrize(("size", "expected"), [(1, 1), (4096, 1), (4097, 2)])
def test_four_kilobytes_are_a_read_unit_and_half_of_one_if_they_may_be_old(size: int, expected: int) -> None:
    assert units.read_units(size, consistent=True) == expected
    assert units.read_units(size, consistent=False) == expected / 2


def test_a_started_25_kilobytes_are_a_put_unit() -> None:
    assert [units.put_units(size) for size in (700, 25 * 1024, 25 * 1024 + 1)] == [1, 1, 2]


@pytest.mark.parametrize(
    ("schedule", "runs"),
    [
        ("rate(1 minute)", 43_800),
        ("rate(5 minutes)", 8_760),
        ("rate(1 hour)", 730),
        ("cron(0 5 * * ? *)", 730 / 24),
        ("cron(0 3 ? * SUN *)", 730 / 24 / 7),
    ],
)
def test_schedules_are_counted(schedule: str, runs: float) -> None:
    assert units.runs_a_month(schedule) == pytest.approx(runs)


def test_a_schedule_that_cannot_be_counted_is_refused() -> None:
    with pytest.raises(CommandError, match="cron"):
        units.runs_a_month("cron(*/5 * * * ? *)")


def test_a_batch_grows_with_the_rate_up_to_its_size() -> None:
    assert units.batch(0, 60, 100) == 1
    assert units.batch(1, 60, 100) == 61
    assert units.batch(10, 60, 100) == 100


def test_the_first_trace_of_each_second_is_kept_and_a_twentieth_of_the_others() -> None:
    assert units.traced(1000) == 1000
    assert units.traced(Month.SECONDS * 11) == pytest.approx(Month.SECONDS * 1.5)


@given(st.floats(min_value=0, max_value=1e12))
def test_never_more_traces_than_calls(calls: float) -> None:
    assert units.traced(calls) <= calls
