"""The plots of the report: rate, latency and backlog over time, with the faults marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from scripts.drawing import AMBER, BLUE, GRID, MUTED, RED, TEAL, Drawn, svg

_RATE_OVER = 6  # samples


def draw(content: Mapping[str, Any]) -> list[Drawn]:
    """Return the plots that there are values for."""
    samples, latency, faults = content["series"]["samples"], content["series"]["latency"], content["faults"]
    if not samples or not latency:
        return []
    rate = _rate(samples)
    return [
        _over_time(
            "Rate", f"Transactions answered a second: at most {max(rate):.0f}.", faults, "transactions a second",
            lambda axes: axes.plot([sample[0] for sample in samples], rate, color=BLUE, linewidth=1.6),
        ),
        _over_time(
            "Latency",
            f"From the first attempt to the decision, by the time of sending: at most"
            f" {max(seconds for _, seconds in latency):.1f} s.",
            faults, "seconds, logarithmic", lambda axes: _points(axes, latency),
        ),
        _over_time(
            "Backlog", f"Undecided transactions: at most {max(sample[2] for sample in samples):,}.", faults,
            "undecided transactions",
            lambda axes: axes.fill_between(
                [sample[0] for sample in samples], [sample[2] for sample in samples], color=AMBER, alpha=0.7
            ),
        ),
    ]  # fmt: skip


def _points(axes: Axes, latency: Sequence[Sequence[float]]) -> None:
    axes.scatter([at for at, _ in latency], [max(seconds, 0.001) for _, seconds in latency], s=3, color=TEAL)
    axes.set_yscale("log")


def _rate(samples: Sequence[Sequence[float]]) -> list[float]:
    """Return the growth of what was sent at each sample, a second, over the last few samples."""
    rates = []
    for place, (at, sent, _) in enumerate(samples):
        before_at, before, _ = samples[max(0, place - _RATE_OVER)]
        rates.append((sent - before) / (at - before_at) if at > before_at else 0.0)
    return rates


def _over_time(
    title: str, alt: str, faults: Sequence[Mapping[str, Any]], unit: str, plot: Callable[[Axes], object]
) -> Drawn:
    def draw_it(axes: Axes) -> None:
        plot(axes)
        top = axes.get_ylim()[1]
        for number, fault in enumerate(faults, start=1):
            axes.axvspan(fault["began"], max(fault["ended"], fault["began"] + 0.5), color=RED, alpha=0.12, linewidth=0)
            axes.annotate(
                str(number), (fault["began"], top), xytext=(1, -2), textcoords="offset points", fontsize=8,
                color=MUTED, va="top",
            )  # fmt: skip
        axes.set_xlabel("seconds since the load began; numbered: the faults")
        axes.set_ylabel(unit)
        axes.set_xlim(left=0)
        axes.grid(axis="y", color=GRID)

    return Drawn(title=title, alt=alt, svg=svg(title.lower(), draw_it, wide=True))
