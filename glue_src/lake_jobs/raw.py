"""The raw lake: lines of JSON by the hour of the event, read by a fixed schema, and what is wrong with a line.

A line is good or it is not; nothing is guessed and nothing vanishes. Spark's own reader would take the first object of
`{...}{...}` and drop the second, round an amount of four decimals to three, and read "1,200" as a number, so each line
is parsed as the only element of an array in an object with an end mark, and the digits of its amount are looked at
before they are a number. Amounts become decimals from their digits: no float is on the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - the name that everybody gives it
from pyspark.sql import types as T  # noqa: N812

from lake_jobs.storage import Storage, Stored

PREFIX = "raw/transactions/"

AMOUNT = T.DecimalType(18, 3)
RISK = T.DecimalType(7, 6)

LINE = T.StructType(
    [
        T.StructField("transaction_id", T.StringType()),
        T.StructField("customer_id", T.StringType()),
        T.StructField("merchant_id", T.StringType()),
        T.StructField("merchant_category", T.StringType()),
        T.StructField("transaction_type", T.StringType()),
        T.StructField("channel", T.StringType()),
        T.StructField("amount", AMOUNT),
        T.StructField("currency", T.StringType()),
        T.StructField("latitude", T.DoubleType()),
        T.StructField("longitude", T.DoubleType()),
        T.StructField("occurred_at", T.StringType()),
        T.StructField("received_at", T.StringType()),
        T.StructField("processed_timestamp", T.StringType()),
        T.StructField("status", T.StringType()),
        T.StructField("is_fraud", T.BooleanType()),
        T.StructField("risk_score", RISK),
        T.StructField("reasons", T.ArrayType(T.StringType())),
        T.StructField("policy", T.StringType()),
        T.StructField("policy_version", T.StringType()),
        T.StructField("document_version", T.StringType()),
        T.StructField("label", T.StringType()),
        T.StructField("revision", T.IntegerType()),
        T.StructField("label_revision", T.IntegerType()),
        T.StructField("event_id", T.StringType()),
    ]
)
"""A line, field by field, as the lake's function writes it."""

REQUIRED = (
    "transaction_id", "customer_id", "merchant_id", "amount", "currency", "occurred_at", "status", "revision",
    "label_revision",
)  # fmt: skip
"""What every line has; the others may be null."""

_FILE = "value STRING, year STRING, month STRING, day STRING, hour STRING"
_WRAPPED = T.StructType(
    [
        T.StructField("lines", T.ArrayType(LINE)),
        T.StructField("end", T.IntegerType()),
        T.StructField("corrupt", T.StringType()),
    ]
)
_STRICT = {
    "mode": "PERMISSIVE",
    "columnNameOfCorruptRecord": "corrupt",
    "allowSingleQuotes": "false",
    "allowNonNumericNumbers": "false",
}
_PLAIN_AMOUNT = r'"amount"\s*:\s*-?[0-9]{1,15}(\.[0-9]{1,3}0*)?\s*[,}]'
_UTC = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$"

NOT_UTF8 = "not UTF-8"
NOT_ONE_OBJECT = "not one JSON object"
WRONG_TYPE = "a field has another type than it should"
NOT_AN_AMOUNT = "amount is no plain number with at most 15 digits before the point and 3 after it"
NOT_A_TIME = "occurred_at is no time like 2026-01-02T03:04:05.000006Z"
WRONG_FOLDER = "occurred_at does not lie in the hour of the object's folder"
UNKNOWN_LABEL = "label is neither fraud nor genuine"


def missing(field: str) -> str:
    """Return the reason of a line without a field that every line has."""
    return f"{field} is missing"


@dataclass(frozen=True)
class Objects:
    """The raw objects of a day when they were listed.

    Parameters
    ----------
    count, size
        How many, and their bytes.
    fingerprint
        Tells whether the day got objects, or other ones, since: a hash of their keys and sizes. An object's name
        follows from what it holds, so one that was written twice is still the same.
    """

    count: int
    size: int
    fingerprint: str


def folder(day: date) -> str:
    """Return the prefix of a day."""
    return f"{PREFIX}year={day:%Y}/month={day:%m}/day={day:%d}/"


def list_day(storage: Storage, day: date) -> Objects:
    """List a day's objects."""
    return _objects(storage.list(folder(day)))


def _objects(found: Sequence[Stored]) -> Objects:
    names = "".join(f"{one.key} {one.size}\n" for one in found)
    return Objects(len(found), sum(one.size for one in found), hashlib.sha256(names.encode()).hexdigest())


