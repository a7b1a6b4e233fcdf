from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evaluation import metrics
from evaluation.protocol import ranked_rows, reported_folds
from evaluation.simulator import CUSTOMER, DAY, LARGE_AMOUNT, TERMINAL, Transactions, World, simulate

SMALL = World(customers=300, terminals=600, days=60)


@pytest.fixture(scope="module")
def published() -> Transactions:
    return simulate(World())


@pytest.fixture(scope="module")
def small() -> Transactions:
    return simulate(SMALL)


def test_the_published_seeds_give_the_published_transactions_and_frauds(published: Transactions) -> None:
    kinds = np.bincount(published.scenario)

    assert len(published) == 1_754_155
    assert int(published.fraud.sum()) == 14_681
    assert kinds[[LARGE_AMOUNT, TERMINAL, CUSTOMER]].tolist() == [978, 9_099, 4_604]
    assert published.fingerprint == "20454628dfa23d3e355c310d6eb59920154ca835e22341a129b4307e25373c78"


def test_a_perfect_ranking_reaches_the_published_card_precision(published: Transactions) -> None:
    day, customer, fraud = published.day, published.customer, published.fraud
    found = []
    for fold in reported_folds(published.start):
        rows = ranked_rows(fold, day, customer, fraud)
        oracle = fraud[rows].astype(np.float64)
        found.append(metrics.card_precision(oracle, fraud[rows], customer[rows], day[rows]))

    assert np.mean([value for value in found if value is not None]) == pytest.approx(0.419, abs=0.0005)


def test_the_same_world_gives_the_same_transactions_and_another_seed_gives_others(small: Transactions) -> None:
    assert simulate(SMALL).fingerprint == small.fingerprint
    assert simulate(replace(SMALL, seed=1)).fingerprint != small.fingerprint


def test_transactions_stand_in_event_order_within_the_days(small: Transactions) -> None:
    assert (np.diff(small.second) >= 0).all()
    assert int(small.day.max()) == SMALL.days - 1
    assert (small.second % DAY > 0).all()


def test_every_genuine_amount_is_at_most_220_and_every_larger_one_fraudulent(small: Transactions) -> None:
    assert int(small.cents[~small.fraud].max()) <= 22_000
    assert int(small.cents.min()) >= 0


def test_a_compromised_terminal_turns_every_transaction_of_its_days_into_fraud(small: Transactions) -> None:
    rows = np.flatnonzero(small.scenario == TERMINAL)
    terminal, day = int(small.terminal[rows[0]]), int(small.day[rows[0]])
    same_day = (small.terminal == terminal) & (small.day == day)

    assert small.fraud[same_day].all()


def test_a_customer_without_a_terminal_in_reach_buys_nothing() -> None:
    lonely = replace(SMALL, radius=0.5)

    assert len(np.unique(simulate(lonely).customer)) < SMALL.customers
