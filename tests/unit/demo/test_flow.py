from __future__ import annotations

import pytest

from scripts.demo.flow import Backlog, Stillness


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_sending_pauses_at_the_limit_and_goes_on_below_it(clock: Clock) -> None:
    backlog = Backlog(10, clock)

    assert [backlog.full(waiting) for waiting in (0, 9, 10, 11, 9)] == [False, False, True, True, False]


def test_a_pipeline_that_stands_still_is_not_waited_for_while_sending(clock: Clock) -> None:
    backlog = Backlog(10, clock)
    assert backlog.full(10)

    clock.now = 61.0

    assert not backlog.full(10)


def test_a_backlog_that_comes_back_to_the_same_length_is_not_taken_for_a_stall(clock: Clock) -> None:
    backlog = Backlog(10, clock)
    for now, waiting in ((0.0, 10), (30.0, 4), (61.0, 10)):
        clock.now = now
        full = backlog.full(waiting)

    assert full


def test_stillness_begins_again_with_each_movement(clock: Clock) -> None:
    still = Stillness(clock)
    seen = []
    for now, state in ((0.0, "a"), (3.0, "a"), (5.0, "b"), (9.0, "b")):
        clock.now = now
        seen.append(still.seconds(state))

    assert seen == [0.0, 3.0, 0.0, 4.0]
