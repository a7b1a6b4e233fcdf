"""Commands that run side by side: all run, none is lost, none is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import paths

MEET = """
import pathlib, sys, time
place, name = pathlib.Path(sys.argv[1]), sys.argv[2]
(place / name).touch()
while len(list(place.iterdir())) < 2: time.sleep(.01)
print("met", name)
"""
UNTIL_TOLD = """
import pathlib, sys, time
place, name = pathlib.Path(sys.argv[1]), sys.argv[2]
try:
    (place / name).touch()
    time.sleep(60)
except KeyboardInterrupt: print("tidied up", name)
"""


def command(*words: object) -> list[str]:
    """Return the command that runs others side by side."""
    return [sys.executable, "-m", "scripts.side_by_side", *map(str, words)]


def test_they_run_at_once_and_the_output_of_each_is_whole(tmp_path: Path) -> None:
    one, two = ([sys.executable, "-c", MEET, str(tmp_path), name] for name in ("one", "two"))

    done = subprocess.run(
        command(*one, "--", *two), cwd=paths.ROOT, capture_output=True, text=True, check=False, timeout=20
    )

    assert (done.returncode, done.stdout) == (0, "met one\nmet two\n")


@pytest.mark.parametrize(("first", "second", "status"), [(0, 3, 3), (2, 0, 2), (2, 3, 2)])
def test_the_first_failure_is_that_of_all(first: int, second: int, status: int) -> None:
    one, two = ([sys.executable, "-c", f"raise SystemExit({code})"] for code in (first, second))

    assert subprocess.run(command(*one, "--", *two), cwd=paths.ROOT, check=False, timeout=20).returncode == status


@pytest.mark.parametrize("end", [os.killpg, os.kill], ids=["Ctrl-C", "signal"])
def test_interrupted_they_tidy_up_before_it_ends(end: Callable[[int, int], None], tmp_path: Path) -> None:
    one, two = ([sys.executable, "-c", UNTIL_TOLD, str(tmp_path), name] for name in ("one", "two"))
    with subprocess.Popen(
        command(*one, "--", *two), cwd=paths.ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        assert running.stdout is not None
        deadline = time.monotonic() + 20
        while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)

        end(running.pid, signal.SIGINT)

        assert running.stdout.read() == "tidied up one\ntidied up two\n"
        assert running.wait(20) == 130
