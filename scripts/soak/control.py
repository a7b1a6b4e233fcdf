"""What the run and the emulator tell each other: the kind of fault that is on, and each fault that struck.

Plain files, for they outlive a restart of the emulator.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

FOLDER = "SOAK_FOLDER"
"""Names the folder of the files, in the emulator's environment."""
_ACTIVE, _STRUCK = "active", "struck.jsonl"


class Control:
    """The two files.

    Parameters
    ----------
    folder
        Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def reset(self) -> None:
        """Begin anew, without any fault."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / _STRUCK).write_text("", encoding="utf-8")
        self.switch("")

    def switch(self, kind: str) -> None:
        """Switch a kind of fault on, and any other off; "" for none."""
        new = self._folder / f"{_ACTIVE}.new"
        new.write_text(kind, encoding="utf-8")
        new.replace(self._folder / _ACTIVE)

    def active(self) -> str:
        """Return the kind that is on, or ""."""
        return (self._folder / _ACTIVE).read_text(encoding="utf-8")

    def note(self, kind: str, what: str) -> None:
        """Note that a fault struck `what`, such as an operation or a function."""
        with (self._folder / _STRUCK).open("a", encoding="utf-8") as file:
            file.write(json.dumps([kind, what]) + "\n")

    def struck(self) -> dict[str, Counter[str]]:
        """Return how often each kind struck what."""
        counts: dict[str, Counter[str]] = {}
        for line in (self._folder / _STRUCK).read_text(encoding="utf-8").splitlines():
            kind, what = json.loads(line)
            counts.setdefault(kind, Counter())[what] += 1
        return counts
