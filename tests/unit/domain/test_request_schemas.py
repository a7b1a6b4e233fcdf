"""Each system has its request; a function loads that one and no other."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from pipeline.domain import strict_json
from pipeline.domain.errors import InvalidTransactionError, SettingError
from pipeline.domain.request_schemas import NAMES, request_schema
from pipeline.domain.transaction import Transaction, parse_request
from scripts import paths
from tests.factories import NOW

MERCHANT_API = '{"transaction_id": "t1", "merchant_id": "shop", "amount": 12.5, "currency": "USD"}'
STREAM_ALERTS = MERCHANT_API.replace("{", '{"timestamp": 1795165140.5, ')
SECUREBANK = MERCHANT_API.replace("{", '{"customer_id": "cust-1", "timestamp": "2026-11-20T09:59:00.5+01:00", ')


def merchant_api(text: str = MERCHANT_API) -> Transaction:
    return parse_request(strict_json.loads(text), NOW, request_schema("merchant_api"))


def stream_alerts(text: str = STREAM_ALERTS) -> Transaction:
    return parse_request(strict_json.loads(text), NOW, request_schema("stream_alerts"))


def securebank(text: str = SECUREBANK) -> Transaction:
    return parse_request(strict_json.loads(text), NOW, request_schema("securebank"))


def refused(read: Any, text: str) -> InvalidTransactionError:
    with pytest.raises(InvalidTransactionError) as refusal:
        read(text)
    return refusal.value


def with_timestamp(spelled: str) -> str:
    return STREAM_ALERTS.replace("1795165140.5", spelled)


def test_merchant_api_takes_four_fields_and_no_account_or_time_is_made_up() -> None:
    taken = merchant_api()

    assert set(taken.to_document()) == {"transaction_id", "merchant_id", "amount", "currency"}


@pytest.mark.parametrize("field", ["transaction_id", "merchant_id", "amount", "currency"])
def test_merchant_api_asks_for_each_of_them(field: str) -> None:
    without = {name: value for name, value in json.loads(MERCHANT_API).items() if name != field}

    assert refused(merchant_api, json.dumps(without)).field == field


@pytest.mark.parametrize("field", ["account_id", "occurred_at", "timestamp", "merchant_name"])
def test_merchant_api_takes_nothing_else(field: str) -> None:
    assert refused(merchant_api, MERCHANT_API.replace("{", f'{{"{field}": "x", ')).field == field


def test_stream_alerts_keeps_its_time_in_utc_and_to_the_microsecond() -> None:
    assert stream_alerts().occurred_at == "2026-11-20T08:59:00.500000Z"
    assert stream_alerts(with_timestamp("1795165140.123456")).occurred_at == "2026-11-20T08:59:00.123456Z"


def test_stream_alerts_takes_a_merchants_name_and_an_account() -> None:
    taken = stream_alerts(STREAM_ALERTS.replace("{", '{"merchant_name": "Crédit \\u2603", "account_id": "acc", '))

    assert (taken.merchant_name, taken.account_id) == ("Crédit \u2603", "acc")


@pytest.mark.parametrize("spelled", ["1795165140.5", "1795165140.50", "17951651405e-1"])
def test_one_time_in_other_words_is_the_same_body(spelled: str) -> None:
    assert stream_alerts(with_timestamp(spelled)).fingerprint == stream_alerts().fingerprint


@pytest.mark.parametrize(
    ("spelled", "reason"),
    [
        ("1795165140500", "seconds, not in milliseconds"),
        ("253402300800", "seconds, not in milliseconds"),
        ("0", "must be more than 0"),
        ("-1795165140", "must be more than 0"),
        ("1795165140.1234567", "at most 6 decimals"),
        ("1." + "0" * 39 + "1", "must be number"),
        ('"1795165140"', "must be number"),
        ("true", "must be number"),
        ("null", "must be number"),
        ("NaN", "must be number"),
        ("1795165501", "lies in the future"),
    ],
)
def test_a_time_that_is_none_is_named_by_the_field_it_came_in(spelled: str, reason: str) -> None:
    refusal = refused(stream_alerts, with_timestamp(spelled))

    assert refusal.field == "timestamp"
    assert reason in refusal.reason


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (STREAM_ALERTS.replace('"timestamp": 1795165140.5, ', ""), "timestamp"),
        (STREAM_ALERTS.replace("{", '{"merchant_name": "", '), "merchant_name"),
        (STREAM_ALERTS.replace("{", f'{{"merchant_name": "{"x" * 101}", '), "merchant_name"),
        (STREAM_ALERTS.replace("{", r'{"merchant_name": "half \ud83d", '), "merchant_name"),
        (STREAM_ALERTS.replace("{", '{"account_id": "", '), "account_id"),
        (STREAM_ALERTS.replace("{", '{"occurred_at": "2026-11-20T08:59:00Z", '), "occurred_at"),
    ],
)
def test_a_bad_request_of_stream_alerts_names_its_field(text: str, field: str) -> None:
    assert refused(stream_alerts, text).field == field


def test_securebank_says_customer_timestamp_and_merchant_category() -> None:
    taken = securebank(SECUREBANK.replace("{", '{"merchant_category": "groceries", "transaction_type": "refund", '))

    assert (taken.account_id, taken.occurred_at, taken.category, taken.transaction_type) == (
        "cust-1",
        "2026-11-20T08:59:00.500000Z",
        "groceries",
        "refund",
    )


@pytest.mark.parametrize("spelled", ["2026-11-20T08:59:00.500Z", "2026-11-20T03:59:00.5-05:00"])
def test_securebank_takes_one_instant_in_other_words_for_the_same_body(spelled: str) -> None:
    other = SECUREBANK.replace("2026-11-20T09:59:00.5+01:00", spelled)
    assert securebank(other).fingerprint == securebank().fingerprint


def test_a_part_that_is_not_sent_is_no_part_of_the_fingerprint() -> None:
    assert "transaction_type" not in securebank().to_document()
    with_type = SECUREBANK.replace("{", '{"transaction_type": "purchase", ')
    assert securebank(with_type).fingerprint != securebank().fingerprint


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (SECUREBANK.replace('"customer_id": "cust-1", ', ""), "customer_id"),
        (SECUREBANK.replace('"cust-1"', '""'), "customer_id"),
        (SECUREBANK.replace('"timestamp": "2026-11-20T09:59:00.5+01:00", ', ""), "timestamp"),
        (SECUREBANK.replace("2026-11-20T09:59:00.5+01:00", "2026-11-20T09:59:00"), "timestamp"),
        (SECUREBANK.replace("2026-11-20T09:59:00.5+01:00", "2026-11-20T10:06:00Z"), "timestamp"),
        (SECUREBANK.replace('"2026-11-20T09:59:00.5+01:00"', "1795165140.5"), "timestamp"),
        (SECUREBANK.replace("{", '{"merchant_category": "Groceries", '), "merchant_category"),
        (SECUREBANK.replace("{", '{"transaction_type": "gift", '), "transaction_type"),
        (SECUREBANK.replace("{", '{"account_id": "acc", '), "account_id"),
        (SECUREBANK.replace("{", '{"occurred_at": "2026-11-20T08:59:00Z", '), "occurred_at"),
        (SECUREBANK.replace("{", '{"category": "groceries", '), "category"),
    ],
)
def test_a_bad_request_of_securebank_names_the_field_that_the_client_sent(text: str, field: str) -> None:
    assert refused(securebank, text).field == field


def test_an_unknown_schema_is_refused_by_its_name() -> None:
    with pytest.raises(SettingError, match=r"'flagschip'.*flagship, merchant_api, stream_alerts"):
        request_schema("flagschip")


@pytest.mark.parametrize("name", NAMES)
def test_no_schema_but_the_chosen_one_is_loaded_for_taking_requests(name: str) -> None:
    program = (
        "import sys; from pipeline.domain import records, request_schemas, transaction\n"
        f"request_schemas.request_schema({name!r})\n"
        "print(*sorted(m for m in sys.modules if 'schema' in m and m.startswith('pipeline.domain.')))\n"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=paths.LAMBDA_SRC, capture_output=True, text=True, check=True
    ).stdout.split()

    prefix = "pipeline.domain.request_schemas"
    assert loaded == [prefix, f"{prefix}.{name}", "pipeline.domain.schema"]
