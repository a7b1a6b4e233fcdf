"""daily-transaction-aggregation: exact, replaced as a whole, and right again when data comes late."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lake_jobs import daily, manifest, publish
from lake_jobs.days import span
from lake_jobs.storage import LocalStorage
from tests.spark import oracle
from tests.spark.lakes import DAY, Digits, Lake, Line, at, line, random_lines

YESTERDAY = DAY - timedelta(days=1)


def aggregates(lake: Lake, day: date = DAY) -> list[tuple[Any, ...]]:
    return oracle.rows_of(lake.folder / f"processed/daily-aggregates/day={day}", oracle.AGGREGATE_COLUMNS)


def profiles(lake: Lake, day: date = DAY) -> list[tuple[Any, ...]]:
    return oracle.rows_of(lake.folder / f"processed/customer-profiles/day={day}", oracle.PROFILE_COLUMNS)


def written(summary: dict[str, Any]) -> list[str]:
    return [one["day"] for one in summary["written"]]


def results(folder: Path) -> dict[str, bytes]:
    files = (path for path in (folder / "processed").rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def assert_exact(lake: Lake, *days: date) -> None:
    for day in days:
        assert aggregates(lake, day) == oracle.aggregates(lake.lines, day)
        assert profiles(lake, day) == oracle.profiles(lake.lines, day)


def test_twenty_thousand_lines_come_to_what_plain_python_adds_up(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    lake.put(*random_lines(1, 20_000, span(DAY - timedelta(days=9), DAY), customers=300))

    summary = daily.run(spark, storage, DAY, late_days=1)

    assert written(summary) == [str(YESTERDAY), str(DAY)]
    assert_exact(lake, YESTERDAY, DAY)
    counts = summary["written"][1]["counts"]
    today = [one for one in lake.lines if oracle.day_of(one) == DAY]
    assert counts == {
        "lines": len(today),
        "transactions": len(oracle.decided(today)),
        "undecided": len(oracle.standing(today)) - len(oracle.decided(today)),
        "superseded": len(today) - len(oracle.standing(today)),
        "quarantined": 0,
    }
    assert sum(row[3] for row in aggregates(lake)) == counts["transactions"]


def _comes(one: Line, today: date, chance: random.Random) -> bool:
    """Say whether a line arrives on a day: most on their own, and all at the latest two days after it."""
    age = (today - oracle.day_of(one)).days
    return age >= 2 or (age == 1 and chance.random() < 0.5) or (age == 0 and chance.random() < 0.7)


@pytest.mark.parametrize("seed", [2, 3])
def test_after_any_course_of_arrivals_and_runs_every_day_is_what_one_look_at_all_lines_gives(
    spark: SparkSession, lake: Lake, storage: LocalStorage, seed: int
) -> None:
    """Days come one after the other; lines come late by up to as many days as are looked at again."""
    chance = random.Random(seed)  # noqa: S311 - arrivals, not secrets
    days = span(DAY - timedelta(days=4), DAY)
    waiting = random_lines(seed, 400, days)
    for today in days:
        arrived = [one for one in waiting if _comes(one, today, chance)]
        waiting = [one for one in waiting if not any(one is other for other in arrived)]
        lake.put(*arrived)
        daily.run(spark, storage, today, late_days=2)
        assert_exact(lake, *[day for day in span(today - timedelta(days=2), today) if day in days])


def test_the_same_day_again_gives_the_same_bytes_and_touches_no_other_day(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    lake.put(*random_lines(4, 300, [YESTERDAY, DAY]))
    daily.run(spark, storage, DAY, late_days=1)
    before = results(lake.folder)
    others = {name: (lake.folder / name).stat().st_mtime_ns for name in before if str(DAY) not in name}

    summary = daily.run(spark, storage, DAY, late_days=1)

    assert written(summary) == [str(DAY)]
    assert results(lake.folder) == before
    assert {name: (lake.folder / name).stat().st_mtime_ns for name in others} == others


def test_a_day_that_is_asked_for_replaces_that_day_and_leaves_the_days_after_it(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    lake.put(line(1, occurred_at=at(YESTERDAY)), line(2))
    daily.run(spark, storage, DAY, late_days=1)
    later = {name: content for name, content in results(lake.folder).items() if str(DAY) in name}
    lake.put(line(3, occurred_at=at(YESTERDAY), amount=Digits("7.5")))

    summary = daily.run(spark, storage, YESTERDAY, late_days=0)

    assert written(summary) == [str(YESTERDAY)]
    assert_exact(lake, YESTERDAY)
    assert {name: content for name, content in results(lake.folder).items() if str(DAY) in name} == later


def test_late_lines_of_an_earlier_day_change_it_and_the_days_that_are_compared_with_it(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    days = span(DAY - timedelta(days=3), DAY)
    lake.put(*(line(number, occurred_at=at(day)) for number, day in enumerate(days)))
    daily.run(spark, storage, DAY, late_days=3)
    lake.put(line(9, occurred_at=at(days[1]), amount=Digits("100")))

    assert written(daily.run(spark, storage, DAY, late_days=3)) == [str(day) for day in days[1:]]
    assert_exact(lake, *days)


def test_a_day_that_is_too_old_stays_as_it_is_until_somebody_asks_for_it(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    old = DAY - timedelta(days=2)
    lake.put(line(1, occurred_at=at(old)), line(2))
    daily.run(spark, storage, DAY, late_days=2)
    before = aggregates(lake, old)
    lake.put(line(3, occurred_at=at(old)))

    daily.run(spark, storage, DAY, late_days=1)
    assert aggregates(lake, old) == before

    daily.run(spark, storage, old, late_days=0)
    assert_exact(lake, old)


def test_days_that_no_run_has_written_are_read_for_the_comparison(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    lake.put(*random_lines(5, 200, [DAY - timedelta(days=number) for number in (0, 5, 28, 29)], customers=5))

    assert written(daily.run(spark, storage, DAY, late_days=3)) == [str(DAY)]
    assert_exact(lake, DAY)


def test_a_run_that_broke_off_before_its_manifest_is_made_good_by_the_next_day(
    spark: SparkSession, lake: Lake, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.put(line(1, occurred_at=at(YESTERDAY)), line(2))

    def breaks(*_: object) -> None:
        raise OSError("the machine is gone")

    with monkeypatch.context() as patch:
        patch.setattr(manifest, "save", breaks)
        with pytest.raises(OSError, match="gone"):
            daily.run(spark, storage, YESTERDAY, late_days=0)
    (lake.folder / "processed/_staging/daily-transaction-aggregation/left").mkdir(parents=True)
    (lake.folder / "processed/_staging/daily-transaction-aggregation/left/over.parquet").write_bytes(b"half")

    assert written(daily.run(spark, storage, DAY, late_days=3)) == [str(YESTERDAY), str(DAY)]
    assert_exact(lake, YESTERDAY, DAY)
    assert not (lake.folder / "processed/_staging").exists()


def test_a_day_without_lines_has_no_rows_and_its_profiles_are_those_of_the_days_before(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    lake.put(line(1, occurred_at=at(YESTERDAY)))

    summary = daily.run(spark, storage, DAY, late_days=1)

    assert aggregates(lake) == []
    assert profiles(lake) == oracle.profiles(lake.lines, DAY) != []
    assert summary["written"][1]["counts"]["lines"] == 0


def test_a_day_whose_lines_are_gone_becomes_empty(spark: SparkSession, lake: Lake, storage: LocalStorage) -> None:
    lake.put(line(1))
    daily.run(spark, storage, DAY, late_days=0)
    storage.delete(one.key for one in storage.list("raw/"))

    daily.run(spark, storage, DAY, late_days=0)

    assert aggregates(lake) == []
    assert profiles(lake) == []


def test_a_large_day_is_several_files_and_none_is_left_when_it_shrinks(
    spark: SparkSession, lake: Lake, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.put(*random_lines(8, 200, [DAY]))
    folder = lake.folder / f"processed/daily-aggregates/day={DAY}"
    with monkeypatch.context() as patch:
        patch.setattr(publish, "ROWS_A_FILE", 50)
        daily.run(spark, storage, DAY, late_days=0)
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"part-{number:05}.parquet" for number in range(len(files))]
    assert len(files) > 1
    assert_exact(lake, DAY)
    owners = [{row[0] for row in oracle.rows_of(folder, "customer_id", file.name)} for file in files]
    assert sum(map(len, owners)) == len(set.union(*owners))  # a customer's rows lie in one file

    daily.run(spark, storage, DAY, late_days=0)

    assert [file.name for file in folder.iterdir()] == ["part-00000.parquet"]
    assert_exact(lake, DAY)


def test_a_mean_is_rounded_once_and_half_up(spark: SparkSession, lake: Lake, storage: LocalStorage) -> None:
    thirds = [Digits("0.001"), Digits("0"), Digits("0")]
    halves = [Digits("0.001"), *[Digits("0")] * 15]  # 0.0000625
    lake.put(*(line(number, amount=amount, currency="KWD") for number, amount in enumerate(thirds)))
    lake.put(*(line(100 + number, amount=amount, customer_id="cust-2") for number, amount in enumerate(halves)))

    daily.run(spark, storage, DAY, late_days=0)

    assert [row[5] for row in aggregates(lake)] == [Decimal("0.000333"), Decimal("0.000063")]


def test_change_and_habits_are_those_of_the_last_four_weeks_only(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    def before(number: int, days: int, **changes: Any) -> dict[str, Any]:
        return line(number, occurred_at=at(DAY - timedelta(days=days)), **changes)

    lake.put(
        before(1, 29, merchant_category="travel", amount=Digits("1000")),
        before(2, 28, amount=Digits("10")),
        before(3, 1, amount=Digits("10")),
        before(4, 1, amount=Digits("10")),
        line(5, amount=Digits("30")),
        line(6, merchant_category="travel", amount=Digits("15")),
        line(7, merchant_category=None, currency="USD"),
        line(8, customer_id="cust-new", merchant_category="travel"),
    )

    daily.run(spark, storage, DAY, late_days=0)

    found = {(row[0], row[1], row[2]): (row[9], row[10]) for row in aggregates(lake)}
    assert found == {
        ("cust-1", "groceries", "EUR"): (3.0, False),  # 45 today, 30 on two days before
        ("cust-1", "travel", "EUR"): (3.0, True),
        ("cust-1", None, "USD"): (None, False),
        ("cust-new", "travel", "EUR"): (None, False),
    }
