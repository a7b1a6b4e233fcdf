"""What a soak leaves behind: report.json for programs, report.html for people, a summary on the terminal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from markupsafe import Markup
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scripts import page, paths
from scripts.demo import report as demo_report
from scripts.demo.books import outcomes_of, submissions
from scripts.demo.client import Sent
from scripts.demo.state import Snapshot
from scripts.soak import charts
from scripts.soak.chaos import Chaos
from scripts.soak.operator import Release

_TEMPLATES = Path(__file__).parent / "templates"


def document(
    result: demo_report.Result,
    sent: Sequence[Sent],
    snapshot: Snapshot,
    chaos: Chaos,
    struck: Mapping[str, Counter[str]],
    release: Release,
) -> dict[str, Any]:
    """Return the content of report.json: the demonstration's, and what the faults did."""
    content = demo_report.document(result)
    span = max((sample.at for sample in chaos.samples), default=0.0)
    loaded = max((one.sent_at for one in sent), default=0.0) - min((one.sent_at for one in sent), default=0.0)
    faults = [
        {
            "kind": episode.kind,
            "began": round(episode.began, 1),
            "ended": round(episode.ended if episode.ended is not None else span, 1),
            "recovered_in": episode.recovered_in,
        }
        for episode in chaos.episodes
    ]
    return {
        **content,
        "load_held_tps": round(len(sent) / loaded, 2) if loaded else 0.0,
        "load_seconds": round(loaded, 1),
        "out_of_order": result.books.parts.get("out_of_order"),
        "given_up": asdict(release),
        "faults": faults,
        "injected": {kind: dict(counts.most_common()) for kind, counts in sorted(struck.items())},
        "series": {
            "samples": [[sample.at, sample.sent, sample.backlog] for sample in chaos.samples],
            "latency": _latencies(sent, snapshot, chaos.began_at),
        },
    }


def _latencies(sent: Sequence[Sent], snapshot: Snapshot, began_at: float) -> list[list[float]]:
    """Return of each decided transaction when it was sent, and how long its decision took, seconds."""
    accepted = outcomes_of(submissions(sent), snapshot.rows).accepted
    return sorted(
        [round(submission.first.sent_at - began_at, 2), round(row.decided_at - submission.first.sent_at, 3)]
        for submission, row in accepted
        if row is not None and row.decided_at is not None and submission.first.sent_at >= began_at
    )


def write(content: dict[str, Any], folder: Path) -> list[Path]:
    """Write report.json and report.html; return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / demo_report.JSON_NAME, folder / demo_report.HTML_NAME]
    files[0].write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    files[1].write_text(html(content), encoding="utf-8")
    return files


def html(content: dict[str, Any]) -> str:
    """Return the report as one self-contained page: it loads nothing."""
    figures = [{**figure, "svg": Markup(figure["svg"])} for figure in charts.draw(content)]  # noqa: S704 - drawn by us
    return page.templates(_TEMPLATES).get_template("report.html.j2").render(report=content, figures=figures)


def show(content: dict[str, Any], files: Sequence[Path], console: Console) -> None:
    """Print the summary."""
    table = Table.grid(padding=(0, 2))
    for check in content["checks"]:
        mark = Text("✓", "green") if check["holds"] else Text("✗", "bold red")
        table.add_row(mark, Text(check["name"]), Text(check["detail"], "dim"))
    console.print(table)
    lines = [
        f"load held: {content['load_held_tps']}/s of {content['rate']:g}/s asked for, over {content['load_seconds']} s",
        *(f"injected: {sum(counts.values()):,} x {kind}" for kind, counts in content["injected"].items()),
        *(f"recovered in {_seconds(fault['recovered_in'])} after: {fault['kind']}" for fault in content["faults"]),
        _given_up(content["given_up"]),
        f"lost {content['lost']} / duplicated {content['duplicated']} / out of order {content['out_of_order']}",
        *(f"{kind}: {', '.join(examples)}" for kind, examples in content["examples"].items()),
        content["stall"] or "",
        *(paths.shown(file.resolve()) for file in files),
    ]
    for line in filter(None, lines):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _given_up(release: Mapping[str, Any]) -> str:
    if not release["accounts"]:
        return "nothing was given up"
    return (
        f"given up: {release['failed']} failed and {release['held']} held of {release['accounts']} accounts,"
        f" released in {release['seconds']:g} s"
    )


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"
