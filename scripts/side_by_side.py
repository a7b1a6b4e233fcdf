"""Run commands at once: the output of the first as it comes, that of each other when all have ended.

Usage: python -m scripts.side_by_side COMMAND ARGUMENT... -- COMMAND ARGUMENT...

Ctrl-C goes to each once; they end in order before this does.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO

from scripts import guard

INTERRUPTED = 130
RUN = "SIDE_BY_SIDE_RUN"
"""A variable of the commands, the same for those that run at once."""


def main(words: Sequence[str]) -> int:
    """Run the commands to their ends; return the first status that is not 0."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background commands are born without
    commands = list(_split(words))
    with contextlib.ExitStack() as stack:
        outputs = [stack.enter_context(tempfile.TemporaryFile()) for _ in commands[1:]]
        run = secrets.token_hex(8)
        processes = [_start(command, output, run) for command, output in zip(commands, [None, *outputs])]
        statuses = _await(processes)
        for output in outputs:
            output.seek(0)
            shutil.copyfileobj(output, sys.stdout.buffer)
        sys.stdout.flush()
    return next((status for status in statuses if status), 0)


def _split(words: Sequence[str]) -> Iterator[list[str]]:
    command: list[str] = []
    for word in [*words, "--"]:
        if word != "--":
            command.append(word)
        elif command:
            yield command
            command = []


def _start(command: Sequence[str], output: IO[bytes] | None, run: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env={**os.environ, RUN: run},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        start_new_session=True,  # else Ctrl-C reaches it twice, and the second time ends its tidying up
        preexec_fn=guard.die_with_parent,  # noqa: PLW1509 - single-threaded here
    )


def _await(processes: Sequence[subprocess.Popen[bytes]]) -> list[int]:
    try:
        return [process.wait() for process in processes]
    except KeyboardInterrupt:
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in processes:
            process.wait()
        return [INTERRUPTED]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
