"""Which of a customer's transactions a list is about, as its parameters say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from typing import Optional

from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.status import Status
from pipeline.domain.times import from_text, to_text

EARLIEST, LATEST = "0", ":"
"""Texts before and after every sort key, which begins with the digits of a year."""

TRANSACTION_TYPES = ("purchase", "withdrawal", "transfer", "payment", "refund")

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CATEGORY = re.compile("[a-z0-9_]{1,64}")
_FLAGS = {"true": True, "false": False}
_NO_TIME = "must be a date such as 2026-11-20, or an RFC 3339 time with its offset such as 2026-11-20T00:00:00Z"


@dataclass(frozen=True)
class Filters:
    """What a transaction must be like to be in the list.

    Parameters
    ----------
    start
        Its event time is this or later, in the text of `pipeline.domain.times`.
    end
        Its event time is before this.
    equal
        Attributes of its row and what they are.
    with_fraud
        False: it is not marked as fraud.
    """

    start: str = EARLIEST
    end: str = LATEST
    equal: Mapping[str, str] = field(default_factory=dict)
    with_fraud: bool = True

    @property
    def drops_rows(self) -> bool:
        """Tell whether rows of the time range may be left out."""
        return bool(self.equal) or not self.with_fraud

    def to_texts(self) -> list[str]:
        """Return what tells these filters from others."""
        equal = [f"{name}={value}" for name, value in sorted(self.equal.items())]
        return [self.start, self.end, "" if self.with_fraud else "without fraud", *equal]


def filters_of(query: Mapping[str, str]) -> Filters:
    """Read the filters from the parameters start_date, end_date, type, category, status and include_fraud.

    A date as the start means its beginning and as the end means its end, both UTC; a time as the end is the first
    one outside.

    Raises
    ------
    InvalidTransactionError
        If one of them is malformed; it names the parameter.
    """
    start = _bound(query, "start_date", timedelta()) or EARLIEST
    end = _bound(query, "end_date", timedelta(days=1)) or LATEST
    if end <= start:
        raise InvalidTransactionError("end_date", "must lie after start_date")
    equal = {
        "transaction_type": _word(query, "type", TRANSACTION_TYPES),
        "merchant_category": _category(query.get("category")),
        "status": _word(query, "status", [status.value for status in Status]),
    }
    given = {name: value for name, value in equal.items() if value is not None}
    return Filters(start, end, given, _flag(query, "include_fraud", default=True))


def _bound(query: Mapping[str, str], name: str, of_a_date: timedelta) -> Optional[str]:
    """Return a time as text; where only a date is given, its beginning and `of_a_date` more."""
    text = query.get(name)
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return to_text(datetime.combine(date.fromisoformat(text), time(), timezone.utc) + of_a_date)
        return to_text(from_text(text))
    except (OverflowError, ValueError) as error:
        raise InvalidTransactionError(name, _NO_TIME) from error


def _word(query: Mapping[str, str], name: str, words: list[str] | tuple[str, ...]) -> Optional[str]:
    text = query.get(name)
    if text is not None and text not in words:
        raise InvalidTransactionError(name, f"must be one of {', '.join(words)}")
    return text


def _category(text: Optional[str]) -> Optional[str]:
    if text is not None and not _CATEGORY.fullmatch(text):
        raise InvalidTransactionError("category", "must be 1 to 64 lower-case letters, digits or _")
    return text


def _flag(query: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = query.get(name)
    if text is None:
        return default
    if text not in _FLAGS:
        raise InvalidTransactionError(name, "must be true or false")
    return _FLAGS[text]
