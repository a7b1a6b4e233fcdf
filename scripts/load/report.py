"""What a load test leaves behind: report.json for programs, report.html for people, a few lines on the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup
from matplotlib.axes import Axes

from scripts import page
from scripts.demo import charts
from scripts.demo.report import environment
from scripts.drawing import AMBER, BLUE, GRID, RED, TEAL, Drawn, svg
from scripts.load.loop import Request
from scripts.load.measures import Run, by_second, summary

JSON_NAME, HTML_NAME = "report.json", "report.html"
_TEMPLATES = Path(__file__).parent / "templates"
_RANKS = (("p50", TEAL), ("p95", AMBER), ("p99", RED))


def document(run: Run, requests: Sequence[Request], started_at: datetime, *, interrupted: bool) -> dict[str, Any]:
    """Return the content of report.json."""
    return {
        **asdict(run),
        "started_at": started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "interrupted": interrupted,
        **summary(requests),
        "by_second": by_second(requests),
        "environment": environment(),
    }


def write(content: dict[str, Any], requests: Sequence[Request], folder: Path) -> list[Path]:
    """Write report.json and report.html; return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / JSON_NAME, folder / HTML_NAME]
    files[0].write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    files[1].write_text(html(content, requests), encoding="utf-8")
    return files


def html(content: dict[str, Any], requests: Sequence[Request]) -> str:
    """Return the report as one self-contained page: it loads nothing."""
    templates = page.templates(_TEMPLATES)
    templates.filters["number"] = number
    templates.filters["ms"] = milliseconds
    figures = [{**figure, "svg": Markup(figure["svg"])} for figure in _drawn(content, requests)]  # noqa: S704 - drawn by us
    return templates.get_template("load.html.j2").render(report=content, figures=figures)


def told(content: dict[str, Any]) -> list[str]:
    """Return the lines for the terminal."""
    answers = ", ".join(f"{count:,} {outcome}" for outcome, count in content["answers"].items())
    times = content["response_ms"]
    response = " / ".join(milliseconds(times[rank]) for rank, _ in _RANKS)
    rates = f"{number(content['achieved_rps'])} a second achieved of {number(content['rate'])}"
    lines = [
        f"{content['due']:,} requests due, {content['ok']:,} answered well: {answers or 'nothing sent'}",
        f"{rates}; response {response} (p50 / p95 / p99), at most {milliseconds(times['max'])}",
    ]
    if not content["kept_up"]:
        delay = milliseconds(content["start_delay_ms"]["p99"])
        lines.append(
            f"This program fell behind its plan (p99 of the delay: {delay}): take more workers, or more machines. The"
            " delay is part of the response times."
        )
    return lines


def number(value: float | None) -> str:
    """Return a number as people read it."""
    if value is None:
        return "n/a"
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:,.1f}"


def milliseconds(value: float | None) -> str:
    """Return a time as people read it: seconds where milliseconds would be a long number."""
    if value is None:
        return "n/a"
    return f"{number(value)} ms" if value < 10_000 else f"{value / 1000:,.1f} s"


def _drawn(content: dict[str, Any], requests: Sequence[Request]) -> list[Drawn]:
    response = [request.ended - request.due for request in requests]
    figures = [
        _rates(content["by_second"]),
        _percentiles(content["by_second"]),
        charts.latency("response", "from the planned sending to the answer", response, BLUE),
    ]
    return [figure for figure in figures if figure is not None]


def _rates(seconds: Sequence[dict[str, Any]]) -> Drawn | None:
    if not seconds:
        return None

    def plot(axes: Axes) -> None:
        moments = [one["second"] for one in seconds]
        axes.plot(moments, [one["due"] for one in seconds], color=BLUE, linewidth=1.8, label="due")
        axes.plot(moments, [one["ok"] for one in seconds], color=TEAL, linewidth=1.8, label="answered well")
        _over_time(axes, "requests a second")

    least = min(one["ok"] for one in seconds)
    return Drawn(
        title="Rate",
        alt=f"Lines over {len(seconds)} seconds: at least {least} of the requests due in a second were answered well.",
        svg=svg("rate", plot, wide=True),
    )


def _percentiles(seconds: Sequence[dict[str, Any]]) -> Drawn | None:
    if not seconds:
        return None

    def plot(axes: Axes) -> None:
        for rank, colour in _RANKS:
            times = [max(one["response_ms"][rank], 0.1) for one in seconds]
            axes.plot([one["second"] for one in seconds], times, color=colour, linewidth=1.6, label=rank)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
        _over_time(axes, "milliseconds, logarithmic")

    worst = max(one["response_ms"]["p99"] for one in seconds)
    return Drawn(
        title="Response time by the second in which a request was due",
        alt=f"Lines of p50, p95 and p99; the highest p99 of a second is {milliseconds(worst)}.",
        svg=svg("percentiles", plot, wide=True),
    )


def _over_time(axes: Axes, unit: str) -> None:
    axes.set_xlabel("seconds since the beginning")
    axes.set_ylabel(unit)
    axes.grid(axis="y", color=GRID)
    axes.legend(frameon=False, loc="upper right", ncols=3)
