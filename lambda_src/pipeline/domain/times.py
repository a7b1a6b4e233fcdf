"""Instants: UTC, RFC 3339, microseconds, "Z"; as text they sort in the order of time. Unix time beside it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from pipeline.domain.money import decimal_places

_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d{2}):(\d{2}))",
    re.ASCII,
)

DAY = 86_400
"""Seconds of a day."""

LATEST_UNIX_SECONDS = 253_402_300_799
"""The last second of the year 9999: beyond it a time has no text of fixed width."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LATEST_PACKED = 0xFFFFFFFF


def to_text(instant: datetime) -> str:
    """Return an aware `instant` as UTC text of fixed width, e.g. 2026-01-02T03:04:05.000006Z."""
    return instant.astimezone(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Read an RFC 3339 instant with its offset; digits beyond microseconds are dropped.

    Raises
    ------
    ValueError
        If the text is no RFC 3339 instant, or one without an offset.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("must be an RFC 3339 time with its offset, such as 2026-01-02T03:04:05Z")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    microsecond = int((match.group(7) or "0")[:6].ljust(6, "0"))
    offset = timedelta()
    if match.group(9):
        offset = timedelta(hours=int(match.group(10)), minutes=int(match.group(11)))
        offset = -offset if match.group(9) == "-" else offset
    try:
        local = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=timezone(offset))
        return local.astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"is no time that exists: {error}") from error


def from_unix(seconds: Decimal) -> datetime:
    """Read Unix time: seconds since 1970 began in UTC, with at most 6 decimals.

    Raises
    ------
    ValueError
        If it is not above zero, lies beyond the year 9999 (as milliseconds do), or is finer than a microsecond.
    """
    if not 0 < seconds <= LATEST_UNIX_SECONDS:
        raise ValueError(f"must be Unix time in seconds, above 0 and at most {LATEST_UNIX_SECONDS}")
    if decimal_places(seconds) > 6:
        raise ValueError("must have at most 6 decimals, which are microseconds")
    return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))


def to_unix(text: str) -> Decimal:
    """Return an instant as `to_text` writes it in exact seconds since 1970, without trailing zeros."""
    microseconds = (from_text(text) - _EPOCH) // timedelta(microseconds=1)
    seconds = Decimal(microseconds).scaleb(-6)
    whole = seconds.to_integral_value()
    return whole if seconds == whole else seconds.normalize()


@lru_cache(maxsize=512)
def _day_of(text: str) -> int:
    return date(int(text[:4]), int(text[5:7]), int(text[8:])).toordinal() - _EPOCH.toordinal()


def seconds_of(event_time: str) -> int:
    """Return the whole seconds since 1970 of an instant as `to_text` writes it, as four bytes hold them: from 0 on."""
    day = _day_of(event_time[:10])
    seconds = day * DAY + int(event_time[11:13]) * 3600 + int(event_time[14:16]) * 60 + int(event_time[17:19])
    return min(max(seconds, 0), _LATEST_PACKED)
