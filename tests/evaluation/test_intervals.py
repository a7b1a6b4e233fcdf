from __future__ import annotations

from dataclasses import fields, replace
from typing import Optional

import numpy as np
import pytest

from evaluation import intervals, metrics
from evaluation.intervals import Rows, Scored
from evaluation.results import Interval, Metrics
from evaluation.simulator import Floats


def rows(accounts: int = 30, each: int = 40, frauds: float = 0.1, seed: int = 1) -> Rows:
    random = np.random.default_rng(seed)
    count = accounts * each
    fraud = random.random(count) < frauds
    return Rows(
        known=np.ones(count, dtype=np.bool_),
        fraud=fraud,
        account=random.integers(0, accounts, count),
        day=np.sort(random.integers(0, 10, count)),
        value=random.integers(1, 1000, count).astype(np.float64),
    )


def scored(known: Rows, strength: float = 1.0, seed: int = 2, distinct: Optional[int] = None) -> Scored:
    """Return scores that tell frauds apart by `strength`; with `distinct`, only so many different ones."""
    score: Floats = np.random.default_rng(seed).normal(size=len(known.fraud)) + strength * known.fraud
    if distinct:
        score = np.round(score * distinct / 4)
    return Scored(score, score > np.quantile(score, 0.95), score > np.quantile(score, 0.99))


def repeated(known: Rows, said: Scored, draw: list[int]) -> tuple[Rows, Scored]:
    """Return the rows of a draw written out: an account drawn twice is two accounts."""
    parts, accounts = [], 0
    for account, times in enumerate(draw):
        for _ in range(times):
            parts.append((np.flatnonzero(known.account == account), accounts))
            accounts += 1
    place = np.concatenate([inside for inside, _ in parts])
    copies = np.concatenate([np.full(len(inside), number) for inside, number in parts])
    return (
        Rows(known.known[place], known.fraud[place], copies, known.day[place], known.value[place]),
        Scored(said.score[place], said.alert[place], said.suspected[place]),
    )


@pytest.mark.parametrize(("accounts", "distinct"), [(30, None), (30, 3), (400, None), (400, 12)])
def test_without_drawing_the_figures_are_those_of_the_evaluation(accounts: int, distinct: Optional[int]) -> None:
    known = rows(accounts, each=10)
    said = scored(known, distinct=distinct)

    figures = intervals.figures_of(known, said)

    expected = metrics.measure(said.score, known.fraud, known.account, known.day)
    for name in (field.name for field in fields(Metrics)):
        assert figures[name] == pytest.approx(getattr(expected, name)), name


def test_a_draw_measures_what_its_rows_written_out_measure() -> None:
    known = rows(accounts=300, each=10)
    said = scored(known)
    draw = intervals.draws_of(300, 1)

    drawn = intervals.resampled(known, said, draw)

    written, wrote = repeated(known, said, draw[0].tolist())
    expected = intervals.figures_of(written, wrote)
    for name, value in expected.items():
        # Cards of one account cannot be told apart by their scores, so which of them is looked at first differs.
        assert drawn[name][0] == pytest.approx(value, abs=0.01 if name == "card_precision" else 1e-12), name


def test_accounts_are_drawn_whole_as_many_as_there_are_and_by_the_seed() -> None:
    one, again, other = (intervals.draws_of(50, 20, seed) for seed in (1, 1, 2))

    assert (one.sum(axis=1) == 50).all()
    assert (one == again).all()
    assert (one != other).any()


def test_rows_that_resemble_each_other_within_an_account_do_not_narrow_the_interval() -> None:
    few = rows(accounts=12, each=1, frauds=0.5)
    many = Rows(*(np.repeat(getattr(few, field.name), 200) for field in fields(Rows)))
    said = scored(few)
    repeated_said = Scored(*(np.repeat(getattr(said, field.name), 200) for field in fields(Scored)))

    widths = []
    for known, one in ((few, said), (many, repeated_said)):
        drawn = intervals.resampled(known, one, intervals.draws_of(known.accounts, 300))
        found = intervals.intervals_of(intervals.figures_of(known, one), drawn)["auc"]
        assert found.low is not None
        assert found.high is not None
        widths.append(found.high - found.low)

    assert widths[1] == pytest.approx(widths[0], rel=0.05)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    truth = intervals.figures_of(*_world(accounts=4000, seed=99))["auc"]
    assert truth is not None
    held = 0
    for seed in range(100):
        known, said = _world(accounts=60, seed=seed)
        drawn = intervals.resampled(known, said, intervals.draws_of(known.accounts, 200, seed))
        found = intervals.intervals_of(intervals.figures_of(known, said), drawn)["auc"]
        held += found.low is not None and found.high is not None and found.low <= truth <= found.high

    assert 88 <= held <= 100


