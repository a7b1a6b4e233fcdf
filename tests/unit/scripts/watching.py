"""Wait for processes to do something."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable


def until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Say whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def all_gone(pids: list[int]) -> bool:
    """Say whether none of the processes runs any more."""
    return all(_gone(pid) for pid in pids)


def _gone(pid: int) -> bool:
    answer = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return not answer.stdout.strip() or answer.stdout.startswith("Z")
