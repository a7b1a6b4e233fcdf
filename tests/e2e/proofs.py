"""A plugin that leaves out tests whose needs an emulator does not meet, and reports what the others have proved."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from collections.abc import Callable, Mapping, Set
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from scripts import paths, side_by_side
from tests.e2e.behaviours import BEHAVIOURS, MODELLED, PROVIDED, Behaviour

FOLDER = paths.BUILD / "behaviours"
MARKER = "needs"

Record = dict[str, str]


class Proofs:
    """Behaviour by behaviour, what the tests of a run have seen of one emulator.

    It is written to `<kind>.json`: what this run has seen replaces what an earlier one had, so a run of
    a few tests forgets nothing, and of runs side by side none forgets what failed in the other. The summary
    shows the files of all emulators.

    Parameters
    ----------
    kind
        Returns the emulator's kind; called when the first test starts.
    folder
        Where the files lie.
    behaviours, provided, modelled
        The list of `behaviours.py`, or another one.
    """

    def __init__(
        self,
        kind: Callable[[], str],
        folder: Path = FOLDER,
        behaviours: Mapping[str, Behaviour] = BEHAVIOURS,
        provided: Mapping[str, Set[str]] = PROVIDED,
        modelled: Mapping[str, Set[str]] = MODELLED,
    ) -> None:
        self._find_kind = kind
        self._folder = folder
        self._behaviours = behaviours
        self._provided = provided
        self._modelled = modelled
        self._needs: dict[str, set[str]] = {}
        self._seen: dict[str, set[str]] = {}

    @cached_property
    def kind(self) -> str:
        """Return the emulator's kind."""
        return self._find_kind()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note what each test needs.

        Raises
        ------
        pytest.UsageError
            If a test needs what is not in the list.
        """
        for item in items:
            for marker in item.iter_markers(MARKER):
                unknown = set(marker.args) - self._behaviours.keys()
                if unknown or not marker.args:
                    raise pytest.UsageError(f"{item.nodeid}: no such behaviour: {', '.join(unknown) or 'none named'}")
                self._needs.setdefault(item.nodeid, set()).update(marker.args)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip a test before anything is deployed for it."""
        for behaviour in sorted(self._needs.get(item.nodeid, set()) - self._provided[self.kind]):
            pytest.skip(f"{self.kind} lacks {behaviour}: {self._behaviours[behaviour].sentence}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what became of a test."""
        if report.failed or (report.passed and report.when == "call"):
            for behaviour in self._needs.get(report.nodeid, ()):
                self._seen.setdefault(behaviour, set()).add(report.outcome)

    def pytest_sessionfinish(self) -> None:
        """Write what this run has seen into the emulator's file."""
        if not self._seen:
            return
        now, commit = datetime.now(timezone.utc).isoformat(timespec="seconds"), _commit()
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{self.kind}.json"
        run = os.environ.get(side_by_side.RUN, "")
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            records = _read(file)
            for behaviour, outcomes in self._seen.items():
                before = records.get(behaviour, {})
                failed_beside = run and before.get("run") == run and before["state"] == "failed"
                state = "failed" if failed_beside or "failed" in outcomes else "proved"
                records[behaviour] = {"state": state, "at": now, "commit": commit, "run": run}
            file.write_text(json.dumps(records, indent=2, sort_keys=True) + "\n", encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show behaviour by emulator, this run's and the last ones of the others."""
        files = sorted(self._folder.glob("*.json")) if self._seen else []
        if files:
            terminalreporter.section("behaviours")
            for line in self.table({file.stem: _read(file) for file in files}):
                terminalreporter.write_line(line)

    def table(self, files: Mapping[str, Mapping[str, Record]]) -> list[str]:
        """Return the lines of the table, one for each behaviour, and the age of each emulator's column.

        Parameters
        ----------
        files
            The records by kind of emulator.
        """
        width = max(map(len, self._behaviours))
        lines = ["  ".join([" " * width, *(f"{kind:<20}" for kind in files)])]
        for behaviour in self._behaviours:
            states = (self._state(kind, behaviour, records) for kind, records in files.items())
            lines.append("  ".join([behaviour.ljust(width), *(f"{state:<20}" for state in states)]))
        for kind, records in files.items():
            oldest = min(records.values(), key=lambda record: record["at"])
            lines.append(f"{kind}: seen since {oldest['at']}, commit {oldest['commit']}")
        return [line.rstrip() for line in lines]

    def _state(self, kind: str, behaviour: str, records: Mapping[str, Record]) -> str:
        if behaviour not in self._provided.get(kind, set()):
            return "not provided"
        state = records[behaviour]["state"] if behaviour in records else "no test"
        if state == "proved" and behaviour in self._modelled.get(kind, set()):
            return "modelled"  # what this project added to an emulator is no proof of AWS
        return state


def _read(file: Path) -> dict[str, Record]:
    try:
        records: dict[str, Record] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # of no run, or of one that was killed while it wrote
    return records


def _commit() -> str:
    try:
        asked = subprocess.run(
            ["git", "describe", "--always", "--dirty"], cwd=paths.ROOT, capture_output=True, text=True, check=False
        )
    except OSError:
        return "unknown"
    return asked.stdout.strip() or "unknown"  # a copy of the tree need not be a repository
