"""What a run did, line by line, on disk before the next step: the audit beside the histories in the tables."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Callable, TextIO

from scripts import paths
from scripts.errors import CommandError

FOLDER = paths.BUILD / "redrive"


class Journal:
    """An open journal.

    Parameters
    ----------
    file
        Where lines are appended.
    now
        The clock.
    """

    def __init__(self, file: TextIO, now: Callable[[], datetime]) -> None:
        self._file = file
        self._now = now

    def write(self, **what: Any) -> None:
        """Append a line, and have it on disk."""
        self._file.write(json.dumps({"at": self._now().isoformat(), **what}) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


@contextmanager
def opened(path: Path, now: Callable[[], datetime]) -> Iterator[Journal]:
    """Open a journal for one run at a time.

    Raises
    ------
    CommandError
        If another run on this machine has it open.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(f"another run writes {paths.shown(path)}: wait until it ends.") from error
        yield Journal(file, now)


def runs(path: Path) -> set[str]:
    """Return the tokens of the runs that a journal tells of; a line that was cut off by a crash is passed over."""
    found = set()
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                found.add(str(json.loads(line)["run"]))
            except (ValueError, KeyError, TypeError):
                continue
    return found
