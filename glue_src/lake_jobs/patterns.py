"""Where fraud shows: transactions of a week counted by one property after the other. DataFrames in, DataFrames out.

A transaction counts as fraud by the best that is known of it: its label if it has one, else the decision.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that everybody gives it

FIELDS = (
    "customer_id", "merchant_id", "merchant_category", "transaction_type", "amount", "currency", "is_fraud",
    "risk_score", "reasons", "policy", "policy_version", "label",
)  # fmt: skip
"""What is wanted of the raw lines."""

EVERYTHING = "all"
DIMENSIONS = ("hour_of_day", "merchant_category", "merchant", "amount_band", "reason_code", "transaction_type")
"""By what is counted, besides everything at once."""

BANDS = (0, 10, 50, 100, 500, 1000, 5000, 10_000)
"""Where bands of amounts begin, in major units of the transaction's own currency: nothing is converted."""

NONE = "(none)"
"""The value of a transaction that lacks the property."""

COUNTS = (
    "transactions", "frauds", "labelled_fraud", "labelled_genuine", "false_positives", "false_negatives",
)  # fmt: skip


def decided(settled: DataFrame) -> DataFrame:
    """Return the decided transactions among the lines of `raw.settle`, with the Monday of their week."""
    transactions = settled.where(F.col("stands") & F.col("is_fraud").isNotNull())
    monday = F.date_trunc("week", F.col("occurred")).cast("date").cast("string")
    return transactions.withColumn("week", monday)


def counted(transactions: DataFrame) -> DataFrame:
    """Count by week, dimension and value.

    Returns
    -------
    DataFrame
        `week`, `dimension`, `value` and the `COUNTS`. A transaction with two reasons is counted under both.
    """
    label_is_fraud = F.col("label") == "fraud"
    best_known = F.coalesce(label_is_fraud, F.col("is_fraud"))
    one_each = transactions.select(
        "week",
        best_known.alias("fraud"),
        (F.col("label") == "fraud").alias("known_fraud"),
        (F.col("label") == "genuine").alias("known_genuine"),
        "is_fraud",
        F.explode(_values()).alias("under"),
    )
    return one_each.groupBy(
        "week", F.col("under.dimension").alias("dimension"), F.col("under.value").alias("value")
    ).agg(
        F.count(F.lit(1)).alias("transactions"),
        _count(F.col("fraud")).alias("frauds"),
        _count(F.col("known_fraud")).alias("labelled_fraud"),
        _count(F.col("known_genuine")).alias("labelled_genuine"),
        _count(F.col("known_genuine") & F.col("is_fraud")).alias("false_positives"),
        _count(F.col("known_fraud") & ~F.col("is_fraud")).alias("false_negatives"),
    )


def table(counts: DataFrame, minimum: int) -> DataFrame:
    """Return the rows of fraud-patterns, with the week: rates are null where there are fewer labels than `minimum`."""
    return counts.select(
        "week",
        F.concat_ws("=", "dimension", "value").alias("pattern"),
        "dimension",
        "value",
        "transactions",
        "frauds",
        (F.col("frauds") / F.col("transactions")).alias("fraud_rate"),
        _share("false_positives", "labelled_genuine", minimum).alias("false_positive_rate"),
        _share("false_negatives", "labelled_fraud", minimum).alias("false_negative_rate"),
    )


def scores(transactions: DataFrame) -> DataFrame:
    """Count labelled transactions by week, deciding policy, its version and the risk: what a threshold is found by."""
    return (
        transactions.where(F.col("label").isNotNull() & F.col("risk_score").isNotNull())
        .groupBy("week", "policy", "policy_version", F.col("risk_score").alias("risk"))
        .agg(_count(F.col("label") == "fraud").alias("fraud"), _count(F.col("label") == "genuine").alias("genuine"))
    )


def _values() -> Column:
    """Return all that a transaction is counted under, as an array of (dimension, value)."""
    single = {
        EVERYTHING: F.lit(EVERYTHING),
        "hour_of_day": F.date_format("occurred", "HH"),
        "merchant_category": F.coalesce("merchant_category", F.lit(NONE)),
        "merchant": F.col("merchant_id"),
        "amount_band": F.concat_ws(" ", "currency", _band()),
        "transaction_type": F.coalesce("transaction_type", F.lit(NONE)),
    }
    one_each = F.array(*(_pair(name, value) for name, value in single.items()))
    reasons = F.when(F.size("reasons") > 0, F.array_distinct("reasons")).otherwise(F.array(F.lit(NONE)))
    return F.concat(one_each, F.transform(reasons, lambda code: _pair("reason_code", code)))


def _pair(dimension: str, value: Column) -> Column:
    return F.struct(F.lit(dimension).alias("dimension"), value.alias("value"))


def _band() -> Column:
    """Return the band of an amount: its lower end belongs to it, its upper one does not."""
    band = F.when(F.col("amount") < BANDS[0], f"under {BANDS[0]}")
    for low, high in zip(BANDS, BANDS[1:]):
        band = band.when(F.col("amount") < high, f"{low}-{high}")
    return band.otherwise(f"{BANDS[-1]}+")


def _count(condition: Column) -> Column:
    return F.count(F.when(condition, True))


def _share(hits: str, of: str, minimum: int) -> Column:
    return F.when(F.col(of) >= minimum, F.col(hits) / F.col(of))
