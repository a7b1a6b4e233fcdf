"""What an evaluation found, as data: `report.json` is this, and the report page is drawn from this alone.

Every figure is a plain number; None stands for "not defined here" (no fraud in the fold, for example) and is
shown as a dash. Nothing in it depends on the machine or the time of day: the same data and the same code write
the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Optional

FORMAT = 1

ALERT_BUDGET = 0.005
"""The share of transactions that may be alerted on, for `precision_at_budget`."""

PRECISION_BAR = 0.9
"""The precision at which `recall_at_precision` is read."""

CARDS_A_DAY = 100
"""How many cards a day are looked at, for `card_precision`."""


@dataclass(frozen=True)
class Metrics:
    """How well a score ranks: the five figures of every table.

    Parameters
    ----------
    auc
        Area under the ROC curve.
    average_precision
        Area under the precision-recall curve, as a step function (AP).
    card_precision
        Share of compromised cards among the 100 highest scored cards of a day, cards already found left out,
        mean over the days (CP@100).
    recall_at_precision
        The highest recall at any threshold whose precision is at least .9.
    precision_at_budget
        Precision of the 0.5 % highest scored transactions.
    """

    auc: Optional[float]
    average_precision: Optional[float]
    card_precision: Optional[float]
    recall_at_precision: Optional[float]
    precision_at_budget: Optional[float]


@dataclass(frozen=True)
class Interval:
    """A figure with what resampling says about its uncertainty."""

    value: Optional[float]
    low: Optional[float]
    high: Optional[float]


@dataclass(frozen=True)
class DataSet:
    """What was evaluated on.

    Parameters
    ----------
    name
        Stable key of the results, e.g. "simulated-0", "simulated-0-disorder", "sparkov_sample".
    source
        One sentence: where the rows come from.
    seed
        Simulator seed; None for a file.
    fingerprint
        SHA-256 of the rows.
    rows, frauds, accounts
        How many.
    first_day, last_day
        Event dates, ISO 8601.
    """

    name: str
    source: str
    seed: Optional[int]
    fingerprint: str
    rows: int
    frauds: int
    accounts: int
    first_day: str
    last_day: str


@dataclass(frozen=True)
class Result:
    """One policy on one fold of one data set.

    Parameters
    ----------
    policy
        "points", "weights", "model", "combined", "published", or a user's own name.
    kind
        points, weights, model, combination; or baseline for what is no policy of the pipeline.
    data
        `DataSet.name`.
    fold
        0 is the newest test week; None: the mean over the folds (of each figure that is defined).
    first_day, last_day
        Of the rows that were ranked.
    rows, frauds
        How many were ranked.
    metrics
        The figures.
    intervals
        For each field of `metrics` that was resampled.
    """

    policy: str
    kind: str
    data: str
    fold: Optional[int]
    first_day: str
    last_day: str
    rows: int
    frauds: int
    metrics: Metrics
    intervals: dict[str, Interval] = field(default_factory=dict)


@dataclass(frozen=True)
class Histogram:
    """How scores are spread: `len(edges) - 1` bins; the last one includes its upper edge."""

    edges: list[float]
    genuine: list[int]
    fraud: list[int]


@dataclass(frozen=True)
class CalibrationBin:
    """Transactions that were given about the same probability, and how many were fraudulent."""

    rows: int
    mean_predicted: float
    share_fraud: float


@dataclass(frozen=True)
class Curves:
    """What is plotted for a policy on a data set, all folds together.

    Parameters
    ----------
    roc
        (false positive rate, true positive rate), from (0, 0) to (1, 1); thinned to what a plot shows.
    precision_recall
        (recall, precision), recall ascending; thinned.
    histogram
        Of the policy's own score, in its unit: see `score_unit`.
    score_unit
        "points", "tenths", "millionths" or "score".
    calibration
        Empty unless the score is a probability.
    """

    policy: str
    data: str
    roc: list[tuple[float, float]]
    precision_recall: list[tuple[float, float]]
    histogram: Histogram
    score_unit: str
    calibration: list[CalibrationBin] = field(default_factory=list)


@dataclass(frozen=True)
class Candidate:
    """One setting that was tried on the validation folds."""

    parameters: dict[str, float]
    average_precision: float
    card_precision: Optional[float]
    auc: Optional[float]
    chosen: bool


@dataclass(frozen=True)
class Choice:
    """How the settings of a trained policy were chosen: on validation folds, never on test folds."""

    policy: str
    data: str
    folds: list[str]
    candidates: list[Candidate]


@dataclass(frozen=True)
class OperatingWeek:
    """A week under a threshold that was set on the newest week whose labels had matured by then.

    `alerts` are transactions at or above the threshold; `rows` all of the week.
    """

    first_day: str
    threshold: int
    rows: int
    alerts: int
    precision: Optional[float]
    recall: Optional[float]


@dataclass(frozen=True)
class Operation:
    """The operating threshold over time, one policy on one data set."""

    policy: str
    data: str
    rule: str
    weeks: list[OperatingWeek]
    precision: Optional[float]
    recall: Optional[float]


@dataclass(frozen=True)
class Bar:
    """One number to reach, what was measured, and whether that reaches it."""

    name: str
    wanted: str
    measured: Optional[float]
    reached: bool


@dataclass(frozen=True)
class Export:
    """How closely the exported model follows its trainer.

    Parameters
    ----------
    rows
        How many rows were scored both ways.
    margin_error, probability_error
        Largest absolute difference.
    attribution_sum_error
        Largest |sum of path attributions + base - margin|.
    top1_agreement, top4_agreement
        Against TreeSHAP, over rows with a score of 0.5 or more: share with the same first feature, and mean
        share of the first four features in common.
    """

    rows: int
    margin_error: float
    probability_error: float
    attribution_sum_error: float
    attributed_rows: int
    top1_agreement: Optional[float]
    top4_agreement: Optional[float]


@dataclass(frozen=True)
class Report:
    """All of it. `notes` are sentences that the reader must see beside the tables."""

    title: str
    notes: list[str]
    versions: dict[str, str]
    data_sets: list[DataSet]
    results: list[Result]
    curves: list[Curves]
    choices: list[Choice] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    export: Optional[Export] = None
    format: int = FORMAT

    def to_json(self) -> str:
        """Return the text of report.json: sorted keys, figures to six places."""
        return json.dumps(plain(asdict(self)), indent=1, sort_keys=True) + "\n"

    def write(self, path: Path) -> None:
        """Write report.json."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.to_json())


def mean_of(metrics: Sequence[Metrics]) -> Metrics:
    """Return the mean of each figure over those in which it is defined."""
    return Metrics(**{one.name: _mean(getattr(each, one.name) for each in metrics) for one in fields(Metrics)})


def _mean(values: Iterable[Optional[float]]) -> Optional[float]:
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


def plain(value: Any) -> Any:
    """Return `value` with its numbers rounded: the last bits of a sum are no finding."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value
