"""daily-transaction-aggregation: the aggregates and profiles of a day, and of earlier days that changed.

A run for day D looks at the raw objects of D and of the `late_days` days before. A day whose objects are not those that
its manifest names has late data (or was never written); D itself is always made. From the earliest such day on all
days to D are written again, because each is compared with the days before it. Raw lines are read of the days that
changed only; what is known of the others lies in their aggregates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Optional

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name that everybody gives it

from lake_jobs import aggregates, manifest, publish, quarantine, raw
from lake_jobs.days import span
from lake_jobs.manifest import Counts, Manifest
from lake_jobs.raw import Objects
from lake_jobs.storage import Storage

JOB = "daily-transaction-aggregation"
AGGREGATES = "processed/daily-aggregates/"
PROFILES = "processed/customer-profiles/"


@dataclass(frozen=True)
class Plan:
    """What a run does.

    Parameters
    ----------
    write
        The days whose results are written, the earliest first.
    read
        Those of them that are read from raw lines, with what lay there.
    stored
        Earlier days that are known from their aggregates.
    bridged
        Earlier days that have raw lines but no aggregates: read for the comparison, not written.
    """

    write: tuple[date, ...]
    read: dict[date, Objects]
    stored: dict[date, Manifest]
    bridged: tuple[date, ...]


def plan(storage: Storage, day: date, late_days: int) -> Plan:
    """Find out what has to be done for a day."""
    window = span(day - timedelta(days=late_days), day)
    objects = {one: raw.list_day(storage, one) for one in window}
    known = {one: manifest.load(storage, one) for one in window}
    first = min([one for one in window if _has_changed(known[one], objects[one])] + [day])
    write = span(first, day)
    # The day itself is read in any case: whoever asks for it may know why.
    read = {
        one: objects[one] for one in write if one == day or _has_changed(known[one], objects[one]) or not known[one]
    }
    stored: dict[date, Manifest] = {}
    bridged = []
    for one in span(first - timedelta(days=aggregates.HISTORY_DAYS), day):
        found = known[one] if one in known else manifest.load(storage, one)
        if one in read:
            continue
        if found:
            stored[one] = found
        elif one not in known and raw.list_day(storage, one).count:
            bridged.append(one)
    return Plan(tuple(write), read, stored, tuple(bridged))


def _has_changed(before: Optional[Manifest], now: Objects) -> bool:
    """Say whether a day has other objects than those that its results were made of."""
    return before.fingerprint != now.fingerprint if before else now.count > 0


def run(spark: SparkSession, storage: Storage, day: date, late_days: int) -> dict[str, Any]:
    """Write the aggregates and profiles of a day, and of earlier days that changed.

    Returns
    -------
    dict
        What was done: the day, and the manifest of each day that was written.
    """
    publish.clear_staging(storage, JOB)
    todo = plan(storage, day, late_days)
    fresh = [one for one, objects in sorted(todo.read.items()) if objects.count]
    lines = raw.read(spark, storage, sorted({*fresh, *todo.bridged}), aggregates.FIELDS)
    groups = aggregates.grouped(raw.settle(lines)).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        books = _books(groups)
        parts = [aggregates.counted(groups)]
        if todo.stored:
            parts.append(aggregates.stored(_files(spark, storage, todo.stored)))
        known = aggregates.union(parts).persist(StorageLevel.MEMORY_AND_DISK)
        try:
            rows = {row["day"]: row["count"] for row in known.groupBy("day").count().collect()}
            written = [_write(storage, known, rows.get(str(one), 0), one, todo, books) for one in todo.write]
        finally:
            known.unpersist()
        bad = groups.where(F.col("reason").isNotNull())
        for one in (*todo.read, *todo.bridged):
            quarantine.replace_day(storage, bad, books.get(str(one), (Counts(), 0))[1], JOB, one)
    finally:
        groups.unpersist()
    for made in written:  # last: until then the day counts as changed, and the next run makes it again
        manifest.save(storage, made)
    return {"job": JOB, "day": str(day), "written": [asdict(made) for made in written]}


def _books(groups: DataFrame) -> dict[str, tuple[Counts, int]]:
    """Return the counts of each day, and how many different bad lines it has."""
    bad = F.col("reason").isNotNull()
    rows = groups.groupBy("day").agg(
        F.sum("lines").alias("lines"),
        F.sum("transaction_count").alias("transactions"),
        F.sum("undecided").alias("undecided"),
        F.sum(F.when(bad, F.col("lines")).otherwise(0)).alias("quarantined"),
        F.sum(bad.cast("long")).alias("bad"),
    )
    return {
        row["day"]: (
            Counts(
                lines=row["lines"],
                transactions=row["transactions"],
                undecided=row["undecided"],
                superseded=row["lines"] - row["transactions"] - row["undecided"] - row["quarantined"],
                quarantined=row["quarantined"],
            ),
            row["bad"],
        )
        for row in rows.collect()
    }


def _files(spark: SparkSession, storage: Storage, stored: Iterable[date]) -> DataFrame:
    urls = [storage.url(one.key) for day in sorted(stored) for one in storage.list(f"{AGGREGATES}day={day}/")]
    if not urls:
        return spark.createDataFrame([], aggregates.STORED_GROUPS)
    return spark.read.schema(aggregates.STORED_GROUPS).option("basePath", storage.url(AGGREGATES)).parquet(*urls)


def _write(
    storage: Storage, known: DataFrame, rows: int, day: date, todo: Plan, books: dict[str, tuple[Counts, int]]
) -> Manifest:
    order = ["customer_id", "merchant_category", "currency"]
    publish.replace_partition(
        storage, aggregates.aggregates_of(known, day), rows, JOB, f"{AGGREGATES}day={day}/", order
    )
    profiles = aggregates.profiles_of(known, day).persist(StorageLevel.MEMORY_AND_DISK)
    people = profiles.count()
    publish.replace_partition(storage, profiles, people, JOB, f"{PROFILES}day={day}/", ["customer_id", "currency"])
    profiles.unpersist()
    if day in todo.read:
        objects, counts = todo.read[day], books.get(str(day), (Counts(), 0))[0]
    else:  # its own lines have not changed, but those of a day before it
        before = todo.stored[day]
        objects, counts = Objects(before.objects, before.bytes, before.fingerprint), before.counts
    return Manifest(str(day), objects.count, objects.size, objects.fingerprint, counts, rows, people)
