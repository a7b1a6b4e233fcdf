"""Each system's API takes the bodies that the demonstration writes for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from scripts.demo import bodies, generator
from scripts.demo.model import Transaction
from scripts.demo.systems import ALL, FLAGSHIP, MERCHANT_API, STREAM_ALERTS
from tests.unit.demo.builders import transaction

Body = Callable[[Transaction, "str | None"], bytes]

FULL = transaction(
    "t1", amount=Decimal("1234567890123.10"), occurred_at="2026-01-05T10:00:00.250Z",
    category="books", channel="online", latitude=Decimal("40.7128"), longitude=Decimal("-74.0060"), fraud=True,
    expected="accepted",
)  # fmt: skip


def test_the_flagship_is_sent_everything_but_the_label() -> None:
    assert json.loads(bodies.flagship(FULL, "Shop"), parse_float=Decimal) == {
        "transaction_id": "t1", "account_id": "a1", "merchant_id": "m1", "currency": "USD",
        "occurred_at": "2026-01-05T10:00:00.250Z", "category": "books", "channel": "online",
        "amount": Decimal("1234567890123.10"),
        "location": {"latitude": Decimal("40.7128"), "longitude": Decimal("-74.0060")},
    }  # fmt: skip


def test_what_a_transaction_has_not_is_left_out() -> None:
    assert set(json.loads(bodies.flagship(transaction(), None))) == {
        "transaction_id", "account_id", "merchant_id", "amount", "currency", "occurred_at",
    }  # fmt: skip
    assert "merchant_name" not in json.loads(bodies.stream_alerts(transaction(), None))


def test_the_merchant_api_is_sent_four_fields() -> None:
    assert json.loads(bodies.merchant_api(FULL, "Shop"), parse_float=Decimal) == {
        "transaction_id": "t1", "merchant_id": "m1", "amount": Decimal("1234567890123.10"), "currency": "USD",
    }  # fmt: skip


def test_stream_alerts_is_sent_the_time_as_a_number_and_the_merchants_name() -> None:
    assert json.loads(bodies.stream_alerts(FULL, 'A "Shop"'), parse_float=Decimal) == {
        "transaction_id": "t1", "timestamp": Decimal("1767607200.25"), "merchant_id": "m1",
        "merchant_name": 'A "Shop"', "amount": Decimal("1234567890123.10"), "currency": "USD", "account_id": "a1",
    }  # fmt: skip


def test_securebank_is_sent_everything_by_its_own_names() -> None:
    full = replace(FULL, transaction_type="purchase")

    assert json.loads(bodies.securebank(full, "Shop"), parse_float=Decimal) == {
        "transaction_id": "t1", "customer_id": "a1", "timestamp": "2026-01-05T10:00:00.250Z", "merchant_id": "m1",
        "currency": "USD", "transaction_type": "purchase", "merchant_category": "books", "merchant_name": "Shop",
        "channel": "online", "amount": Decimal("1234567890123.10"),
        "location": {"latitude": Decimal("40.7128"), "longitude": Decimal("-74.0060")},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        ("1970-01-01T00:00:01Z", "1"),
        ("2026-01-05T10:00:00Z", "1767607200"),
        ("2026-01-05T10:00:00.000001Z", "1767607200.000001"),
        ("2026-01-05T12:00:00.500+02:00", "1767607200.5"),
        ("9999-12-31T23:59:59.999999Z", "253402300799.999999"),
    ],
)
def test_a_time_is_exact_and_short(moment: str, seconds: str) -> None:
    assert f"{bodies.unix_seconds(moment):f}" == seconds


@pytest.mark.parametrize("amount", ["0.10", "1234567890123.10", "1E+3", "5"])
@pytest.mark.parametrize("body", [system.body for system in ALL.values()])
def test_an_amount_keeps_its_digits_and_is_no_text(body: Body, amount: str) -> None:
    written = body(transaction(amount=Decimal(amount)), None)

    assert f'"amount":{Decimal(amount):f}'.encode() in written


@pytest.mark.parametrize("body", [system.body for system in ALL.values()])
def test_a_label_is_never_sent(body: Body) -> None:
    names = {name for one in generator.transactions(300, 1) for name in json.loads(body(one, "Shop"))}

    assert not {"fraud", "expected", "label"} & names


def test_only_a_system_that_configures_merchants_refuses_some() -> None:
    refused = transaction(expected="rejected")

    assert [system.expecting(refused).expected for system in (FLAGSHIP, MERCHANT_API, STREAM_ALERTS)] == [
        "rejected", "rejected", "accepted",
    ]  # fmt: skip
    assert STREAM_ALERTS.expecting(transaction(expected="conflict")).expected == "conflict"
