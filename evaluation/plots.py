"""The plots of the evaluation's and the backtest's pages, drawn from their data alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Optional

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, PercentFormatter

from evaluation.results import Curves, Interval, Operation
from evaluation.text import share
from scripts.drawing import AMBER, BLUE, GREY, GRID, INK, MUTED, RED, TEAL, THOUSANDS, Drawn, svg

_COLOURS = {"model": BLUE, "combined": TEAL, "points": AMBER, "weights": RED, "published": GREY}
_OTHERS = (BLUE, AMBER, TEAL, RED, GREY)
_DASHES = ("-", (0, (5, 1.5)), (0, (2, 1.2)), (0, (6, 1.5, 1.5, 1.5)), (0, (1, 1)))
_UNITS = {
    "points": "score, points", "tenths": "score, tenths", "millionths": "score, probability of fraud in %",
    "score": "score",
}  # fmt: skip
_PERCENT = PercentFormatter(1.0, decimals=0)
_LEAST_PROBABILITY = 1e-4


def roc(name: str, curves: Sequence[Curves]) -> Drawn:
    """Return the ROC of several policies on one data set."""

    def plot(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=GRID, linewidth=1)
        for place, one in enumerate(curves):
            _line(axes, one.roc, place, one.policy, curves)
        _square(axes, "genuine flagged", "frauds found")
        axes.legend(frameon=False, loc="lower right", fontsize=9)

    found = ", ".join(f"{one.policy} finds {share(_at(one.roc, 0.05))}" for one in curves)
    return Drawn(
        title="ROC",
        alt=f"Frauds found against genuine transactions flagged. With 5 % of the genuine ones flagged, {found} of the"
        " frauds.",
        svg=svg(f"{name}-roc", plot),
    )


def precision_recall(name: str, curves: Sequence[Curves]) -> Drawn:
    """Return precision against recall of several policies on one data set."""

    def plot(axes: Axes) -> None:
        for place, one in enumerate(curves):
            _line(axes, one.precision_recall, place, one.policy, curves, steps=True)
        _square(axes, "recall: frauds found", "precision: alerts that are frauds")
        axes.legend(frameon=False, loc="best", fontsize=9)

    half = ", ".join(f"{one.policy} {share(_precision_at(one.precision_recall, 0.5))}" for one in curves)
    return Drawn(
        title="Precision and recall",
        alt=f"Precision against recall. Precision where half of the frauds are found: {half}.",
        svg=svg(f"{name}-precision-recall", plot),
    )


def histogram(name: str, curves: Curves) -> Drawn:
    """Return how one policy's scores are spread over genuine and fraudulent transactions."""
    spread = curves.histogram
    scale = 10_000 if curves.score_unit == "millionths" else 1
    whole = curves.score_unit in ("points", "tenths")  # scores that are few and whole stand above their number
    edges = [edge / scale for edge in spread.edges]
    widths = [after - before for before, after in zip(edges, edges[1:])]

    def plot(axes: Axes) -> None:
        half = [width * 0.43 for width in widths]
        middles = edges[:-1] if whole else [left + width / 2 for left, width in zip(edges, widths)]
        firsts = [middle - width for middle, width in zip(middles, half)]
        axes.bar(firsts, spread.genuine, half, align="edge", color=BLUE, alpha=0.85, label="genuine")
        axes.bar(middles, spread.fraud, half, align="edge", color=RED, alpha=0.9, label="fraud")
        axes.set_yscale("log")
        axes.set_ylim(bottom=0.6)  # one transaction still has a bar
        axes.yaxis.set_major_formatter(THOUSANDS)
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_xlim(middles[0] - widths[0] / 2, middles[-1] + widths[-1] / 2)
        axes.xaxis.set_major_locator(MaxNLocator(4 if edges[-1] > 10_000 else 6, integer=edges[-1] > 1))
        if edges[-1] > 1:
            axes.xaxis.set_major_formatter(THOUSANDS)
        axes.set_xlabel(_UNITS.get(curves.score_unit, "score"))
        axes.set_ylabel("transactions, logarithmic")
        axes.grid(axis="y", color=GRID)
        axes.legend(frameon=False, fontsize=9)

    lowest = next((edge for edge, count in zip(edges[1:], spread.fraud) if count), edges[-1])
    below = sum(count for edge, count in zip(edges[1:], spread.fraud) if edge <= lowest)
    return Drawn(
        title=f"Scores of {curves.policy}",
        alt=f"Histogram of {sum(spread.genuine):,} genuine and {sum(spread.fraud):,} fraudulent transactions by score;"
        f" {below:,} of the frauds score below {_short(lowest)}.",
        svg=svg(f"{name}-scores-{_id(curves.policy)}", plot),
    )


