"""Lambda entry point of `report`: the compliance report of a day, by schedule or on demand."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional

from pipeline.aws.clients import client
from pipeline.aws.clock import utc_now
from pipeline.aws.observability import count, logger, metrics
from pipeline.aws.settings import load_settings
from pipeline.domain.days import asked_day
from pipeline.domain.errors import SettingError
from report.contents import Report
from report.counters import ApiMetrics, DecisionCounters
from report.lake import LakeDay
from report.reporter import Archive, Reporter, Written
from report.table import TableDay
from report.trail import Trail

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

READ_TIMEOUT_SECONDS = 20.0
ATTEMPTS = 8
"""Nobody waits: a throttled scan had better go on than fail."""

RESERVED_MILLISECONDS = 60_000
"""Time that is kept for what comes after reading: the report must be written in any case."""

LOCK_MODES = ("GOVERNANCE", "COMPLIANCE")


@dataclass(frozen=True)
class Settings:
    """What `report` needs to know; see `pipeline.aws.settings`.

    Parameters
    ----------
    transactions_table, fraud_insights_table
        The rows, keyed by customer, and the counters of decisions.
    lake_bucket
        The lake, of whose raw lines the day is compared.
    reports_bucket, report_retention_days, report_lock_mode
        Where reports are kept, a bucket with object lock, and how long nobody may change them.
    trail_bucket, trail_prefix
        Where the trail with the data events lies, and what its files' keys begin with, up to the region.
    api_name, api_stage, api_resource
        The API whose calls are told beside the rows, and the path of the submitting operation.

    Raises
    ------
    SettingError
        If the retention is none, or one of a pair is missing.
    """

    transactions_table: str
    fraud_insights_table: str
    lake_bucket: str
    reports_bucket: str
    report_retention_days: int
    report_lock_mode: str = "GOVERNANCE"
    trail_bucket: str = ""
    trail_prefix: str = ""
    api_name: str = ""
    api_stage: str = ""
    api_resource: str = "/transactions"

    def __post_init__(self) -> None:
        """Refuse what S3 would refuse at the end of a long job."""
        if self.report_retention_days < 1:
            raise SettingError("the environment variable REPORT_RETENTION_DAYS must be at least 1")
        if self.report_lock_mode not in LOCK_MODES:
            raise SettingError(f"the environment variable REPORT_LOCK_MODE must be {' or '.join(LOCK_MODES)}")


def build(settings: Settings) -> Reporter:
    """Wire the reporter to AWS."""
    dynamodb = client("dynamodb", READ_TIMEOUT_SECONDS, ATTEMPTS)
    s3 = client("s3", READ_TIMEOUT_SECONDS, ATTEMPTS)
    has_trail = _all_or_none(trail_bucket=settings.trail_bucket, trail_prefix=settings.trail_prefix)
    return Reporter(
        table=TableDay(dynamodb, settings.transactions_table),
        counters=DecisionCounters(dynamodb, settings.fraud_insights_table),
        lake=LakeDay(s3, settings.lake_bucket),
        lake_client=s3,
        lake_bucket=settings.lake_bucket,
        archive=Archive(s3, settings.reports_bucket, settings.report_retention_days, settings.report_lock_mode),
        api=_api(settings),
        trail=Trail(s3, settings.trail_bucket, settings.trail_prefix) if has_trail else None,
    )


def _all_or_none(**given: Optional[str]) -> bool:
    """Tell whether all settings are given.

    Raises
    ------
    SettingError
        If some are and others are not: left out by mistake must not pass for left out on purpose.
    """
    missing = [name for name, value in given.items() if not value]
    if missing and len(missing) < len(given):
        raise SettingError(f"the environment variable {missing[0].upper()} is missing: others need it")
    return not missing


def _api(settings: Settings) -> Optional[ApiMetrics]:
    if not _all_or_none(api_name=settings.api_name, api_stage=settings.api_stage):
        return None
    return ApiMetrics(client("cloudwatch"), settings.api_name, settings.api_stage, settings.api_resource)


REPORTER = build(load_settings(Settings, os.environ))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Make the report of a day: yesterday, or the `date` of the event. That the books differ is no error of the job."""
    day = asked_day(event.get("date"), utc_now())
    report, written = REPORTER.make(day, _in_time(context))
    _publish(report)
    return _answer(report, written)


def _in_time(context: LambdaContext) -> Callable[[], bool]:
    return lambda: context.get_remaining_time_in_millis() > RESERVED_MILLISECONDS


def _publish(report: Report) -> None:
    """Tell the books' state; where they were not compared, no number of differences says that there are none."""
    by_kind = {kind.value: number for kind, number in sorted(report.differences.counts.items())}
    count("Report/NotCompared", int(not report.compared))
    if report.compared:
        count("Report/Differences", report.differences.total)
    told = logger.warning if report.differences.total or not report.compared else logger.info
    told(
        "the report was made",
        day=report.day.isoformat(),
        compared=report.compared,
        differences=by_kind,
        figures={figure.name: figure.value for figure in report.figures},
    )


def _answer(report: Report, written: Written) -> dict[str, Any]:
    return {
        "date": report.day.isoformat(),
        "compared": report.compared,
        "reason": report.reason,
        "differences": report.differences.total if report.compared else None,
        "by_kind": {kind.value: number for kind, number in sorted(report.differences.counts.items())},
        "figures": {figure.name: figure.value for figure in report.figures},
        "bucket": written.bucket,
        "csv": written.csv,
        "html": written.html,
        "made_at": written.made_at,
    }
