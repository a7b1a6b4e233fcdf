"""The end-to-end part of the benchmark: from when times count, when a rate is kept, and whose processor time it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.demo.model import DemoError
from scripts.demo.source import GeneratedSource
from scripts.load.loop import Request
from tests.bench.performance import end_to_end, processor, steady
from tests.bench.performance.end_to_end import Turn
from tests.bench.performance.steady import Run

PORT = 61_234


def outcome(sent: list[Request], decided: list[float]) -> Run:
    """Return what requests brought that were decided at these times, from a loop that began at 1,000."""
    transactions = list(GeneratedSource(len(sent), 1).transactions())[: len(sent)]
    times = {one.transaction_id: 1_000 + at for one, at in zip(transactions, decided)}
    return steady._run(10.0, 1_000.0, transactions, sent, times, cpu_seconds=3.0)


def test_times_count_from_when_a_request_was_due_and_not_from_when_it_was_sent() -> None:
    run = outcome([Request(due=0.0, sent=2.0, ended=2.5, status=202)], [3.0])

    assert run.answers == (2.5,)
    assert run.decisions == (3.0,)
    assert run.cpu_milliseconds_each == 3_000


def test_what_waits_when_sending_ends_is_the_backlog_and_decides_whether_a_rate_is_kept() -> None:
    sent = [Request(due=number / 10, sent=number / 10, ended=number / 10, status=202) for number in range(50)]

    slow, slower = outcome(sent, [0.0] * 30 + [9.0] * 20), outcome(sent, [0.0] * 29 + [9.0] * 21)

    assert (slow.backlog, slow.is_kept) == (20, True)
    assert (slower.backlog, slower.is_kept) == (21, False)


def test_a_rate_at_which_requests_are_refused_is_not_kept() -> None:
    run = outcome([Request(0.0, 0.0, 0.1, 202), Request(0.1, 0.1, 0.2, 500)], [0.0, 0.0])

    assert run.refused == 1
    assert not run.is_kept


def test_an_accepted_transaction_that_is_never_decided_ends_the_benchmark() -> None:
    with pytest.raises(DemoError, match="1 accepted transactions were not decided"):
        outcome([Request(0.0, 0.0, 0.1, 202)], [])


def turns(rate: float, *kept: bool) -> list[Turn]:
    """Return the rounds of a rate of 1 a second or more, in which it was kept or not."""
    return [Turn("it", Run(rate, 1, (0.1,), (0.2,), 0 if one else 1_000, 0, None), 1.0) for one in kept]


def test_the_highest_rate_is_below_the_first_that_most_rounds_do_not_keep() -> None:
    found = [
        *turns(5, True, True, True),
        *turns(10, True, True, False),
        *turns(20, True, False, False),
        *turns(50, True),
    ]

    assert end_to_end.highest_kept(found, "it") == 10


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells")
def test_an_emulators_processor_time_is_its_own_and_that_of_its_children() -> None:
    work = "import time\nwhile time.process_time() < 0.2: pass\n"
    child = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}]); print('done', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"GATEWAY_PORT": str(PORT)}
    ) as emulator:
        assert emulator.stdout is not None
        emulator.stdout.readline()
        used = processor.seconds_of(f"http://127.0.0.1:{PORT}")
        emulator.communicate(b"\n")

    assert used is not None
    assert used >= 0.2
    assert processor.seconds_of(f"http://127.0.0.1:{PORT}") is None
