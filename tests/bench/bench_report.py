"""How long a day's report takes, and how much memory: run by hand, never as a test.

Usage: python -m tests.bench.bench_report [TRANSACTIONS...]

The lake's objects and the table's pages are made beforehand, and read from files by a process of their own. Times are
those of the processor, for the report's own code: in AWS, waiting comes on top, and the SDK's reading of pages. A tenth
of the transactions has a second revision. Budget: a million transactions in 1,024 MB.
"""

from __future__ import annotations

import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from scripts import paths  # first: it makes the functions' library importable

from pipeline.aws.dynamo import to_item  # isort: skip
from pipeline.domain.lake import RAW, line_of  # isort: skip
from pipeline.domain.lines import line_objects  # isort: skip
from report.books import Differences, Row, TableSide  # isort: skip
from report.lake import LakeDay  # isort: skip
from report.table import ATTRIBUTES, SEGMENTS, TableDay  # isort: skip
from tests.unit.functions.customer_rows import decided  # isort: skip

SIZES = (100_000, 1_000_000)
LINES_AN_OBJECT = 1_000
ROWS_A_PAGE = 2_500
DAY = date(2026, 11, 20)


def row_of(number: int) -> dict[str, Any]:
    """Return a row that differs from others where rows do."""
    name = f"{number:08x}-4f2c-4d2b-9c55-1f6f0a9c{number % 10_000:04}"
    hour = f"{number % 24:02}"
    return decided(name, amount=Decimal(number % 99_991) / 100, occurred_at=f"2026-11-20T{hour}:00:00.000000Z")


class Lake:
    """An S3 client over the files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_paginator(self, _operation: str) -> Lake:
        return self

    def paginate(self, *, Prefix: str, **_: Any) -> Iterator[dict[str, Any]]:  # noqa: N803 - the SDK's name
        names = sorted(file.name for file in self._folder.glob("*.gz")) if Prefix.startswith(RAW) else []
        yield {"Contents": [{"Key": name} for name in names]}

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"Body": (self._folder / Key).open("rb")}


class Table:
    """A DynamoDB client over the pages of a folder: of each segment one after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def scan(self, *, Segment: int, **arguments: Any) -> dict[str, Any]:  # noqa: N803
        number = int(arguments.get("ExclusiveStartKey", {}).get("page", {}).get("N", Segment))
        page: dict[str, Any] = pickle.loads((self._folder / f"{number}.page").read_bytes())  # noqa: S301 - our own
        following = number + SEGMENTS
        more = (self._folder / f"{following}.page").exists()
        return {**page, **({"LastEvaluatedKey": {"page": {"N": str(following)}}} if more else {})}


def make(transactions: int, folder: Path) -> None:
    """Write a day's objects and pages."""
    for start in range(0, transactions, LINES_AN_OBJECT):
        rows = map(row_of, range(start, min(start + LINES_AN_OBJECT, transactions)))
        changes = [row for one in rows for row in ([one, {**one, "revision": 3}] if _twice(one) else [one])]
        lines = [line for line in (line_of("1", row, None) for row in changes) if line is not None]
        (one_hour,) = line_objects(RAW, [replace(line, partition="hour") for line in lines])
        (folder / f"{start:09}.gz").write_bytes(one_hour.body)
    for number in range(max(SEGMENTS, -(-transactions // ROWS_A_PAGE))):
        rows = map(row_of, range(number * ROWS_A_PAGE, min((number + 1) * ROWS_A_PAGE, transactions)))
        last = [{**one, "revision": 3} if _twice(one) else one for one in rows]
        items = [to_item({name: row[name] for name in ATTRIBUTES if name in row}) for row in last]
        (folder / f"{number}.page").write_bytes(pickle.dumps({"Items": items}))


def _twice(row: dict[str, Any]) -> bool:
    return bool(row["transaction_id"][7] in "02468" and row["transaction_id"][6] in "012")


def measure(folder: Path) -> dict[str, Any]:
    """Compare the day that lies in a folder; return what it took."""
    before = _megabytes()
    lake_client: Any = Lake(folder)
    table_client: Any = Table(folder)
    differences = Differences()
    started = time.process_time()
    lake = LakeDay(lake_client, "lake").read(DAY, differences, lambda: True)
    lake.tally()
    read = time.process_time()
    side = TableSide(lake.states, differences)
    for row in TableDay(table_client, "table").rows(DAY, lambda: True):
        assert isinstance(row, Row), row
        side.take(row)
    side.end()
    return {
        "transactions": side.tally.total,
        "lines": lake.lines,
        "differences": differences.total,
        "lake_seconds": round(read - started, 1),
        "table_seconds": round(time.process_time() - read, 1),
        "megabytes": _megabytes(),
        "of_which_before": before,
    }


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(arguments: list[str]) -> None:
    """Measure each size in a process of its own, and print what it took."""
    if arguments[:1] == ["--read"]:
        print(json.dumps(measure(Path(arguments[1]))))
        return
    for size in [int(one) for one in arguments] or SIZES:
        with tempfile.TemporaryDirectory(dir=paths.BUILD) as folder:
            make(size, Path(folder))
            subprocess.run([sys.executable, "-m", "tests.bench.bench_report", "--read", folder], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
