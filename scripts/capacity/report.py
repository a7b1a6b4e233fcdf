"""What `make capacity` writes: report.json, report.html, and the tables of docs/capacity.md."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from markupsafe import Markup

from scripts import page, paths
from scripts.capacity import plots, text
from scripts.capacity.figures import Figures
from scripts.capacity.outcome import Outcome
from scripts.capacity.scenarios import Results
from scripts.capacity.search import Capacity
from scripts.capacity.summary import Table
from scripts.errors import CommandError

PAGE = paths.ROOT / "docs" / "capacity.md"
JSON_NAME, HTML_NAME = "report.json", "report.html"
TABLES, VALIDATION = "CAPACITY", "VALIDATION"
_TEMPLATES = Path(__file__).parent / "templates"


def write(results: Results, tables: Sequence[Table], figures: Figures, folder: Path) -> list[Path]:
    """Write report.json and report.html; return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / JSON_NAME, folder / HTML_NAME]
    files[0].write_text(json.dumps(document(results, figures), indent=2) + "\n", encoding="utf-8")
    files[1].write_text(_html(results, tables, figures), encoding="utf-8")
    return files


def document(results: Results, figures: Figures) -> dict[str, Any]:
    """Return the content of report.json."""
    return {
        "seed": results.seed,
        "figures_date": figures.date,
        "region": figures.region,
        "ladder": [_capacity(rung.capacity) for rung in results.rungs],
        "sweeps": {sweep.name: [{"rate": rate, **_run(run)} for rate, run in sweep.runs] for sweep in results.sweeps},
        "one_account": _capacity(results.one_account),
        "without_high_throughput": _capacity(results.without_high_throughput),
        "hot_accounts": [_finite(asdict(hot)) for hot in results.hot],
        "starts": [
            {"name": start.name, "rate": start.rate, "environments": start.environments, **_run(start.outcome)}
            for start in results.starts
        ],
        "announced_seconds": {"p50": results.announced[0], "p99": results.announced[1]},
    }


def _capacity(found: Capacity) -> dict[str, Any]:
    run = _run(found.at_rate) if found.at_rate else None
    return {"rate": found.rate, "limit": found.limit, "at_rate": run}


def _run(run: Outcome) -> dict[str, Any]:
    return _finite(
        {
            "arrived": run.arrived,
            "accepted": run.accepted,
            "decided": run.decided,
            "decided_a_second": run.decided_a_second(),
            "refused": run.refused,
            "decision_p50": run.decision(0.5),
            "decision_p99": run.decision(0.99),
            "api_p50": run.api(0.5),
            "api_p99": run.api(0.99),
            "sustained": run.is_sustained,
            "limit": "" if run.is_sustained else run.limit,
        }
    )


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """Say null for what never happened: JSON knows no infinity."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in values.items()
    }


def _html(results: Results, tables: Sequence[Table], figures: Figures) -> str:
    templates = page.templates(_TEMPLATES)
    templates.filters["number"] = text.number
    templates.filters["zip"] = zip
    drawn = [{**plot, "svg": Markup(plot["svg"])} for plot in plots.drawn(results)]  # noqa: S704 - drawn by us
    return templates.get_template("capacity.html.j2").render(
        seed=results.seed,
        figures=figures,
        tables=[_plain(table) for table in tables],
        plots=drawn,
        sources={**figures.limits, **figures.functions, **figures.rows},
    )


def _plain(table: Table) -> Table:
    rows = [[cell.replace("`", "") for cell in row] for row in table.rows]
    return Table(table.title, table.note, table.head, rows)


def markdown(tables: Sequence[Table]) -> str:
    """Return the tables as the page has them."""
    parts = []
    for table in tables:
        lines = [
            f"### {table.title}",
            "",
            *([table.note, ""] if table.note else []),
            *text.table(table.head, table.rows),
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def put(content: str, marker: str, file: Path = PAGE) -> None:
    """Put `content` between a pair of markers of the page.

    Raises
    ------
    CommandError
        If the page has no such markers.
    """
    begin, end = f"<!-- BEGIN {marker} -->", f"<!-- END {marker} -->"
    before, found, rest = file.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise CommandError(f"{paths.shown(file)} needs the markers {begin} and {end}.")
    file.write_text(f"{before}{begin}\n\n{content}\n\n{end}{after}", encoding="utf-8")
