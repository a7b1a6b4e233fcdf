"""Days and weeks of the lake: UTC, of the event time; a week begins on Monday."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from lake_jobs.errors import LakeJobError

WEEK_DAYS = 7


def day_of(text: str) -> date:
    """Read a day.

    Raises
    ------
    LakeJobError
        If the text is no day that exists.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise LakeJobError(f"a day must be given as YYYY-MM-DD, not as {text!r}.") from error
    if day.isoformat() != text:  # other forms of ISO 8601 would name folders that nobody finds
        raise LakeJobError(f"a day must be given as YYYY-MM-DD, not as {text!r}.")
    return day


def monday_of(text: str) -> date:
    """Read a week by its Monday.

    Raises
    ------
    LakeJobError
        If the text is no Monday.
    """
    day = day_of(text)
    if day.weekday():
        raise LakeJobError(
            f"a week is named by its Monday: {day} is none, but {day - timedelta(days=day.weekday())} is."
        )
    return day


def last_full_week(today: date) -> date:
    """Return the Monday of the last week that is over on `today`."""
    return today - timedelta(days=today.weekday() + WEEK_DAYS)


def span(first: date, last: date) -> list[date]:
    """Return all days from `first` to `last`, both included; none if `last` is earlier."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def week_days(mondays: Sequence[date]) -> list[date]:
    """Return all days of some weeks."""
    return [day for monday in mondays for day in span(monday, monday + timedelta(days=WEEK_DAYS - 1))]
