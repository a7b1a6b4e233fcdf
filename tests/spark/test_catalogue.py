"""What the jobs read and write has the names and types of the Glue catalogue, by which all others read it."""

from __future__ import annotations

from datetime import timedelta

from pyspark.sql import SparkSession

from lake_jobs import daily, raw, weekly
from lake_jobs.storage import LocalStorage
from tests.lake_catalogue import columns
from tests.spark.lakes import DAY, Lake, line

MONDAY = DAY - timedelta(days=DAY.weekday())


def columns_in(spark: SparkSession, lake: Lake, folder: str) -> dict[str, str]:
    """Return the columns of the Parquet files of a folder with their types, in order."""
    files = [str(file) for file in (lake.folder / "processed" / folder).glob("*.parquet")]
    assert files, folder
    schema = spark.read.parquet(*files).schema
    return {field.name: field.dataType.simpleString() for field in schema.fields}


def test_the_columns_that_the_jobs_write_are_those_of_the_catalogue(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    lake.put(line())
    daily.run(spark, storage, DAY, late_days=0)
    weekly.run(spark, storage, MONDAY, 1, None, minimum=10)

    assert {
        "daily_aggregates": columns_in(spark, lake, f"daily-aggregates/day={DAY}"),
        "customer_profiles": columns_in(spark, lake, f"customer-profiles/day={DAY}"),
        "fraud_patterns": columns_in(spark, lake, f"fraud-patterns/week={MONDAY}"),
    } == {name: types for name, types in columns().items() if name not in ("raw_transactions", "table_counts")}


def test_the_fields_that_the_jobs_read_are_those_of_the_catalogue() -> None:
    # The risk is exact here, and a double in Athena, which shows and compares it and adds none up.
    read = {field.name: field.dataType.simpleString() for field in raw.LINE.fields}

    assert read == {**columns()["raw_transactions"], "risk_score": "decimal(7,6)"}
