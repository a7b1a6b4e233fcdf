"""What a run leaves behind: report.json for programs, report.html for people, a summary on the terminal."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from markupsafe import Markup
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scripts import page
from scripts.demo import charts
from scripts.demo.books import Books
from scripts.demo.measures import Measures, percentiles_ms
from scripts.demo.source import Unmappable
from scripts.demo.verdicts import PolicyCount

JSON_NAME, HTML_NAME, COMPLAINTS_NAME = "report.json", "report.html", "functions.log"
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass
class Result:
    """All that is known about a run."""

    system: str
    books: Books
    measures: Measures
    input_name: str
    unmappable: Unmappable
    seed: int
    rate: float | None
    workers: int
    emulator: str
    apply_seconds: float
    restored: bool = False
    stall: str = ""
    complaints: Path | None = None
    started_at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    duration_seconds: float = 0.0
    stage_seconds: dict[str, float] = field(default_factory=dict)


def document(result: Result) -> dict[str, Any]:
    """Return the content of report.json."""
    books, measures = result.books, result.measures
    return {
        "balanced": books.balanced,
        "submitted": books.submitted,
        "accepted": books.accepted,
        "rejected": books.rejected,
        "conflicts": books.conflicts,
        "unanswered": books.unanswered,
        "repeats": books.repeats,
        "settled": books.settled,
        "failed": books.failed,
        "held": books.held,
        "lost": books.lost,
        "duplicated": books.duplicated,
        "flagged": books.flagged,
        "by_status": books.by_status,
        "http_answers": books.http_answers,
        **books.parts,
        "confusion": asdict(books.confusion) if books.confusion else None,
        "policies": {name: asdict(count) for name, count in books.policies.items()},
        "latency_ms": {
            "api": percentiles_ms(measures.api_seconds),
            "end_to_end": percentiles_ms(measures.end_to_end_seconds),
        },
        "throughput_tps": round(measures.throughput_tps, 1),
        "attempts": measures.attempts,
        "apply_seconds": result.apply_seconds,
        "apply_restored": result.restored,
        "stage_seconds": {name: round(seconds, 1) for name, seconds in result.stage_seconds.items()},
        "duration_seconds": round(result.duration_seconds, 1),
        "started_at": result.started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "system": result.system,
        "emulator": result.emulator,
        "input": result.input_name,
        "seed": result.seed,
        "rate": result.rate,
        "workers": result.workers,
        "unmappable": {"count": result.unmappable.count, "examples": result.unmappable.examples},
        "checks": [asdict(check) for check in books.checks],
        "stall": result.stall or None,
        "examples": books.examples,
        "environment": environment(),
    }


def environment() -> dict[str, Any]:
    """Return on what kind of machine the run was made; nothing that identifies it."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
    }


def forget(folder: Path) -> None:
    """Remove an earlier run's report, so that a run that does not finish cannot pass for a finished one."""
    for name in (JSON_NAME, HTML_NAME, COMPLAINTS_NAME):
        (folder / name).unlink(missing_ok=True)


def write(result: Result, folder: Path) -> list[Path]:
    """Write report.json and report.html; return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    content = document(result)
    files = [folder / JSON_NAME, folder / HTML_NAME]
    files[0].write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    files[1].write_text(html(result, content), encoding="utf-8")
    return files


def html(result: Result, content: dict[str, Any]) -> str:
    """Return the report as one self-contained page: it loads nothing."""
    templates = page.templates(_TEMPLATES)
    templates.filters["number"] = _number
    templates.filters["time"] = _time
    drawn = charts.draw(result.measures, result.books.by_status)
    return templates.get_template("report.html.j2").render(
        report=content,
        parts=result.books.parts,
        figures=[{**figure, "svg": Markup(figure["svg"])} for figure in drawn],  # noqa: S704 - drawn by us
    )


def show(result: Result, files: list[Path], console: Console) -> None:
    """Print the summary."""
    content = document(result)
    console.print(Text(result.system, "bold"))
    table = Table.grid(padding=(0, 2))
    for check in result.books.checks:
        mark = Text("✓", "green") if check.holds else Text("✗", "bold red")
        table.add_row(mark, Text(check.name), Text(check.detail, "dim"))
    console.print(table)
    api, whole = content["latency_ms"]["api"], content["latency_ms"]["end_to_end"]
    console.print(
        f"\n{_number(content['throughput_tps'])} decided a second"
        f" · answer {_times(api)} · decision {_times(whole)} (p50 / p95 / p99)",
        highlight=False,
    )
    statuses = ", ".join(f"{count:,} {status}" for status, count in result.books.by_status.items())
    console.print(f"Status: {statuses or 'nothing accepted'}", highlight=False)
    flagged = "; ".join(_flagged(name, count) for name, count in result.books.policies.items())
    console.print(f"Flagged: {flagged or 'nothing decided'}", highlight=False)
    if result.unmappable.count:
        console.print(
            f"{result.unmappable.count:,} rows could not be mapped: {result.unmappable.examples[0]}",
            style="yellow", highlight=False, markup=False,
        )  # fmt: skip
    if result.stall:
        console.print(result.stall, style="bold red", highlight=False, markup=False)
    for kind, examples in result.books.examples.items():
        console.print(f"{kind}: {examples[0]}", style="red", highlight=False, markup=False)
    verdict = (
        ("The books balance.", "bold green") if result.books.balanced else ("The books do NOT balance.", "bold red")
    )
    console.print(Text(verdict[0], verdict[1]), f"{result.duration_seconds:.0f} s in all.", highlight=False)
    for file in [*files, *([result.complaints] if result.complaints else [])]:
        console.print(_shown(file), highlight=False, markup=False, soft_wrap=True)


def _flagged(policy: str, count: PolicyCount) -> str:
    frauds = f" ({count.frauds_flagged:,} of {count.frauds:,} frauds)" if count.frauds else ""
    return f"{count.flagged:,} by {policy}{'' if count.decided else ', a shadow'}{frauds}"


def _times(percentiles: dict[str, Any]) -> str:
    return " / ".join(_time(percentiles[name]) for name in ("p50", "p95", "p99"))


def _time(milliseconds: float | None) -> str:
    """Return a time as people read it: seconds where milliseconds would be a long number."""
    if milliseconds is None:
        return "n/a"
    return f"{_number(milliseconds)} ms" if milliseconds < 10_000 else f"{milliseconds / 1000:,.1f} s"


def _number(value: float | None) -> str:
    """Return a number as people read it: thousands apart, decimals only where they matter."""
    if value is None:
        return "n/a"
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:,.1f}"


def _shown(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
