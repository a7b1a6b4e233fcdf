"""The figures of the daily job: sums, what changed, and profiles. DataFrames in, DataFrames out.

Everything is exact: sums of decimals, and a mean that is rounded once (half up, six digits) for up to ten million
transactions a row. A ratio is the quotient of two doubles that are each the nearest to an exact decimal.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that everybody gives it
from pyspark.sql import types as T  # noqa: N812

HISTORY_DAYS = 28
"""How far the comparison of a day looks back: four weeks, so that each weekday counts alike."""

PROFILE_DAYS = 28
"""How many days a profile covers, its own day included."""

TOTAL = T.DecimalType(28, 3)
MEAN = T.DecimalType(28, 6)

GROUP = ("day", "customer_id", "merchant_category", "currency")
SUMS = (
    "transaction_count", "total_amount", "minimum_amount", "maximum_amount", "fraud_count", "first_seen", "last_seen",
)  # fmt: skip
"""What is kept of each group; `first_seen` and `last_seen` are timestamps here and text in the files."""

STORED_GROUPS = (
    "customer_id STRING, merchant_category STRING, currency STRING, transaction_count BIGINT,"
    " total_amount DECIMAL(28,3), minimum_amount DECIMAL(18,3), maximum_amount DECIMAL(18,3), fraud_count BIGINT,"
    " first_seen STRING, last_seen STRING, day STRING"
)
"""What later days need of the files of a day."""

FIELDS = ("customer_id", "merchant_category", "currency", "amount", "is_fraud")
"""What is wanted of the raw lines."""

_TEXT_OF_TIME = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'"


def grouped(settled: DataFrame) -> DataFrame:
    """Add up the lines of `raw.settle` by day, customer, category and currency; each bad line is a group of its own.

    A group also has the books of its lines (`lines`, `undecided`), so one pass gives sums, counts and what goes into
    quarantine, and a repeated task cannot count anything twice. Groups without a transaction are there for the books.
    """
    counts = F.col("stands") & F.col("is_fraud").isNotNull()
    amount = F.when(counts, F.col("amount"))
    occurred = F.when(counts, F.col("occurred"))
    return settled.groupBy(*GROUP, "reason", "object", "line").agg(
        F.count(F.lit(1)).alias("lines"),
        F.sum((F.col("stands") & F.col("is_fraud").isNull()).cast("long")).alias("undecided"),
        F.sum(counts.cast("long")).alias("transaction_count"),
        F.sum(amount).cast(TOTAL).alias("total_amount"),
        F.min(amount).alias("minimum_amount"),
        F.max(amount).alias("maximum_amount"),
        F.sum((counts & F.col("is_fraud")).cast("long")).alias("fraud_count"),
        F.min(occurred).alias("first_seen"),
        F.max(occurred).alias("last_seen"),
    )


def counted(groups: DataFrame) -> DataFrame:
    """Return the groups that have transactions."""
    return groups.where(F.col("transaction_count") > 0).select(*GROUP, *SUMS)


def stored(files: DataFrame) -> DataFrame:
    """Return the groups that the files of earlier runs hold."""
    times = {name: F.to_timestamp(name) for name in ("first_seen", "last_seen")}
    return files.withColumns(times).select(*GROUP, *SUMS)


def union(parts: list[DataFrame]) -> DataFrame:
    """Return the rows of all parts."""
    return reduce(DataFrame.unionByName, parts)


def aggregates_of(groups: DataFrame, day: date) -> DataFrame:
    """Return the rows of daily-aggregates for a day.

    Parameters
    ----------
    groups
        Those of the day and of the `HISTORY_DAYS` days before it; others are left out.
    day
        The day.
    """
    today = groups.where(F.col("day") == str(day)).drop("day")
    before = _between(groups, day - timedelta(days=HISTORY_DAYS), day - timedelta(days=1))
    money = ("customer_id", "currency")
    now = today.groupBy(*money).agg(F.sum("total_amount").alias("now"))
    then = (
        before.groupBy(*money, "day")
        .agg(F.sum("total_amount").alias("of_day"))
        .groupBy(*money)
        .agg(F.sum("of_day").alias("then"), F.count(F.lit(1)).alias("days"))
    )
    used = before.groupBy("customer_id").agg(F.collect_set("merchant_category").alias("used"))
    rows = today.join(now, list(money)).join(then, list(money), "left").join(used, ["customer_id"], "left")
    change = (F.col("now") * F.col("days")).cast("double") / F.col("then").cast("double")
    unusual = F.col("used").isNotNull() & ~F.array_contains("used", F.col("merchant_category"))
    return rows.select(
        "customer_id",
        "merchant_category",
        "currency",
        "transaction_count",
        "total_amount",
        _mean("total_amount", "transaction_count").alias("average_amount"),
        "minimum_amount",
        "maximum_amount",
        "fraud_count",
        F.when(F.col("then") > 0, change).alias("spending_change"),
        F.coalesce(unusual, F.lit(False)).alias("unusual_category"),
        F.date_format("first_seen", _TEXT_OF_TIME).alias("first_seen"),
        F.date_format("last_seen", _TEXT_OF_TIME).alias("last_seen"),
    )


def profiles_of(groups: DataFrame, day: date) -> DataFrame:
    """Return the rows of customer-profiles for a day: each customer's last `PROFILE_DAYS` days, by currency."""
    window = _between(groups, day - timedelta(days=PROFILE_DAYS - 1), day)
    return (
        window.groupBy("customer_id", "currency")
        .agg(
            F.sum("transaction_count").alias("transaction_count"),
            F.sum("total_amount").cast(TOTAL).alias("total_amount"),
            F.sort_array(F.collect_set("merchant_category")).alias("categories"),
            F.date_format(F.min("first_seen"), _TEXT_OF_TIME).alias("first_seen"),
            F.date_format(F.max("last_seen"), _TEXT_OF_TIME).alias("last_seen"),
            F.sum("fraud_count").alias("fraud_count"),
        )
        .select(
            "customer_id",
            "currency",
            "transaction_count",
            "total_amount",
            _mean("total_amount", "transaction_count").alias("average_amount"),
            "categories",
            "first_seen",
            "last_seen",
            "fraud_count",
        )
    )


def _between(groups: DataFrame, first: date, last: date) -> DataFrame:
    return groups.where(F.col("day").between(str(first), str(last)))


def _mean(total: str, count: str) -> Column:
    return (F.col(total) / F.col(count).cast("decimal(10,0)")).cast(MEAN)
