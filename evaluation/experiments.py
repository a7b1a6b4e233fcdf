"""The steps of an evaluation on simulated data; each is a function of files, so that processes can share them out.

prepare      simulate a world, send it through the pipeline's features, keep the weeks that are looked at
attempt      train with one setting on one validation fold
rank         train on one reported fold and let every policy rank its test week
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Optional

import numpy as np

from evaluation import artifact, metrics, policies, published, training
from evaluation.protocol import Flags, Fold, ranked_rows, reported_folds, train_rows, validation_folds
from evaluation.results import DataSet, Metrics
from evaluation.simulator import DAY, Floats, Integers, Transactions, World, simulate
from evaluation.stream import Matrix, Table, collect, replay, simulated_events
from evaluation.training import Booster, Inputs, Parameters

MODEL, PUBLISHED = "model", "published"
"""What is trained: the pipeline's model, and the published baseline beside it."""

DISORDER_SECONDS = 30 * 60
DUPLICATES = 0.02


@dataclass(frozen=True)
class Simulation:
    """One simulated data set.

    Parameters
    ----------
    world
        What is simulated.
    disorder
        Whether transactions arrive up to 30 minutes late and 2 % of them twice.
    until_end
        Whether the weeks after the last reported fold are needed, too.
    """

    world: World
    disorder: bool = False
    until_end: bool = False

    @property
    def name(self) -> str:
        """The key of its results."""
        return f"simulated-{self.world.seed}" + ("-disorder" if self.disorder else "")

    @property
    def source(self) -> str:
        """Where the rows come from, in a sentence."""
        world = self.world
        streams = "the published random streams" if not world.seed else f"random streams of seed {world.seed}"
        late = ", arriving up to 30 minutes late and 2 % of them twice" if self.disorder else ""
        size = f"{world.customers:,} customers, {world.terminals:,} terminals, {world.days} days"
        return f"Simulated: {size}, {streams}{late}."


@dataclass(frozen=True)
class Prepared:
    """What `prepare` left in a folder; everything else reads from it."""

    transactions: Transactions
    table: Table
    baseline: Matrix

    @classmethod
    def load(cls, folder: Path, world: World) -> Prepared:
        """Read it back."""
        with np.load(folder / "transactions.npz") as columns:
            data = Transactions(world.start, *(columns[name] for name in _COLUMNS))
        return cls(data, Table.load(folder / "features.npz"), np.load(folder / "baseline.npy"))

    def positions(self, rows: Integers) -> Integers:
        """Return where transactions stand in the table and in the baseline's matrix."""
        return np.searchsorted(self.table.rows, rows)


_COLUMNS = ("customer", "terminal", "second", "cents", "scenario")


def first_day_of(world: World) -> int:
    """Return the first day of which features are kept: that of the oldest validation fold."""
    return min(fold.first_train for fold in validation_folds(world.start))


def prepare(folder: Path, simulation: Simulation) -> DataSet:
    """Simulate, compute all features, and write both to `folder`."""
    world = simulation.world
    data = simulate(world)
    until = world.days if simulation.until_end else max(fold.end_test for fold in reported_folds(world.start))
    begin = int(np.searchsorted(data.second, first_day_of(world) * DAY))
    late = (DISORDER_SECONDS, DUPLICATES) if simulation.disorder else (0, 0.0)
    table = collect(replay(simulated_events(data, until, *late)), keep=lambda event: event.row >= begin)
    # Late ones come in another order; everything else goes by the transaction's number.
    table = table.sorted()
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "transactions.npz", **{name: getattr(data, name) for name in _COLUMNS})
    table.save(folder / "features.npz")
    np.save(folder / "baseline.npy", published.features(data)[table.rows].astype(np.float32))
    return DataSet(
        name=simulation.name,
        source=simulation.source,
        seed=world.seed,
        fingerprint=data.fingerprint,
        rows=len(data),
        frauds=int(data.fraud.sum()),
        accounts=len(np.unique(data.customer)),
        first_day=world.start.isoformat(),
        last_day=(world.start + timedelta(days=world.days - 1)).isoformat(),
    )


