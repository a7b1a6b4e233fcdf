"""How well a score ranks frauds: the figures of `results.Metrics`. Higher scores are more suspicious.

Equal scores are no order: every figure that cuts through a group of equal scores takes the mean over all orders
of that group, so that a rule set with three distinct scores neither gains nor loses by the order of its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from evaluation.protocol import Flags
from evaluation.results import ALERT_BUDGET, CARDS_A_DAY, PRECISION_BAR, Metrics
from evaluation.simulator import Floats, Integers


@dataclass(frozen=True)
class Ranking:
    """Cumulative counts at each distinct score, highest first."""

    thresholds: Floats
    flagged: Integers
    found: Integers

    @property
    def rows(self) -> int:
        """How many rows were ranked."""
        return int(self.flagged[-1]) if len(self.flagged) else 0

    @property
    def frauds(self) -> int:
        """How many of them are frauds."""
        return int(self.found[-1]) if len(self.found) else 0

    @property
    def precision(self) -> Floats:
        """Precision when everything from each score on is flagged."""
        shares: Floats = self.found / self.flagged
        return shares

    @property
    def recall(self) -> Floats:
        """Recall when everything from each score on is flagged."""
        shares: Floats = self.found / max(self.frauds, 1)
        return shares

    @property
    def false_positive_rate(self) -> Floats:
        """Share of the genuine rows that is flagged from each score on."""
        shares: Floats = (self.flagged - self.found) / max(self.rows - self.frauds, 1)
        return shares


def ranking(scores: Floats, fraud: Flags) -> Ranking:
    """Count flagged and found rows at each distinct score."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last_of_group = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)[: len(ordered)]
    return Ranking(ordered[last_of_group], last_of_group + 1, np.cumsum(fraud[order], dtype=np.int64)[last_of_group])


def measure(scores: Floats, fraud: Flags, customer: Integers, day: Integers) -> Metrics:
    """Return all five figures."""
    counts = ranking(scores, fraud)
    return Metrics(
        auc=auc(counts),
        average_precision=average_precision(counts),
        card_precision=card_precision(scores, fraud, customer, day),
        recall_at_precision=recall_at_precision(counts),
        precision_at_budget=precision_at_budget(counts),
    )


def auc(counts: Ranking) -> Optional[float]:
    """Return the area under the ROC curve; None unless there are both kinds of rows."""
    if not 0 < counts.frauds < counts.rows:
        return None
    across = np.concatenate(([0.0], counts.false_positive_rate))
    up = np.concatenate(([0.0], counts.recall))
    return float(np.sum(np.diff(across) * (up[1:] + up[:-1]) / 2))


def average_precision(counts: Ranking) -> Optional[float]:
    """Return the area under the precision-recall steps; None without a fraud."""
    if not counts.frauds:
        return None
    return float(np.sum(np.diff(np.concatenate(([0.0], counts.recall))) * counts.precision))


def recall_at_precision(counts: Ranking, bar: float = PRECISION_BAR) -> Optional[float]:
    """Return the highest recall among the scores from which on precision is at least `bar`; 0 if none is."""
    if not counts.frauds:
        return None
    return float(np.max(counts.recall[counts.precision >= bar], initial=0.0))


def precision_at_budget(counts: Ranking, budget: float = ALERT_BUDGET) -> Optional[float]:
    """Return the precision of the `budget` share of rows with the highest scores."""
    alerts = int(counts.rows * budget)
    if not counts.frauds or not alerts:
        return None
    group = int(np.searchsorted(counts.flagged, alerts))
    flagged_before, found_before = (0, 0) if group == 0 else (counts.flagged[group - 1], counts.found[group - 1])
    share = (alerts - flagged_before) / (counts.flagged[group] - flagged_before)
    return float((found_before + share * (counts.found[group] - found_before)) / alerts)


def card_precision(
    scores: Floats, fraud: Flags, customer: Integers, day: Integers, cards: int = CARDS_A_DAY
) -> Optional[float]:
    """Return the mean over the days of the share of compromised cards among the `cards` highest scored ones.

    A card's score on a day is the highest of its transactions; it is compromised if one of them is fraudulent. A
    compromised card that was looked at is found, and left out on later days. Equal scores are ordered by a fixed
    shuffle of the cards: which cards are found has to be one definite set.
    """
    if not len(scores) or not fraud.any():
        return None
    shuffled = np.random.RandomState(0).permutation(int(customer.max()) + 1)
    found = np.zeros(len(shuffled), dtype=np.bool_)
    shares = []
    for one in np.unique(day):
        rows = np.flatnonzero((day == one) & ~found[customer])
        ids, inverse = np.unique(customer[rows], return_inverse=True)
        highest = np.full(len(ids), -np.inf)
        np.maximum.at(highest, inverse, scores[rows])
        compromised = np.zeros(len(ids), dtype=np.bool_)
        np.logical_or.at(compromised, inverse, fraud[rows])
        top = np.lexsort((shuffled[ids], -highest))[:cards]
        found[ids[top[compromised[top]]]] = True
        shares.append(float(compromised[top].sum()) / cards)
    return float(np.mean(shares))
