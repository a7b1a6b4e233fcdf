"""The Spark jobs on the lake that the run has filled: their tables hold what the transactions table amounts to.

The tables are read through Athena, as analysts read them: that the catalogue fits what Spark writes is part of it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Callable

from scripts import spark_jobs
from scripts.athena import OUTPUT as WORKGROUP_OUTPUT
from scripts.athena import Result, Workgroup
from scripts.demo.analyses import sums
from scripts.demo.analyses.sums import Compared
from scripts.demo.state import Access, Analysis, Row

LATE_DAYS = 28
"""Days before the last one that one run of the daily job takes in at most."""
PROFILE_DAYS = 28
"""Days that a profile is of, its own among them."""

_AGGREGATES = """
SELECT day, customer_id, currency,
    sum(transaction_count) AS transactions, sum(total_amount) AS amount, sum(fraud_count) AS frauds
FROM daily_aggregates WHERE day BETWEEN '{first}' AND '{last}' GROUP BY day, customer_id, currency
"""
_PROFILES = """
SELECT customer_id, currency, transaction_count AS transactions, total_amount AS amount, fraud_count AS frauds
FROM customer_profiles WHERE day = '{last}'
"""
_PATTERNS = """
SELECT week, transactions, frauds FROM fraud_patterns WHERE dimension = 'all' AND week BETWEEN '{first}' AND '{last}'
"""


class SparkJobs(Analysis):
    """Both jobs, as this machine runs them."""

    name = "Spark jobs"

    def __init__(self, access: Access) -> None:
        self._s3 = access.client("s3")
        self._lake = access.output(spark_jobs.BUCKET_OUTPUT)
        self._database = access.output("glue_database_name")
        self._workgroup = Workgroup(access.client("athena"), access.output(WORKGROUP_OUTPUT))

    def prepare(self) -> None:
        """Build their environment; without Java they could only fail at the end."""
        spark_jobs.make_ready()

    def run(self, rows: Mapping[str, Row], say: Callable[[str], None]) -> Compared:
        """Run the daily job on the latest days and the weekly one on their weeks; compare what they wrote."""
        decided = [row for row in sums.settled(rows) if row.outcome is not None]
        days = [date.fromisoformat(day) for day in sums.days_of(decided)]
        last = days[-1]
        first = max(days[0], last - timedelta(days=LATE_DAYS))
        say(f"daily Spark job, {first} to {last}")
        daily_seconds = self._job("daily", "--day", str(last), "--late-days", str((last - first).days))
        say(f"weekly Spark job, {first} to {last}")
        weeks = (monday(last) - monday(first)).days // 7 + 1
        weekly_seconds = self._job("weekly", "--week", str(monday(last)), "--weeks", str(weeks))
        say("reading what they wrote")
        aggregates = self._ask(_AGGREGATES, first, last)
        profiles = self._ask(_PROFILES, first, last)
        patterns = self._ask(_PATTERNS, monday(first), monday(last))
        found = [
            *wrong_aggregates(decided, first, aggregates),
            *wrong_profiles(decided, last, profiles),
            *wrong_patterns(decided, monday(first), patterns),
        ]
        return Compared(
            part="spark",
            counts={
                "daily_seconds": daily_seconds, "weekly_seconds": weekly_seconds, "days": (last - first).days + 1,
                "weeks": weeks, "aggregates": len(aggregates), "profiles": len(profiles),
            },
            check="The Spark jobs' tables amount to the same",
            detail=f"{len(aggregates):,} sums by day, customer and currency, {len(profiles):,} profiles,"
            f" {len(patterns):,} weeks",
            differences=tuple(found),
        )  # fmt: skip

    def _job(self, job: str, *arguments: str) -> float:
        began = time.monotonic()
        spark_jobs.run(job, self._s3, self._lake, arguments)
        return round(time.monotonic() - began, 1)

    def _ask(self, sql: str, first: date, last: date) -> list[dict[str, str | None]]:
        answer: Result = self._workgroup.ask(sql.format(first=first, last=last), self._database)
        return answer.records()


def monday(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def wrong_aggregates(decided: list[Row], first: date, found: list[dict[str, Any]]) -> list[str]:
    """Compare the daily aggregates, added up over categories, with the rows from a day on."""
    rows = [row for row in decided if row.day >= str(first)]
    wanted = sums.added_up(rows, lambda row: (row.day, row.account_id, row.currency))
    given = {(one["day"], one["customer_id"], one["currency"]): sums.read(one) for one in found}
    return sums.differences("daily aggregates", wanted, given)


def wrong_profiles(decided: list[Row], last: date, found: list[dict[str, Any]]) -> list[str]:
    """Compare the profiles of the last day with the rows of the days that they are of."""
    rows = [row for row in decided if row.day >= str(last - timedelta(days=PROFILE_DAYS - 1))]
    wanted = sums.added_up(rows, lambda row: (row.account_id, row.currency))
    given = {(one["customer_id"], one["currency"]): sums.read(one) for one in found}
    return sums.differences("customer profiles", wanted, given)


def wrong_patterns(decided: list[Row], first: date, found: list[dict[str, Any]]) -> list[str]:
    """Compare the counts of whole weeks with the rows from a Monday on."""
    rows = [row for row in decided if row.day >= str(first)]
    weeks = sums.added_up(rows, lambda row: str(monday(date.fromisoformat(row.day))))
    wanted = {week: (one.transactions, one.frauds) for week, one in weeks.items()}
    given = {one["week"]: (int(one["transactions"]), int(one["frauds"])) for one in found}
    return sums.differences("fraud patterns", wanted, given)
