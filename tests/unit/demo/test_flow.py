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
    backlog = Backlog(10, waiting=lambda: 0, clock=clock)

    assert [backlog.full(accepted, 5) for accepted in (5, 14, 15, 16, 14)] == [False, False, True, True, False]


def test_what_will_never_be_decided_does_not_hold_the_rest_up_for_ever(clock: Clock) -> None:
    backlog = Backlog(10, waiting=lambda: 3, clock=clock)
    assert backlog.full(accepted=100, settled=90)

    clock.now = 6.0

    assert not backlog.full(accepted=100, settled=90)


def test_a_queue_that_really_is_full_goes_on_pausing(clock: Clock) -> None:
    backlog = Backlog(10, waiting=lambda: 10, clock=clock)
    assert backlog.full(accepted=100, settled=90)

    clock.now = 6.0

    assert backlog.full(accepted=100, settled=90)


def test_a_pipeline_that_stands_still_is_not_waited_for_while_sending(clock: Clock) -> None:
    backlog = Backlog(10, waiting=lambda: 10, clock=clock)
    assert backlog.full(accepted=100, settled=90)

    clock.now = 61.0

    assert not backlog.full(accepted=100, settled=90)


def test_stillness_begins_again_with_each_movement(clock: Clock) -> None:
    still = Stillness(clock)
    seen = []
    for now, state in ((0.0, "a"), (3.0, "a"), (5.0, "b"), (9.0, "b")):
        clock.now = now
        seen.append(still.seconds(state))

    assert seen == [0.0, 3.0, 0.0, 4.0]
