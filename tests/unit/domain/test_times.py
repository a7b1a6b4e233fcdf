"""Instants as text and as Unix time."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipeline.domain.times import from_unix, to_text, to_unix


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        ("1763628000", "2025-11-20T08:40:00.000000Z"),
        ("1763628000.25", "2025-11-20T08:40:00.250000Z"),
        ("1.000001", "1970-01-01T00:00:01.000001Z"),
        ("0.000001", "1970-01-01T00:00:00.000001Z"),
        ("253402300799", "9999-12-31T23:59:59.000000Z"),
    ],
)
def test_unix_time_is_read_and_written_exactly(seconds: str, text: str) -> None:
    assert to_text(from_unix(Decimal(seconds))) == text
    assert str(to_unix(text)) == seconds


@pytest.mark.parametrize("seconds", ["0", "-1", "1763628000000", "253402300799.5", "1.0000001", "1." + "0" * 30 + "1"])
def test_what_is_no_unix_time_in_seconds_is_refused(seconds: str) -> None:
    with pytest.raises(ValueError, match="must"):
        from_unix(Decimal(seconds))


@pytest.mark.parametrize("spelled", ["1763628000.50", "1763628000.5", "17636280005E-1", "1763628000.500000000"])
def test_one_instant_has_one_number_however_it_was_spelled(spelled: str) -> None:
    assert str(to_unix(to_text(from_unix(Decimal(spelled))))) == "1763628000.5"


def test_an_instant_before_1970_is_a_negative_number() -> None:
    assert to_unix("1969-12-31T23:59:59.500000Z") == Decimal("-0.5")
