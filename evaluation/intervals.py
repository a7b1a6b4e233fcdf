"""How sure a figure is: whole accounts are drawn again, with all their transactions, and the figure taken again.

The transactions of an account resemble each other (one leaked card gives ten frauds), so drawing transactions
would promise far too narrow intervals. Both policies are measured on the same draws: the interval of their
difference is that of the paired difference. Percentile intervals; the same seed gives the same intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable, Optional, Union

import numpy as np
from numpy.typing import NDArray

from evaluation import metrics
from evaluation.protocol import Flags
from evaluation.results import CARDS_A_DAY, Interval
from evaluation.simulator import Floats, Integers

DRAWS = 1_000
CONFIDENCE = 0.95
SEED = 20_180_401
FEWEST_FRAUDS = 10
"""Below this many frauds, resampling repeats a handful of cases and says nothing about others."""

FEWEST_ACCOUNTS = 2
"""Below this many accounts with fraud, there is nothing to draw from."""

_MOST_UNDEFINED = 0.1
"""Share of draws in which a figure may be undefined (no fraud drawn, nothing flagged) and still get an interval."""

_NO_SPREAD = 1e-9
"""Sums in another order differ by less."""

Draws = NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """What is known of the transactions, whoever scores them.

    Parameters
    ----------
    known
        Whether each has a label: one without counts for alert rates only.
    fraud
        Whether each is known to be a fraud.
    account
        Number of its account, 0 to `accounts - 1`.
    day
        Number of its event day.
    value
        Its amount, in one unit for all rows.
    """

    known: Flags
    fraud: Flags
    account: Integers
    day: Integers
    value: Floats

    @property
    def accounts(self) -> int:
        """How many accounts there are."""
        return int(self.account.max(initial=-1)) + 1


@dataclass(frozen=True)
class Scored:
    """What one policy said about the rows: its score, and where its own thresholds made it speak up."""

    score: Floats
    alert: Flags
    suspected: Flags


def shortage(rows: Rows) -> str:
    """Return in a sentence why there are too few labels for intervals; empty if there are enough."""
    frauds, accounts = int(rows.fraud.sum()), len(np.unique(rows.account[rows.fraud]))
    if frauds == int(rows.known.sum()) > 0:
        return "Not enough labels: no transaction is labelled genuine, so nothing can be told apart."
    if frauds < FEWEST_FRAUDS:
        return f"Not enough labels: {frauds:,} labelled frauds; intervals and a verdict need {FEWEST_FRAUDS}."
    if accounts < FEWEST_ACCOUNTS:
        return f"Not enough labels: all frauds are of one account; intervals and a verdict need {FEWEST_ACCOUNTS}."
    return ""


def draws_of(accounts: int, draws: int = DRAWS, seed: int = SEED) -> Draws:
    """Return how often each account is drawn: one row a draw, one column an account."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(accounts, np.full(accounts, 1 / accounts), size=draws)


def figures_of(rows: Rows, scored: Scored) -> dict[str, Optional[float]]:
    """Return every figure of one policy on the rows as they are."""
    once = np.ones((1, rows.accounts), dtype=np.int64)
    return {name: _number(values[0]) for name, values in resampled(rows, scored, once).items()}


def resampled(rows: Rows, scored: Scored, draws: Draws) -> dict[str, Floats]:
    """Return every figure for each draw; NaN where it is undefined."""
    found = {**_ranked(rows, scored.score, draws), "card_precision": _card_precision(rows, scored.score, draws)}
    return {**found, **_at_thresholds(rows, scored, draws)}


def intervals_of(
    values: Mapping[str, Optional[float]], drawn: Mapping[str, Floats], confidence: float = CONFIDENCE
) -> dict[str, Interval]:
    """Return each figure with its interval; without one where too many draws leave it undefined."""
    return {name: Interval(value, *_limits(value, drawn[name], confidence)) for name, value in values.items()}


def differences(
    one: Mapping[str, Optional[float]],
    other: Mapping[str, Optional[float]],
    drawn_one: Mapping[str, Floats],
    drawn_other: Mapping[str, Floats],
) -> dict[str, Interval]:
    """Return one minus other, draw by draw."""
    values: dict[str, Optional[float]] = {}
    for name, value in one.items():
        subtrahend = other[name]
        values[name] = None if value is None or subtrahend is None else value - subtrahend
    return intervals_of(values, {name: drawn_one[name] - drawn_other[name] for name in values})


