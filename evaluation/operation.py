"""A threshold in operation: set each week on the newest week whose labels are known, used in the week after.

One model serves all weeks: it was trained once on four weeks, two weeks before the first one, as its labels were
known then. What the threshold promised and what it did drift apart as the model ages; that is what is shown.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Optional

import numpy as np

from evaluation import training
from evaluation.artifact import proposed_thresholds
from evaluation.experiments import MODEL, Prepared, Simulation, train_on
from evaluation.protocol import DELAY_DAYS, TEST_DAYS, TRAIN_DAYS, Flags, Fold, ranked_rows, reported_folds
from evaluation.results import PRECISION_BAR, OperatingWeek, Operation
from evaluation.simulator import Floats
from evaluation.training import Parameters

TRAINING_DAYS = 28


def operate(folder: Path, simulation: Simulation, parameters: Parameters) -> Operation:
    """Return the weeks from the oldest reported one to the end of the data."""
    prepared = Prepared.load(folder, simulation.world)
    data = prepared.transactions
    first = min(fold.first_test for fold in reported_folds(data.start))
    history = Fold(0, first - 2 * TEST_DAYS - TRAINING_DAYS, train_days=TRAINING_DAYS)
    trained = train_on(prepared, MODEL, parameters, history)

    def week(begin: int) -> tuple[Floats, Flags]:
        fold = Fold(0, begin - TRAIN_DAYS - DELAY_DAYS)
        rows = ranked_rows(fold, data.day, data.customer, data.fraud)
        return training.millionths(training.margins(trained.booster, trained.matrix(prepared, rows))), data.fraud[rows]

    weeks, alerts, found, frauds = [], 0, 0, 0
    for begin in range(first, simulation.world.days - TEST_DAYS + 1, TEST_DAYS):
        threshold, _ = proposed_thresholds(*week(begin - DELAY_DAYS - TEST_DAYS))
        scores, fraud = week(begin)
        flagged = scores >= threshold
        hits = int((flagged & fraud).sum())
        weeks.append(
            OperatingWeek(
                first_day=(data.start + timedelta(days=begin)).isoformat(),
                threshold=threshold,
                rows=len(scores),
                alerts=int(flagged.sum()),
                precision=_share(hits, int(flagged.sum())),
                recall=_share(hits, int(fraud.sum())),
            )
        )
        alerts, found, frauds = alerts + int(flagged.sum()), found + hits, frauds + int(np.sum(fraud))
    return Operation(
        policy="model",
        data=simulation.name,
        rule=f"the lowest score with a precision of {PRECISION_BAR} in the newest week whose labels have matured",
        weeks=weeks,
        precision=_share(found, alerts),
        recall=_share(found, frauds),
    )


def _share(part: int, whole: int) -> Optional[float]:
    return part / whole if whole else None
