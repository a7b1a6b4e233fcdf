from __future__ import annotations

from io import StringIO
from typing import Callable

import pytest
from rich.console import Console

from scripts.demo.progress import Counters, Progress, Rate


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_where_the_output_is_kept_it_is_lines_and_not_too_many() -> None:
    out, clock = StringIO(), Clock()
    with Progress(Console(file=out, width=100), clock) as progress, progress.stage("send"):
        for second in range(60):
            clock.now = float(second)
            progress.update(Counters(sent=second, settled=second, flagged=0, to_settle=60))

    lines = out.getvalue().splitlines()
    assert 12 <= len(lines) <= 16
    assert lines[0].endswith("send ...")
    assert lines[-1].endswith("send: 59.0 s")
    assert "sent 55 · settled 55 of about 60 · flagged 0" in lines[-2]


def test_where_nothing_counts_the_flagged_ones_they_are_not_shown() -> None:
    assert "flagged" not in Counters(sent=1).text()
    assert "flagged 0" in Counters(sent=1, flagged=0).text()


def test_a_terminal_gets_the_stages_and_the_counters() -> None:
    clock = Clock()
    console = Console(file=StringIO(), width=100, force_terminal=True)
    with Progress(console, clock) as progress:
        with progress.stage("seed"):
            clock.now = 2.0
        with progress.stage("send"):
            progress.update(Counters(sent=1200, settled=700, flagged=9, to_settle=1500, rate=81.6))
            with console.capture() as captured:
                console.print(progress.picture())

    shown = captured.get()
    for text in ("seed", "2.0 s", "1,200", "82/s", "700", "9"):
        assert text in shown


def test_every_step_of_a_run_can_end_it() -> None:
    def check() -> None:
        raise KeyboardInterrupt

    progress = Progress(Console(file=StringIO()), check=check)
    steps: list[Callable[[], object]] = [
        lambda: progress.detail("text"),
        lambda: progress.update(Counters()),
        lambda: progress.stage("send").__enter__(),
    ]

    for step in steps:
        with pytest.raises(KeyboardInterrupt):
            step()


def test_a_rate_forgets_what_is_long_past() -> None:
    clock = Clock()
    rate = Rate(clock)
    rate.of(0)
    for second in range(1, 31):
        clock.now = float(second)
        now = rate.of(10 * second if second < 20 else 190)

    assert now == 0.0
