"""From trained trees to the model artifact that the functions load (`pipeline.scoring.artifact` reads it).

Thresholds are rounded up to whole numbers: the features are whole numbers, so the comparison stays the same.
Golden margins are sums of the leaves that xgboost itself says each vector falls into, in double precision: they
prove the export and the walk, not the trainer's own rounding.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Callable

import numpy as np
import xgboost

from evaluation import metrics
from evaluation.protocol import Flags
from evaluation.results import PRECISION_BAR
from evaluation.simulator import Floats, Integers
from evaluation.stream import Matrix
from evaluation.training import Booster, Inputs, margins, millionths
from pipeline.domain.decision import Feature
from pipeline.scoring.artifact import FORMAT, digest
from pipeline.scoring.model import score_of

VERSION = "1"

REVIEW_BUDGET = 0.01
"""The share of transactions that the proposed thresholds flag, review and fraud together."""

FEWEST_FOUND = 10
"""A threshold above which fewer frauds lie is an accident of these frauds."""

HIGHEST = 1_000_000
GOLDEN = 16
SERIES = 6
"""How many features the drift watch compares, besides the score."""

_NOT_WATCHED = frozenset(
    # Amounts drift with prices; the time of day turns by itself; the others grow with the age of a deployment.
    {
        "amount_cents",
        "second_of_day",
        "transactions_before",
        "seconds_since_high",
        "transactions_7d_thousandths",
        "cents_7d",
    }
)
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_SCORE_SHARES = (*_SHARES, 0.95, 0.99)


@dataclass(frozen=True)
class TrainedOn:
    """Where a model comes from; `to` is the last day, both days ISO 8601."""

    fingerprint: str
    rows: int
    frauds: int
    first_day: str
    last_day: str
    source: str


@dataclass(frozen=True)
class Held:
    """Labelled rows that the model was not trained on: the newest week whose labels have matured.

    Parameters
    ----------
    matrix
        What the model sees of them.
    fraud
        Their labels.
    features
        The features of the n-th of them, as a function would compute them.
    """

    matrix: Matrix
    fraud: Flags
    features: Callable[[int], dict[str, Feature]]


def content(name: str, booster: Booster, inputs: Inputs, trained_on: TrainedOn, held: Held) -> dict[str, Any]:
    """Return the artifact, sealed with its sha256."""
    scores = millionths(margins(booster, held.matrix))
    fraud, review = proposed_thresholds(scores, held.fraud)
    made: dict[str, Any] = {
        "format": FORMAT,
        "name": name,
        "version": VERSION,
        "trained_on": {
            "fingerprint": trained_on.fingerprint,
            "rows": trained_on.rows,
            "frauds": trained_on.frauds,
            "from": trained_on.first_day,
            "to": trained_on.last_day,
            "source": trained_on.source,
        },
        "features": list(inputs.names),
        "encodings": {name: dict(encoding) for name, encoding in inputs.encodings.items()},
        "base": 0.0,
        "trees": trees_of(booster),
        "thresholds": {"review": review, "fraud": fraud},
        "reference": _reference(booster, inputs, held, scores),
        "alert_rate_basis_points": round(10_000 * float(np.mean(scores >= review))),
        "golden": _golden(booster, inputs, held, scores),
    }
    return {**made, "sha256": digest(made)}


def text_of(artifact: dict[str, Any]) -> str:
    """Return the artifact's bytes: the same content is always the same text."""
    return json.dumps(artifact, sort_keys=True, separators=(",", ":")) + "\n"


def trees_of(booster: Booster) -> list[dict[str, list[Any]]]:
    """Return the trees as parallel lists; node 0 is the root, and children stand behind their parents."""
    model = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]
    return [_tree(tree) for tree in model["trees"]]


def _tree(tree: dict[str, Any]) -> dict[str, list[Any]]:
    left, right = tree["left_children"], tree["right_children"]
    leaf = [child == -1 for child in left]
    cover = [round(weight, 3) for weight in tree["sum_hessian"]]
    # A leaf's log-odds and an inner node's threshold share one list there.
    value = [number if is_leaf else 0.0 for number, is_leaf in zip(tree["split_conditions"], leaf)]
    for node in range(len(left) - 1, -1, -1):
        if not leaf[node]:
            one, other = left[node], right[node]
            value[node] = (cover[one] * value[one] + cover[other] * value[other]) / (cover[one] + cover[other])
    return {
        "feature": [-1 if is_leaf else feature for feature, is_leaf in zip(tree["split_indices"], leaf)],
        "threshold": [0 if is_leaf else ceil(number) for number, is_leaf in zip(tree["split_conditions"], leaf)],
        "left": left,
        "right": right,
        "value": [round(number, 9) for number in value],
        "cover": cover,
    }


