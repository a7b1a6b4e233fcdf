"""The loads, executed: whatever comes late, twice or corrected, the facts are what the lake's last lines say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pg8000.native
import pytest

from tests.warehouse import installed, lake, oracle
from tests.warehouse.installed import rows
from tests.warehouse.oracle import Line, Maker

NOW = datetime.now(timezone.utc).replace(tzinfo=None)
FACTS = """
    SELECT
        facts.transaction_id, facts.date_key, customers.customer_id, merchants.merchant_id,
        categories.merchant_category, statuses.status, policies.policy, policies.policy_version,
        policies.document_version, facts.occurred_at,
        facts.received_at, facts.processed_at, facts.transaction_type, facts.channel, facts.currency, facts.amount,
        facts.is_fraud, facts.risk_score, facts.label, facts.revision, facts.label_revision
    FROM warehouse.fact_transactions AS facts
    JOIN warehouse.dim_date AS dates USING (date_key)
    JOIN warehouse.dim_customer AS customers USING (customer_key)
    JOIN warehouse.dim_merchant AS merchants USING (merchant_key)
    JOIN warehouse.dim_category AS categories USING (category_key)
    JOIN warehouse.dim_status AS statuses USING (status_key)
    JOIN warehouse.dim_policy AS policies USING (policy_key)
"""
AGGREGATES = """
    SELECT
        dates.day, customers.customer_id, categories.merchant_category, facts.currency, facts.transaction_count,
        facts.total_amount, facts.average_amount, facts.minimum_amount, facts.maximum_amount, facts.fraud_count,
        facts.spending_change, facts.unusual_category
    FROM warehouse.fact_daily_aggregates AS facts
    JOIN warehouse.dim_date AS dates USING (date_key)
    JOIN warehouse.dim_customer AS customers USING (customer_key)
    JOIN warehouse.dim_category AS categories USING (category_key)
