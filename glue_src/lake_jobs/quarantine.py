"""Lines that could not be read: kept with the reason, by day, replaced when the day is read again."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that everybody gives it

from lake_jobs import publish
from lake_jobs.storage import Storage

PREFIX = "quarantine/raw/"


def replace_day(storage: Storage, bad: DataFrame, count: int, job: str, day: date) -> None:
    """Write the bad lines of a day: what was wrong, where, the text, and how often it was there.

    Parameters
    ----------
    storage
        The lake.
    bad
        With the columns day, reason, object, line and lines (how often).
    count
        How many rows `bad` has of the day; with none, nothing is read and the folder becomes empty.
    job
        Who writes; see `publish.replace_partition`.
    day
        The day of the folder in which the lines were found.
    """
    rows = bad.where(F.col("day") == str(day)).select("reason", "object", "line", F.col("lines").alias("times"))
    publish.replace_lines(storage, rows, count, job, f"{PREFIX}day={day}/", ["object", "line", "reason"])
