"""The report as people read it, and as build/iam/report.json."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scripts import paths
from scripts.iam_report.judgement import EXCUSED, STATES, UNUSED, Finding, Judged, Verdict

FILE = paths.BUILD / "iam" / "report.json"
_ADVICE = (
    "Take a grant away that nobody needs, narrow a wide one, write a test that uses it; or, where no test can, say in "
    "scripts/iam_report/reasons.toml who uses it and what covers that."
)


def show(console: Console, verdict: Verdict, ages: Mapping[str, float]) -> None:
    """Print the grants by holder, the reasons, and what was found.

    Parameters
    ----------
    console
        Where to print.
    verdict
        What to print.
    ages
        How old each recording is, in seconds.
    """
    for system in dict.fromkeys(judged.system for judged in verdict.grants):
        console.print(_table(system, [judged for judged in verdict.grants if judged.system == system]))
    _show_reasons(console, verdict.grants)
    for name, seconds in ages.items():
        console.print(f"recorded {_age(seconds)} ago: {name}", highlight=False)
    for finding in verdict.findings:
        console.print(line(finding), style="red", markup=False, highlight=False, soft_wrap=True)
    if verdict.findings:
        console.print(_ADVICE)
    console.print(totals(verdict), highlight=False, soft_wrap=True)


def line(finding: Finding) -> str:
    """Return a finding in a line."""
    grant = finding.grant
    if grant is None:
        return finding.problem
    return f"{finding.system}: {grant.holder}, {grant.statement}: {grant.action} on {grant.resource}: {finding.problem}"


def totals(verdict: Verdict) -> str:
    """Return the line of totals."""
    count = Counter(judged.state for judged in verdict.grants)
    states = ", ".join(f"{count[state]} {state}" for state in STATES)
    return f"{len(verdict.grants)} grants: {states}; {len(verdict.findings)} findings"


def write(verdict: Verdict, ages: Mapping[str, float], file: Path = FILE) -> None:
    """Write the report for programs."""
    count = Counter(judged.state for judged in verdict.grants)
    report = {
        "recordings": {name: {"age_seconds": round(seconds)} for name, seconds in ages.items()},
        "totals": {"grants": len(verdict.grants), **{state.replace(" ", "_"): count[state] for state in STATES}},
        "grants": [asdict(judged) for judged in verdict.grants],
        "findings": [asdict(finding) for finding in verdict.findings],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _table(system: str, grants: Sequence[Judged]) -> Table:
    table = Table("policy of", "grants", *STATES, title=system, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for holder in dict.fromkeys(judged.grant.holder for judged in grants):
        count = Counter(judged.state for judged in grants if judged.grant.holder == holder)
        style = "red" if count[UNUSED] else None
        table.add_row(_plain(holder), str(sum(count.values())), *(str(count[state]) for state in STATES), style=style)
    return table


def _show_reasons(console: Console, grants: Sequence[Judged]) -> None:
    table = Table("grants", "why they are unused, or wide", title="reasons", title_justify="left")
    excused = Counter(judged.because for judged in grants if judged.state == EXCUSED)
    excused.update(judged.wide_because for judged in grants if judged.wide_because)
    for reason, count in excused.most_common():
        table.add_row(str(count), _plain(reason))
    console.print(table)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")  # brackets are markup to the console


def _age(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} days"