def calibration(name: str, curves: Curves) -> Optional[Drawn]:
    """Return whether the probabilities are right: predicted against observed; None if the score is none."""
    bins = [one for one in curves.calibration if one.rows]
    if not bins:
        return None

    def plot(axes: Axes) -> None:
        floor = _LEAST_PROBABILITY
        axes.plot([floor, 1], [floor, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        for seen in (True, False):
            chosen = [one for one in bins if (one.share_fraud > 0) == seen]
            axes.plot(
                [max(one.mean_predicted, floor) for one in chosen],
                [max(one.share_fraud, floor) for one in chosen],
                color=BLUE, linewidth=0, marker="o", markersize=5.5, markerfacecolor=BLUE if seen else "white",
                clip_on=False, zorder=3,
            )  # fmt: skip
        for scale in (axes.set_xscale, axes.set_yscale):
            scale("log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
            axis.set_minor_formatter(NullFormatter())
        axes.set_xlim(floor, 1)
        axes.set_ylim(floor, 1)
        axes.set_xlabel("predicted probability, logarithmic")
        axes.set_ylabel("share that is fraud")
        axes.grid(color=GRID)

    rows = sum(one.rows for one in bins)
    error = sum(one.rows * abs(one.mean_predicted - one.share_fraud) for one in bins) / rows
    top = bins[-1]
    return Drawn(
        title=f"Calibration of {curves.policy}",
        alt=f"Predicted probability against the share that is fraud, in {len(bins)} groups; hollow: no fraud in the"
        f" group. On average {100 * error:.2g} percentage points apart; of the {top.rows:,} predicted"
        f" {share(top.mean_predicted)} at the mean, {share(top.share_fraud)} are fraud.",
        svg=svg(f"{name}-calibration-{_id(curves.policy)}", plot),
    )


def differences(name: str, shown: Mapping[str, Interval]) -> Optional[Drawn]:
    """Return the differences of two policies with their intervals, from the top; None if there is no interval."""
    bars = [(label, one) for label, one in shown.items() if one.low is not None and one.high is not None]
    if not bars:
        return None

    def plot(axes: Axes) -> None:
        axes.axvline(0, color=INK, linewidth=1)
        for place, (_, one) in enumerate(reversed(bars)):
            low, high, value = one.low or 0.0, one.high or 0.0, one.value or 0.0
            colour = TEAL if low > 0 else RED if high < 0 else GREY
            axes.plot([low, high], [place, place], color=colour, linewidth=3, solid_capstyle="round")
            axes.plot([value], [place], color=colour, marker="o", markersize=7)
        axes.set_yticks(range(len(bars)), [label for label, _ in reversed(bars)], color=INK)
        axes.set_ylim(-0.6, len(bars) - 0.4)
        axes.tick_params(left=False)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+.2g}" if value else "0"))
        axes.set_xlabel("challenger minus champion")
        axes.grid(axis="x", color=GRID)

    clear = [label for label, one in bars if (one.low or 0) > 0 or (one.high or 0) < 0]
    words = f"They lie beside zero for: {', '.join(clear)}." if clear else "All of them include zero."
    return Drawn(
        title="Differences with their intervals",
        alt=f"Intervals of the differences of {len(bars)} figures. {words}",
        svg=svg(f"{name}-differences", plot),
    )


def operation(name: str, weeks: Operation) -> Optional[Drawn]:
    """Return precision and recall of the weeks under a threshold set on the week before."""
    if not weeks.weeks:
        return None

    def plot(axes: Axes) -> None:
        days = [week.first_day[5:] for week in weeks.weeks]
        for values, colour, label in (
            ([week.precision for week in weeks.weeks], BLUE, "precision"),
            ([week.recall for week in weeks.weeks], TEAL, "recall"),
        ):
            axes.plot(
                range(len(days)), [float("nan") if value is None else value for value in values],
                color=colour, linewidth=1.8, marker="o", markersize=4, label=label,
            )  # fmt: skip
        step = max(1, len(days) // 8)
        axes.set_xticks(range(0, len(days), step), days[::step])
        axes.set_ylim(0, 1.02)
        axes.yaxis.set_major_formatter(_PERCENT)
        axes.set_xlabel("first day of the week")
        axes.grid(axis="y", color=GRID)
        axes.legend(frameon=False, ncols=2, loc="lower right", fontsize=9)

    return Drawn(
        title=f"Operation of {weeks.policy}",
        alt=f"Precision and recall by week, over all weeks {share(weeks.precision)} and {share(weeks.recall)}.",
        svg=svg(f"{name}-operation-{_id(weeks.policy)}", plot, wide=True),
    )


def _line(
    axes: Axes, points: Sequence[tuple[float, float]], place: int, label: str, curves: Sequence[Curves],
    steps: bool = False,
) -> None:  # fmt: skip
    named = all(one.policy in _COLOURS for one in curves)
    colour = _COLOURS[label] if named else _OTHERS[place % len(_OTHERS)]
    axes.plot(
        [x for x, _ in points], [y for _, y in points], color=colour, linewidth=1.8, label=label,
        linestyle=_DASHES[place % len(_DASHES)], drawstyle="steps-pre" if steps else "default",
        marker="o" if len(points) <= 8 else "", markersize=3.5, clip_on=False,
    )  # fmt: skip


def _square(axes: Axes, across: str, up: str) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.xaxis.set_major_formatter(_PERCENT)
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(color=GRID)


def _at(points: Sequence[tuple[float, float]], across: float) -> float:
    """Return the height of a line at a place, between its points."""
    for (left, low), (right, high) in zip(points, points[1:]):
        if left <= across <= right:
            return high if right == left else low + (high - low) * (across - left) / (right - left)
    return points[-1][1] if points else 0.0


def _precision_at(points: Sequence[tuple[float, float]], recall: float) -> float:
    return next((precision for reached, precision in points if reached >= recall), 0.0)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:.2g}"


def _id(text: str) -> str:
    return "".join(character if character.isalnum() else "-" for character in text)
