"""The plots of the report, as SVG to be put into the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from scripts.demo.measures import Measures
from scripts.drawing import AMBER, BLUE, GREY, GRID, INK, RED, TEAL, THOUSANDS, Drawn, svg

STATUS_COLOURS = {
    "APPROVED": TEAL, "REVIEW_REQUIRED": AMBER, "FRAUD_SUSPECTED": RED, "DECLINED": RED, "REJECTED": GREY,
    "FAILED": RED, "HELD": AMBER, "RECEIVED": GREY,
}  # fmt: skip
_LONGEST_SERIES = 120
_SHORT_SECONDS = 20


def draw(measures: Measures, by_status: Mapping[str, int]) -> list[Drawn]:
    """Return all plots that there are values for."""
    plots: list[Drawn | None] = [
        _throughput(measures),
        latency("API answer", "from a call to its answer", measures.api_seconds, BLUE),
        latency("End to end", "from a call to the committed decision", measures.end_to_end_seconds, TEAL),
        _statuses(by_status),
        _scores(measures.scores),
    ]
    return [plot for plot in plots if plot is not None]


def _throughput(measures: Measures) -> Drawn | None:
    if not measures.sent_at:
        return None
    end = max(*measures.sent_at, max(measures.decided_at, default=0.0))
    width = max(1.0, math.ceil(end / _LONGEST_SERIES)) if end >= _SHORT_SECONDS else 0.5
    sent, decided = (per_second(times, width, end) for times in (measures.sent_at, measures.decided_at))

    def plot(axes: Axes) -> None:
        middles = [(number + 0.5) * width for number in range(len(sent))]
        axes.plot(middles, sent, color=BLUE, linewidth=1.8, label="sent")
        axes.plot(middles, decided, color=TEAL, linewidth=1.8, label="decided")
        axes.fill_between(middles, decided, color=TEAL, alpha=0.12, linewidth=0)
        axes.set_xlabel("seconds since the first call")
        axes.set_ylabel("transactions a second")
        axes.set_xlim(0, max(end, width))
        axes.set_ylim(bottom=0)
        axes.grid(axis="y", color=GRID)
        axes.legend(frameon=False, loc="upper right", ncols=2)

    return Drawn(
        title="Throughput",
        alt=f"Lines over {end:.0f} seconds: at most {max(sent):.0f} transactions sent and"
        f" {max(decided, default=0):.0f} decided a second.",
        svg=svg("throughput", plot, wide=True),
    )


def per_second(times: Sequence[float], width: float, end: float) -> list[float]:
    """Return how many of `times` fall into each `width` seconds until the end, as a rate."""
    counts = [0.0] * (int(end / width) + 1)
    for moment in times:
        counts[int(moment / width)] += 1 / width
    return counts


def latency(title: str, meaning: str, seconds: Sequence[float], colour: str) -> Drawn | None:
    """Draw how long something took, with its percentiles; None without values."""
    if not seconds:
        return None
    milliseconds = sorted(max(1000 * value, 0.1) for value in seconds)
    marks = {rank: milliseconds[max(0, math.ceil(rank / 100 * len(milliseconds)) - 1)] for rank in (50, 95, 99)}

    def plot(axes: Axes) -> None:
        axes.hist(milliseconds, bins=_log_bins(milliseconds), color=colour, alpha=0.85)
        axes.set_xscale("log")
        few_decades = milliseconds[-1] / milliseconds[0] < 500
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few_decades else (1,), numticks=20))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        # Above the bars, and the highest percentile lowest, so that close ones do not cover each other.
        top = 1.32 * axes.get_ylim()[1]
        axes.set_ylim(0, top)
        for (rank, value), height in zip(marks.items(), (1.0, 0.91, 0.82)):
            axes.axvline(value, color=INK, linewidth=1, linestyle=(0, (4, 3)))
            axes.annotate(
                f"p{rank}  {_time(value)}", (value, top * height), xytext=(-4, 0), textcoords="offset points",
                ha="right", va="top", fontsize=9,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5},
            )  # fmt: skip
        axes.set_xlabel("milliseconds, logarithmic")
        axes.set_ylabel("transactions")
        axes.yaxis.set_major_formatter(THOUSANDS)
        axes.grid(axis="y", color=GRID)

    words = ", ".join(f"{rank} % within {_time(value)}" for rank, value in marks.items())
    return Drawn(
        title=f"Latency: {title}",
        alt=f"Histogram of the time {meaning}: {words}.",
        svg=svg(f"latency-{'api' if colour == BLUE else 'end'}", plot),
    )


def _time(milliseconds: float) -> str:
    return f"{milliseconds:,.0f} ms" if milliseconds < 10_000 else f"{milliseconds / 1000:,.1f} s"


def _log_bins(milliseconds: Sequence[float]) -> list[float]:
    low, high = math.log10(milliseconds[0]), math.log10(max(milliseconds[-1], milliseconds[0] * 2))
    return [10 ** (low + (high - low) * number / 40) for number in range(41)]


def _statuses(by_status: Mapping[str, int]) -> Drawn | None:
    if not by_status:
        return None
    ordered = sorted(by_status.items(), key=lambda entry: entry[1])

    def plot(axes: Axes) -> None:
        names, counts = [name for name, _ in ordered], [count for _, count in ordered]
        bars = axes.barh(names, counts, color=[STATUS_COLOURS.get(name, GREY) for name in names], height=0.62)
        axes.bar_label(bars, labels=[f"{count:,}" for count in counts], padding=4, color=INK)
        axes.set_xlabel("accepted transactions")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.xaxis.set_major_formatter(THOUSANDS)
        axes.margins(x=0.14)
        axes.grid(axis="x", color=GRID)
        axes.tick_params(left=False)

    words = ", ".join(f"{count:,} {name}" for name, count in reversed(ordered))
    return Drawn(title="Status", alt=f"Bars of the accepted transactions by status: {words}.", svg=svg("status", plot))


def _scores(scores: Sequence[float]) -> Drawn | None:
    if not scores:
        return None
    highest = max(scores)
    step = 10.0 if highest > 10 else 1.0 if highest > 1 else 0.1  # points, sums of weights, probabilities
    bins = [number * step for number in range(int(highest / step) + 2)]

    def plot(axes: Axes) -> None:
        axes.hist([score + step / 2 for score in scores], bins=list(bins), color=BLUE, alpha=0.85, rwidth=0.86)
        axes.set_yscale("log")
        axes.set_ylim(bottom=0.8)  # one transaction still has a bar
        axes.yaxis.set_major_formatter(THOUSANDS)
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_xticks([edge + step / 2 for edge in bins[:-1]], [f"{edge:g}" for edge in bins[:-1]])
        axes.set_xlabel("score")
        axes.set_ylabel("transactions, logarithmic")
        axes.grid(axis="y", color=GRID)

    zero = sum(1 for score in scores if score == 0)
    return Drawn(
        title="Score",
        alt=f"Histogram of the scores of {len(scores):,} decided transactions: {zero:,} scored 0,"
        f" the highest is {highest:g}.",
        svg=svg("score", plot),
    )
