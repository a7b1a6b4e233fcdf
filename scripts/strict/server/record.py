"""The record of decisions: one line of JSON each, each kind of call once."""

from __future__ import annotations

import json
import threading
from pathlib import Path

SUITE = "e2e-strict"


class Record:
    """A file of decisions that is whole at any moment, so that whatever ends the server loses none.

    Parameters
    ----------
    file
        Where it is written; an earlier run's is replaced.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file.open("w", encoding="utf-8", buffering=1)  # each line at once
        self._seen: set[tuple[str, str, str, bool]] = set()
        self._lock = threading.Lock()

    def note(self, principal: str, action: str, resource: str, *, allowed: bool) -> None:
        """Write a decision down unless the same one was written before.

        Parameters
        ----------
        principal
            The name of the role, or of the service that acts in its own name (`sns.amazonaws.com`).
        action, resource
            What it wanted to do, to what.
        allowed
            The decision.
        """
        call = (principal, action, resource, allowed)
        with self._lock:
            if call in self._seen:
                return
            self._seen.add(call)
            fields = {"principal": principal, "action": action, "resource": resource, "allowed": allowed}
            self._file.write(json.dumps({**fields, "suite": SUITE}) + "\n")
