"""A labelled file, in time order: train on its first 60 %, labels seven days late, and rank the rest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Optional

import numpy as np

from evaluation import artifact, metrics, policies, training
from evaluation.comparison import events_of
from evaluation.curves import curves_of
from evaluation.labelled import read_labelled
from evaluation.protocol import Flags
from evaluation.results import Curves, DataSet, Result
from evaluation.simulator import DAY, Floats, Integers
from evaluation.stream import LABEL_DELAY, Event, Table, collect, replay
from evaluation.training import Parameters
from scripts.errors import CommandError

TRAINED_SHARE = 0.6
LABEL_DELAY_DAYS = LABEL_DELAY // DAY
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Labelled:
    """A labelled file with the features of its rows; transactions without a label only move the states on.

    Parameters
    ----------
    table
        The features of the labelled rows, in event order.
    account
        A number for each account, from 0.
    day
        Days since the first row's.
    fraud
        Their labels.
    dates
        The date of each day from the first row's to the last one's, ISO 8601.
    fingerprint
        SHA-256 over all transactions and labels.
    source
        How the file was read, in a sentence.
    """

    table: Table
    account: Integers
    day: Integers
    fraud: Flags
    dates: list[str]
    fingerprint: str
    source: str


def read(path: Path, mapping: Optional[Path] = None, skip_bad: bool = False) -> Labelled:
    """Read a labelled file and send it through the pipeline's features."""
    digest = hashlib.sha256()
    events: list[Event] = []

    def keep(event: Event) -> bool:
        if event.fraud is not None:
            events.append(event)
        return event.fraud is not None

    with read_labelled(path, now=datetime.now(timezone.utc), mapping=mapping, skip_bad=skip_bad) as taken:
        table = collect(replay(events_of(taken, digest.update)), keep)
        skipped = f", without {taken.problems.summary()} that cannot be used" if taken.problems.count else ""
        source = f"{path.name}, {taken.source}{skipped}"
    numbers: dict[str, int] = {}
    accounts = [event.acceptance.account_key for event in events]
    day = np.array([event.arrives // DAY for event in events], dtype=np.int64)
    first = int(day.min(initial=2**31))
    return Labelled(
        table=table,
        account=np.array([numbers.setdefault(account, len(numbers)) for account in accounts], dtype=np.int64),
        day=day - first,
        fraud=np.array([bool(event.fraud) for event in events], dtype=np.bool_),
        dates=[(_EPOCH + timedelta(days=one)).isoformat() for one in range(first, int(day.max(initial=-1)) + 1)],
        fingerprint=digest.hexdigest(),
        source=source,
    )


@dataclass(frozen=True)
class Outcome:
    """What `rank` found.

    Parameters
    ----------
    data_set, results, curves
        Over all ranked rows.
    usual
        The same over the rows of categories that have genuine transactions, too, if some category has only frauds
        in training: such a category nearly is the label, and finding it is no achievement.
    """

    data_set: DataSet
    results: list[Result]
    curves: list[Curves]
    usual: Optional[Outcome] = None


def rank(path: Path, parameters: Parameters) -> Outcome:
    """Train on the first rows of the file and let every policy rank the others.

    Labels come seven days late: those of the last days before the others begin are not known to the training.

    Raises
    ------
    CommandError
        If no fraud of the first rows is known by then.
    """
    data = read(path, skip_bad=True)
    name = path.name.split(".")[0]
    middle = int(len(data.table) * TRAINED_SHARE)
    ranked = np.arange(middle, len(data.table))
    trained = np.flatnonzero(data.day[:middle] < data.day[middle] - LABEL_DELAY_DAYS)
    fraud = data.fraud[trained]
    if not fraud.any():
        raise CommandError(
            f"{path.name}: no fraud of its first {TRAINED_SHARE:.0%} was known {LABEL_DELAY_DAYS} days later, when the"
            " rest begins: there is nothing to learn from."
        )
    inputs = training.inputs_of(data.table, trained, fraud)
    matrix = data.table.matrix(inputs.names, inputs.encodings, trained)
    origin = artifact.TrainedOn(
        data.fingerprint,
        len(trained),
        int(fraud.sum()),
        data.dates[0],
        data.dates[int(data.day[trained[-1]])],
        data.source,
    )
    held = artifact.Held(matrix, fraud, data.table.features)
    model = artifact.content(name, training.fit(matrix, fraud, parameters, inputs.names), inputs, origin, held)
    engine = policies.engine_with(model)
    scores = policies.scores_of(engine, data.table, ranked)
    kinds = policies.kinds_of(engine.document)
    how = f"{data.source}: trained on the labels of the first {TRAINED_SHARE:.0%} that were 7 days old, the rest ranked"
    outcome = _outcome(data, name, f"{how}.", ranked, scores, kinds)
    usual = _usual(data, trained)
    if usual[trained].all():
        return outcome
    kept = usual[ranked]
    some = {policy: found[kept] for policy, found in scores.items()}
    source = f"{how}, without the categories that only frauds had in training."
    return replace(outcome, usual=_outcome(data, f"{name}-usual", source, ranked[kept], some, kinds))


def _usual(data: Labelled, trained: Integers) -> Flags:
    """Return which rows have a category that genuine rows had in training."""
    _, codes = data.table.text("category")
    of_genuine = codes[trained[~data.fraud[trained]]]
    return np.isin(codes, of_genuine)


def _outcome(
    data: Labelled, name: str, source: str, ranked: Integers, scores: dict[str, Floats],
    kinds: dict[str, tuple[str, int]],
) -> Outcome:  # fmt: skip
    """Measure what every policy said about the ranked rows."""
    fraud, account, day = data.fraud[ranked], data.account[ranked], data.day[ranked]
    period = (data.dates[int(day.min())], data.dates[int(day.max())])
    return Outcome(
        DataSet(
            name=name,
            source=source,
            seed=None,
            fingerprint=data.fingerprint,
            rows=len(data.table),
            frauds=int(data.fraud.sum()),
            accounts=int(data.account.max()) + 1,
            first_day=data.dates[0],
            last_day=data.dates[-1],
        ),
        [
            Result(
                policy, kinds[policy][0], name, None, *period, len(ranked), int(fraud.sum()),
                metrics.measure(found, fraud, account, day),
            )
            for policy, found in scores.items()
        ],
        [curves_of(policy, name, found, fraud, *kinds[policy]) for policy, found in scores.items()],
    )  # fmt: skip
