"""The results as plots."""

from __future__ import annotations

import math

from matplotlib.axes import Axes

from scripts.capacity.limits import LIMITS
from scripts.capacity.outcome import GOAL_SECONDS
from scripts.capacity.scenarios import Results, Sweep
from scripts.capacity.text import number, rounded
from scripts.drawing import AMBER, BLUE, GREY, GRID, RED, TEAL, THOUSANDS, Drawn, svg

_COLOURS = (BLUE, TEAL, AMBER)


def drawn(results: Results) -> list[Drawn]:
    """Return all plots."""
    return [_ladder(results), _throughput(results), _latency(results, 0.5), _latency(results, 0.99)]


def _ladder(results: Results) -> Drawn:
    names = [LIMITS[rung.capacity.limit].what if rung.capacity.limit else "none" for rung in results.rungs]
    rates = [rung.capacity.rate for rung in results.rungs]

    def plot(axes: Axes) -> None:
        places = range(len(rates))
        axes.barh(places, rates, color=BLUE, height=0.62)
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(THOUSANDS)
        axes.set_xlabel("transactions a second taken until this limit comes, logarithmic")
        axes.grid(axis="x", color=GRID)

    steps = ", ".join(f"{number(rounded(rate))} until {name}" for rate, name in zip(rates, names))
    return Drawn(
        title="First limit reached",
        alt=f"Bars, each with the limit before moved: {steps}.",
        svg=svg("ladder", plot, wide=True),
    )


def _throughput(results: Results) -> Drawn:
    def plot(axes: Axes) -> None:
        for sweep, colour in zip(results.sweeps, _COLOURS):
            runs = [(rate, run.decided_a_second()) for rate, run in sweep.runs if not run.gave_up]
            axes.plot(*zip(*runs), "o-", color=colour, label=sweep.name)
        rates = [rate for rate, _ in results.sweeps[0].runs]
        axes.plot(rates, rates, "--", color=GREY, linewidth=1, label="all of it")
        _logarithmic(axes, "decided a second")

    return Drawn(
        title="Decided, by what is offered",
        alt="A line for each settings; where it leaves the diagonal, requests are refused or fall behind.",
        svg=svg("throughput", plot, wide=True),
    )


def _latency(results: Results, rank: float) -> Drawn:
    def plot(axes: Axes) -> None:
        for sweep, colour in zip(results.sweeps, _COLOURS):
            points = _finite(sweep, rank)
            axes.plot([rate for rate, _ in points], [ms for _, ms in points], "o-", color=colour, label=sweep.name)
        axes.axhline(1000 * GOAL_SECONDS, color=RED, linewidth=1, linestyle="--")
        _logarithmic(axes, "milliseconds")

    name = f"p{100 * rank:.0f}"
    return Drawn(
        title=f"Decision, {name}",
        alt=f"{name} from acceptance to commit by what is offered; the dashed line is one second. Rates that fall"
        " behind have no point.",
        svg=svg(f"latency-{name}", plot, wide=True),
    )


def _finite(sweep: Sweep, rank: float) -> list[tuple[float, float]]:
    points = [(rate, 1000 * run.decision(rank)) for rate, run in sweep.runs if not run.gave_up]
    return [(rate, ms) for rate, ms in points if math.isfinite(ms)]


def _logarithmic(axes: Axes, label: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter(THOUSANDS)
    axes.yaxis.set_major_formatter(THOUSANDS)
    axes.set_xlabel("transactions offered a second, logarithmic")
    axes.set_ylabel(label)
    axes.grid(color=GRID)
    axes.legend(frameon=False, fontsize=8)
