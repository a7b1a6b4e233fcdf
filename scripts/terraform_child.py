"""Run Terraform so that it ends with whoever called it. Standard library only, run as a program.

    python terraform_child.py TERRAFORM ARGUMENT...

For callers that are not ours (pytest-terraform): they kill Terraform at once when they are
interrupted, and its provider would stay behind and listen for ever. Here the caller kills this
process instead; a second one notices, and ends Terraform with all that it started. Asking it to
stop would not do: it goes on asking an emulator that the same interruption has ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence


def main(command: Sequence[str]) -> int:
    """Run the command to its end and return its exit status; pass an interruption on."""
    process = subprocess.Popen(command, start_new_session=True)  # else Ctrl-C reaches it twice: do not tidy up
    _watch(process.pid)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: process.terminate())
    try:
        return process.wait()
    finally:
        _end(process.pid)


def _watch(group: int) -> None:
    """Leave a process behind that ends the group when this one is gone, however it went."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(reading)  # `writing` stays open as long as this process lives
        return
    os.setsid()
    os.close(writing)
    os.read(reading, 1)
    _end(group)
    os._exit(0)


def _end(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
