"""Settings: complete before the first event, or the start fails with the variable's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import pytest

from pipeline.aws.settings import load_settings
from pipeline.domain.errors import SettingError


@dataclass(frozen=True)
class Settings:
    table: str
    cache_seconds: int = 60
    queue_url: Optional[str] = None
    sweep_seconds: Optional[int] = None


def test_what_has_a_default_may_be_missing_or_empty() -> None:
    assert load_settings(Settings, {"TABLE": "t", "QUEUE_URL": ""}) == Settings("t", 60, None, None)


def test_what_is_given_counts_with_its_type() -> None:
    given = {"TABLE": "t", "CACHE_SECONDS": "5", "QUEUE_URL": "url", "SWEEP_SECONDS": "900"}

    assert load_settings(Settings, given) == Settings("t", 5, "url", 900)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "TABLE is missing"),
        ({"TABLE": ""}, "TABLE is missing"),
        ({"TABLE": "t", "CACHE_SECONDS": "soon"}, "CACHE_SECONDS must be a int: 'soon'"),
        ({"TABLE": "t", "SWEEP_SECONDS": "15m"}, "SWEEP_SECONDS must be a int: '15m'"),
    ],
)
def test_what_is_missing_or_malformed_fails_the_start_by_its_name(environment: dict[str, str], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        load_settings(Settings, environment)
