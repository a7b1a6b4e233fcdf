"""What the reader of logs finds (tests/e2e/logs.py): it must not pass a run because it sees nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.logs import CARD_NUMBER, PLANTED, Reading, faults

GOOD: dict[str, Any] = {
    "level": "INFO",
    "message": "request answered",
    "transaction_id": "t1",
    "correlation_id": "1f0c1c0a-5f0e-4e6b-8a55-0a4e9d1c2b3a",
    "amount": "12.50",
    "timestamp": "2026-11-20 08:16:01,204+0000",
    "_aws": {"Timestamp": 1763628000000},
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(GOOD),
        json.dumps({"sequence": "49590338271490256608559692538361571095921575989136588898"}),
        "START RequestId: 1f0c1c0a-5f0e-4e6b-8a55-0a4e9d1c2b3a Version: $LATEST",
        "END RequestId: 1f0c1c0a-5f0e-4e6b-8a55-0a4e9d1c2b3a",
        "REPORT RequestId: 1f0c1c0a-5f0e-4e6b-8a55-0a4e9d1c2b3a\tDuration: 3.00 ms",
    ],
)
def test_a_line_of_ids_amounts_and_codes_is_in_order(text: str) -> None:
    assert faults(text.replace("\t", " ")) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"note": CARD_NUMBER}, "holds a card number"),
        ({"note": "4111 1111 1111 1111"}, "holds a card number"),
        ({"note": "card 378282246310005."}, "holds a card number"),
        ({"note": 5555555555554444}, "holds a card number"),
        ({"note": f"the shop {PLANTED.upper()}"}, "holds a text that a client wrote freely"),
        ({"note": "Jane Roe"}, "holds a name"),
        ({"note": "the-key"}, "holds a secret"),
        ({"note": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0xx.c2lnbmF0dXJl"}, "holds a secret"),
        ({"event": {"httpMethod": "GET", "headers": {}}}, "holds a payload"),
        ({"message": json.dumps({"body": "x"})}, "holds a payload"),
        ({"merchant_id": "m", "currency": "EUR"}, "holds a whole transaction"),
    ],
)
def test_what_must_not_be_logged_is_found(change: dict[str, Any], problem: str) -> None:
    assert faults(json.dumps({**GOOD, **change}), ["the-key"]) == [problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Traceback (most recent call last):", "is neither a JSON object nor Lambda's own"),
        ('"text"', "is neither a JSON object nor Lambda's own"),
        ('{"level": "INFO"', "is neither a JSON object nor Lambda's own"),
        ('{"note": "a\u2028b"}', "holds a control character"),
        ('{"note": "a\x7fb"}', "holds a control character"),
    ],
)
def test_a_line_that_is_broken_or_steers_a_terminal_is_found(text: str, problem: str) -> None:
    assert faults(text) == [problem]


def test_what_the_runtime_says_of_a_function_that_broke_off_is_read_for_secrets_all_the_same() -> None:
    text = f"[ERROR] ValueError: {CARD_NUMBER}\rTraceback (most recent call last):"

    assert faults(text, runtime_tells=True) == ["holds a card number"]
    assert len(faults(text)) == 3


def test_an_escape_sequence_is_found() -> None:
    assert "holds a control character" in faults('{"note": "\x1b[31m"}')


def test_a_number_that_luhn_does_not_know_is_no_card() -> None:
    assert faults(json.dumps({"note": "4111111111111112"})) == []


def test_an_event_may_tell_what_a_transaction_is_about_and_no_name() -> None:
    event = json.dumps({"merchant_id": "m", "amount": 1, "currency": "EUR"})

    assert faults(event, is_event=True) == []
    assert faults(event.replace("m", "Jane Roe"), is_event=True) != []


def test_a_reading_counts_lines_and_keeps_an_example_of_each_problem() -> None:
    reading = Reading("e2e-flagship")
    for text in (json.dumps(GOOD), "Traceback", "Traceback again", '{"error": "AccessDenied"}'):
        reading.add("group", text, [])

    assert reading.summary() == "e2e-flagship: 4 lines of 1 log groups read, 1 problems"
    assert list(reading.faults.values()) == ["Traceback"]
    assert reading.denials == ['{"error": "AccessDenied"}']