def attempt(folder: Path, simulation: Simulation, what: str, parameters: Parameters, fold: Fold) -> Metrics:
    """Return how a setting does on one validation fold."""
    prepared = Prepared.load(folder, simulation.world)
    data = prepared.transactions
    trained = train_on(prepared, what, parameters, fold)
    rows = ranked_rows(fold, data.day, data.customer, data.fraud)
    scores = training.margins(trained.booster, trained.matrix(prepared, rows))
    return metrics.measure(scores, data.fraud[rows], data.customer[rows], data.day[rows])


@dataclass(frozen=True)
class Trained:
    """Trees, what they see, and what they were trained on."""

    booster: Booster
    inputs: Optional[Inputs]
    rows: Integers

    def matrix(self, prepared: Prepared, rows: Integers) -> Matrix:
        """Return what the trees see of transactions."""
        positions = prepared.positions(rows)
        if self.inputs is None:
            return prepared.baseline[positions]
        return prepared.table.matrix(self.inputs.names, self.inputs.encodings, positions)


def train_on(prepared: Prepared, what: str, parameters: Parameters, fold: Fold) -> Trained:
    """Train on the training week of a fold."""
    data = prepared.transactions
    rows = train_rows(fold, data.day)
    fraud = data.fraud[rows]
    inputs = training.inputs_of(prepared.table, prepared.positions(rows), fraud) if what == MODEL else None
    untrained = Trained(None, inputs, rows)
    names = inputs.names if inputs else ()
    return Trained(training.fit(untrained.matrix(prepared, rows), fraud, parameters, names), inputs, rows)


@dataclass(frozen=True)
class Ranked:
    """What every policy said about the test week of one fold.

    Parameters
    ----------
    fold
        Which one.
    fraud, customer, day
        Of the ranked rows.
    scores
        By policy, in the policy's own unit.
    kinds
        The kind and the highest possible score of each policy.
    """

    fold: Fold
    fraud: Flags
    customer: Integers
    day: Integers
    scores: dict[str, Floats]
    kinds: dict[str, tuple[str, int]]

    def metrics(self, policy: str) -> Metrics:
        """Return the figures of one policy."""
        return metrics.measure(self.scores[policy], self.fraud, self.customer, self.day)


def rank(folder: Path, simulation: Simulation, fold: Fold, model: Parameters, baseline: Parameters) -> Ranked:
    """Train on a reported fold and rank its test week: every policy through the engine, and the baseline."""
    prepared = Prepared.load(folder, simulation.world)
    data = prepared.transactions
    rows = ranked_rows(fold, data.day, data.customer, data.fraud)
    engine = policies.engine_with(fold_artifact(prepared, simulation, fold, model))
    scores = policies.scores_of(engine, prepared.table, prepared.positions(rows))
    kinds = policies.kinds_of(engine.document)
    if not simulation.disorder:  # the published features know no order of arrival
        published_trees = train_on(prepared, PUBLISHED, baseline, fold)
        found = training.margins(published_trees.booster, published_trees.matrix(prepared, rows))
        scores[PUBLISHED], kinds[PUBLISHED] = training.millionths(found), ("baseline", artifact.HIGHEST)
    return Ranked(fold, data.fraud[rows], data.customer[rows], data.day[rows], scores, kinds)


def fold_artifact(prepared: Prepared, simulation: Simulation, fold: Fold, parameters: Parameters) -> dict[str, object]:
    """Return the artifact of the model of one fold; ranking does not depend on the thresholds it proposes."""
    trained = train_on(prepared, MODEL, parameters, fold)
    assert trained.inputs is not None
    data, rows = prepared.transactions, trained.rows
    positions = prepared.positions(rows)
    held = artifact.Held(
        trained.matrix(prepared, rows),
        data.fraud[rows],
        lambda place: prepared.table.features(int(positions[place])),
    )
    days = [(data.start + timedelta(days=day)).isoformat() for day in (fold.first_train, fold.end_train - 1)]
    trained_on = artifact.TrainedOn(
        data.fingerprint, len(rows), int(data.fraud[rows].sum()), days[0], days[1], simulation.source
    )
    return artifact.content(f"fold-{fold.number}", trained.booster, trained.inputs, trained_on, held)
