"""Instants: UTC, RFC 3339, microseconds, "Z"; as text they sort in the order of time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d{2}):(\d{2}))",
    re.ASCII,
)


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