def read(spark: SparkSession, storage: Storage, days: Iterable[date], fields: Sequence[str]) -> DataFrame:
    """Return the lines of some days: no other folder is touched.

    Parameters
    ----------
    spark
        The session, whose time zone is UTC.
    storage
        The lake.
    days
        Days that have objects.
    fields
        What is wanted of a good line, besides transaction_id, revision and label_revision.

    Returns
    -------
    DataFrame
        `day` and `hash`; `key`, which is the transaction's id, or the text of a bad line; the fields, and `occurred`
        (occurred_at as a timestamp); null in good lines: `reason`, `object` and `line`.
    """
    urls = [storage.url(folder(day)) for day in days]
    text = (
        spark.read.schema(_FILE).option("basePath", storage.url(PREFIX)).option("lineSep", "\n").text(urls)
        if urls
        else spark.createDataFrame([], _FILE)
    )
    has_text = text.where(F.col("value").rlike(r"\S"))
    parsed = has_text.select(
        F.concat_ws("-", "year", "month", "day").alias("day"),
        "hour",
        "value",
        F.input_file_name().alias("object"),
        F.from_json(F.concat(F.lit('{"lines":['), "value", F.lit('],"end":1}')), _WRAPPED, _STRICT).alias("parsed"),
    )
    fields = list(dict.fromkeys([*fields, *REQUIRED, "label"]))
    columns = [F.col("line").getField(name).alias(name) for name in fields]
    lines = parsed.select(
        "day", "hour", "value", "object",
        F.col("parsed.corrupt").isNotNull().alias("corrupt"),
        (F.size("parsed.lines") == 1).alias("one"),
        F.col("parsed.end").isNotNull().alias("ends"),
        F.element_at("parsed.lines", 1).alias("line"),
    ).select("day", "hour", "value", "object", "corrupt", "one", "ends", "line", *columns)  # fmt: skip
    return _judged(lines.withColumn("occurred", F.col("occurred_at").cast("timestamp")))


def _judged(lines: DataFrame) -> DataFrame:
    """Give bad lines a reason and take from them everything but their text, and from good ones the text."""
    judged = lines.withColumn("reason", _reason()).drop("occurred_at", "corrupt", "one", "ends")
    bad = F.col("reason").isNotNull()
    fields = [name for name in judged.columns if name not in {"day", "hour", "value", "object", "line", "reason"}]
    key = F.when(bad, F.col("value")).otherwise(F.col("transaction_id"))
    return judged.select(
        "day",
        F.xxhash64("day", key).alias("hash"),
        key.alias("key"),
        *(F.when(~bad, F.col(name)).alias(name) for name in fields if name != "transaction_id"),
        "reason",
        F.when(bad, F.col("object")).alias("object"),
        F.when(bad, F.col("value")).alias("line"),
    )


def _reason() -> Column:
    """Return what is wrong with a line first, or null."""
    value = F.col("value")
    reason = F.when(value.cast("binary") != F.encode(value, "UTF-8"), NOT_UTF8)
    reason = reason.when(~F.col("one") | ~F.col("ends") | F.col("one").isNull(), NOT_ONE_OBJECT)
    reason = reason.when(F.col("line").isNull(), NOT_ONE_OBJECT)
    amount_is_odd = F.col("amount").isNull() & value.contains('"amount"')
    reason = reason.when(F.col("corrupt") & ~amount_is_odd, WRONG_TYPE)
    for name in REQUIRED:
        if name != "amount":
            reason = reason.when(F.col(name).isNull(), missing(name))
    reason = reason.when(~value.contains('"amount"'), missing("amount"))
    reason = reason.when(F.col("amount").isNull() | ~value.rlike(_PLAIN_AMOUNT), NOT_AN_AMOUNT)
    reason = reason.when(~F.col("occurred_at").rlike(_UTC) | F.col("occurred").isNull(), NOT_A_TIME)
    hour = F.concat("day", F.lit("T"), "hour")
    reason = reason.when(F.substring("occurred_at", 1, 13) != hour, WRONG_FOLDER)
    return reason.when(F.col("label").isNotNull() & ~F.col("label").isin("fraud", "genuine"), UNKNOWN_LABEL)


def settle(lines: DataFrame) -> DataFrame:
    """Say of each line whether it stands: the highest (revision, label_revision) of its transaction does.

    Lines that came twice are alike; if two of one revision were not, the order of their values decides, so that two
    runs agree.
    """
    others = [name for name in lines.columns if name not in {"day", "hash", "key", "revision", "label_revision"}]
    newest_first = Window.partitionBy("hash", "key", "day").orderBy(
        F.desc("revision"), F.desc("label_revision"), *(F.desc(name) for name in others)
    )
    return lines.withColumn("stands", (F.row_number().over(newest_first) == 1) & F.col("reason").isNull())
