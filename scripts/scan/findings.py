"""What checkov found, each once however often a module is used, and what a person must judge: the skips."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.scan.checkov import Report

_WORDS_OF_A_REASON = 3
_KEY = re.compile(r"\[[^\]]*\]")

Record = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Subject:
    """A resource that a check looked at."""

    check: str
    title: str
    resource: str
    file: str


@dataclass(frozen=True, order=True)
class Skip(Subject):
    """A check that a resource is exempt from, and why."""

    reason: str

    @property
    def explained(self) -> bool:
        """Say whether the reason is more than a word or checkov's stand-in for none."""
        return self.reason != "No comment provided" and len(self.reason.split()) >= _WORDS_OF_A_REASON


@dataclass(frozen=True)
class Findings:
    """What a scan found."""

    count: int = 0
    passed: frozenset[Subject] = field(default_factory=frozenset)
    failed: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = ()

    @property
    def clean(self) -> bool:
        """Say whether something passed, nothing failed, all could be read, and every skip has its reason."""
        return bool(self.count) and not (self.failed or self.unreadable or self.unexplained)

    @property
    def unexplained(self) -> tuple[Skip, ...]:
        """Return the skips without a reason in words."""
        return tuple(skip for skip in self.skips if not skip.explained)

    def __add__(self, other: Findings) -> Findings:
        """Return what two scans found together."""
        return Findings(
            self.count + other.count,
            self.passed | other.passed,
            tuple(sorted({*self.failed, *other.failed})),
            tuple(sorted({*self.unreadable, *other.unreadable})),
            tuple(sorted({*self.skips, *other.skips})),
        )


def findings(reports: Iterable[Report]) -> Findings:
    """Return the findings of checkov's reports on source."""
    total = Findings()
    for report in reports:
        results = report["results"]
        total += Findings(
            report["summary"]["passed"],
            frozenset(subject(record) for record in results.get("passed_checks", [])),
            tuple(_finding(record) for record in results["failed_checks"]),
            tuple(map(str, results["parsing_errors"])),
            tuple(_skip(record) for record in results["skipped_checks"]),
        )
    return total


def subject(record: Record, file: str = "") -> Subject:
    """Return what a record is about; `file` stands for the one that it names, if given."""
    return Subject(
        record["check_id"], record["check_name"], resource(record["resource"]), file or record["file_path"].lstrip("/")
    )


def resource(address: str) -> str:
    """Return the resource as its module names it, whoever uses the module, and one for all keys of for_each."""
    parts = _KEY.sub("", address).split(".")
    while len(parts) > 2 and parts[0] == "module":
        parts = parts[2:]
    return ".".join(parts[1:] if parts[0] == "data" else parts)


def exempt(record: Record, reason: str, file: str = "") -> Skip:
    """Return the skip of what a record is about."""
    about = subject(record, file)
    return Skip(about.check, about.title, about.resource, about.file, reason)


def _finding(record: Record) -> str:
    about = subject(record)
    return f"{about.check} {about.title} ({about.resource}, {about.file}:{record['file_line_range'][0]})"


def _skip(record: Record) -> Skip:
    return exempt(record, (record["check_result"].get("suppress_comment") or "").strip())
