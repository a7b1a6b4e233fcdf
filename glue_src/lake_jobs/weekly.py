"""fraud-pattern-analysis: patterns, error rates, a threshold to approve and the trend, for the weeks up to one.

Labels come late, so the weeks before are counted again with what is known by now, and their rows are replaced.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Optional

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name that everybody gives it

from lake_jobs import patterns, proposal, publish, quarantine, raw, trend
from lake_jobs.days import WEEK_DAYS, week_days
from lake_jobs.errors import LakeJobError
from lake_jobs.proposal import Proposal, Scored
from lake_jobs.storage import Storage
from lake_jobs.trend import Count

JOB = "fraud-pattern-analysis"
PATTERNS = "processed/fraud-patterns/"
PROPOSALS = "analytics/threshold-proposals/"
REPORTS = "analytics/trend-reports/"


def run(
    spark: SparkSession, storage: Storage, week: date, weeks: int, policy_document: Optional[str], minimum: int
) -> dict[str, Any]:
    """Analyse the weeks up to one.

    Parameters
    ----------
    spark
        The session, whose time zone is UTC.
    storage
        The lake.
    week
        Monday of the last week.
    weeks
        How many weeks are looked at.
    policy_document
        The text of the document in force; None: no threshold is proposed.
    minimum
        Labels below which no rate is named.

    Returns
    -------
    dict
        What was found and written.
    """
    document = None if policy_document is None else _decoded(policy_document)
    publish.clear_staging(storage, JOB)
    mondays = [week - timedelta(days=WEEK_DAYS * number) for number in reversed(range(weeks))]
    days = [day for day in week_days(mondays) if raw.list_day(storage, day).count]
    settled = raw.settle(raw.read(spark, storage, days, patterns.FIELDS)).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        lines = _books(settled)
        _quarantine(storage, settled, days)
        transactions = patterns.decided(settled)
        scored = [Scored(**row.asDict()) for row in patterns.scores(transactions).collect()]
        counts = patterns.counted(transactions).persist(StorageLevel.MEMORY_AND_DISK)
        found = [Count(**row.asDict()) for row in counts.collect()]
        table = patterns.table(counts, minimum)
        rows = {str(monday): _replace(storage, table, found, str(monday)) for monday in mondays}
        counts.unpersist()
    finally:
        settled.unpersist()
    offer = Proposal("No policy document was given.") if document is None else proposal.propose(document, scored, week)
    report = trend.Report(
        week=str(week),
        weeks=tuple(trend.week_of(str(monday), found, minimum) for monday in mondays),
        top=trend.top_of(str(week), found),
        proposal=offer,
        document_version=document["version"] if document else None,
        champion=proposal.champion_of(document) if document else None,
        lines=lines,
    )
    written = _publish(storage, report, offer)
    return {"job": JOB, "week": str(week), "rows": rows, "lines": lines, "written": written, "proposal": offer.sentence}


def _decoded(text: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise LakeJobError(f"the policy document is no JSON: {error}.") from error
    proposal.champion_of(document)  # refused before an hour of counting, not after it
    return document


def _books(settled: DataFrame) -> dict[str, int]:
    bad = F.col("reason").isNotNull()
    stands = F.col("stands")
    row = settled.agg(
        F.count(F.lit(1)).alias("lines"),
        F.count(F.when(stands & F.col("is_fraud").isNotNull(), True)).alias("transactions"),
        F.count(F.when(stands & F.col("is_fraud").isNull(), True)).alias("undecided"),
        F.count(F.when(~stands & ~bad, True)).alias("superseded"),
        F.count(F.when(bad, True)).alias("quarantined"),
    ).first()
    return dict(row.asDict()) if row else {}


def _quarantine(storage: Storage, settled: DataFrame, days: Sequence[date]) -> None:
    """Write the bad lines of all days, as the daily job does: some came after it had looked for the last time."""
    bad = (
        settled.where(F.col("reason").isNotNull())
        .groupBy("day", "reason", "object", "line")
        .agg(F.count(F.lit(1)).alias("lines"))
    )
    counts = {row["day"]: row["count"] for row in bad.groupBy("day").count().collect()}
    for day in days:
        quarantine.replace_day(storage, bad, counts.get(str(day), 0), JOB, day)


def _replace(storage: Storage, table: DataFrame, found: Sequence[Count], week: str) -> int:
    count = sum(one.week == week for one in found)
    rows = table.where(F.col("week") == week).drop("week")
    publish.replace_partition(storage, rows, count, JOB, f"{PATTERNS}week={week}/", ["dimension", "value"])
    return count


def _publish(storage: Storage, report: trend.Report, offer: Proposal) -> list[str]:
    """Write report and proposal; a proposal that an earlier run made and this one does not is taken back."""
    data = json.dumps(report.to_json(), indent=2, ensure_ascii=False) + "\n"
    files = {f"{REPORTS}{report.week}.json": data, f"{REPORTS}{report.week}.html": trend.page(report)}
    proposed = f"{PROPOSALS}{report.week}.json"
    if offer.document:
        files[proposed] = proposal.pretty(offer.document)
    elif storage.read(proposed) is not None:
        storage.delete([proposed])
    for key, text in files.items():
        storage.write(key, text.encode("utf-8"))
    return list(files)
