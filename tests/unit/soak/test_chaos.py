"""Faults that strike when they are due, and when the system is over them."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

from scripts.soak.chaos import Chaos
from scripts.soak.control import Control
from scripts.soak.schedule import BUS, KEY, RESTART, TOPIC, Fault


class Server:
    """An emulator that can only be restarted."""

    def __init__(self, folder: Path) -> None:
        self.control = Control(folder)
        self.control.reset()
        self.restart_from_saved_state = Mock()


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def chaos_of(faults: list[Fault], folder: Path) -> tuple[Chaos, Server, Mock, Clock]:
    server, kms, clock = Server(folder), Mock(), Clock()
    return Chaos(faults, server, kms, "arn:key", 3, server.restart_from_saved_state, clock), server, kms, clock  # type: ignore[arg-type]


def test_a_fault_is_on_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    chaos, server, _, clock = chaos_of([Fault(BUS, 10.0, 5.0)], tmp_path)

    seen = []
    for clock.now in (9.0, 10.0, 14.0, 15.0):
        chaos.strike()
        if server.control.active():
            server.control.note(BUS, "events:PutEvents")
        seen.append(server.control.active())

    assert seen == ["", BUS, BUS, ""]
    assert chaos.over


def test_the_key_is_enabled_again_even_when_the_run_ends_early(tmp_path: Path) -> None:
    chaos, _, kms, clock = chaos_of([Fault(KEY, 0.0, 60.0)], tmp_path)
    chaos.strike()
    kms.disable_key.assert_called_once_with(KeyId="arn:key")

    clock.now = 1.0
    chaos.end()

    kms.enable_key.assert_called_once_with(KeyId="arn:key")


def test_recovery_counts_from_the_end_until_the_backlog_is_down(tmp_path: Path) -> None:
    chaos, server, _, clock = chaos_of([Fault(BUS, 1.0, 5.0)], tmp_path)
    for clock.now, backlog in ((0.5, 2), (1.0, 2), (3.0, 1), (6.0, 40), (8.0, 9), (9.5, 3), (11.0, 0)):
        chaos.strike()
        server.control.note(BUS, "events:PutEvents")
        chaos.see(0, backlog)

    assert [episode.recovered_in for episode in chaos.episodes] == [3.5]


def test_a_restart_is_noted_as_a_fault(tmp_path: Path) -> None:
    chaos, server, _, _ = chaos_of([Fault(RESTART, 0.0, 0.0)], tmp_path)
    chaos.strike()

    server.restart_from_saved_state.assert_called_once_with()
    assert server.control.struck() == {RESTART: {"the local AWS": 1}}
    assert chaos.over


def test_a_fault_waits_for_something_to_hit_and_delays_those_that_follow(tmp_path: Path) -> None:
    chaos, server, _, clock = chaos_of([Fault(TOPIC, 0.0, 5.0), Fault(BUS, 10.0, 5.0)], tmp_path)
    chaos.strike()
    clock.now = 20.0
    chaos.strike()
    assert server.control.active() == TOPIC

    server.control.note(TOPIC, "sns:Publish")
    chaos.strike()
    chaos.strike()
    assert server.control.active() == ""

    clock.now = 25.0
    chaos.strike()

    assert server.control.active() == BUS
