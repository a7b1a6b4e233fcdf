"""A threshold for people to approve: the lowest score from which on nine alerts out of ten are frauds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from evaluation import metrics
from evaluation.protocol import Flags
from evaluation.results import PRECISION_BAR
from evaluation.simulator import Floats
from evaluation.text import share
from pipeline.scoring.document import PolicySpec

FEWEST_FOUND = 10
"""A threshold above which fewer frauds lie is an accident of these frauds."""


@dataclass(frozen=True)
class Effect:
    """What a threshold does to labelled transactions."""

    rows: int
    frauds: int
    alerts: int
    precision: Optional[float]
    recall: Optional[float]


@dataclass(frozen=True)
class Proposal:
    """A threshold, or in words why there is none.

    Parameters
    ----------
    policy
        Whose threshold.
    sentence
        What it is and does, or why there is none.
    threshold
        The score from which on a transaction would be suspected.
    fragment
        The part of the policy document to change.
    effect
        On the transactions that it was chosen on: flattering.
    later
        Chosen the same way on the earlier half of the frauds, what a threshold did to the later half: what to expect.
    """

    policy: str
    sentence: str
    threshold: Optional[int] = None
    fragment: Optional[dict[str, Any]] = None
    effect: Optional[Effect] = None
    later: Optional[Effect] = None


def propose(spec: PolicySpec, score: Floats, fraud: Flags) -> Proposal:
    """Propose the threshold of fraud for one policy.

    Parameters
    ----------
    spec
        The policy.
    score, fraud
        Of the labelled transactions, in the order of their events.
    """
    threshold = _threshold(score, fraud)
    if threshold is None:
        return Proposal(
            spec.name,
            f"No threshold is proposed: at no score of {spec.name} is the precision {PRECISION_BAR:g} or"
            f" better with at least {FEWEST_FOUND} frauds found.",
        )
    review = spec.thresholds.review
    changed = {"review": review if review is not None and review < threshold else None, "fraud": threshold}
    effect = _effect(score, fraud, threshold)
    return Proposal(
        policy=spec.name,
        sentence=f"From a score of {threshold:,} on (now {spec.thresholds.fraud:,}), {share(effect.precision)} of the"
        f" alerts are frauds and {share(effect.recall)} of the frauds are found, on the transactions that it was"
        " chosen on.",
        threshold=threshold,
        fragment={"policies": {spec.name: {"thresholds": changed}}},
        effect=effect,
        later=_later(score, fraud),
    )


def _threshold(score: Floats, fraud: Flags) -> Optional[int]:
    """Return the lowest score from which on the precision is reached, with enough frauds behind it."""
    if not fraud.any():
        return None
    counts = metrics.ranking(score, fraud)
    reached = np.flatnonzero((counts.precision >= PRECISION_BAR) & (counts.found >= FEWEST_FOUND))
    return int(counts.thresholds[reached[-1]]) if len(reached) else None


def _effect(score: Floats, fraud: Flags, threshold: int) -> Effect:
    alerts = score >= threshold
    flagged, found, frauds = int(alerts.sum()), int((alerts & fraud).sum()), int(fraud.sum())
    return Effect(
        rows=len(score),
        frauds=frauds,
        alerts=flagged,
        precision=found / flagged if flagged else None,
        recall=found / frauds if frauds else None,
    )


def _later(score: Floats, fraud: Flags) -> Optional[Effect]:
    """Choose on the earlier half of the frauds, and measure on what came after."""
    places = np.flatnonzero(fraud)
    middle = int(places[(len(places) - 1) // 2]) + 1
    threshold = _threshold(score[:middle], fraud[:middle])
    return None if threshold is None else _effect(score[middle:], fraud[middle:], threshold)
