"""Arguments of the jobs, the same under Glue (with underscores) and in a shell (with either)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Callable, NoReturn, Optional

from lake_jobs import days
from lake_jobs.errors import LakeJobError
from lake_jobs.rates import MINIMUM_LABELS

DAILY = ("lake", "day", "late_days", "region")
WEEKLY = ("lake", "week", "weeks", "policy_document", "minimum_labels", "region")
"""What each job takes."""

LATE_DAYS = 3
MOST_LATE_DAYS = 28
WEEKS = 4
MOST_WEEKS = 53


@dataclass(frozen=True)
class Daily:
    """Arguments of daily-transaction-aggregation."""

    lake: str
    day: date
    late_days: int
    region: Optional[str]


@dataclass(frozen=True)
class Weekly:
    """Arguments of fraud-pattern-analysis."""

    lake: str
    week: date
    weeks: int
    policy_document: Optional[str]
    minimum_labels: int
    region: Optional[str]


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is the error of a job: Glue would take an exit for a mere end."""

    def error(self, message: str) -> NoReturn:
        raise LakeJobError(f"{message.rstrip('.')}.")


def daily(arguments: Sequence[str], today: date) -> Daily:
    """Read the arguments of daily-transaction-aggregation."""
    parser = _parser("daily_transaction_aggregation", "Aggregates and profiles of a day.")
    parser.add_argument(
        "--day", type=_read(days.day_of), default=today - timedelta(days=1), help="YYYY-MM-DD, UTC; default: yesterday"
    )
    _add(
        parser, "late_days", type=_whole(0, MOST_LATE_DAYS), default=LATE_DAYS,
        help=f"how many days before it are made again if they got data since; default {LATE_DAYS}",
    )  # fmt: skip
    found = parser.parse_args(arguments)
    return Daily(found.lake, found.day, found.late_days, found.region)


def weekly(arguments: Sequence[str], today: date) -> Weekly:
    """Read the arguments of fraud-pattern-analysis."""
    parser = _parser("fraud_pattern_analysis", "Patterns, error rates, a threshold to approve and the trend of a week.")
    parser.add_argument(
        "--week", type=_read(days.monday_of), default=days.last_full_week(today),
        help="its Monday, YYYY-MM-DD; default: the last week that is over",
    )  # fmt: skip
    parser.add_argument(
        "--weeks", type=_whole(1, MOST_WEEKS), default=WEEKS, help=f"how many weeks are looked at; default {WEEKS}"
    )
    _add(
        parser, "policy_document", default=None,
        help="the document in force: a file, s3://bucket/key or the ARN of a parameter; default: no proposal",
    )  # fmt: skip
    _add(
        parser, "minimum_labels", type=_whole(1, 1_000_000), default=MINIMUM_LABELS,
        help=f"below it no rate is named; default {MINIMUM_LABELS}",
    )  # fmt: skip
    found = parser.parse_args(arguments)
    return Weekly(found.lake, found.week, found.weeks, found.policy_document, found.minimum_labels, found.region)


def _parser(name: str, description: str) -> _Parser:
    parser = _Parser(prog=name, description=description, allow_abbrev=False)
    parser.add_argument("--lake", required=True, help="s3://bucket, or a local folder")
    parser.add_argument("--region", default=None, help="the bucket's region; default: the environment's")
    return parser


def _add(parser: _Parser, name: str, **settings: object) -> None:
    """Add an argument of more than one word in both spellings."""
    add: Callable[..., object] = parser.add_argument
    add(f"--{name.replace('_', '-')}", f"--{name}", dest=name, **settings)


def _read(reader: Callable[[str], date]) -> Callable[[str], date]:
    def read(text: str) -> date:
        try:
            return reader(text)
        except LakeJobError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = lowest - 1
        if not lowest <= number <= highest:
            raise argparse.ArgumentTypeError(f"must be a whole number from {lowest} to {highest:,}, not {text!r}")
        return number

    return read
