"""Lines of the raw lake: what is bad is kept with the reason, and what is good keeps every digit."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any, Union

from pyspark.sql import SparkSession

from lake_jobs import daily, raw
from lake_jobs.storage import LocalStorage
from tests.spark.lakes import DAY, Digits, Lake, Line, at, line, text

GOOD = text(line(1))


def without(field: str) -> Line:
    return {name: value for name, value in line(1).items() if name != field}


BAD: dict[Union[str, bytes], str] = {
    "no JSON at all": raw.NOT_ONE_OBJECT,
    GOOD[:-20]: raw.NOT_ONE_OBJECT,
    GOOD + GOOD: raw.NOT_ONE_OBJECT,
    GOOD + "," + GOOD: raw.NOT_ONE_OBJECT,
    GOOD + " and more": raw.NOT_ONE_OBJECT,
    GOOD + "}": raw.NOT_ONE_OBJECT,
    GOOD + "]}": raw.NOT_ONE_OBJECT,
    f"[{GOOD}]": raw.NOT_ONE_OBJECT,
    "null": raw.NOT_ONE_OBJECT,
    "7": raw.NOT_ONE_OBJECT,
    GOOD.replace('"', "'"): raw.NOT_ONE_OBJECT,
    GOOD.replace("0.1", "NaN"): raw.NOT_ONE_OBJECT,
    GOOD.replace("cust-1", "cust-\xe9").encode("latin-1"): raw.NOT_UTF8,
    "{}": raw.missing("transaction_id"),
    text(line(1, latitude="north")): raw.WRONG_TYPE,
    text(line(1, is_fraud="false")): raw.WRONG_TYPE,
    text(line(1, revision=Digits("1.5"))): raw.WRONG_TYPE,
    text(line(1, reasons="NIGHT")): raw.WRONG_TYPE,
    text(line(1, amount=Digits("1.2345"))): raw.NOT_AN_AMOUNT,
    text(line(1, amount=Digits("1.00000000000000000000001"))): raw.NOT_AN_AMOUNT,
    text(line(1, amount=Digits("1e3"))): raw.NOT_AN_AMOUNT,
    text(line(1, amount=Digits("1234567890123456"))): raw.NOT_AN_AMOUNT,
    text(line(1, amount="12.5")): raw.NOT_AN_AMOUNT,
    text(line(1, amount="1,200")): raw.NOT_AN_AMOUNT,
    text(line(1, amount="much")): raw.NOT_AN_AMOUNT,
    text(line(1, amount=None)): raw.NOT_AN_AMOUNT,
    text(line(1, occurred_at=f"{DAY} 09:15:27")): raw.NOT_A_TIME,
    text(line(1, occurred_at=f"{DAY}T09:15:61.000000Z")): raw.NOT_A_TIME,
    text(line(1, occurred_at=at(DAY - timedelta(days=1)))): raw.WRONG_FOLDER,
    text(line(1, occurred_at=at(DAY, hour=10))): raw.WRONG_FOLDER,
    text(line(1, label="maybe")): raw.UNKNOWN_LABEL,
    **{text(without(field)): raw.missing(field) for field in raw.REQUIRED},
}


def quarantined(lake: Lake) -> list[dict[str, Any]]:
    folder = lake.folder / f"quarantine/raw/day={DAY}"
    if not folder.exists():
        return []
    files = sorted(folder.glob("*.jsonl.gz"))
    return [json.loads(one) for file in files for one in gzip.decompress(file.read_bytes()).decode().splitlines()]


def test_every_kind_of_bad_line_is_kept_with_its_reason_and_counted(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    lake.put(line(2))
    key = lake.put_bad(*BAD, "no JSON at all")

    summary = daily.run(spark, storage, DAY, late_days=0)

    expected = {
        (one if isinstance(one, str) else one.decode("utf-8", "replace")): reason for one, reason in BAD.items()
    }
    assert {one["line"]: one["reason"] for one in quarantined(lake)} == expected
    assert {one["line"]: one["times"] for one in quarantined(lake)} == {
        **dict.fromkeys(expected, 1),
        "no JSON at all": 2,
    }
    assert all(one["object"].endswith(key) for one in quarantined(lake))
    counts = summary["written"][0]["counts"]
    assert (counts["lines"], counts["transactions"], counts["quarantined"]) == (len(BAD) + 2, 1, len(BAD) + 1)


def test_a_day_that_is_read_again_replaces_its_quarantine(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    lake.put(line(1))
    bad = lake.put_bad("broken")
    daily.run(spark, storage, DAY, late_days=0)
    assert [one["line"] for one in quarantined(lake)] == ["broken"]
    storage.delete([bad])

    daily.run(spark, storage, DAY, late_days=0)

    assert quarantined(lake) == []


def test_blank_lines_and_carriage_returns_are_no_errors(spark: SparkSession, lake: Lake, storage: LocalStorage) -> None:
    lake.put_bad(text(line(1)) + "\r", "", "  \t\r", text(line(2)))

    counts = daily.run(spark, storage, DAY, late_days=0)["written"][0]["counts"]

    assert (counts["lines"], counts["transactions"], counts["quarantined"]) == (2, 2, 0)


def test_amounts_keep_digits_that_a_double_would_lose(spark: SparkSession, lake: Lake, storage: LocalStorage) -> None:
    amounts = ["999999999999.999", "0.001", "123456789012345.678", "-0.1", "5.1000", "7"]
    lake.put(*(line(number, amount=Digits(amount)) for number, amount in enumerate(amounts)))

    found = raw.read(spark, storage, [DAY], ["amount"]).select("key", "amount", "reason").collect()

    assert {row["key"]: row["amount"] for row in found} == {
        f"txn-{number}": Decimal(amount) for number, amount in enumerate(amounts)
    }
    assert {row["reason"] for row in found} == {None}


def test_the_highest_revision_and_then_the_highest_label_stands(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    lake.put(
        line(1, revision=2, label_revision=0, label=None),
        line(1, revision=1, label_revision=5, label="fraud"),
        line(2, revision=1, label_revision=1, label="fraud"),
        line(2, revision=1, label_revision=2, label="genuine"),
        line(2, revision=1, label_revision=2, label="genuine"),
    )

    settled = raw.settle(raw.read(spark, storage, [DAY], ["label"]))

    standing = settled.where("stands").select("key", "revision", "label").collect()
    assert sorted(tuple(row) for row in standing) == [("txn-1", 2, None), ("txn-2", 1, "genuine")]


def test_only_the_folders_of_the_days_are_read(spark: SparkSession, lake: Lake, storage: LocalStorage) -> None:
    lake.put(line(1), line(2, occurred_at=at(DAY - timedelta(days=1))))

    lines = raw.read(spark, storage, [DAY], ["amount"])

    assert [row["key"] for row in lines.collect()] == ["txn-1"]
    assert all(f"day={DAY:%d}" in name for name in lines.inputFiles())


def test_a_line_is_parsed_once(spark: SparkSession, lake: Lake, storage: LocalStorage) -> None:
    """Spark may repeat an expression for each column that needs it; parsing twice would double the time."""
    lake.put(line(1))

    plan = (
        raw.settle(raw.read(spark, storage, [DAY], ["amount", "label"]))._jdf.queryExecution().executedPlan().toString()
    )

    assert plan.count("from_json") == 1
