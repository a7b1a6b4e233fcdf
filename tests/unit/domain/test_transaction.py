"""What is a transaction, and which field is to blame when something is none."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain import strict_json
from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.queue_body import from_document, read_body
from pipeline.domain.queued import accept
from pipeline.domain.records import acceptance_of, received_row
from pipeline.domain.request_schemas import request_schema
from pipeline.domain.transaction import Location, Transaction, parse_request
from tests.factories import NOW, acceptance, transaction

LATER = timedelta(minutes=15)

FLAGSHIP = request_schema("flagship")

GOOD: dict[str, Any] = {
    "transaction_id": "t1",
    "account_id": "acc",
    "merchant_id": "shop",
    "amount": 12.5,
    "currency": "USD",
    "occurred_at": "2026-11-20T08:59:00Z",
}


def body(**changes: Any) -> str:
    """Return a good request body with `changes`; a value of ... leaves the field out."""
    return json.dumps({name: value for name, value in {**GOOD, **changes}.items() if value is not ...})


def parsed(text: str) -> Transaction:
    """Return what the flagship takes the request body for."""
    return parse_request(strict_json.loads(text), NOW, FLAGSHIP)


def raw_amount(text: str) -> str:
    """Return a good request body whose amount is spelled `text`."""
    return body(amount="@").replace('"@"', text)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (body(transaction_id=...), "transaction_id"),
        (body(transaction_id=""), "transaction_id"),
        (body(transaction_id="x" * 65), "transaction_id"),
        (body(transaction_id="has space"), "transaction_id"),
        (body(transaction_id="line\n"), "transaction_id"),
        (body(transaction_id=7), "transaction_id"),
        (body(account_id=None), "account_id"),
        (body(merchant_id=["shop"]), "merchant_id"),
        (body(amount=...), "amount"),
        (body(amount=0), "amount"),
        (body(amount=-1), "amount"),
        (body(amount="12.50"), "amount"),
        (body(amount=True), "amount"),
        (body(amount=1e12), "amount"),
        (raw_amount("-0.00"), "amount"),
        (raw_amount("NaN"), "amount"),
        (raw_amount("-Infinity"), "amount"),
        (raw_amount("1e-99999999"), "amount"),
        (raw_amount("1e999999999999999999999"), "amount"),
        (raw_amount("1." + "1" * 100), "amount"),
        (body(amount=1.005), "amount"),
        (raw_amount("12.30000000000000000000000000001"), "amount"),
        (raw_amount("1.0000000000000000000000000000000000000001"), "amount"),
        (raw_amount("12." + "3" + "0" * 38), "amount"),
        (body(amount=1.5, currency="JPY"), "amount"),
        (body(currency="usd"), "currency"),
        (body(currency="ABC"), "currency"),
        (body(currency="USD\n"), "currency"),
        (body(occurred_at="2026-11-20"), "occurred_at"),
        (body(occurred_at="2026-11-20T08:59:00"), "occurred_at"),
        (body(occurred_at="2026-02-30T08:59:00Z"), "occurred_at"),
        (body(occurred_at="2026-11-20T09:05:01Z"), "occurred_at"),
        (body(occurred_at=1763629140), "occurred_at"),
        (body(occurred_at="\u0662\u0660\u0662\u0666-11-20T08:59:00Z"), "occurred_at"),
        (body(channel="pigeon"), "channel"),
        (body(category="Two Words"), "category"),
        (body(location={"latitude": 1}), "location.longitude"),
        (body(location={"latitude": 91, "longitude": 0}), "location.latitude"),
        (body(card_number="4111"), "card_number"),
        ('{"amount": 1, "amount": 2}', "body"),
        ("[" * 100_000, "body"),
        ("[]", "body"),
        ("", "body"),
        ("{", "body"),
    ],
)
def test_a_bad_request_names_its_field(text: str, field: str) -> None:
    with pytest.raises(InvalidTransactionError) as refusal:
        parsed(text)

    assert refusal.value.field == field


def test_a_repeated_key_is_not_repeated_to_anybody() -> None:
    with pytest.raises(InvalidTransactionError) as refusal:
        parsed('{"location": {"4111111111111111": 1, "4111111111111111": 2}}')

    assert str(refusal.value) == "body: repeats a key"


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        (body(card_4111111111111111=1), "?"),
        (body(location={"latitude": 1, "longitude": 2, "4111111111111111": 3}), "location.?"),
        (body(location={"latitude": 1}), "location.longitude"),
        (body(amount=0), "amount"),
        ("[]", "body"),
    ],
)
def test_logs_name_a_field_only_if_it_is_one_of_ours(text: str, logged: str) -> None:
    with pytest.raises(InvalidTransactionError) as refusal:
        parsed(text)

    assert refusal.value.logged_field == logged


def test_an_event_five_minutes_ahead_of_our_clock_is_still_taken() -> None:
    taken = parsed(body(occurred_at="2026-11-20T09:05:00Z"))

    assert taken.occurred_at == "2026-11-20T09:05:00.000000Z"


def test_three_decimals_are_fine_where_the_currency_has_them() -> None:
    assert parsed(body(amount=1.005, currency="KWD")).amount == Decimal("1.005")


def test_the_same_amount_and_instant_in_other_words_is_the_same_body() -> None:
    one = parsed(raw_amount("12.5"))
    other = parsed(raw_amount("1.250e1").replace("08:59:00Z", "09:59:00.000+01:00"))

    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "12.51"},
        {"currency": "EUR"},
        {"merchant_id": "other"},
        {"occurred_at": "2026-11-20T08:59:01.000000Z"},
        {"channel": "online"},
    ],
)
def test_another_value_of_any_field_is_another_body(change: dict[str, Any]) -> None:
    assert transaction(**change).fingerprint != transaction().fingerprint


def test_a_body_has_the_fingerprint_that_it_always_had() -> None:
    place = Location(Decimal("48.85"), Decimal("-2.5"))
    full = transaction(category="grocery", channel="online", location=place)

    # Rows hold them: another one would turn every repetition of an older transaction into a conflict.
    assert transaction().fingerprint == "23d7beee5d84c261b07186e09d0af2001ae033b196e526c761a7640a38a77245"
    assert full.fingerprint == "47552bfa51877144c6ac0c23f35d15425b8d500c9d29cce0c849cde2d29f476d"


def test_what_is_not_said_is_no_part_of_the_body() -> None:
    bare = replace(transaction(), account_id=None, occurred_at=None)

    assert list(bare.to_document()) == ["transaction_id", "merchant_id", "amount", "currency"]
    assert accept(bare, NOW, "r").account_key == "t1"
    assert accept(bare, NOW, "r").event_time == "2026-11-20T09:00:00.000000Z"
    assert accept(bare, NOW, "r1").transaction.fingerprint == accept(bare, NOW + LATER, "r2").transaction.fingerprint


def test_a_row_that_was_changed_is_no_acceptance() -> None:
    row = received_row(acceptance())

    for spoiled in ({**row, "amount": Decimal(13)}, {**row, "account_id": None}, {**row, "occurred_at": None}):
        with pytest.raises(ValueError, match="fingerprint"):
            acceptance_of(spoiled)


ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}", fullmatch=True)
cents = st.integers(1, 999_999_999_999_00).map(lambda n: Decimal(n) / 100)


@given(ids, ids, cents, st.booleans())
def test_what_was_accepted_reads_back_the_same_from_queue_and_table(
    transaction_id: str, account_id: str, amount: Decimal, has_location: bool
) -> None:
    location = {"latitude": "48.85", "longitude": "-2.5"} if has_location else None
    document = {**transaction(transaction_id, account_id, amount=amount).to_document(), "location": location}
    accepted = accept(from_document({k: v for k, v in document.items() if v is not None}), NOW, "request")

    assert read_body(accepted.to_body()) == accepted
    assert acceptance_of(received_row(accepted, LATER)) == accepted


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('"12.5"', '"13.5"'),
        lambda text: text.replace('"fingerprint"', '"print"'),
        lambda text: text.replace('"transaction"', '"t"'),
        lambda text: text.replace("2026-11-20T09:00:00.000000Z", "yesterday"),
        lambda text: text[:-1],
        lambda _: "[]",
    ],
)
def test_a_queue_message_that_we_did_not_write_is_refused(spoil: Any) -> None:
    with pytest.raises(InvalidTransactionError):
        read_body(spoil(acceptance().to_body()))
