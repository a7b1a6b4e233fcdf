"""The tables of the Spark jobs against the transactions table, and which days and weeks the jobs are run on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from scripts import spark_jobs
from scripts.athena import Result
from scripts.demo.analyses import spark
from scripts.demo.analyses.spark import SparkJobs
from scripts.demo.analyses.sums import Compared
from scripts.demo.state import Row
from tests.unit.demo.builders import counted_with, failing, fraud_row, row, transaction, waiting_row

CHECK = "The Spark jobs' tables amount to the same"
ROWS = [
    row(transaction("t1", amount=Decimal("1.10"))),
    fraud_row(transaction("t2", amount=Decimal("2.20")), 2),
    row(transaction("t3", account_id="a2", currency="EUR"), occurred_at="2026-01-12T00:00:00Z"),
]
AGGREGATES = [
    {
        "day": "2026-01-05",
        "customer_id": "a1",
        "currency": "USD",
        "transactions": "2",
        "amount": "3.300",
        "frauds": "1",
    },
    {
        "day": "2026-01-12",
        "customer_id": "a2",
        "currency": "EUR",
        "transactions": "1",
        "amount": "12.500",
        "frauds": "0",
    },
]
PROFILES = [{name: value for name, value in one.items() if name != "day"} for one in AGGREGATES]
PATTERNS = [
    {"week": "2026-01-05", "transactions": "2", "frauds": "1"},
    {"week": "2026-01-12", "transactions": "1", "frauds": "0"},
]
TABLES = {"aggregates": AGGREGATES, "profiles": PROFILES, "patterns": PATTERNS}
SUMS = ("transactions", "amount", "frauds")
MONDAY, LAST = date(2026, 1, 5), date(2026, 1, 12)


def wrong(**changes: list[dict[str, Any]]) -> list[str]:
    tables = {**TABLES, **changes}
    return [
        *spark.wrong_aggregates(ROWS, MONDAY, tables["aggregates"]),
        *spark.wrong_profiles(ROWS, LAST, tables["profiles"]),
        *spark.wrong_patterns(ROWS, MONDAY, tables["patterns"]),
    ]


def test_tables_that_amount_to_the_rows_are_right() -> None:
    assert wrong() == []


@pytest.mark.parametrize(
    ("table", "name"), [(table, name) for table, right in TABLES.items() for name in SUMS if name in right[0]]
)
def test_a_wrong_sum_is_found(table: str, name: str) -> None:
    right = TABLES[table]

    assert len(wrong(**{table: [{**right[0], name: "7"}, right[1]]})) == 1


@pytest.mark.parametrize("table", TABLES)
def test_a_row_that_is_missing_is_found(table: str) -> None:
    assert len(wrong(**{table: TABLES[table][:1]})) == 1


def test_a_row_of_nobody_is_found() -> None:
    assert len(wrong(aggregates=[*AGGREGATES, {**AGGREGATES[0], "customer_id": "a9"}])) == 1


def test_what_happened_before_the_window_is_in_no_sum() -> None:
    old = row(transaction("t0"), occurred_at="2025-12-01T00:00:00Z")

    assert spark.wrong_aggregates([old, *ROWS], MONDAY, AGGREGATES) == []
    assert spark.wrong_profiles([old, *ROWS], LAST, PROFILES) == []
    assert spark.wrong_patterns([old, *ROWS], MONDAY, PATTERNS) == []


class Workgroup:
    """Athena, with a table for each question."""

    def __init__(self, **tables: Sequence[dict[str, str]]) -> None:
        self._tables = {
            "daily_aggregates": AGGREGATES, "customer_profiles": PROFILES, "fraud_patterns": PATTERNS, **tables,
        }  # fmt: skip

    def ask(self, sql: str, database: str) -> Result:
        assert database == "glue_database_name"
        rows = next(rows for name, rows in self._tables.items() if f"FROM {name} " in sql)
        return Result(tuple(rows[0]), (), tuple(tuple(one.values()) for one in rows))


class Deployed:
    """Outputs that are their own names."""

    def client(self, service: str) -> str:
        return service

    def output(self, name: str) -> str:
        return name


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    made: list[tuple[str, ...]] = []
    monkeypatch.setattr(spark_jobs, "run", lambda job, s3, lake, arguments: made.append((job, s3, lake, *arguments)))
    monkeypatch.setattr(spark, "Workgroup", lambda *_: Workgroup())
    return made


def analysed(rows: Sequence[Row]) -> Compared:
    return SparkJobs(Deployed()).run({one.transaction_id: one for one in rows}, lambda _: None)


def test_each_job_runs_once_over_all_days_of_the_input(runs: list[tuple[str, ...]]) -> None:
    found = analysed([*ROWS, waiting_row(transaction("t9"), occurred_at="2026-02-01T00:00:00Z")])

    assert runs == [
        ("daily", "s3", "lake_bucket_name", "--day", "2026-01-12", "--late-days", "7"),
        ("weekly", "s3", "lake_bucket_name", "--week", "2026-01-12", "--weeks", "2"),
    ]
    assert failing(counted_with(found, *ROWS)) == []


def test_of_a_long_input_only_the_latest_days_are_analysed(runs: list[tuple[str, ...]]) -> None:
    analysed([row(transaction("t0"), occurred_at="2025-06-01T00:00:00Z"), *ROWS])

    assert [one[3:] for one in runs] == [
        ("--day", "2026-01-12", "--late-days", "28"),
        ("--week", "2026-01-12", "--weeks", "5"),
    ]


@pytest.mark.usefixtures("runs")
def test_a_table_that_is_wrong_fails_the_books(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "Workgroup", lambda *_: Workgroup(daily_aggregates=AGGREGATES[:1]))

    counts = counted_with(analysed(ROWS), *ROWS)

    assert failing(counts) == [CHECK]
    assert "('2026-01-12', 'a2', 'EUR'): nothing" in counts.examples["wrong_spark"][0]
