"""The numbers to reach, and whether the results reach them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Optional

from evaluation.results import Bar, Export, Metrics, Result

AVERAGE_PRECISION, CARD_PRECISION, AUC = 0.750, 0.310, 0.880
BEST_PUBLISHED = "best published: AP .694, CP@100 .305, AUC .879"
ABOVE_BASELINE = 0.05
RECALL, PRECISION = 0.73, 0.95
DISORDER = 0.005
ERROR = 1e-6
TIMES_A_RULE_SET = 2.0

RULE_SETS = ("points", "weights")


class Means:
    """The mean figures of each policy on each data set."""

    def __init__(self, results: Iterable[Result]) -> None:
        self._means = {(one.data, one.policy): one.metrics for one in results if one.fold is None}

    def of(self, data: str, policy: str) -> Optional[Metrics]:
        """Return the figures of one policy on one data set, if it was run there."""
        return self._means.get((data, policy))

    def average_precision(self, data: str, policy: str) -> Optional[float]:
        """Return its average precision."""
        found = self.of(data, policy)
        return found.average_precision if found else None


def bars_of(
    results: Sequence[Result], main: str, others: Sequence[str], disordered: str, sample: str, export: Optional[Export]
) -> list[Bar]:
    """Return every bar that there are results for.

    Parameters
    ----------
    results
        All results.
    main, others, disordered, sample
        The data sets: the published seed, the other seeds, the one in disorder, the labelled file.
    export
        How closely the exported model follows its trainer.
    """
    means = Means(results)
    found = [*_on_published_data(means.of(main, "model"), main), *(_above_baseline(means, data) for data in others)]
    found += [_in_disorder(means, main, disordered), _on_sample(means, sample)]
    if export:
        found.append(_at_most("probability of the exported model against its trainer", ERROR, export.probability_error))
    return [bar for bar in found if bar is not None]


def _on_published_data(model: Optional[Metrics], data: str) -> list[Bar]:
    if model is None:
        return []
    return [
        _at_least(f"AP, {data}", AVERAGE_PRECISION, model.average_precision),
        _at_least(f"CP@100, {data}", CARD_PRECISION, model.card_precision),
        _at_least(f"AUC, {data}", AUC, model.auc),
        _at_least(f"recall at precision .9, {data}", RECALL, model.recall_at_precision),
        _at_least(f"precision at a 0.5 % alert budget, {data}", PRECISION, model.precision_at_budget),
    ]


def _above_baseline(means: Means, data: str) -> Optional[Bar]:
    ours, theirs = (means.average_precision(data, policy) for policy in ("model", "published"))
    if ours is None or theirs is None:
        return None
    return _at_least(f"AP above the published features, {data}", ABOVE_BASELINE, ours - theirs)


def _in_disorder(means: Means, main: str, disordered: str) -> Optional[Bar]:
    ordered, late = (means.average_precision(data, "model") for data in (main, disordered))
    if ordered is None or late is None:
        return None
    return _at_most("AP lost or won by 30 minutes of disorder and 2 % duplicates", DISORDER, abs(ordered - late))


def _on_sample(means: Means, sample: str) -> Optional[Bar]:
    ours = means.average_precision(sample, "model")
    rules = [means.average_precision(sample, name) or 0.0 for name in RULE_SETS]
    if ours is None:
        return None
    return _at_least(f"AP as a multiple of the better rule set's, {sample}", TIMES_A_RULE_SET, ours / max(*rules, 1e-9))


def _at_least(name: str, wanted: float, measured: Optional[float]) -> Bar:
    return Bar(name, f"at least {wanted:g}", measured, measured is not None and measured >= wanted)


def _at_most(name: str, wanted: float, measured: Optional[float]) -> Bar:
    return Bar(name, f"at most {wanted:g}", measured, measured is not None and measured <= wanted)