"""
EVERYTHING = (
    "dim_date", "dim_customer", "dim_merchant", "dim_category", "dim_status", "dim_policy", "fact_transactions",
    "fact_daily_aggregates",
)  # fmt: skip


def insert(database: pg8000.native.Connection, table: str, values: Iterable[Mapping[str, Any]]) -> None:
    """Write rows into a table of the lake."""
    names = list(lake.TABLES[table])
    rows_to_write = list(values)
    places = ", ".join(f"({', '.join(f':{name}_{number}' for name in names)})" for number in range(len(rows_to_write)))
    given = {f"{name}_{number}": row.get(name) for number, row in enumerate(rows_to_write) for name in names}
    database.run(f"INSERT INTO lake.{table} ({', '.join(names)}) VALUES {places}", **given)


def write(database: pg8000.native.Connection, *lines: Line) -> None:
    insert(database, "raw_transactions", (line.row() for line in lines))


def load(database: pg8000.native.Connection, lookback_days: int = 3) -> None:
    database.run(f"CALL warehouse.load_lake({lookback_days})")


def facts(database: pg8000.native.Connection) -> set[tuple]:
    found = rows(database, FACTS)
    assert len(set(found)) == len(found)
    return set(found)


def state(database: pg8000.native.Connection) -> dict[str, list[str]]:
    """Return every row of the star, as text."""
    return {
        table: sorted(
            row[0] for row in rows(database, f"SELECT CAST(stored.* AS text) FROM warehouse.{table} AS stored")
        )
        for table in EVERYTHING
    }


def watermark(database: pg8000.native.Connection, source: str = "raw_transactions") -> datetime | None:
    found = rows(database, "SELECT loaded_through FROM warehouse.load_watermarks WHERE source = :source", source=source)
    return found[0][0] if found else None


def last_run(database: pg8000.native.Connection, source: str = "raw_transactions") -> tuple:
    return rows(
        database,
        "SELECT from_day, rows_replaced, rows_written FROM warehouse.load_runs WHERE source = :source"
        " ORDER BY started_at DESC LIMIT 1",
        source=source,
    )[0]


# --- transactions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_facts_are_the_last_lines_however_they_come(database: pg8000.native.Connection, seed: int) -> None:
    maker = Maker(seed, NOW)
    first = maker.batch(60)
    late = maker.batch(20)  # as old as the first ones, and in the lake only later
    corrected = maker.corrections(first + late, 20)
    known: list[Line] = []
    for part in (first, late, corrected):
        write(database, *part)
        known += part
        load(database, lookback_days=30)
        assert facts(database) == oracle.facts(known)
        assert len(facts(database)) == len(oracle.latest(known))

        before = state(database)
        load(database, lookback_days=30)
        assert state(database) == before, "a second run has no second effect"
        assert last_run(database)[1:] == (0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_dimensions_tell_what_all_transactions_together_tell(database: pg8000.native.Connection, seed: int) -> None:
    maker = Maker(seed, NOW)
    known: list[Line] = []
    for count in (40, 15, 15):
        part = maker.batch(count)
        write(database, *part)
        load(database, lookback_days=30)
        known += part

    seen = rows(database, "SELECT customer_id, first_seen, last_seen FROM warehouse.dim_customer")
    assert {customer: (first, last) for customer, first, last in seen} == oracle.customers(known)
    assert dict(rows(database, "SELECT merchant_id, latest_category FROM warehouse.dim_merchant")) == oracle.merchants(
        known
    )


def test_amounts_keep_every_digit(database: pg8000.native.Connection) -> None:
    line = replace(Maker(1, NOW).transaction(days_ago=1), currency="KWD", amount=Decimal("999999999999.999"))
    write(database, line)
    load(database)

    assert rows(database, "SELECT amount FROM warehouse.fact_transactions") == [(Decimal("999999999999.999"),)]


def test_an_older_revision_that_comes_later_changes_nothing(database: pg8000.native.Connection) -> None:
    old = decided(days_ago=1)
    write(database, replace(old, status="DECLINED", revision=3, label="fraud", label_revision=2))
    load(database)
    before = facts(database)
    write(
        database,
        old,
        replace(old, revision=3, label="genuine", label_revision=1),
        replace(old, revision=2, label_revision=9),
    )
    load(database)

    assert facts(database) == before


def test_a_label_of_the_same_revision_counts(database: pg8000.native.Connection) -> None:
    line = decided(days_ago=1)
    write(database, line)
    load(database)
    write(database, replace(line, label="fraud", label_revision=1))
    load(database)

    assert rows(database, "SELECT label, label_revision FROM warehouse.fact_transactions") == [("fraud", 1)]
    assert last_run(database)[1:] == (1, 1)


def test_a_load_reads_as_far_back_as_it_is_told_and_a_wider_one_finds_the_rest(
    database: pg8000.native.Connection,
) -> None:
    maker = Maker(1, NOW)
    newest = on_day(maker, NOW.date())
    within, beyond = on_day(maker, NOW.date() - timedelta(days=3)), on_day(maker, NOW.date() - timedelta(days=4))
    write(database, newest)
    load(database, lookback_days=3)
    write(database, within, beyond)
    load(database, lookback_days=3)
    assert facts(database) == oracle.facts([newest, within])

    load(database, lookback_days=4)
    assert facts(database) == oracle.facts([newest, within, beyond])


def test_the_first_load_reads_all_there_is(database: pg8000.native.Connection) -> None:
    old = decided(days_ago=900)
    write(database, old)
    load(database, lookback_days=0)

    assert facts(database) == oracle.facts([old])
    assert last_run(database)[0] == "00000000"


def test_days_in_which_no_load_ran_are_not_lost(database: pg8000.native.Connection) -> None:
    maker = Maker(1, NOW)
    write(database, maker.transaction(days_ago=12))
    load(database, lookback_days=1)
    missed = [maker.transaction(days_ago=ago) for ago in (11, 6, 2)]
    write(database, *missed)
    load(database, lookback_days=1)

    assert len(facts(database)) == 4


def test_the_watermark_is_the_latest_event_and_never_moves_back(database: pg8000.native.Connection) -> None:
    maker = Maker(1, NOW)
    newest, late = decided(days_ago=1), replace(decided(days_ago=2), transaction_id="late")
    write(database, newest)
    load(database)
    assert watermark(database) == newest.occurred_at
    write(database, late, maker.transaction(days_ago=2.5))
    load(database)

    assert watermark(database) == newest.occurred_at


def test_a_clock_that_runs_ahead_does_not_carry_the_watermark_along(database: pg8000.native.Connection) -> None:
    ahead = replace(decided(days_ago=-0.9), transaction_id="from-tomorrow")
    write(database, ahead)
    load(database)

    assert facts(database) == oracle.facts([ahead])
    reached = watermark(database)
    assert reached is not None
    assert reached <= datetime.now(timezone.utc).replace(tzinfo=None)


def test_partitions_that_are_registered_ahead_are_not_read(database: pg8000.native.Connection) -> None:
    write(database, replace(decided(days_ago=-3), transaction_id="from-the-future"))
    insert(database, "daily_aggregates", [aggregate(f"{NOW.date() + timedelta(days=3)}")])
    load(database)

    assert facts(database) == set()
    assert rows(database, AGGREGATES) == []


def test_a_load_that_finds_nothing_leaves_the_watermark(database: pg8000.native.Connection) -> None:
    load(database)
    assert watermark(database) is None
    line = decided(days_ago=5)
    write(database, line)
    load(database)
    load(database)

    assert watermark(database) == line.occurred_at


def test_a_transaction_of_any_day_finds_that_day(database: pg8000.native.Connection) -> None:
    old = replace(decided(days_ago=0), occurred_at=datetime(1999, 12, 31, 23, 59, 59))  # noqa: DTZ001
    write(database, old)
    load(database)

    assert rows(
        database, "SELECT COUNT(*) FROM warehouse.fact_transactions JOIN warehouse.dim_date USING (date_key)"
    ) == [(1,)]
    assert rows(database, "SELECT COUNT(*) FROM warehouse.dim_date WHERE day = DATE '1999-12-31'") == [(1,)]


def test_the_calendar_is_that_of_python(database: pg8000.native.Connection) -> None:
    days = rows(database, "SELECT * FROM warehouse.dim_date WHERE day BETWEEN DATE '2020-01-01' AND DATE '2028-12-31'")

    assert len(days) == (date(2029, 1, 1) - date(2020, 1, 1)).days
    for key, day, year, quarter, month, number, weekday, week, is_weekend in days:
        assert key == int(f"{day:%Y%m%d}")
        assert (year, quarter, month, number) == (day.year, (day.month + 2) // 3, day.month, day.day)
        assert (weekday, week) == (day.isoweekday(), day.isocalendar()[1])
        assert is_weekend == (day.isoweekday() >= 6)


# --- all or nothing --------------------------------------------------------------------------------------------------


def test_a_load_that_fails_leaves_no_trace(database: pg8000.native.Connection) -> None:
    good = decided(days_ago=1)
    write(database, good)
    load(database)
    before, mark = state(database), watermark(database)
    write(
        database,
        replace(good, status="NEVER_HEARD_OF", revision=2),
        replace(decided(days_ago=0), transaction_id="good-too", customer_id="new"),
    )

    with pytest.raises(pg8000.native.DatabaseError, match="a dimension lacks a member"):
        load(database)

    assert state(database) == before
    assert watermark(database) == mark


def test_aggregates_that_fail_take_the_transactions_of_the_load_with_them(database: pg8000.native.Connection) -> None:
    write(database, decided(days_ago=1))
    insert(database, "daily_aggregates", [{**aggregate("2026-01-02"), "currency": None}])

    with pytest.raises(pg8000.native.DatabaseError, match="currency"):
        load(database)

    assert facts(database) == set()


@pytest.mark.parametrize("procedure", ["load_transactions", "load_daily_aggregates", "load_lake"])
def test_two_loads_at_once_are_one_after_the_other(
    database: pg8000.native.Connection, connect: Callable[[], pg8000.native.Connection], procedure: str
) -> None:
    call = f"CALL warehouse.{procedure}(30)"
    lines = Maker(1, NOW).batch(30)
    write(database, *lines)
    second = connect()
    database.run("BEGIN")
    database.run(call)
    waiting = threading.Thread(target=second.run, args=(call,))
    waiting.start()
    watch = connect()
    end = time.monotonic() + 30
    waits = "SELECT CAST(CAST(relation AS regclass) AS text) FROM pg_locks WHERE NOT granted"
    while not (found := rows(watch, waits)) and time.monotonic() < end:
        time.sleep(0.02)
    assert found == [("warehouse.load_watermarks",)], "the second waits before it reads anything"
    database.run("COMMIT")
    waiting.join(30)

    assert facts(database) == (set() if procedure == "load_daily_aggregates" else oracle.facts(lines))
    runs = rows(database, "SELECT SUM(rows_replaced), COUNT(*) FROM warehouse.load_runs")
    assert runs == [(0, 4 if procedure == "load_lake" else 2)], "the second found nothing to do"


@pytest.mark.parametrize("days", ["-1", "NULL"])
def test_a_lookback_that_is_no_number_of_days_is_refused(database: pg8000.native.Connection, days: str) -> None:
    with pytest.raises(pg8000.native.DatabaseError, match="lookback_days must be 0 or more"):
        database.run(f"CALL warehouse.load_lake({days})")


def test_installing_again_changes_nothing(database: pg8000.native.Connection) -> None:
    write(database, *Maker(1, NOW).batch(20))
    load(database, lookback_days=30)
    before = state(database)

    installed.apply(database)

    assert state(database) == before


# --- daily aggregates ------------------------------------------------------------------------------------------------


def test_aggregates_are_those_of_the_lake(database: pg8000.native.Connection) -> None:
    insert(database, "daily_aggregates", [aggregate("2026-01-02"), aggregate("2026-01-03", merchant_category=None)])
    load(database)

    assert set(rows(database, AGGREGATES)) == {
        expected("2026-01-02"),
        expected("2026-01-03", merchant_category="(none)"),
    }
    assert watermark(database, "daily_aggregates") == datetime(2026, 1, 3)  # noqa: DTZ001


def test_a_day_that_is_computed_again_replaces_itself_and_no_other(database: pg8000.native.Connection) -> None:
    insert(
        database,
        "daily_aggregates",
        [aggregate("2026-01-02"), aggregate("2026-01-03"), aggregate("2026-01-03", customer_id="gone")],
    )
    load(database)
    database.run("DELETE FROM lake.daily_aggregates WHERE day = '2026-01-03'")
    insert(database, "daily_aggregates", [aggregate("2026-01-03", transaction_count=9)])
    load(database)

    assert set(rows(database, AGGREGATES)) == {expected("2026-01-02"), expected("2026-01-03", transaction_count=9)}


def test_aggregates_loaded_again_stay_as_they_are(database: pg8000.native.Connection) -> None:
    insert(database, "daily_aggregates", [aggregate("2026-01-02"), aggregate("2026-01-03")])
    load(database)
    before = state(database)
    load(database)

    assert state(database) == before


# --- partitions ------------------------------------------------------------------------------------------------------


def test_partitions_that_end_soon_are_a_failure(database: pg8000.native.Connection) -> None:
    day = (NOW + timedelta(days=30)).date()
    database.run(
        "INSERT INTO svv_external_partitions VALUES ('lake', 'raw_transactions', '', :location)",
        location=f"s3://lake/raw/transactions/year={day:%Y}/month={day:%m}/day={day:%d}/hour=00/",
    )
    with pytest.raises(pg8000.native.DatabaseError, match=rf"end before {day}: run make warehouse"):
        database.run("CALL warehouse.require_partitions(30)")

    database.run(
        "INSERT INTO svv_external_partitions VALUES ('lake', 'daily_aggregates', '', :location)",
        location=f"s3://lake/processed/daily-aggregates/day={day}/",
    )
    database.run("CALL warehouse.require_partitions(30)")


# --- access ----------------------------------------------------------------------------------------------------------


def test_the_loader_loads_and_sees_nothing(database: pg8000.native.Connection) -> None:
    lines = Maker(1, NOW).batch(20)
    write(database, *lines)
    database.run("SET ROLE warehouse_loader")
    load(database, lookback_days=30)
    for table in ("warehouse.fact_transactions", "lake.raw_transactions", "bi.daily_volume"):
        with pytest.raises(pg8000.native.DatabaseError, match="permission denied"):
            database.run(f"SELECT * FROM {table}")
    database.run("RESET ROLE")

    assert facts(database) == oracle.facts(lines)


def test_a_reader_reads_the_views_and_nothing_below_them(database: pg8000.native.Connection) -> None:
    database.run("SET ROLE warehouse_reader")
    for view in ("daily_volume", "fraud_trend", "customer_360", "merchant_risk"):
        database.run(f"SELECT * FROM bi.{view}")
    for hidden in ("warehouse.fact_transactions", "lake.raw_transactions", "bi.reconciliation"):
        with pytest.raises(pg8000.native.DatabaseError, match="permission denied"):
            database.run(f"SELECT * FROM {hidden}")
    with pytest.raises(pg8000.native.DatabaseError, match="permission denied"):
        database.run("CALL warehouse.load_lake(3)")


# --- helpers ---------------------------------------------------------------------------------------------------------


def decided(days_ago: float) -> Line:
    """Return a line of an approved transaction."""
    line = Maker(1, NOW).transaction(days_ago)
    return replace(line, status="APPROVED", is_fraud=False, risk_score=Decimal("0.3"), occurred_at=line.at)


def on_day(maker: Maker, day: date) -> Line:
    """Return a line of a decided transaction of a day."""
    line = maker.transaction(days_ago=0)
    at = datetime(day.year, day.month, day.day, 0, 0, 1)  # noqa: DTZ001 - UTC, as everything here
    return replace(line, status="APPROVED", is_fraud=False, risk_score=Decimal(0), occurred_at=at)


def aggregate(day: str, **values: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "customer_id": "cust-1", "merchant_category": "travel", "currency": "EUR", "transaction_count": 3,
        "total_amount": Decimal("10.000"), "average_amount": Decimal("3.333333"), "minimum_amount": Decimal("1.000"),
        "maximum_amount": Decimal("7.001"), "fraud_count": 1, "spending_change": 1.5, "unusual_category": True,
        "day": day,
    }  # fmt: skip
    return {**row, **values}


def expected(day: str, **values: Any) -> tuple:
    row = aggregate(day, **values)
    return (date.fromisoformat(row.pop("day")), *row.values())
