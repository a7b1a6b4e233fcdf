"""The clock that adapters and handlers hand to the pure code."""

from __future__ import annotations

from datetime import datetime, timezone


def utc_now() -> datetime:
    """Return the present time, UTC."""
    return datetime.now(timezone.utc)
