"""What a transaction takes at all sizes, as a table and a plot: `growth_points` measures it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from matplotlib.axes import Axes

from scripts.drawing import AMBER, BLUE, GRID, TEAL, THOUSANDS, Drawn, svg
from tests.bench.performance.growth_points import Point, measure
from tests.bench.performance.sections import Section

MOST = {"account": 100_000, "accounts": 1_000_000, "pages": 100_000}
WHAT = {
    "account": "process: transactions of the account",
    "accounts": "process: accounts",
    "pages": "query, a page: transactions of the account",
}


def section() -> Section:
    """Measure all parts, and put them below each other."""
    found = {part: measure(part, most) for part, most in MOST.items()}
    columns = (
        "",
        "so many",
        "AWS calls",
        "read, bytes",
        "read units",
        "written, bytes",
        "write units",
        "CPU, ms",
        "account's row, bytes",
    )
    rows = [
        [
            WHAT[part], f"{one.size:,}", f"{one.calls:.3f}", f"{one.read_bytes:,.0f}", f"{one.read_units:.2f}",
            f"{one.written_bytes:,.0f}", f"{one.write_units:.2f}", f"{one.cpu_milliseconds:.2f}",
            f"{one.row_bytes:,}" if one.row_bytes else "",
        ]
        for part, points in found.items()
        for one in points
    ]  # fmt: skip
    figures = {part: [asdict(one) for one in points] for part, points in found.items()}
    return Section("growth", columns, rows, figures, plot=_drawn(found))


def _drawn(found: Mapping[str, Sequence[Point]]) -> Drawn:
    """Draw what a transaction takes in `process`, as multiples of what it takes at the smallest size."""
    measures: dict[str, tuple[str, Callable[[Point], float]]] = {
        "AWS calls": (BLUE, lambda point: point.calls),
        "bytes written": (TEAL, lambda point: point.written_bytes),
        "CPU": (AMBER, lambda point: point.cpu_milliseconds),
    }

    def plot(axes: Axes) -> None:
        for part, line in (("account", "o-"), ("accounts", "s--")):
            points = found[part]
            for name, (colour, value) in measures.items():
                multiples = [value(point) / value(points[0]) for point in points]
                label = f"{name}, by {'transactions of an account' if part == 'account' else 'accounts'}"
                axes.plot([point.size for point in points], multiples, line, color=colour, label=label)
        axes.set_xscale("log")
        axes.set_ylim(0, 2)
        axes.xaxis.set_major_formatter(THOUSANDS)
        axes.set_xlabel("transactions of an account, or accounts; logarithmic")
        axes.set_ylabel("times the smallest size")
        axes.grid(axis="y", color=GRID)
        axes.legend(frameon=False, fontsize=8, ncols=2, loc="lower right")

    alt = "Calls, bytes written and CPU of a transaction in process against the size, as multiples of the smallest."
    return Drawn(title="Growth", alt=alt, svg=svg("growth", plot, wide=True))