def _limits(value: Optional[float], drawn: Floats, confidence: float) -> tuple[Optional[float], Optional[float]]:
    defined = drawn[~np.isnan(drawn)]
    if value is None or len(defined) < (1 - _MOST_UNDEFINED) * len(drawn):
        return None, None
    if defined.max() - defined.min() < _NO_SPREAD:
        return None, None  # a figure that no draw changes, such as a recall of 0, has no spread to tell of
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _number(value: float) -> Optional[float]:
    return None if np.isnan(value) else float(value)


_RANKED: dict[str, Callable[[metrics.Ranking], Optional[float]]] = {
    "auc": metrics.auc,
    "average_precision": metrics.average_precision,
    "recall_at_precision": metrics.recall_at_precision,
    "precision_at_budget": metrics.precision_at_budget,
}


def _ranked(rows: Rows, score: Floats, draws: Draws) -> dict[str, Floats]:
    """Measure the rankings: sorted once, counted anew for each draw."""
    found: dict[str, Floats] = {name: np.full(len(draws), np.nan) for name in _RANKED}
    if not rows.known.any():
        return found
    order = np.flatnonzero(rows.known)
    order = order[np.argsort(-score[order], kind="stable")]
    ordered, account, fraud = score[order], rows.account[order], rows.fraud[order]
    last = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)
    for number, times in enumerate(draws):
        weight = times[account]
        counts = _ranking(ordered[last], np.cumsum(weight)[last], np.cumsum(weight * fraud)[last])
        for name, figure in _RANKED.items():
            value = figure(counts)
            found[name][number] = np.nan if value is None else value
    return found


def _ranking(thresholds: Floats, flagged: Integers, found: Integers) -> metrics.Ranking:
    """Return the counts without the scores that nobody drawn has."""
    drawn = np.diff(flagged, prepend=0) > 0
    return metrics.Ranking(thresholds[drawn], flagged[drawn], found[drawn])


def _card_precision(rows: Rows, score: Floats, draws: Draws) -> Floats:
    """`metrics.card_precision`, where an account that was drawn n times is n cards."""
    if not rows.fraud.any():
        return np.full(len(draws), np.nan)
    shuffled = np.random.RandomState(0).permutation(rows.accounts)
    left = draws.astype(np.float64)
    days = np.unique(rows.day[rows.known])
    total = np.zeros(len(draws))
    for one in days:
        today = np.flatnonzero(rows.known & (rows.day == one))
        ids, inverse = np.unique(rows.account[today], return_inverse=True)
        highest = np.full(len(ids), -np.inf)
        np.maximum.at(highest, inverse, score[today])
        compromised = np.zeros(len(ids), dtype=np.bool_)
        np.logical_or.at(compromised, inverse, rows.fraud[today])
        order = np.lexsort((shuffled[ids], -highest))
        cards = left[:, ids[order]]
        above = np.cumsum(cards, axis=1) - cards
        found = np.clip(CARDS_A_DAY - above, 0, cards) * compromised[order]
        left[:, ids[order]] -= found
        total += found.sum(axis=1) / CARDS_A_DAY
    shares: Floats = total / len(days)
    return shares


def _at_thresholds(rows: Rows, scored: Scored, draws: Draws) -> dict[str, Floats]:
    """Measure what the policy's own thresholds do, for both meanings of an alert."""
    number = rows.accounts

    def drawn(values: Union[Flags, Floats]) -> Floats:
        sums = np.bincount(rows.account, weights=values.astype(np.float64), minlength=number)
        return np.asarray(draws @ sums, dtype=np.float64)

    everything, frauds = drawn(np.ones(len(rows.known))), drawn(rows.fraud)
    fraud_value = drawn(rows.value * rows.fraud)
    found: dict[str, Floats] = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for name, flags in (("alert", scored.alert), ("suspected", scored.suspected)):
            hit = drawn(flags & rows.fraud)
            found[f"{name}_rate"] = drawn(flags) / everything
            found[f"{name}_precision"] = hit / drawn(flags & rows.known)
            found[f"{name}_recall"] = hit / frauds
            found[f"{name}_value_recall"] = drawn(rows.value * (flags & rows.fraud)) / fraud_value
    return found
