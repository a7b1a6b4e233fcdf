"""Boosted trees over the pipeline's features: what is tried, how it is fitted, and what goes in.

xgboost's exact method, because its histograms lose several points of average precision here; log-odds that begin
at 0; one thread, so that the same rows give the same trees. Every feature is a whole number below 2 ** 24, which
float32 holds exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xgboost

from evaluation.protocol import Flags
from evaluation.simulator import Floats, Integers
from evaluation.stream import Matrix, Table
from pipeline.scoring.features import DIRECTIONS, MODEL_FEATURES, TEXT_FEATURES
from pipeline.scoring.model import UNKNOWN_TEXT

Booster = Any
"""An xgboost.Booster; the package has no types."""


@dataclass(frozen=True)
class Parameters:
    """How trees are grown; the names that xgboost gives them are in `fit`.

    Parameters
    ----------
    trees, depth, learning_rate
        How many, how deep, and how much of each counts.
    min_child_weight
        The least sum of p x (1 - p) that a leaf stands on: the higher, the less a single fraud decides.
    columns, rows
        The share of the features, and of the rows, that each tree may use.
    """

    trees: int = 200
    depth: int = 3
    learning_rate: float = 0.05
    min_child_weight: float = 1.0
    columns: float = 1.0
    rows: float = 1.0


DEFAULT = Parameters(columns=0.6)
"""What `make evaluate` chose on the validation folds of the published seed; `make train` takes it."""

GRID: tuple[Parameters, ...] = (
    DEFAULT,
    Parameters(),
    Parameters(columns=0.6, min_child_weight=3.0),
    Parameters(columns=0.5, rows=0.5),
)
"""What is tried. 200 trees of depth 3 are what a function may spend 100 microseconds on."""

BASELINE_GRID: tuple[Parameters, ...] = (
    Parameters(trees=100, depth=3, learning_rate=0.1),
    Parameters(trees=100, depth=6, learning_rate=0.1),
    Parameters(trees=100, depth=6, learning_rate=0.3),
    Parameters(trees=200, depth=3, learning_rate=0.05),
)
"""What is tried for the published features: the handbook's own range, and the shape of our model."""


@dataclass(frozen=True)
class Inputs:
    """What a model sees.

    Parameters
    ----------
    names
        Its features, in order.
    encodings
        For each of them that is a text: the number of each known text, ascending with its share of frauds; what
        training did not see, -1, stands where the overall share does.
    """

    names: tuple[str, ...]
    encodings: Mapping[str, Mapping[str, int]]


def inputs_of(table: Table, positions: Integers, fraud: Flags) -> Inputs:
    """Return the features that differ among the rows to train on.

    Parameters
    ----------
    table
        The features of all rows.
    positions
        Those to train on.
    fraud
        Their labels, in the same order.
    """
    names = [name for name in MODEL_FEATURES if np.ptp(table.number(name)[positions])]
    encodings = {name: _encoding(*table.text(name), positions, fraud) for name in TEXT_FEATURES}
    encodings = {name: encoding for name, encoding in encodings.items() if len(encoding) > 1}
    return Inputs((*names, *encodings), encodings)


def _encoding(texts: Sequence[str], codes: Any, positions: Integers, fraud: Flags) -> dict[str, int]:
    """Give the texts numbers that ascend with their share of frauds, drawn to the overall one where rows are few.

    A text that training never saw is -1 to a model: texts below the overall share have smaller numbers, so that
    nothing unknown looks safer, or worse, than the average.
    """
    rows = np.bincount(codes[positions], minlength=len(texts))
    frauds = np.bincount(codes[positions], weights=fraud, minlength=len(texts))
    shares = (frauds + 100 * fraud.mean()) / (rows + 100)
    seen = [place for place in range(len(texts)) if rows[place] and texts[place]]
    ordered = sorted(seen, key=lambda place: (shares[place], texts[place]))
    safer = sum(1 for place in ordered if shares[place] < fraud.mean())
    numbers = (*range(UNKNOWN_TEXT - safer, UNKNOWN_TEXT), *range(len(ordered) - safer))
    return {texts[place]: number for number, place in zip(numbers, ordered)}


def fit(matrix: Matrix, fraud: Flags, parameters: Parameters, names: Sequence[str] = ()) -> Booster:
    """Return the trained trees.

    Parameters
    ----------
    matrix, fraud
        The rows to train on, and their labels.
    parameters
        How trees are grown.
    names
        The pipeline's features in the order of the columns: where more of one can only be more suspicious, or less
        so, the trees keep to that, and the sentence of a reason is true. None for other features.
    """
    settings = {
        "objective": "binary:logistic",
        "base_score": 0.5,
        "tree_method": "exact",
        "max_depth": parameters.depth,
        "eta": parameters.learning_rate,
        "min_child_weight": parameters.min_child_weight,
        "colsample_bytree": parameters.columns,
        "subsample": parameters.rows,
        "seed": 0,
        "nthread": 1,
    }
    if names:
        settings["monotone_constraints"] = tuple(DIRECTIONS.get(name, 0) for name in names)
    return xgboost.train(settings, xgboost.DMatrix(matrix, label=fraud, nthread=1), parameters.trees)


def margins(booster: Booster, matrix: Matrix) -> Floats:
    """Return the trainer's log-odds of fraud."""
    found: Floats = booster.predict(xgboost.DMatrix(matrix, nthread=1), output_margin=True).astype(np.float64)
    return found


def millionths(margin: Floats) -> Floats:
    """Return log-odds as the pipeline's score: the probability in whole millionths."""
    scores: Floats = np.round(1e6 / (1 + np.exp(-margin)))
    return scores
