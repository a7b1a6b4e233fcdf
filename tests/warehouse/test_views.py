"""The views, executed, against the same figures computed in Python."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pg8000.native
import pytest

from tests.warehouse import oracle
from tests.warehouse.installed import rows
from tests.warehouse.oracle import Line, Maker
from tests.warehouse.test_loads import NOW, decided, insert, load, write


@pytest.fixture(params=range(3))
def lines(request: pytest.FixtureRequest, database: pg8000.native.Connection) -> list[Line]:
    """Write and load transactions: dense ones of some days, and a few of long ago."""
    maker = Maker(request.param, NOW)
    made = maker.batch(80) + [maker.transaction(days_ago) for days_ago in (27.5, 29.2, 33, 45)]
    write(database, *made)
    load(database, lookback_days=60)
    return made


def test_daily_volume_counts_what_was_decided(database: pg8000.native.Connection, lines: list[Line]) -> None:
    assert set(rows(database, "SELECT * FROM bi.daily_volume")) == oracle.daily_volume(lines)


def test_the_fraud_trend_has_every_day_and_rates_of_seven_days(
    database: pg8000.native.Connection, lines: list[Line]
) -> None:
    assert rows(database, "SELECT * FROM bi.fraud_trend ORDER BY day") == oracle.fraud_trend(lines)


def test_customer_360_sums_by_currency(database: pg8000.native.Connection, lines: list[Line]) -> None:
    found = rows(
        database,
        "SELECT customer_id, currency, transactions, total_amount, average_amount, maximum_amount, amount_of_30_days,"
        " last_transaction_at, merchants, frauds, labelled_fraud FROM bi.customer_360",
    )

    assert {(row[0], row[1]): row[2:] for row in found} == oracle.customer_360(lines, NOW)
    assert len(found) == len(oracle.customer_360(lines, NOW))


def test_customer_360_knows_the_usual_category(database: pg8000.native.Connection, lines: list[Line]) -> None:
    found = rows(database, "SELECT customer_id, currency, usual_category FROM bi.customer_360")
    usual = oracle.usual_categories(lines)

    assert {row[:2] for row in found} == set(usual)
    assert all(category in usual[customer, currency] for customer, currency, category in found)


def test_merchant_risk_tells_rates_and_where_they_mean_something(
    database: pg8000.native.Connection, lines: list[Line]
) -> None:
    found = rows(database, "SELECT * FROM bi.merchant_risk")

    assert {row[0]: row[2:] for row in found} == oracle.merchant_risk(lines, NOW)
    categories = oracle.merchants(lines)
    assert all(row[1] == categories[row[0]] for row in found)


def verdicts(database: pg8000.native.Connection) -> dict[str, tuple]:
    found = rows(
        database,
        "SELECT verdict, table_transactions, lake_transactions, warehouse_transactions, table_amount, lake_amount,"
        " warehouse_amount FROM bi.reconciliation",
    )
    return {row[0]: tuple(int(value) if value == int(value) else value for value in row[1:]) for row in found}


def test_the_reconciliation_finds_nothing_where_all_is_equal(database: pg8000.native.Connection) -> None:
    line = replace(decided(days_ago=2), amount=Decimal(10), currency="EUR")
    write(database, line, line, replace(line, status="DECLINED", revision=2))
    insert(database, "table_counts", [counted(line, status="DECLINED")])
    load(database)

    assert verdicts(database) == {"equal": (1, 1, 1, 10, 10, 10)}


def test_the_reconciliation_finds_what_was_not_loaded(database: pg8000.native.Connection) -> None:
    line = replace(decided(days_ago=2), amount=Decimal(10), currency="EUR")
    write(database, line)

    assert verdicts(database) == {"warehouse differs": (0, 1, 0, 0, 10, 0)}


def test_the_reconciliation_finds_an_amount_that_differs(database: pg8000.native.Connection) -> None:
    line = replace(decided(days_ago=2), amount=Decimal(10), currency="EUR")
    write(database, line)
    insert(database, "table_counts", [counted(line)])
    load(database)
    database.run("UPDATE warehouse.fact_transactions SET amount = 10.001")

    assert verdicts(database) == {"warehouse differs": (1, 1, 1, 10, 10, Decimal("10.001"))}


def test_the_reconciliation_finds_what_the_lake_lacks(database: pg8000.native.Connection) -> None:
    line = replace(decided(days_ago=2), amount=Decimal(10), currency="EUR")
    write(database, line)
    insert(database, "table_counts", [{**counted(line), "transactions": 2, "amount": Decimal(25)}])
    load(database)

    assert verdicts(database) == {"lake differs": (2, 1, 1, 25, 10, 10)}


def test_the_reconciliation_waits_for_what_is_not_decided_and_days_that_are_not_counted(
    database: pg8000.native.Connection,
) -> None:
    line = replace(decided(days_ago=2), amount=Decimal(10), currency="EUR")
    uncounted = replace(line, transaction_id="other", occurred_at=line.at - timedelta(days=1))
    write(database, uncounted)
    insert(database, "table_counts", [counted(line, status="RECEIVED")])
    load(database)

    assert verdicts(database) == {"undecided": (1, 0, 0, 10, 0, 0), "table not counted": (0, 1, 1, 0, 10, 10)}


def counted(line: Line, status: str | None = None) -> dict[str, object]:
    """Return the row of the daily count for one transaction."""
    return {
        "status": status or line.status, "currency": line.currency, "transactions": 1, "amount": line.amount,
        "day": f"{line.at:%Y-%m-%d}",
    }  # fmt: skip
