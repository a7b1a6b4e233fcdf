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

BANK = {
    "TRANSACTIONS_TABLE": "transactions",
    "TRANSACTION_IDS_TABLE": "ids",
    "CUSTOMERS_TABLE": "customers",
    "PROCESSING_FAILURES_TOPIC_ARN": "arn:aws:sns:eu-west-1:000000000000:failures",
    "REQUEST_SCHEMA": "securebank",
}
STREAM_PROCESS = {
    **BANK,
    "FRAUD_INSIGHTS_TABLE": "insights",
    "POLICY_PARAMETER": "policy",
    "POLICY_REFRESH_SECONDS": "60",
}
STREAM_INGEST = {
    "TRANSACTIONS_TABLE": "transactions",
    "TRANSACTION_IDS_TABLE": "ids",
    "TRANSACTION_STREAM_NAME": "stream",
    "REQUEST_SCHEMA": "securebank",
    "SWEEP_AFTER_SECONDS": "900",
}
SWEEP = {
    "TRANSACTIONS_TABLE": "transactions",
    "RECEIVED_INDEX_NAME": "received-index",
    "SWEEP_AFTER_SECONDS": "900",
    "TRANSACTION_STREAM_NAME": "stream",
}
CUSTOMER_QUERY = {
    "TRANSACTIONS_TABLE": "transactions",
    "TRANSACTION_IDS_TABLE": "ids",
    "FRAUD_INSIGHTS_TABLE": "insights",
}
REPORT = {
    "TRANSACTIONS_TABLE": "transactions",
    "FRAUD_INSIGHTS_TABLE": "insights",
    "LAKE_BUCKET": "lake",
    "REPORTS_BUCKET": "reports",
    "REPORT_RETENTION_DAYS": "1",
    "REPORT_LOCK_MODE": "COMPLIANCE",
}
RESHARD = {
    "STREAM_NAME": "stream",
    "MINIMUM_SHARDS": "2",
    "MAXIMUM_SHARDS": "40",
    "GROW_COOLDOWN_SECONDS": "300",
    "SHRINK_COOLDOWN_SECONDS": "21600",
    "HIGH_ALARM_NAME": "load-high",
    "LOW_ALARM_NAME": "load-low",
}
SYSTEMS = [
    ("customer_query", CUSTOMER_QUERY),
    ("ingest", INGEST),
    ("ingest", STREAM_INGEST),
    ("process", PROCESS),
    ("report", REPORT),
    ("reshard", RESHARD),
    ("stream_process", STREAM_PROCESS),
    ("stream_failed", BANK),
    ("sweep", SWEEP),
]


@pytest.mark.parametrize(
    ("function", "settings", "missing"),
    [
        ("ingest", INGEST, "MERCHANTS_TABLE"),
        ("ingest", INGEST, "TRANSACTION_QUEUE_URL"),
        ("ingest", INGEST, "SWEEP_AFTER_SECONDS"),
        ("process", PROCESS, "ACCOUNTS_TABLE"),
        ("ingest", STREAM_INGEST, "TRANSACTION_IDS_TABLE"),
        ("ingest", STREAM_INGEST, "SWEEP_AFTER_SECONDS"),
        *(("stream_process", STREAM_PROCESS, name) for name in STREAM_PROCESS),
        *(("stream_failed", BANK, name) for name in BANK),
        *(("customer_query", CUSTOMER_QUERY, name) for name in CUSTOMER_QUERY),
        *(("reshard", RESHARD, name) for name in RESHARD),
    ],
)
def test_what_was_left_out_by_mistake_fails_the_start_by_its_name(
    monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, function: str, settings: dict[str, str], missing: str
) -> None:
    monkeypatch.delenv(missing, raising=False)
    given = {name: value for name, value in settings.items() if name != missing}

    with pytest.raises(SettingError, match=f"{missing} is missing"):
        load_handler(function, monkeypatch, emulator, **given)


@pytest.mark.parametrize(
    ("function", "settings", "reason"),
    [
        ("ingest", {**STREAM_INGEST, "TRANSACTION_QUEUE_URL": "http://127.0.0.1/queue.fifo"}, "exclude each other"),
        ("sweep", {**SWEEP, "TRANSACTION_QUEUE_URL": "http://127.0.0.1/queue.fifo"}, "exactly one"),
        ("sweep", {**SWEEP, "TRANSACTION_STREAM_NAME": ""}, "exactly one"),
        ("ingest", {**STREAM_INGEST, "REQUEST_SCHEMA": "securebnak"}, "no request schema 'securebnak'"),
        ("stream_process", {**STREAM_PROCESS, "REQUEST_SCHEMA": "securebnak"}, "no request schema 'securebnak'"),
    ],
)
def test_what_does_not_fit_together_fails_the_start(
    monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, function: str, settings: dict[str, str], reason: str
) -> None:
    with pytest.raises(SettingError, match=reason):
        load_handler(function, monkeypatch, emulator, **settings)


@pytest.mark.parametrize(("function", "settings"), SYSTEMS)
def test_the_whole_of_them_starts_it(
    monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, function: str, settings: dict[str, str]
) -> None:
    assert load_handler(function, monkeypatch, emulator, **settings).handler
