"""A guarded server ends with its owner, however the owner ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.processes import Guarded, Owner
from tests.unit.scripts.watching import all_gone, until

# A server with a worker of its own, which ignores a polite end.
SERVER = """
import os, signal, subprocess, sys, time
worker = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, "
                           "signal.SIG_IGN); time.sleep(600)"])
open(sys.argv[1], "w").write(f"{os.getpid()} {worker.pid}")
time.sleep(600)
"""


@pytest.fixture
def pids(tmp_path: Path) -> Callable[[], list[int]]:
    """Return the numbers of the server and of its worker, once they run."""

    def read() -> list[int]:
        file = tmp_path / "pids"
        assert until(lambda: file.is_file() and len(file.read_text().split()) == 2)
        return [int(number) for number in file.read_text().split()]

    return read


def owner(tmp_path: Path) -> Owner:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-c", SERVER, str(tmp_path / "pids")]
    return Owner(command, dict(os.environ), tmp_path / "log", scratch, grace=5)


def test_stopping_ends_the_server_its_workers_and_its_scratch_folder(
    tmp_path: Path, pids: Callable[[], list[int]]
) -> None:
    held = owner(tmp_path)
    running = pids()

    held.stop()

    assert until(lambda: all_gone(running))
    assert not (tmp_path / "scratch").exists()


def test_a_guard_that_takes_too_long_leaves_no_scratch_folder_either(
    tmp_path: Path, pids: Callable[[], list[int]]
) -> None:
    held = owner(tmp_path)
    server, worker = pids()

    held.stop(patience=0.0)

    assert until(lambda: all_gone([server]))
    assert not (tmp_path / "scratch").exists()
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker, signal.SIGKILL)  # it ignores SIGTERM, and nobody is left to insist


def test_the_server_ends_when_its_owner_is_killed(tmp_path: Path, pids: Callable[[], list[int]]) -> None:
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.unit.scripts import test_guard, watching\n"
        "folder = Path(sys.argv[1])\n"
        "held = test_guard.owner(folder)\n"
        "assert watching.until((folder / 'pids').is_file)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL

    running = pids()
    assert until(lambda: all_gone(running))
    assert until(lambda: not (tmp_path / "scratch").exists())


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's own")
def test_the_server_ends_when_its_guard_is_killed(tmp_path: Path, pids: Callable[[], list[int]]) -> None:
    held = owner(tmp_path)
    server, worker = pids()

    os.kill(held.guarded.pid, signal.SIGKILL)

    assert until(lambda: all_gone([server]))
    held.stop()
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker, signal.SIGKILL)  # it ignores SIGTERM, and nobody is left to insist


def test_a_detached_server_goes_on_and_is_found_again(tmp_path: Path, pids: Callable[[], list[int]]) -> None:
    held = owner(tmp_path)
    running = pids()
    found = Guarded(held.guarded.pid, held.guarded.token)

    held.detach()
    assert found.alive()

    found.stop()
    assert until(lambda: all_gone(running))


def test_a_process_that_is_not_ours_is_neither_taken_for_it_nor_stopped() -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        stranger = Guarded(other.pid, "0123456789abcdef")

        assert not stranger.alive()
        stranger.stop()

        assert other.poll() is None
        other.kill()
