"""What a transaction takes is counted at several sizes: of an account's history, and of the number of accounts."""

from __future__ import annotations

import pytest

from tests.bench.performance.growth_points import measure

WINDOW = 200
DIGITS = 16
"""Bytes by which a row's counters may grow."""


def test_a_transaction_of_a_busy_account_takes_what_it_took_at_first() -> None:
    ten, hundred, thousand = measure("account", 1_000, WINDOW)

    assert ten.calls == hundred.calls == thousand.calls
    assert thousand.row_bytes <= ten.row_bytes + DIGITS
    assert thousand.written_bytes <= 1.05 * hundred.written_bytes  # the very first have nothing to compare with
    assert thousand.write_units <= 1.05 * hundred.write_units


def test_a_transaction_takes_the_same_however_many_accounts_there_are() -> None:
    points = measure("accounts", 1_000_000, WINDOW)
    fewest, most = points[0], points[-1]

    assert (fewest.size, most.size) == (1_000, 1_000_000)
    assert most.calls == fewest.calls
    assert most.read_bytes == pytest.approx(fewest.read_bytes, rel=0.05)
    assert most.written_bytes == pytest.approx(fewest.written_bytes, rel=0.05)


def test_a_page_of_transactions_costs_the_same_however_many_follow() -> None:
    _, hundred, *_, most = measure("pages", 100_000, WINDOW)

    assert most.calls == hundred.calls == 1
    assert most.read_bytes == hundred.read_bytes
