from __future__ import annotations

from datetime import date

import numpy as np

from evaluation.protocol import Fold, ranked_rows, reported_folds, train_rows, validation_folds

START = date(2018, 4, 1)
FOLD = Fold(0, first_train=10)


def ranked(day: list[int], customer: list[int], fraud: list[int]) -> list[int]:
    rows = ranked_rows(FOLD, np.array(day), np.array(customer), np.array(fraud, dtype=bool))
    return [int(row) for row in rows]


def test_seven_days_each_to_train_to_wait_and_to_test() -> None:
    days = np.arange(40)

    assert train_rows(FOLD, days).tolist() == list(range(10, 17))
    assert ranked(list(range(40)), [0] * 40, [0] * 40) == list(range(24, 31))


def test_the_reported_weeks_are_the_published_ones_and_no_choice_is_made_on_them() -> None:
    reported = {week for fold in reported_folds(START) for week in [fold.period(START)]}
    last_choice = max(fold.end_test for fold in validation_folds(START))

    assert reported == {
        ("2018-08-29", "2018-09-04"), ("2018-08-22", "2018-08-28"),
        ("2018-08-15", "2018-08-21"), ("2018-08-08", "2018-08-14"),
    }  # fmt: skip
    assert last_choice <= min(fold.first_test for fold in reported_folds(START))


def test_a_card_with_a_known_fraud_is_not_ranked() -> None:
    assert ranked([12, 24, 24], [1, 1, 2], [1, 0, 0]) == [2]


def test_a_fraud_is_known_only_after_the_delay() -> None:
    # A fraud of day 18 is known on day 26: on day 25 its label has not arrived.
    assert ranked([18, 25, 26], [1, 1, 1], [1, 0, 0]) == [1]


def test_a_fraud_before_the_training_began_is_not_remembered() -> None:
    assert ranked([9, 24], [1, 1], [1, 0]) == [1]
