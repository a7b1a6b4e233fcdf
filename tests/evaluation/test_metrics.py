from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

import numpy as np
import pytest

from evaluation import metrics
from evaluation.metrics import Ranking, ranking


def ranked(scores: Sequence[float], frauds: list[int]) -> Ranking:
    return ranking(np.array(scores, dtype=np.float64), np.array(frauds, dtype=bool))


def cards(scores: Sequence[float], frauds: list[int], customer: list[int], day: list[int], top: int) -> Optional[float]:
    return metrics.card_precision(
        np.array(scores, dtype=np.float64), np.array(frauds, dtype=bool), np.array(customer), np.array(day), top
    )


def test_the_area_under_the_curve_is_the_share_of_pairs_in_order() -> None:
    # Pairs (fraud, genuine): .9>.8, .9>.1, .5<.8, .5>.1: three of four.
    assert metrics.auc(ranked([0.9, 0.8, 0.5, 0.1], [1, 0, 1, 0])) == pytest.approx(0.75)


def test_equal_scores_count_half_in_the_area_under_the_curve() -> None:
    assert metrics.auc(ranked([1, 1, 1, 1], [1, 0, 1, 0])) == pytest.approx(0.5)


def test_average_precision_is_the_sum_of_precision_at_each_step_of_recall() -> None:
    assert metrics.average_precision(ranked([4, 3, 2, 1], [1, 0, 1, 0])) == pytest.approx((1 + 2 / 3) / 2)


def test_the_order_of_equal_scores_does_not_matter() -> None:
    one, other = ranked([2, 2, 2, 1], [1, 0, 0, 1]), ranked([2, 2, 2, 1], [0, 0, 1, 1])

    assert metrics.average_precision(one) == metrics.average_precision(other) == pytest.approx((1 / 3 + 2 / 4) / 2)


def test_recall_at_a_precision_takes_the_lowest_threshold_that_keeps_it() -> None:
    counts = ranked([9, 8, 7, 6, 5, 4], [1, 0, 1, 1, 0, 1])

    assert metrics.recall_at_precision(counts, 0.75) == pytest.approx(3 / 4)
    assert metrics.recall_at_precision(ranked([2, 1], [0, 1]), 0.9) == 0


def test_a_budget_that_cuts_equal_scores_takes_their_mean() -> None:
    counts = ranked([5, 4, 4, 4, 4, *[0] * 5], [1, 1, 1, 0, 0, *[0] * 5])

    assert metrics.precision_at_budget(counts, 0.3) == pytest.approx((1 + 2 * 2 / 4) / 3)


def test_a_found_card_is_left_out_on_the_next_day() -> None:
    # Day 1 finds card 1; on day 2 it would be first again, so card 3 moves up.
    scores, frauds, customer, day = [9, 1, 9, 5, 1], [1, 0, 1, 1, 0], [1, 2, 1, 3, 2], [1, 1, 2, 2, 2]

    assert cards(scores, frauds, customer, day, top=1) == pytest.approx(1.0)


def test_a_card_counts_once_a_day_with_its_highest_score() -> None:
    assert cards([1, 9, 5], [1, 0, 0], [1, 1, 2], [1, 1, 1], top=1) == pytest.approx(1.0)


@pytest.mark.parametrize("figure", [metrics.auc, metrics.average_precision, metrics.recall_at_precision])
def test_without_a_fraud_a_figure_is_undefined_instead_of_zero(figure: object) -> None:
    assert callable(figure)
    assert figure(ranked([2, 1], [0, 0])) is None
    assert figure(ranked([], [])) is None
