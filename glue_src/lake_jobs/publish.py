"""Putting a day or a week in place of what was there, and leaving every other one alone.

Spark writes aside (`processed/_staging/`, which no table reads); then each finished file replaces the one of the same
name in a single step, and files that are left over go. A partition of up to two million rows is one file, so a reader
sees the old rows or the new ones. A larger one changes file by file; a customer's rows lie in one file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from pyspark.sql import DataFrame

from lake_jobs.storage import Storage

STAGING = "processed/_staging/"
ROWS_A_FILE = 2_000_000


def clear_staging(storage: Storage, job: str) -> None:
    """Delete what an earlier run of a job may have left aside."""
    storage.delete(one.key for one in storage.list(f"{STAGING}{job}/"))


def replace_partition(
    storage: Storage, rows: Optional[DataFrame], count: int, job: str, prefix: str, sort_by: Sequence[str]
) -> int:
    """Replace the files of one partition by Parquet files with these rows.

    Parameters
    ----------
    storage
        The lake.
    rows
        Without the partition's own column.
    count
        How many rows there are; with none, the partition becomes empty.
    job
        Whose staging folder to use; one run of a job at a time.
    prefix
        Of the partition, with a slash at its end.
    sort_by
        Columns that order the rows, so that the same rows give the same files; the first one picks the file.

    Returns
    -------
    int
        How many files the partition has.
    """
    return _replace(storage, _arranged(rows, count, sort_by), job, prefix, "parquet")


def replace_lines(
    storage: Storage, rows: Optional[DataFrame], count: int, job: str, prefix: str, sort_by: Sequence[str]
) -> int:
    """Replace the files of a folder by gzipped lines of JSON; see `replace_partition`."""
    return _replace(storage, _arranged(rows, count, sort_by), job, prefix, "json")


def _arranged(rows: Optional[DataFrame], count: int, sort_by: Sequence[str]) -> Optional[DataFrame]:
    if rows is None or not count:
        return None
    files = -(-count // ROWS_A_FILE)
    return rows.repartition(files, sort_by[0]).sortWithinPartitions(*sort_by)


def _replace(storage: Storage, rows: Optional[DataFrame], job: str, prefix: str, form: str) -> int:
    staged = f"{STAGING}{job}/{prefix}"
    finished: list[str] = []
    if rows is not None:
        options = {"compression": "gzip"} if form == "json" else {}
        rows.write.format(form).options(**options).mode("overwrite").save(storage.url(staged))
        finished = [one.key for one in storage.list(staged) if one.key.rsplit("/", 1)[1].startswith("part-")]
    ending = "parquet" if form == "parquet" else "jsonl.gz"
    targets = [f"{prefix}part-{number:05}.{ending}" for number in range(len(finished))]
    for source, target in zip(finished, targets):
        storage.replace(source, target)
    storage.delete(one.key for one in storage.list(prefix) if one.key not in targets)
    storage.delete(one.key for one in storage.list(staged))
    return len(targets)
