"""Several accounts on their way at once: at one rate, and what ends one ends no other."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.redrive.at_once import release_all
from scripts.redrive.pace import Pace, StoppedError, until_stopped
from scripts.redrive.release import Outcome, Result
from tests.factories import NOW
from tests.unit.redrive.conftest import World

PATIENCE_SECONDS = 20.0
"""How long a thread waits for another one before the test fails."""


def test_so_many_accounts_are_on_their_way_at_once_and_no_more() -> None:
    met, lock = threading.Barrier(3), threading.Lock()
    under_way = most = 0

    def release(subject: str) -> Outcome:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        met.wait(PATIENCE_SECONDS)  # breaks unless three are here at once
        with lock:
            under_way -= 1
        return Outcome(subject, Result.RELEASED)

    subjects = [f"acc-{number}" for number in range(6)]
    outcomes = release_all(subjects, release, 3, threading.Event())

    assert [outcome.subject for outcome in outcomes] == subjects
    assert most == 3


def test_an_interruption_ends_each_at_its_next_step_and_begins_with_no_other() -> None:
    stop, begun, ended = threading.Event(), [], []
    both_wait = threading.Barrier(2)

    def release(subject: str) -> Outcome:
        begun.append(subject)
        both_wait.wait(PATIENCE_SECONDS)
        if subject == "acc-0":
            os.kill(os.getpid(), signal.SIGINT)
        try:
            until_stopped(stop)(PATIENCE_SECONDS)
        except StoppedError:
            ended.append(subject)
        return Outcome(subject, Result.INTERRUPTED)

    with pytest.raises(KeyboardInterrupt):
        release_all([f"acc-{number}" for number in range(5)], release, 2, stop)

    assert sorted(begun) == sorted(ended) == ["acc-0", "acc-1"]


def test_a_run_that_is_to_end_lets_go_of_nothing_more() -> None:
    stop = threading.Event()
    pace = Pace(0.0, 60.0, lambda: NOW, lambda: 0.0, until_stopped(stop))
    pace.wait_for_turn()
    stop.set()

    with pytest.raises(StoppedError):
        pace.wait_for_turn()


def test_an_interrupted_release_says_so_and_a_later_run_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.fail("t1", "t2")
    stop, go_on = threading.Event(), world.sleep

    def stop_when_let_go(seconds: float) -> None:
        if world.statuses()["t1"] == "RECEIVED":
            stop.set()
        until_stopped(stop)(0.0)
        go_on(seconds)

    monkeypatch.setattr(world, "sleep", stop_when_let_go)
    outcome = world.releaser().release("acc")
    monkeypatch.setattr(world, "sleep", go_on)

    assert outcome.result is Result.INTERRUPTED
    assert world.told == [("begins", "t1"), ("let go", "t1"), ("interrupted", "")]
    assert world.tables.account()["released_by"] == "run-1"
    assert world.releaser("run-2").release("acc", "run-1").result is Result.RELEASED
    world.check_released()


def test_the_rate_is_that_of_all_accounts_together() -> None:
    waits: list[float] = []
    pace = Pace(0.5, 60.0, lambda: NOW, lambda: 100.0, waits.append)
    threads = [threading.Thread(target=pace.wait_for_turn) for _ in range(20)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(waits) == [0.5 * number for number in range(20)]


def test_what_aws_refuses_for_one_account_is_its_outcome_and_a_later_run_goes_on(world: World) -> None:
    world.fail("t1", "t2")

    def refuse(number: int) -> None:
        if "released_by" in world.tables.account():
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "TransactWriteItems")

    world.client.before = refuse
    outcome = world.releaser().release("acc")

    assert outcome.result is Result.BROKEN
    assert "slow down" in outcome.why
    assert world.told[-1] == ("broken off", "")
    assert world.tables.account()["released_by"] == "run-1"
    world.client.before = lambda _: None
    assert world.releaser("run-2").release("acc", "run-1").result is Result.RELEASED
    world.check_released()


def test_accounts_released_at_once_each_keep_their_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipeline of the tests is one thread at a time; the tool's threads are not."""
    accounts = [f"acc-{number}" for number in range(4)]
    for account_id in accounts:
        world.fail(*(f"{account_id}-t{number}" for number in range(3)), account_id=account_id)
    lock, send, deliver = threading.Lock(), world.send, world.deliver

    def alone(call: Any) -> Any:
        def locked(*given: Any) -> None:
            with lock:
                call(*given)

        return locked

    monkeypatch.setattr(world, "send", alone(send))
    monkeypatch.setattr(world, "deliver", alone(deliver))
    releaser = world.releaser()

    outcomes = release_all(accounts, releaser.release, 4, threading.Event())

    assert [outcome.result for outcome in outcomes] == [Result.RELEASED] * 4
    rows = world.tables.rows()
    for account_id in accounts:
        ids = [f"{account_id}-t{number}" for number in range(3)]
        assert [int(rows[key]["sequence"]) for key in ids] == [1, 2, 3]
        assert "blocked_by" not in world.tables.account(account_id)
