"""Run one server so that it never outlives its owner. Standard library only, run as a program.

    python guard.py --token TOKEN --log FILE --scratch FOLDER --grace SECONDS -- COMMAND...

The guard's standard input is a pipe held by the owner. When the owner ends, however it
ends, the kernel closes the pipe and the guard stops the server: SIGTERM, `grace` seconds
to save its state, then SIGKILL for the server and all that it started. An owner that
wants the server to stay sends DETACH first. FOLDER goes with the server. TOKEN only marks
the guard's command line, so that a later command can tell this process from another one
with the same number.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence

DETACH = b"detach\n"

_PR_SET_PDEATHSIG = 1
_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def die_with_parent() -> None:
    """Ask Linux to end this process when the one that started it ends; elsewhere do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def main(arguments: Sequence[str]) -> int:
    """Start the command, wait for its end or a reason to stop it; return its exit status."""
    parser = argparse.ArgumentParser(description="Run a server that ends with its owner.")
    parser.add_argument("--token", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--scratch", required=True)
    parser.add_argument("--grace", type=float, default=10.0)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)

    wake_up = _signals_as_bytes()
    with open(options.log, "ab") as log:  # noqa: PTH123 - the guard knows no project code
        server = subprocess.Popen(
            options.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - single-threaded here
        )
    try:
        _wait(server, wake_up)
    finally:
        _stop(server, options.grace)
        shutil.rmtree(options.scratch, ignore_errors=True)
    return server.returncode if server.returncode >= 0 else 128 - server.returncode


def _signals_as_bytes() -> int:
    """Turn signals into bytes on a pipe, so that one select() waits for everything."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (*_STOPPING, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    return reading


def _wait(server: subprocess.Popen[bytes], wake_up: int) -> None:
    owner = sys.stdin.fileno()
    sources = [owner, wake_up]
    while server.poll() is None:
        ready, _, _ = select.select(sources, [], [])
        if wake_up in ready and any(number in _STOPPING for number in os.read(wake_up, 64)):
            return
        if owner in ready:
            if os.read(owner, 64) != DETACH:
                return
            sources.remove(owner)


def _stop(server: subprocess.Popen[bytes], grace: float) -> None:
    if server.poll() is None:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(grace)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)  # the group outlives its leader: workers are in it
    server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
