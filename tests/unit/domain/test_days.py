"""Days as daily jobs are asked for them: yesterday in UTC, or one that is named and has begun."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from pipeline.domain.days import InvalidDayError, asked_day

NOW = datetime(2026, 11, 20, 0, 5, tzinfo=timezone.utc)


def test_without_a_day_it_is_yesterday_in_utc() -> None:
    assert asked_day(None, NOW) == date(2026, 11, 19)
    assert asked_day(None, NOW.astimezone(timezone(timedelta(hours=-8)))) == date(2026, 11, 19)


@pytest.mark.parametrize("text", ["2026-11-20", "2026-11-19", "2024-02-29"])
def test_a_day_that_has_begun_is_taken(text: str) -> None:
    assert asked_day(text, NOW).isoformat() == text


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-11-31", "20261119", "2026-11-19T00:00:00Z", 20261119, "2026-11-19 "]
)
def test_what_is_no_day_is_refused(text: Any) -> None:
    with pytest.raises(InvalidDayError, match="date must be a day as YYYY-MM-DD"):
        asked_day(text, NOW)


def test_a_day_that_has_not_begun_is_refused() -> None:
    with pytest.raises(InvalidDayError, match="2026-11-21 has not"):
        asked_day("2026-11-21", NOW)