def _world(accounts: int, seed: int) -> tuple[Rows, Scored]:
    """Return accounts that differ from each other, in their share of fraud and in their scores."""
    random = np.random.default_rng(seed)
    account = np.repeat(np.arange(accounts), 20)
    fraud = random.random(len(account)) < (0.3 * random.random(accounts))[account]
    known = Rows(np.ones(len(account), dtype=np.bool_), fraud, account, account * 0, np.ones(len(account)))
    score = random.normal(size=len(account)) + random.normal(size=accounts)[account] + fraud
    return known, Scored(score, score > 2, score > 3)


def test_the_difference_of_a_policy_and_itself_is_zero_without_an_interval() -> None:
    known = rows()
    said = scored(known)
    values = intervals.figures_of(known, said)
    drawn = intervals.resampled(known, said, intervals.draws_of(known.accounts, 50))

    assert intervals.differences(values, values, drawn, drawn)["auc"] == Interval(0.0, None, None)


def test_differences_are_taken_draw_by_draw() -> None:
    known = rows(accounts=60)
    weak, strong = (
        scored(known, strength=1.0),
        scored(known, strength=1.3),
    )  # the same noise: they rise and fall together
    draws = intervals.draws_of(known.accounts, 300)
    values = [intervals.figures_of(known, one) for one in (strong, weak)]
    drawn = [intervals.resampled(known, one, draws) for one in (strong, weak)]

    difference = intervals.differences(values[0], values[1], drawn[0], drawn[1])["auc"]

    own = intervals.intervals_of(values[1], drawn[1])["auc"]
    assert own.low is not None and own.high is not None  # noqa: PT018
    assert difference.low is not None and difference.high is not None  # noqa: PT018
    assert difference.low > 0
    assert difference.high - difference.low < (own.high - own.low) / 2


def test_rows_without_a_label_count_for_alert_rates_only() -> None:
    known = rows()
    said = scored(known)
    half = replace(known, known=np.arange(len(known.fraud)) % 2 == 0)
    half = replace(half, fraud=half.fraud & half.known)

    figures = intervals.figures_of(half, said)

    only = Rows(*(getattr(half, field.name)[half.known] for field in fields(Rows)))
    alone = intervals.figures_of(only, Scored(*(getattr(said, field.name)[half.known] for field in fields(Scored))))
    rates = {"alert_rate", "suspected_rate"}
    assert {name: figures[name] for name in figures.keys() - rates} == pytest.approx(
        {name: alone[name] for name in alone.keys() - rates}
    )
    assert figures["alert_rate"] == pytest.approx(said.alert.mean())


def test_a_figure_that_most_draws_leave_undefined_has_no_interval() -> None:
    known = rows(accounts=40, frauds=0.0)
    known.fraud[np.flatnonzero(known.account == 3)[:2]] = True  # one account: a third of the draws miss it
    said = scored(known)
    drawn = intervals.resampled(known, said, intervals.draws_of(known.accounts, 200))

    found = intervals.intervals_of(intervals.figures_of(known, said), drawn)["auc"]

    assert found.value is not None
    assert (found.low, found.high) == (None, None)


@pytest.mark.parametrize(
    ("frauds", "sentence"),
    [
        ([], "0 labelled frauds; intervals and a verdict need 10"),
        ([(account, 1) for account in range(9)], "9 labelled frauds; intervals and a verdict need 10"),
        ([(0, 10)], "all frauds are of one account"),
        ([(0, 5), (1, 5)], ""),
    ],
)
def test_too_few_labels_are_said_to_be_too_few(frauds: list[tuple[int, int]], sentence: str) -> None:
    known = rows(frauds=0.0)
    for account, count in frauds:
        known.fraud[np.flatnonzero(known.account == account)[:count]] = True

    shortage = intervals.shortage(known)

    assert (sentence in shortage) if sentence else shortage == ""


def test_frauds_alone_are_too_few_labels() -> None:
    known = rows()

    assert "no transaction is labelled genuine" in intervals.shortage(replace(known, known=known.fraud.copy()))
