"""Drift: whether what is decided today looks like what the model was trained on, and how much is flagged.

Decisions are counted in flat counters, an hour to a window:

| counter | counts |
|---|---|
| `decided`, `flagged` | decisions, and those that opened a case |
| `scored:POLICY`, `flagged:POLICY` | what each policy said by itself, whether it decided or only shadowed |
| `score:MODEL:BIN` | scores of a model, by the bins of its reference |
| `feature:MODEL:NAME:BIN` | values of a feature that the model's reference holds, by its bins |

The population stability index compares their shares with those of the training data. Rule of thumb: below .1
nothing has changed, above .25 much has. Below a minimum of decisions nothing is judged at all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Optional

from pipeline.domain.decision import ALLOW_LIST, DENY_LIST
from pipeline.domain.records import stored_features
from pipeline.domain.status import FLAGGED
from pipeline.scoring.document import DriftBars
from pipeline.scoring.model import Model, Reference

LEAST_SHARE = 0.0001
"""What an empty bin counts as: without a floor, one value in it would make the index infinite."""

SCORE = "score"
"""The series of a model's scores; the others are features."""

CALENDAR = frozenset({"day_of_week"})
"""Features that a day of decisions cannot have the distribution of: they are not watched."""

_FLAGGED_VALUES = frozenset(status.value for status in FLAGGED)
_LISTS = frozenset({ALLOW_LIST, DENY_LIST})


@dataclass(frozen=True)
class SeriesDrift:
    """How far a series of a model has moved; `psi` is None where too little was counted to say."""

    model: str
    series: str
    counted: int
    psi: Optional[float]

    @property
    def reason(self) -> str:
        """What the report calls it when its bar is passed."""
        return f"PSI:{self.model}:{self.series}"


@dataclass(frozen=True)
class AlertRate:
    """How much is flagged, in hundredths of a percent; None where too little was counted to say.

    `policy` is None for what was really decided, whichever policy did it.
    """

    policy: Optional[str]
    counted: int
    basis_points: Optional[int]

    @property
    def reason(self) -> str:
        """What the report calls it when its bar is passed."""
        return f"ALERT_RATE:{self.policy or 'decided'}"


@dataclass(frozen=True)
class DriftReport:
    """What the counters say; `reasons` are the bars that are passed, e.g. "ALERT_RATE:model"."""

    series: tuple[SeriesDrift, ...]
    rates: tuple[AlertRate, ...]
    reasons: tuple[str, ...]

    @property
    def judged(self) -> bool:
        """Whether enough was counted to say anything."""
        return any(one.psi is not None for one in self.series) or any(
            one.basis_points is not None for one in self.rates
        )

    @property
    def unknown(self) -> frozenset[str]:
        """The reasons of what is in use but was counted too little to say: they may still hold."""
        series = {one.reason for one in self.series if one.psi is None}
        return frozenset(series | {one.reason for one in self.rates if one.basis_points is None})


@dataclass(frozen=True)
class Breaker:
    """Whether promotion is held; `since` is UTC, RFC 3339, and None while the breaker is closed."""

    open: bool = False
    since: Optional[str] = None
    reasons: tuple[str, ...] = ()


def counters_of(decision: Mapping[str, Any], models: Mapping[str, Model]) -> Counter[str]:
    """Return what one stored decision adds to the counters.

    Parameters
    ----------
    decision
        As the row keeps it; its numbers may be Decimal.
    models
        The packaged models by their version. The score is computed again from the recorded features: a
        combination records only its own.
    """
    counters = Counter({"decided": 1, "flagged": int(decision["outcome"] in _FLAGGED_VALUES)})
    for policy, outcome in _outcomes(decision):
        counters[f"scored:{policy}"] += 1
        counters[f"flagged:{policy}"] += int(outcome in _FLAGGED_VALUES)
    used = [models[version] for version in _model_versions(decision) if version in models]
    features = stored_features(decision) if used else {}
    for model in used:
        for series, reference in _watched(model):
            if series == SCORE:
                counters[_score_counter(model, bin_of(reference, model.score(features)))] += 1
            elif series in features:
                counters[_feature_counter(model, series, bin_of(reference, int(features[series])))] += 1
    return +counters  # without the zeros


