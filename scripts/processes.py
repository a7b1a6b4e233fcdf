"""Guarded servers: start one that ends with this process, recognise one that was left running."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts import guard

_GUARD = Path(guard.__file__).resolve()


@dataclass(frozen=True)
class Guarded:
    """A guard process, named in a way that survives this process and cannot be mistaken."""

    pid: int
    token: str

    def alive(self) -> bool:
        """Say whether this very guard runs; another process with the same number does not count."""
        answer = subprocess.run(
            ["ps", "-ww", "-o", "stat=,command=", "-p", str(self.pid)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        line = answer.stdout.strip()
        return bool(line) and not line.startswith("Z") and self.token in line

    def stop(self, patience: float = 20.0) -> None:
        """End the guard and with it the server; refuse to touch a process that is not ours."""
        if not self.alive():
            return
        _signal(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while self.alive():
            if time.monotonic() > deadline:
                _signal(self.pid, signal.SIGKILL)  # the server hears of it through its parent-death signal
            time.sleep(0.05)


class Owner:
    """Holds one guarded server: it ends when `stop` is called or this process does."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        scratch: Path,
        grace: float = 10.0,
        keep_open: Sequence[int] = (),
    ) -> None:
        token = secrets.token_hex(16)
        self._scratch = scratch
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_GUARD), "--token", token, "--log", str(log),
             "--scratch", str(scratch), "--grace", str(grace), "--", *command],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=keep_open,  # a lock held by an open file lasts as long as the guard
            start_new_session=True,  # Ctrl-C goes to the owner, which then stops in order
        )  # fmt: skip
        self.guarded = Guarded(self._process.pid, token)

    def running(self) -> bool:
        """Say whether the server has not ended."""
        return self._process.poll() is None

    def detach(self) -> None:
        """Let the server go on after this process."""
        if self._process.stdin is not None:
            self._process.stdin.write(guard.DETACH)
            self._process.stdin.close()
            self._process.stdin = None

    def stop(self, patience: float = 20.0) -> None:
        """End the server and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            shutil.rmtree(self._scratch, ignore_errors=True)  # which the guard did not finish
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
