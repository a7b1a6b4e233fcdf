"""Whether the exported model is the trained one, and its reasons those that Shapley values give."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import xgboost

from evaluation import training
from evaluation.artifact import trees_of
from evaluation.experiments import MODEL, Prepared, Simulation, fold_artifact, train_on
from evaluation.protocol import Fold, ranked_rows
from evaluation.results import Export
from evaluation.simulator import Floats
from evaluation.training import Parameters
from pipeline.scoring.artifact import load

ROWS = 10_000
CODES = 4
"""How many reasons a decision gives."""

SUSPICIOUS = 0.5
"""From this probability on, reasons are compared: nobody reads those of a harmless transaction."""


def check(folder: Path, simulation: Simulation, fold: Fold, parameters: Parameters) -> Export:
    """Score a reported test week with the trainer and with the function's code, and compare."""
    prepared = Prepared.load(folder, simulation.world)
    data = prepared.transactions
    rows = ranked_rows(fold, data.day, data.customer, data.fraud)
    trained = train_on(prepared, MODEL, parameters, fold)
    model = load(json.dumps(fold_artifact(prepared, simulation, fold, parameters)))
    matrix = trained.matrix(prepared, rows)
    theirs = training.margins(trained.booster, matrix)
    positions = prepared.positions(rows)
    compared = np.linspace(0, len(rows) - 1, min(ROWS, len(rows))).astype(np.int64)
    ours = np.array([model.margin(prepared.table.features(position)) for position in positions[compared].tolist()])
    suspicious = np.flatnonzero(_probability(theirs) >= SUSPICIOUS)
    explained = [model.explained(prepared.table.features(position)) for position in positions[suspicious].tolist()]
    start = sum(tree["value"][0] for tree in trees_of(trained.booster))
    shapley = trained.booster.predict(xgboost.DMatrix(matrix[suspicious], nthread=1), pred_contribs=True)[:, :-1]
    pairs = [_agreement(np.array(changes), one) for (_, changes), one in zip(explained, shapley)]
    return Export(
        rows=len(compared),
        margin_error=float(np.abs(ours - theirs[compared]).max(initial=0)),
        probability_error=float(np.abs(_probability(ours) - _probability(theirs[compared])).max(initial=0)),
        attribution_sum_error=max((abs(start + sum(changes) - margin) for margin, changes in explained), default=0.0),
        attributed_rows=len(pairs),
        top1_agreement=float(np.mean([first for first, _ in pairs])) if pairs else None,
        top4_agreement=float(np.mean([four for _, four in pairs])) if pairs else None,
    )


def _agreement(ours: Floats, theirs: Floats) -> tuple[bool, float]:
    """Return whether the first feature is the same, and the share of theirs that is among our first ones."""
    first = [np.argsort(-changes, kind="stable")[:CODES] for changes in (ours, theirs)]
    named = [{int(place) for place in places if changes[place] > 0} for places, changes in zip(first, (ours, theirs))]
    return bool(first[0][0] == first[1][0]), len(named[0] & named[1]) / max(len(named[1]), 1)


def _probability(margin: Floats) -> Floats:
    shares: Floats = 1 / (1 + np.exp(-margin))
    return shares
