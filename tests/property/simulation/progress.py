"""A search that goes on where it was broken off, as long as the code is the same."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any, Optional

from scripts import paths
from tests.property.simulation.search import Found

FOLDER = paths.ROOT / "build" / "fault-search"


class Progress:
    """What a search has done of its schedules.

    Parameters
    ----------
    first, last
        The seeds that it is asked for; the last is not among them.
    folder
        Where it is kept.
    """

    def __init__(self, first: int, last: int, folder: Path = FOLDER) -> None:
        self._asked = {"first": first, "last": last, "code": code_digest()}
        self._file = folder / "progress.json"
        self.done, self.found = first, Found()
        kept = self._kept()
        if kept is not None:
            self.done, self.found = kept["done"], from_document(kept["found"])

    def _kept(self) -> Optional[dict[str, Any]]:
        try:
            kept: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return kept if kept.get("asked") == self._asked else None

    def note(self, done: int, found: Found) -> None:
        """Keep that all seeds before `done` have been run, and what the latest of them have shown."""
        self.done = done
        self.found.add(found)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"asked": self._asked, "done": self.done, "found": to_document(self.found)})
        beside = self._file.with_suffix(".new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(self._file)  # at once: a search may be broken off here as well

    def end(self) -> None:
        """Forget it: the next search begins anew."""
        self._file.unlink(missing_ok=True)


def code_digest() -> str:
    """Return a digest of all code that a schedule depends on."""
    digest = hashlib.sha256()
    for folder in (paths.LAMBDA_SRC, Path(__file__).parent):
        for file in sorted(folder.rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def to_document(found: Found) -> dict[str, Any]:
    """Return findings as JSON has them."""
    return {
        "schedules": dict(found.schedules),
        "calls": found.calls,
        "limits": dict(found.limits),
        "violations": found.violations,
        "seen": sorted(found.seen),
        "crashed": sorted(found.crashed),
        "faults": dict(found.faults),
    }


def from_document(document: dict[str, Any]) -> Found:
    """Return findings that were written as JSON."""
    return Found(
        schedules=Counter(document["schedules"]),
        calls=document["calls"],
        limits=Counter(document["limits"]),
        violations=document["violations"],
        seen=set(document["seen"]),
        crashed=set(document["crashed"]),
        faults=Counter(document["faults"]),
    )
