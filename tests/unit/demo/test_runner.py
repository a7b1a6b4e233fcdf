from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any, Callable

import pytest
from rich.console import Console

from scripts.demo import client, runner
from scripts.demo.generator import transactions
from scripts.demo.model import DemoError, Merchant
from scripts.demo.parts.dead_letters import DeadLetters
from scripts.demo.runner import Options, Run
from scripts.demo.source import GeneratedSource
from scripts.demo.state import Analysis, Pulse, Row, Snapshot
from scripts.demo.system import System as Known
from scripts.demo.systems import FLAGSHIP
from scripts.stack import Stack
from tests.unit.demo.builders import row, snapshot, waiting_row

COUNT = 60


class System:
    """A deployed system in this process; each look at it lets it decide a few transactions more."""

    def __init__(self, stuck: frozenset[str] = frozenset()) -> None:
        self.api_endpoint, self.api_key = "http://127.0.0.1/live", "key"
        self.emulator, self.deployed = "none", Stack("http://127.0.0.1", {}, 0.0)
        self.closed = False
        self.looks = 0
        self._stuck = stuck
        self._answers = {"accepted": 202, "rejected": 422, "conflict": 409}
        self._accepted = {one.transaction_id: one for one in transactions(COUNT, 1) if one.expected == "accepted"}

    @contextmanager
    def start(self, _say: Callable[[str], None]) -> Iterator[Any]:
        try:
            yield self
        finally:
            self.closed = True

    def poster(self, *_: Any) -> Callable[[bytes], int]:
        by_body = {FLAGSHIP.body(one, None): self._answers[one.expected or ""] for one in transactions(COUNT, 1)}
        return lambda body: by_body[body]

    def observer(self, _system: object) -> System:
        return self

    def client(self, _service: str) -> Any:
        raise AssertionError("the logs are asked for only when the books do not balance")

    def prepare(self, merchants: Iterator[Merchant]) -> int:
        return len(list(merchants))

    def waiting(self) -> int:
        return sum(1 for one in self.snapshot().rows.values() if one.outcome is None)

    def flagged(self) -> int:
        return sum(1 for one in self.snapshot().rows.values() if one.flagged)

    def pulse(self) -> Pulse:
        self.looks += 1
        return Pulse(self.waiting(), flagged=self.flagged())

    def analyse(self, snapshot: Snapshot, say: Callable[[str], None]) -> Snapshot:
        say("analysing")
        assert self.waiting() == 0, "analyses are of what is at rest"
        return replace(snapshot, findings=[*snapshot.findings, DeadLetters({"of-the-analysis": 1})])

    def snapshot(self) -> Snapshot:
        rows: list[Row] = []
        places: dict[str, int] = {}
        for number, one in enumerate(self._accepted.values()):
            if number < 20 * self.looks and one.transaction_id not in self._stuck:
                places[one.account_id] = places.get(one.account_id, 0) + 1
                outcome = "REVIEW_REQUIRED" if one.amount > 5_000 else "APPROVED"
                rows.append(row(one, places[one.account_id], outcome=outcome, status=outcome))
            else:
                rows.append(waiting_row(one))
        return snapshot(rows)


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def execute(
    system: System, clock: Clock, out: Path, monkeypatch: pytest.MonkeyPatch, known: Known = FLAGSHIP
) -> tuple[int, str]:
    monkeypatch.setattr(runner, "http_poster", system.poster)
    shown = StringIO()
    run = Run(
        known,
        GeneratedSource(COUNT, seed=1),
        Options(rate=None, workers=3, seed=1, out=out, stall_seconds=30.0),
        Console(file=shown, width=150),
        clock,
        clock.sleep,
    )
    return run.execute(system.start), shown.getvalue()


def test_a_run_ends_when_everything_is_at_rest_and_balances(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System()

    code, shown = execute(system, clock, tmp_path, monkeypatch)

    assert code == 0
    assert "The books balance." in shown
    assert clock.now < 10
    content = json.loads((tmp_path / "report.json").read_text())
    assert content["settled"] == content["accepted"] == COUNT
    assert list(content["stage_seconds"]) == ["set up", "seed", "send", "settle", "check", "stop"]
    assert system.closed


def test_what_a_system_analyses_comes_after_everything_is_settled_and_counts(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def analysis(_: object) -> Analysis:
        raise AssertionError("the system of the test analyses by itself")

    system = System()
    monkeypatch.setattr(system, "client", lambda _: None)
    monkeypatch.setattr(runner, "save_complaints", lambda *_: None)

    code, shown = execute(system, clock, tmp_path, monkeypatch, replace(FLAGSHIP, analyses=(analysis,)))

    content = json.loads((tmp_path / "report.json").read_text())
    assert list(content["stage_seconds"]) == ["set up", "seed", "send", "settle", "analyse", "check", "stop"]
    assert "analysing" in shown
    assert (code, content["dead_letters"]) == (1, 1)


def test_a_stall_is_found_said_and_counted(clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(stuck=frozenset({"demo-1-0000007", "demo-1-0000009"}))
    monkeypatch.setattr(system, "client", lambda _: None)
    monkeypatch.setattr(runner, "save_complaints", lambda *_: None)

    code, shown = execute(system, clock, tmp_path, monkeypatch)

    assert code == 1
    assert "Nothing moved for 30 s while waiting for 2 decisions" in shown
    assert 30 < clock.now < 60
    content = json.loads((tmp_path / "report.json").read_text())
    assert (content["lost"], content["balanced"]) == (2, False)
    assert system.closed


def test_an_api_that_hangs_ends_the_run(clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system, release = System(), threading.Event()

    def hang(*_: Any) -> Callable[[bytes], int | None]:
        return lambda _body: None if release.wait(30) else 202

    def waiting() -> int:
        clock.now += 10  # the run asks each time it looks at all
        return 0

    monkeypatch.setattr(system, "poster", hang)
    monkeypatch.setattr(system, "waiting", waiting)
    monkeypatch.setattr(runner, "_LOOK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(client, "STOP_SECONDS", 0.1)

    with pytest.raises(DemoError, match="the API left everything unanswered for 30 s, 0 were sent"):
        execute(system, clock, tmp_path, monkeypatch)
    release.set()
    assert system.closed


def test_an_interrupt_while_waiting_stops_the_stack_and_leaves_no_report(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.json").write_text("{}")
    system = System()

    def interrupt() -> Pulse:
        raise KeyboardInterrupt

    monkeypatch.setattr(system, "pulse", interrupt)

    with pytest.raises(KeyboardInterrupt):
        execute(system, clock, tmp_path, monkeypatch)
    assert system.closed
    assert list(tmp_path.iterdir()) == []
