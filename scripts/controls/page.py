"""Write docs/controls.md from what the last scan found, and hold it against a scan."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from scripts import paths
from scripts.controls import mapping
from scripts.controls.mapping import Control
from scripts.errors import CommandError
from scripts.scan.findings import Findings, Skip, Subject

PAGE = paths.ROOT / "docs" / "controls.md"
LAST = paths.SCAN / "findings.json"
BEGIN, END = "<!-- BEGIN TABLES -->", "<!-- END TABLES -->"
_REQUIREMENTS = {
    1: "Network security controls",
    3: "Stored account data",
    4: "Transmission over open networks",
    7: "Access by need to know",
    10: "Logging and monitoring",
    12: "Policies and programs",
}
_NAMED = 4  # modules; more are counted

Results = tuple[frozenset[Subject], tuple[Skip, ...]]


def remember(found: Findings, file: Path = LAST) -> None:
    """Keep what a scan found for `python -m scripts.controls`."""
    content = {
        "passed": [[one.check, one.title, one.resource, one.file] for one in sorted(found.passed)],
        "skips": [[one.check, one.title, one.resource, one.file, one.reason] for one in found.skips],
    }
    file.write_text(json.dumps(content, indent=1), encoding="utf-8")


def last(file: Path = LAST) -> Results:
    """Return what the last scan found.

    Raises
    ------
    CommandError
        If there was none.
    """
    if not file.is_file():
        raise CommandError(f"{paths.shown(file)} is missing: run `make scan` first.")
    content = json.loads(file.read_text(encoding="utf-8"))
    return frozenset(Subject(*one) for one in content["passed"]), tuple(Skip(*one) for one in content["skips"])


def complaints(found: Findings, page: Path = PAGE) -> list[str]:
    """Return why the page is not what it should be after a scan; nothing if it is."""
    controls = mapping.read()
    unmapped = unknown({one.check for one in (*found.passed, *found.skips)}, controls)
    if unmapped:
        return unmapped
    if page.is_file() and page.read_text(encoding="utf-8") == render(page, (found.passed, found.skips), controls):
        return []
    return ["is out of date: run `make controls`"]


def unknown(checks: set[str], controls: Mapping[str, Control]) -> list[str]:
    """Return what is missing in policies/controls.toml, and what is too much."""
    return [f"policies/controls.toml does not know {check}" for check in sorted(checks - set(controls))] + [
        f"policies/controls.toml knows {check}, which looked at nothing" for check in sorted(set(controls) - checks)
    ]


def render(page: Path, results: Results, controls: Mapping[str, Control]) -> str:
    """Return the page with its tables as they should be."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise CommandError(f"{paths.shown(page)} needs the markers {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n{tables(results, controls)}{END}{after}"


def tables(results: Results, controls: Mapping[str, Control]) -> str:
    """Return the tables, one for each requirement that has checks, and one for the checks without any."""
    passed, skipped = results
    subjects: dict[str, list[Subject]] = defaultdict(list)
    skips: dict[str, list[Skip]] = defaultdict(list)
    for subject in passed:
        subjects[subject.check].append(subject)
    for skip in skipped:
        skips[skip.check].append(skip)
    sections: dict[int | None, list[str]] = defaultdict(list)
    for check in sorted({*subjects, *skips}, key=_order):
        control = controls[check]
        sections[control.requirement].append(_row(check, control, subjects[check], skips[check]))
    parts = [(number, _REQUIREMENTS.get(number, "")) for number in sorted(n for n in sections if n is not None)]
    text = [_table(f"PCI DSS requirement {number}: {title}", sections[number]) for number, title in parts]
    return "\n".join([*text, _table("No requirement of PCI DSS named by AWS", sections[None])])


def _table(title: str, rows: Iterable[str]) -> str:
    head = "| check | what it asks | PCI DSS | Security Hub | where | shown by, or why not |\n" + "| --- " * 6 + "|\n"
    return f"\n## {title}\n\n{head}" + "".join(rows)


def _row(check: str, control: Control, passed: list[Subject], skips: list[Skip]) -> str:
    title = (passed or skips)[0].title
    shown = [f"`{test}`" for test in control.tests] or (["the scan"] if passed else [])
    reasons: dict[str, set[str]] = defaultdict(set)
    for skip in skips:
        reasons[skip.reason].add(skip.file)
    told = [f"Skipped in {_places(files)}: {reason}" for reason, files in sorted(reasons.items())]
    cells = (
        check,
        title,
        ", ".join(control.pci) or "none",
        ", ".join(control.hub) or "none",
        _where([*passed, *skips]),
        "<br>".join([", ".join(shown), *told] if shown else told),
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _where(subjects: list[Subject]) -> str:
    kinds = sorted({subject.resource.split(".")[0] for subject in subjects})
    named = ", ".join(f"`{kind}`" for kind in kinds) if len(kinds) <= _NAMED else f"{len(kinds)} kinds of resources"
    return f"{named} in {_places({subject.file for subject in subjects})}"


def _places(files: set[str]) -> str:
    names = sorted({_place(file) for file in files})
    return ", ".join(names) if len(names) <= _NAMED else f"{len(names)} places"


def _place(file: str) -> str:
    parts = Path(file).parts
    return parts[1] if parts[0] in ("modules", "examples") else "the flagship's root"


def _order(check: str) -> tuple[str, int]:
    kind, _, number = check.rpartition("_")
    return kind, int(number)