def bin_of(reference: Reference, value: int) -> int:
    """Return the bin that a value belongs to: the first whose edge is above it, or the last."""
    return bisect_right(reference.edges, value)


def population_stability(shares: Sequence[float], counts: Sequence[int]) -> float:
    """Return the population stability index of `counts`, which are not all zero, against the expected `shares`.

    The sum over the bins of (actual - expected) x ln(actual / expected), no share below `LEAST_SHARE`.
    """
    total = sum(counts)
    index = 0.0
    for share, count in zip(shares, counts):
        expected, actual = max(share, LEAST_SHARE), max(count / total, LEAST_SHARE)
        index += (actual - expected) * log(actual / expected)
    return index


def judge(
    counters: Mapping[str, int], models: Iterable[Model], policies: Iterable[str], bars: DriftBars
) -> DriftReport:
    """Compare the counters of some hours with the models' references and with the bars.

    Parameters
    ----------
    counters
        Summed over the windows.
    models
        Those that the policy document uses.
    policies
        Those that score every transaction.
    bars
        Those of the policy document; rates that it exempts are measured all the same.
    """
    series = tuple(_series_drift(counters, model, name, bars) for model in models for name, _ in _watched(model))
    rates = tuple(_alert_rate(counters, policy, bars) for policy in (None, *policies))
    reasons = [one.reason for one in series if one.psi is not None and 1000 * one.psi > bars.psi_max_thousandths]
    reasons += [
        one.reason
        for one in rates
        if one.basis_points is not None
        and one.basis_points > bars.alert_rate_max_basis_points
        and one.policy not in bars.only_measured
    ]
    return DriftReport(series, rates, tuple(reasons))


def next_breaker(breaker: Breaker, report: DriftReport, at: str) -> Breaker:
    """Return the breaker after a report at `at`; where nothing could be judged, it stays as it is.

    A reason ends when it was judged again and is fine, not when it can no longer be measured, as with models after
    the kill switch. It also ends when the document does not use that model or policy any more.
    """
    if not report.judged:
        return breaker
    reasons = (*report.reasons, *(reason for reason in breaker.reasons if reason in report.unknown))
    if not reasons:
        return Breaker()
    return Breaker(True, breaker.since if breaker.open else at, reasons)


def _outcomes(decision: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what each policy said; where a list decided, what the policy in charge had said is not known."""
    if decision.get("decided_by") not in _LISTS:
        yield decision["policy"], decision["outcome"]
    for shadow in decision.get("shadows", ()):
        yield shadow["policy"], shadow["outcome"]


def _model_versions(decision: Mapping[str, Any]) -> list[str]:
    """Return the models behind the decision and its shadows, each once; a combination names those of its parts."""
    named = [result.get("model_version", "") for result in (decision, *decision.get("shadows", ()))]
    return list(dict.fromkeys(version for text in named for version in text.split(",") if version))


def _watched(model: Model) -> Iterator[tuple[str, Reference]]:
    return ((name, reference) for name, reference in model.description.reference.items() if name not in CALENDAR)


def _score_counter(model: Model, place: int) -> str:
    return f"score:{model.version}:{place}"


def _feature_counter(model: Model, name: str, place: int) -> str:
    return f"feature:{model.version}:{name}:{place}"


def _series_drift(counters: Mapping[str, int], model: Model, name: str, bars: DriftBars) -> SeriesDrift:
    shares = model.description.reference[name].shares
    counts = [
        counters.get(_score_counter(model, place) if name == SCORE else _feature_counter(model, name, place), 0)
        for place in range(len(shares))
    ]
    counted = sum(counts)
    enough = counted >= bars.minimum_decisions
    return SeriesDrift(model.version, name, counted, population_stability(shares, counts) if enough else None)


def _alert_rate(counters: Mapping[str, int], policy: Optional[str], bars: DriftBars) -> AlertRate:
    of_policy = "" if policy is None else f":{policy}"
    counted = counters.get(f"scored{of_policy}" if policy else "decided", 0)
    flagged = counters.get(f"flagged{of_policy}", 0)
    enough = counted >= bars.minimum_decisions
    return AlertRate(policy, counted, 10_000 * flagged // counted if enough else None)
