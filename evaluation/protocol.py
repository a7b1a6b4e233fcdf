"""The handbook's protocol: 7 days to train on, 7 days until labels are known, 7 days to test on, four times.

The reported folds are those of its model selection: the newest trains from 2018-08-15 and tests from 2018-08-29,
each further one lies 7 days earlier. Choices are made on four validation folds of the same shape, the newest of
which trains from 2018-07-11: their weeks of ranking end before the first reported one begins. On these folds a
perfect ranking of the published data reaches a CP@100 of .419, as published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from evaluation.simulator import Integers

Flags = NDArray[np.bool_]

TRAIN_DAYS = 7
DELAY_DAYS = 7
TEST_DAYS = 7
FOLDS = 4
NEWEST_TRAINING = date(2018, 8, 15)
NEWEST_VALIDATION_TRAINING = date(2018, 7, 11)


@dataclass(frozen=True)
class Fold:
    """One training and test period; days count from the first day of the data."""

    number: int
    first_train: int
    train_days: int = TRAIN_DAYS
    delay_days: int = DELAY_DAYS
    test_days: int = TEST_DAYS

    @property
    def end_train(self) -> int:
        """The first day that is not trained on."""
        return self.first_train + self.train_days

    @property
    def first_test(self) -> int:
        """The first day that is tested."""
        return self.end_train + self.delay_days

    @property
    def end_test(self) -> int:
        """The first day after the test."""
        return self.first_test + self.test_days

    def period(self, start: date) -> tuple[str, str]:
        """Return the first and the last day of the test, ISO 8601."""
        return (
            (start + timedelta(days=self.first_test)).isoformat(),
            (start + timedelta(days=self.end_test - 1)).isoformat(),
        )


def reported_folds(start: date, newest: date = NEWEST_TRAINING) -> list[Fold]:
    """Return the four folds that are reported, for data that begin on `start`."""
    first = (newest - start).days
    return [Fold(number, first - number * TEST_DAYS) for number in range(FOLDS)]


def validation_folds(start: date) -> list[Fold]:
    """Return the four folds on which choices are made; none of their weeks is a reported one."""
    return reported_folds(start, NEWEST_VALIDATION_TRAINING)


def train_rows(fold: Fold, day: Integers) -> Integers:
    """Return the rows to train on."""
    return np.flatnonzero((day >= fold.first_train) & (day < fold.end_train))


def ranked_rows(fold: Fold, day: Integers, customer: Integers, fraud: Flags) -> Integers:
    """Return the rows to rank: those of cards that are not yet known to be compromised.

    A card is known on a test day if it had a fraud since the training began whose label has arrived: one that is
    older than the delay.
    """
    inside = np.flatnonzero((day >= fold.first_train) & (day < fold.end_test))
    tested = inside[day[inside] >= fold.first_test]
    frauds = inside[fraud[inside]]
    known_from = np.full(int(customer.max(initial=0)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(known_from, customer[frauds], day[frauds] + fold.delay_days + 1)
    return tested[day[tested] < known_from[customer[tested]]]
