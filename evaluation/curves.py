"""What is plotted of a policy: ROC, precision-recall, the spread of its scores, and its calibration."""

from __future__ import annotations

import numpy as np

from evaluation import metrics
from evaluation.protocol import Flags
from evaluation.results import CalibrationBin, Curves, Histogram
from evaluation.simulator import Floats

POINTS_KEPT = 250
"""Points of a curve; more would make the page heavier, not the plot finer."""

PROBABILITY = 1_000_000
UNITS = {"points": "points", "weights": "tenths", "model": "millionths", "combination": "score"}
_EDGES = (0.0, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Of the calibration: fine where most probabilities lie."""


def curves_of(policy: str, data: str, score: Floats, fraud: Flags, kind: str, highest: float) -> Curves:
    """Return the curves of one policy on one data set.

    Parameters
    ----------
    policy, data
        Their names.
    score, fraud
        Of each labelled transaction; scores in the policy's own unit.
    kind
        The kind of policy; anything else is a bare score.
    highest
        The highest score that the policy can reach.
    """
    counts = metrics.ranking(score, fraud)
    precision_recall = np.column_stack((counts.recall, counts.precision))
    roc = np.column_stack((counts.false_positive_rate, counts.recall))
    return Curves(
        policy=policy,
        data=data,
        roc=[(0.0, 0.0), *_thinned(roc)],
        precision_recall=[(0.0, float(counts.precision[0])), *_thinned(precision_recall)] if counts.frauds else [],
        histogram=_histogram(score, fraud, _edges(kind, highest)),
        score_unit=UNITS.get(kind, "score"),
        calibration=_calibration(score / PROBABILITY, fraud) if kind == "model" else [],
    )


def _thinned(points: Floats) -> list[tuple[float, float]]:
    """Return the points that make a visible difference, evenly along the curve; the first and the last stay."""
    if len(points) > POINTS_KEPT:
        along = np.concatenate(([0.0], np.cumsum(np.abs(np.diff(points, axis=0)).sum(axis=1))))
        wanted = np.searchsorted(along, np.linspace(0, along[-1], POINTS_KEPT))
        points = points[np.unique(np.clip(wanted, 0, len(points) - 1))]
    return [(float(x), float(y)) for x, y in points]


def _edges(kind: str, highest: float) -> Floats:
    """Return bins that hold one score of `weights`, ten points of `points`, or a part of a fine scale."""
    if kind == "weights":
        return np.arange(highest + 2, dtype=np.float64)
    if kind == "points":
        return np.arange(0, highest + 20, 10, dtype=np.float64)
    return np.linspace(0, highest, 26)


def _histogram(score: Floats, fraud: Flags, edges: Floats) -> Histogram:
    genuine, frauds = (np.histogram(score[flags], edges)[0] for flags in (~fraud, fraud))
    return Histogram([float(edge) for edge in edges], genuine.tolist(), frauds.tolist())


def _calibration(probability: Floats, fraud: Flags) -> list[CalibrationBin]:
    place = np.clip(np.digitize(probability, _EDGES) - 1, 0, len(_EDGES) - 2)
    bins = []
    for number in np.unique(place):
        inside = place == number
        mean, share = float(probability[inside].mean()), float(fraud[inside].mean())
        bins.append(CalibrationBin(int(inside.sum()), mean, share))
    return bins
