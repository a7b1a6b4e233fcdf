"""`make scan`: checkov over the root, the modules and the examples, with our own policies.

Usage: python -m scripts.scan

Fails when a check failed, a file could not be read, or a check is skipped without a
reason in words. The skips are printed: each is a decision somebody must be able to judge.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from scripts import environments, paths
from scripts.errors import CommandError

_POLICIES = paths.ROOT / "policies"
_NOT_OURS = ("build", "tests", "docs")  # at the root; hidden folders are left out by checkov
_WORDS_OF_A_REASON = 3

Record = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Skip:
    """A check that a resource is exempt from, and why."""

    check: str
    title: str
    reason: str
    file: str
    resource: str

    @property
    def explained(self) -> bool:
        """Say whether the reason is more than a word or checkov's stand-in for none."""
        return self.reason != "No comment provided" and len(self.reason.split()) >= _WORDS_OF_A_REASON


@dataclass(frozen=True)
class Findings:
    """What a scan found."""

    passed: int
    failed: tuple[str, ...]
    unreadable: tuple[str, ...]
    skips: tuple[Skip, ...]

    @property
    def clean(self) -> bool:
        """Say whether nothing failed, all could be read, and every skip has its reason."""
        return bool(self.passed) and not (self.failed or self.unreadable or self.unexplained)

    @property
    def unexplained(self) -> tuple[Skip, ...]:
        """Return the skips without a reason in words."""
        return tuple(skip for skip in self.skips if not skip.explained)


def scan(root: Path = paths.ROOT) -> Findings:
    """Run checkov below `root`, leave its reports in build/scan/, and return what it found."""
    environments.ensure(environments.CHECKOV)
    shutil.rmtree(paths.SCAN, ignore_errors=True)
    paths.SCAN.mkdir(parents=True)
    reports = {kind: paths.SCAN / f"checkov.{kind}" for kind in ("json", "sarif")}
    left_out = (f"{re.escape(str(root))}/{name}(/|$)" for name in _NOT_OURS)
    command = [
        str(environments.CHECKOV.folder / "bin" / "checkov"),
        "--directory", str(root),
        "--framework", "terraform",
        "--skip-download",
        *[argument for pattern in left_out for argument in ("--skip-path", pattern)],
        *(["--external-checks-dir", str(_POLICIES)] if _POLICIES.is_dir() else []),
        *[argument for kind in reports for argument in ("--output", kind)],
        "--output-file-path", ",".join(str(file) for file in reports.values()),
    ]  # fmt: skip
    environment = {**os.environ, "LOG_LEVEL": "ERROR", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if not reports["json"].is_file():
        raise CommandError(f"checkov did not finish:\n{(done.stdout + done.stderr)[-4000:]}")
    return findings(json.loads(reports["json"].read_text(encoding="utf-8")))


def findings(report: Record | Sequence[Record]) -> Findings:
    """Return the findings of checkov's JSON report, each once however often a module is used."""
    parts: Sequence[Any] = report if isinstance(report, list) else [report]
    with_results = [part for part in parts if "results" in part]
    results: dict[str, list[Any]] = defaultdict(list)
    for part in with_results:
        for kind, records in part["results"].items():
            results[kind] += records
    return Findings(
        passed=sum(part["summary"]["passed"] for part in with_results),
        failed=tuple(sorted({_finding(record) for record in results["failed_checks"]})),
        unreadable=tuple(sorted({str(error) for error in results["parsing_errors"]})),
        skips=tuple(sorted({_skip(record) for record in results["skipped_checks"]})),
    )


def _finding(record: Record) -> str:
    place = f"{record['file_path'].lstrip('/')}:{record['file_line_range'][0]}"
    return f"{record['check_id']} {record['check_name']} ({_resource(record)}, {place})"


def _skip(record: Record) -> Skip:
    reason = (record["check_result"].get("suppress_comment") or "").strip()
    return Skip(record["check_id"], record["check_name"], reason, record["file_path"].lstrip("/"), _resource(record))


def _resource(record: Record) -> str:
    """Return the resource as its module names it, whoever uses the module."""
    parts = str(record["resource"]).split(".")
    while len(parts) > 2 and parts[0] == "module":
        parts = parts[2:]
    return ".".join(parts)


def show(found: Findings, console: Console) -> None:
    """Print the findings for a person."""
    table = Table(title=f"Skipped checks ({len(found.skips)})", title_justify="left", show_lines=False)
    for column in ("Check", "Resource", "File", "Reason"):
        table.add_column(column, overflow="fold")
    for skip in found.skips:
        table.add_row(skip.check, skip.resource, skip.file, skip.reason)
    if found.skips:
        console.print(table)
    _list(console, "Failed", found.failed)
    _list(console, "Could not be read", found.unreadable)
    _list(console, "Skipped without a reason", [f"{skip.check} ({skip.file})" for skip in found.unexplained])
    console.print(
        f"checkov: {found.passed} passed, {len(found.failed)} failed, {len(found.skips)} skipped with a reason"
        if not found.unexplained
        else f"checkov: {found.passed} passed, {len(found.failed)} failed"
    )


def _list(console: Console, title: str, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(f"[red]{title}:[/red] ", line, highlight=False)


def main() -> int:
    """Scan, print, and return the exit status."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    try:
        found = scan()
    except CommandError as error:
        print(f"scan: {error}", file=sys.stderr)
        return 1
    show(found, console)
    console.print(f"reports: {paths.shown(paths.SCAN)}/checkov.json, checkov.sarif")
    return 0 if found.clean else 1


if __name__ == "__main__":
    sys.exit(main())
