"""The plots of the cost report."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from scripts.cost.estimate import MILLION, USUAL, VOLUMES, Estimate
from scripts.cost.tables import money, volume_name
from scripts.drawing import AMBER, BLUE, GREY, GRID, RED, TEAL, Drawn, svg

_COLOURS = (BLUE, TEAL, AMBER, RED, GREY)
_SHARES = 5
_DOLLARS = FuncFormatter(lambda usd, _: f"${usd:,.2f}" if 0 < usd < 1 else f"${usd:,.0f}")


def a_million(estimates: Sequence[Estimate]) -> Drawn:
    """Return what a million transactions cost in all, fixed costs included, against the volume."""

    def plot(axes: Axes) -> None:
        for colour, one in zip(_COLOURS, estimates):
            whole = [one.totals[volume].total / volume * MILLION for volume in VOLUMES]
            axes.plot([volume / MILLION for volume in VOLUMES], whole, color=colour, marker="o", label=one.name)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda volume, _: f"{volume:,g}"))
        axes.yaxis.set_major_formatter(_DOLLARS)
        axes.set_xlabel("million transactions a month")
        axes.set_ylabel("a million, fixed costs included")
        axes.grid(axis="y", color=GRID)
        axes.legend(frameon=False, fontsize=9)

    said = "; ".join(
        f"{one.name} ${money(one.totals[VOLUMES[0]].total / VOLUMES[0] * MILLION)} at {volume_name(VOLUMES[0])} and"
        f" ${money(one.totals[VOLUMES[-1]].total / VOLUMES[-1] * MILLION)} at {volume_name(VOLUMES[-1])}"
        for one in estimates
    )
    return Drawn(
        title="Cost of a million transactions", alt=f"It falls with the volume: {said}.",
        svg=svg("cost-a-million", plot, wide=True),
    )  # fmt: skip


def services(one: Estimate) -> Drawn:
    """Return how a system's bill divides into services, fixed and variable apart."""
    found = list(one.services[USUAL].items())[: _SHARES + 2]

    def plot(axes: Axes) -> None:
        names = [name for name, _ in found][::-1]
        fixed = [cost.fixed for _, cost in found][::-1]
        variable = [cost.variable for _, cost in found][::-1]
        axes.barh(names, fixed, color=GREY, label="fixed")
        axes.barh(names, variable, left=fixed, color=BLUE, label="for a million")
        axes.xaxis.set_major_formatter(_DOLLARS)
        axes.legend(frameon=False, fontsize=9, loc="lower right")

    said = ", ".join(f"{name} ${money(cost.total)}" for name, cost in found)
    return Drawn(title=one.name, alt=f"At a million transactions a month: {said}.", svg=svg(f"cost-{one.name}", plot))
