"""A function that misses a setting of its system must not start: optional for one system is not optional for all."""

from __future__ import annotations

import pytest

from pipeline.domain.errors import SettingError
from scripts.ministack import MiniStack
from tests.unit.functions.function_module import load_handler

INGEST = {
    "TRANSACTIONS_TABLE": "transactions",
    "MERCHANTS_TABLE": "merchants",
    "TRANSACTION_QUEUE_URL": "http://127.0.0.1/queue.fifo",
    "SWEEP_AFTER_SECONDS": "900",
}
PROCESS = {
    "TRANSACTIONS_TABLE": "transactions",
    "ACCOUNTS_TABLE": "accounts",
    "MERCHANTS_TABLE": "merchants",
    "TRANSACTION_QUEUE_URL": "http://127.0.0.1/queue.fifo",
    "RETRY_BASE_SECONDS": "20",
    "MERCHANT_CACHE_SECONDS": "60",
    "POLICY_PARAMETER": "policy",
    "POLICY_REFRESH_SECONDS": "60",
}


@pytest.mark.parametrize(
    ("function", "settings", "missing"),
    [
        ("ingest", INGEST, "MERCHANTS_TABLE"),
        ("ingest", INGEST, "TRANSACTION_QUEUE_URL"),
        ("ingest", INGEST, "SWEEP_AFTER_SECONDS"),
        ("process", PROCESS, "ACCOUNTS_TABLE"),
    ],
)
def test_what_was_left_out_by_mistake_fails_the_start_by_its_name(
    monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, function: str, settings: dict[str, str], missing: str
) -> None:
    monkeypatch.delenv(missing, raising=False)
    given = {name: value for name, value in settings.items() if name != missing}

    with pytest.raises(SettingError, match=f"{missing} is missing"):
        load_handler(function, monkeypatch, emulator, **given)


@pytest.mark.parametrize(("function", "settings"), [("ingest", INGEST), ("process", PROCESS)])
def test_the_whole_of_them_starts_it(
    monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, function: str, settings: dict[str, str]
) -> None:
    assert load_handler(function, monkeypatch, emulator, **settings).handler
