"""One evaluation: which steps there are, what waits for what, and the report of their findings."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable, Optional, Protocol, TypeVar

import numpy as np
import xgboost

from evaluation import experiments, fidelity, operation, sample
from evaluation.bars import BEST_PUBLISHED, bars_of
from evaluation.curves import curves_of
from evaluation.experiments import MODEL, PUBLISHED, Ranked, Simulation
from evaluation.protocol import Fold, reported_folds, validation_folds
from evaluation.results import Candidate, Choice, Curves, DataSet, Metrics, Report, Result, mean_of
from evaluation.simulator import World
from evaluation.training import BASELINE_GRID, GRID, Parameters

TERMINALS_A_CUSTOMER = 2

_Result = TypeVar("_Result")


def steps_of(seeds: int, sampled: bool) -> int:
    """Return how many steps a run has."""
    start = World().start
    attempts = len(validation_folds(start)) * (len(GRID) + len(BASELINE_GRID))
    return (seeds + 1) * (1 + len(reported_folds(start))) + attempts + 2 + sampled


class Steps(Protocol):
    """Runs steps, now or later."""

    def start(self, title: str, function: Callable[..., _Result], *given: Any) -> Future[_Result]:
        """Run `function` on what is given; the future holds what it returns."""


class PoolSteps:
    """Hands steps to worker processes.

    Parameters
    ----------
    pool
        The processes.
    finished
        Called with the title of each step that ended well.
    """

    def __init__(self, pool: ProcessPoolExecutor, finished: Callable[[str], object]) -> None:
        self._pool, self._finished = pool, finished

    def start(self, title: str, function: Callable[..., _Result], *given: Any) -> Future[_Result]:
        """Begin a step as soon as a process is free."""
        future = self._pool.submit(function, *given)
        future.add_done_callback(lambda ended: None if ended.cancelled() else self._finished(title))
        return future


@dataclass(frozen=True)
class Chosen:
    """Settings, and how they were found."""

    parameters: Parameters
    choice: Choice


class Run:
    """One evaluation, from simulated worlds to a report.

    Parameters
    ----------
    folder
        For what the steps hand over to each other.
    steps
        Runs them.
    seeds, customers
        The worlds; settings are chosen on the first one, which is also run in disorder.
    sample_file
        A labelled file, or None.
    """

    def __init__(
        self, folder: Path, steps: Steps, seeds: Sequence[int], customers: int, sample_file: Optional[Path]
    ) -> None:
        self._folder, self._steps, self._sample = folder, steps, sample_file
        worlds = [World(seed, customers, customers * TERMINALS_A_CUSTOMER) for seed in seeds]
        self._main = Simulation(worlds[0], until_end=True)
        self._disordered = Simulation(worlds[0], disorder=True)
        self._others = [Simulation(world) for world in worlds[1:]]

    def report(self) -> Report:
        """Run all steps and put their findings together."""
        simulations = [self._main, *self._others, self._disordered]
        prepared = {one: self._start(f"features of {one.name}", experiments.prepare, one) for one in simulations}
        data_sets = {self._main: prepared[self._main].result()}
        attempts = {what: self._attempts(what, grid) for what, grid in ((MODEL, GRID), (PUBLISHED, BASELINE_GRID))}
        data_sets.update({one: future.result() for one, future in prepared.items()})
        model, baseline = (self._chosen(what, *found) for what, found in attempts.items())
        ranked = {one: self._ranked(one, model.parameters, baseline.parameters) for one in simulations}
        export = self._start("export and reasons", fidelity.check, self._main, self._folds()[0], model.parameters)
        operated = self._start("a threshold over time", operation.operate, self._main, model.parameters)
        sampled = self._sampled(model.parameters)
        weeks = {one: [future.result() for future in futures] for one, futures in ranked.items()}
        outcome = sampled.result() if sampled else None
        results = [one for simulation, found in weeks.items() for one in _results(data_sets[simulation], found)]
        outcomes = [one for one in (outcome, outcome and outcome.usual) if one]
        results += [one for ranked_file in outcomes for one in ranked_file.results]
        names = (self._main.name, [one.name for one in self._others], self._disordered.name)
        return Report(
            title="Evaluation",
            notes=_notes(data_sets[self._main], outcome),
            versions={
                "python": platform.python_version(), "numpy": np.__version__, "xgboost": xgboost.__version__,
            },
            data_sets=[*data_sets.values(), *(one.data_set for one in outcomes)],
            results=results,
            curves=[*_curves(self._main.name, weeks[self._main]), *(each for one in outcomes for each in one.curves)],
            choices=[model.choice, baseline.choice],
            operations=[operated.result()],
            bars=bars_of(results, *names, outcome.data_set.name if outcome else "", export.result()),
            export=export.result(),
        )  # fmt: skip

    def _start(
        self, title: str, function: Callable[..., _Result], simulation: Simulation, *given: Any
    ) -> Future[_Result]:
        return self._steps.start(title, function, self._folder / simulation.name, simulation, *given)

    def _folds(self) -> list[Fold]:
        return reported_folds(self._main.world.start)

    def _attempts(
        self, what: str, grid: Sequence[Parameters]
    ) -> tuple[Sequence[Parameters], list[list[Future[Metrics]]]]:
        folds = validation_folds(self._main.world.start)
        return grid, [
            [
                self._start(f"{what}: a setting on validation fold {fold.number}", experiments.attempt, self._main,
                            what, parameters, fold)
                for fold in folds
            ]
            for parameters in grid
        ]  # fmt: skip

    def _chosen(self, what: str, grid: Sequence[Parameters], futures: list[list[Future[Metrics]]]) -> Chosen:
        """Return the setting with the highest mean average precision on the validation folds; the first of equals."""
        means = [mean_of([future.result() for future in folds]) for folds in futures]
        best = max(range(len(grid)), key=lambda place: (means[place].average_precision or 0.0, -place))
        candidates = [
            Candidate(
                parameters=asdict(parameters),
                average_precision=mean.average_precision or 0.0,
                card_precision=mean.card_precision,
                auc=mean.auc,
                chosen=place == best,
            )
            for place, (parameters, mean) in enumerate(zip(grid, means))
        ]
        start = self._main.world.start
        weeks = [" to ".join(fold.period(start)) for fold in validation_folds(start)]
        return Chosen(grid[best], Choice(what, self._main.name, weeks, candidates))

    def _ranked(self, simulation: Simulation, model: Parameters, baseline: Parameters) -> list[Future[Ranked]]:
        return [
            self._start(f"{simulation.name}, fold {fold.number}", experiments.rank, simulation, fold, model, baseline)
            for fold in self._folds()
        ]

    def _sampled(self, parameters: Parameters) -> Optional[Future[sample.Outcome]]:
        if self._sample is None:
            return None
        return self._steps.start(self._sample.name, sample.rank, self._sample, parameters)


def _results(data: DataSet, weeks: Sequence[Ranked]) -> Iterator[Result]:
    """Yield each policy's result on each fold, and their mean."""
    start = World().start
    for policy, (kind, _) in weeks[0].kinds.items():
        folds = [
            Result(policy, kind, data.name, one.fold.number, *one.fold.period(start), len(one.fraud),
                   int(one.fraud.sum()), one.metrics(policy))
            for one in weeks
        ]  # fmt: skip
        yield from folds
        yield Result(
            policy, kind, data.name, None, min(one.first_day for one in folds), max(one.last_day for one in folds),
            sum(one.rows for one in folds), sum(one.frauds for one in folds), mean_of([one.metrics for one in folds]),
        )  # fmt: skip


def _curves(name: str, weeks: Sequence[Ranked]) -> list[Curves]:
    fraud = np.concatenate([one.fraud for one in weeks])
    return [
        curves_of(policy, name, np.concatenate([one.scores[policy] for one in weeks]), fraud, kind, highest)
        for policy, (kind, highest) in weeks[0].kinds.items()
    ]


def _notes(main: DataSet, outcome: Optional[sample.Outcome]) -> list[str]:
    how = (
        f"Figures are means over four test weeks ({BEST_PUBLISHED}). Settings were chosen on four earlier weeks of"
        f" {main.name} alone, and used on every data set."
    )
    notes = [how]
    if outcome:
        name, ranked = outcome.data_set.name, outcome.results[0]
        notes.append(
            f"{name} is simulated, too, by another program; {ranked.frauds} frauds of a few accounts were left to find"
            " there, and its cards are fewer than the 100 a day of CP@100."
        )
    if outcome and outcome.usual:
        left = outcome.usual.results[0].frauds
        notes.append(
            f"Some categories of {name} have only frauds, so that the category nearly is the label: figures over all"
            f" rows flatter. {outcome.usual.data_set.name} leaves those categories out; {left} frauds are left to find."
        )
    return notes