def proposed_thresholds(scores: Floats, fraud: Flags) -> tuple[int, int]:
    """Return the scores from which on to suspect fraud, and from which on to ask for a review.

    Fraud: the lowest score whose alerts are frauds in nine of ten cases, with enough frauds behind it; where
    there is none, nothing below certainty. Review: so that both together flag `REVIEW_BUDGET` of the rows.
    """
    counts = metrics.ranking(scores, fraud)
    precise = np.flatnonzero((counts.precision >= PRECISION_BAR) & (counts.found >= FEWEST_FOUND))
    suspect = int(counts.thresholds[precise[-1]]) if len(precise) else HIGHEST
    within = np.flatnonzero(counts.flagged <= counts.rows * REVIEW_BUDGET)
    review = int(counts.thresholds[within[-1]]) if len(within) else suspect - 1
    suspect = max(suspect, 2)
    return suspect, max(min(review, suspect - 1), 1)


def _reference(booster: Booster, inputs: Inputs, held: Held, scores: Floats) -> dict[str, Any]:
    gains = booster.get_score(importance_type="total_gain")
    watched = [
        place
        for place, name in enumerate(inputs.names)
        if name not in _NOT_WATCHED and name not in inputs.encodings and f"f{place}" in gains
    ]
    watched = sorted(sorted(watched, key=lambda place: -gains[f"f{place}"])[:SERIES])
    series = {inputs.names[place]: _distribution(held.matrix[:, place], _SHARES) for place in watched}
    return {"score": _distribution(scores, _SCORE_SHARES), **series}


def _distribution(values: Any, shares: Sequence[float]) -> dict[str, list[Any]]:
    """Return bins that hold about the wanted shares; a value belongs to the first bin whose edge is above it."""
    whole = np.sort(values.astype(np.int64))
    edges = sorted({int(whole[int(share * (len(whole) - 1))]) + 1 for share in shares})
    bounds = [0, *np.searchsorted(whole, edges).tolist(), len(whole)]
    return {"edges": edges, "shares": [round((end - begin) / len(whole), 6) for begin, end in zip(bounds, bounds[1:])]}


def _golden(booster: Booster, inputs: Inputs, held: Held, scores: Floats) -> list[dict[str, Any]]:
    """Return vectors of rows through the week, and of rows from the lowest to the highest score."""
    _, of_each_score = np.unique(scores, return_index=True)
    chosen = np.concatenate([rows[_evenly(len(rows))] for rows in (np.arange(len(scores)), of_each_score)])
    golden = []
    for place, margin in zip(chosen.tolist(), exact_margins(booster, held.matrix[chosen])):
        features = held.features(place)
        seen = {name: features[name] for name in inputs.names}
        golden.append({"features": seen, "margin": round(margin, 12), "score": score_of(margin)})
    return golden


def _evenly(count: int) -> Integers:
    places: Integers = np.linspace(0, count - 1, GOLDEN // 2).astype(np.int64)
    return places


def exact_margins(booster: Booster, matrix: Matrix) -> list[float]:
    """Return the log-odds as sums of the leaves, in the order of the trees and in double precision."""
    leaves: Integers = booster.predict(xgboost.DMatrix(matrix, nthread=1), pred_leaf=True).astype(np.int64)
    values = [tree["value"] for tree in trees_of(booster)]
    found = []
    for row in leaves.reshape(len(matrix), len(values)).tolist():
        margin = 0.0
        for tree, leaf in zip(values, row):
            margin += tree[leaf]
        found.append(margin)
    return found


def newest_matured_week(day: Integers, delay_days: int) -> tuple[int, int]:
    """Return the first day of the newest week whose labels are known, and the first day after it."""
    end = int(day.max()) + 1 - delay_days
    return end - 7, end
