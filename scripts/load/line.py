"""One line that tells how far something is: rewritten on a terminal, now and then a new one elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Callable, TextIO


class Line:
    """The line.

    Parameters
    ----------
    every_seconds
        How often it is written where it cannot be rewritten.
    file
        Where to; standard output is for results.
    clock
        Seconds, never going back.
    """

    def __init__(
        self, every_seconds: float, file: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = sys.stderr if file is None else file
        self._every = every_seconds
        self._clock = clock
        self._next = 0.0
        self._rewrites = self._file.isatty()

    def is_due(self) -> bool:
        """Tell whether something would be seen now."""
        return self._clock() >= self._next

    def show(self, text: str) -> None:
        """Show how far it is."""
        self._next = self._clock() + (0.2 if self._rewrites else self._every)
        self._write(text)

    def end(self, text: str) -> None:
        """Show the last of it."""
        self._write(text)
        if self._rewrites:
            print(file=self._file)

    def _write(self, text: str) -> None:
        if self._rewrites:
            print(f"\r\x1b[K{text}", end="", file=self._file, flush=True)
        else:
            print(text, file=self._file, flush=True)
