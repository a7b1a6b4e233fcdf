"""Makes the report of a day: read both sides, compare, tell, and write what was found where it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Callable, Optional

from pipeline.aws.clock import utc_now
from pipeline.aws.observability import logger
from pipeline.domain.lake import TABLE_COUNTS
from pipeline.domain.lines import day_partition
from pipeline.domain.times import to_text
from report.books import Difference, Differences, TableSide, Tally
from report.contents import Found, Report, assemble, plain
from report.counters import ApiMetrics, DecisionCounters
from report.lake import LakeDay, LakeSide
from report.limits import OutOfTimeError
from report.page import page_of
from report.sheet import sheet_of
from report.table import TableDay
from report.trail import Trail

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FOLDER = "reports"


@dataclass(frozen=True)
class Written:
    """Where a report lies, and when it was made."""

    bucket: str
    csv: str
    html: str
    made_at: str


class Archive:
    """Keeps reports where nobody changes them until their retention ends.

    Parameters
    ----------
    client
        An S3 client.
    bucket
        Name of a bucket with object lock.
    retention_days
        How long a report is locked, from its making on.
    lock_mode
        GOVERNANCE, which an operator with a permission of its own can lift, or COMPLIANCE, which nobody can.
    now
        The clock.
    """

    def __init__(
        self,
        client: S3Client,
        bucket: str,
        retention_days: int,
        lock_mode: str,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._retention = timedelta(days=retention_days)
        self._lock_mode: Any = lock_mode
        self._now = now

    def write(self, report: Report) -> Written:
        """Write the sheet and the page; a report made again is a further version of both."""
        made_at = self._now()
        name = f"{FOLDER}/{day_partition(report.day)}/compliance"
        written = Written(self._bucket, f"{name}.csv", f"{name}.html", to_text(made_at))
        self._put(written.csv, sheet_of(report), "text/csv; charset=utf-8", made_at)
        self._put(written.html, page_of(report), "text/html; charset=utf-8", made_at)
        return written

    def _put(self, key: str, text: str, content_type: str, made_at: datetime) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=text.encode(),
            ContentType=content_type,
            # S3 takes no locked object without a checksum, and not every SDK of a runtime adds one unasked.
            ChecksumAlgorithm="SHA256",
            Metadata={"made-at": to_text(made_at)},
            ObjectLockMode=self._lock_mode,
            ObjectLockRetainUntilDate=made_at + self._retention,
        )


class Reporter:
    """Makes reports.

    Parameters
    ----------
    table, counters, lake
        What is compared.
    lake_client, lake_bucket
        Where the table's counts are written for queries over the lake.
    archive
        Where reports are kept.
    api, trail
        What else is told, where there is such a thing.
    """

    def __init__(
        self,
        table: TableDay,
        counters: DecisionCounters,
        lake: LakeDay,
        lake_client: S3Client,
        lake_bucket: str,
        archive: Archive,
        api: Optional[ApiMetrics] = None,
        trail: Optional[Trail] = None,
    ) -> None:
        self._table = table
        self._counters = counters
        self._lake = lake
        self._lake_client = lake_client
        self._lake_bucket = lake_bucket
        self._archive = archive
        self._api = api
        self._trail = trail

    def make(self, day: date, in_time: Callable[[], bool]) -> tuple[Report, Written]:
        """Make and keep the report of a day.

        Parameters
        ----------
        day
            The day, UTC.
        in_time
            Tells whether there is time to read on; what is left suffices for writing.
        """
        report = assemble(day, self._read(day, in_time))
        written = self._archive.write(report)
        return report, written

    def _read(self, day: date, in_time: Callable[[], bool]) -> Found:
        differences = Differences()
        lake: Optional[LakeSide] = None
        lake_tally, table, reason = Tally(), None, ""
        # The lake first: if a row changes meanwhile, the table is ahead of it, as with any change on its way.
        try:
            lake = self._lake.read(day, differences, in_time)
            lake_tally = lake.tally()
            table = self._compare(day, lake, differences, in_time)
        except OutOfTimeError as error:
            logger.error("the books cannot be compared", day=day.isoformat(), reason=str(error))
            reason, differences = str(error), Differences()
        else:
            self._write_counts(day, table.tally)
        return Found(
            table=table,
            lake=lake,
            lake_tally=lake_tally,
            counters=self._counters.of(day),
            calls=self._api.of(day) if self._api else None,
            has_api=self._api is not None,
            accesses=self._trail.read(day, in_time) if self._trail else None,
            differences=differences,
            reason=reason,
        )

    def _compare(self, day: date, lake: LakeSide, differences: Differences, in_time: Callable[[], bool]) -> TableSide:
        side = TableSide(lake.states, differences)
        for row in self._table.rows(day, in_time):
            if isinstance(row, Difference):
                differences.add(row)
            else:
                side.take(row)
        side.end()
        logger.info("the table was read", day=day.isoformat(), read_units=str(self._table.read_units))
        return side

    def _write_counts(self, day: date, tally: Tally) -> None:
        self._lake_client.put_object(
            Bucket=self._lake_bucket,
            Key=f"{TABLE_COUNTS}/day={day.isoformat()}/counts.jsonl",
            Body="".join(_count_lines(day, tally)).encode(),
            ContentType="application/json",
        )


def _count_lines(day: date, tally: Tally) -> Iterator[str]:
    """Yield a line for each status and currency; the sum is a JSON number with all its digits."""
    for one in tally:
        amount = "null" if one.currency is None else plain(one.amount)
        known = {"day": day.isoformat(), "status": one.status, "currency": one.currency}
        yield f'{json.dumps({**known, "transactions": one.transactions})[:-1]}, "amount": {amount}}}\n'
