"""Days, UTC, as jobs that run once a day are asked for them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import Any, Optional

from pipeline.domain.errors import PipelineError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class InvalidDayError(PipelineError):
    """What was asked for is no day that has begun."""


def asked_day(text: Optional[Any], now: datetime) -> date:
    """Return the day that a job is asked for: yesterday unless the caller names one.

    Parameters
    ----------
    text
        YYYY-MM-DD, or None.
    now
        The present time, aware.

    Raises
    ------
    InvalidDayError
        If it is no day, or one that has not begun in UTC.
    """
    today = now.astimezone(timezone.utc).date()
    if text is None:
        return today - timedelta(days=1)
    day = _day(text)
    if day is None:
        raise InvalidDayError(f"date must be a day as YYYY-MM-DD, such as 2026-11-20, not {str(text)[:40]!r}")
    if day > today:
        raise InvalidDayError(f"date must be a day that has begun (UTC), and {day} has not")
    return day


def _day(text: Any) -> Optional[date]:
    if not isinstance(text, str) or _DAY.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
