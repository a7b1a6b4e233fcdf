"""The lake's lines: what is written of a change, in which order of fields, and what is not."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from pipeline.domain.lake import line_of, quarantine_object, raw_prefix
from pipeline.domain.records import UNREADABLE_ROW, rejected_message_row
from pipeline.domain.refusal import Refusal
from tests.unit.functions.customer_rows import DECIDED_AT, OCCURRED_AT, RECEIVED_AT, decided, labelled, received

COLUMNS = [
    "transaction_id", "customer_id", "merchant_id", "merchant_category", "transaction_type", "channel", "amount",
    "currency", "latitude", "longitude", "occurred_at", "received_at", "processed_timestamp", "status", "is_fraud",
    "risk_score", "reasons", "policy", "policy_version", "document_version", "label", "revision", "label_revision",
    "event_id",
]  # fmt: skip


def document_of(new: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    line = line_of("1", new, old)
    assert line is not None
    document: dict[str, Any] = json.loads(line.text)
    return document


def test_a_decision_is_a_line_with_every_column_in_its_order() -> None:
    document = document_of(decided(), received())

    assert list(document) == COLUMNS
    assert document == {
        "transaction_id": "t1",
        "customer_id": "c1",
        "merchant_id": "shop",
        "merchant_category": "grocery",
        "transaction_type": "purchase",
        "channel": "online",
        "amount": 12.5,
        "currency": "USD",
        "latitude": 52.52,
        "longitude": 13.4,
        "occurred_at": OCCURRED_AT,
        "received_at": RECEIVED_AT,
        "processed_timestamp": DECIDED_AT,
        "status": "APPROVED",
        "is_fraud": False,
        "risk_score": 0.4,
        "reasons": ["VELOCITY"],
        "policy": "weights",
        "policy_version": "1",
        "document_version": "d-1",
        "label": None,
        "revision": 2,
        "label_revision": 0,
        "event_id": "t1#2",
    }


def test_a_line_lies_in_the_hour_in_which_the_transaction_happened() -> None:
    line = line_of("7", decided(occurred_at="2026-01-02T23:59:59.999999Z"), None)

    assert line is not None
    assert (line.source, line.partition) == ("7", "year=2026/month=01/day=02/hour=23")
    day = datetime(2026, 1, 2, tzinfo=timezone.utc)
    assert f"raw/transactions/{line.partition}/".startswith(raw_prefix(day))


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (received(), None),
        ({**received(), "sweeps": 1}, received()),
        (decided(), decided()),
        (labelled({**decided(), "label_counted": 1}), labelled(decided())),
    ],
    ids=["accepted", "swept", "unchanged", "label counted"],
)
def test_what_settles_nothing_is_no_line(new: dict[str, Any], old: dict[str, Any] | None) -> None:
    assert line_of("1", new, old) is None


def test_a_later_revision_and_a_label_are_lines_of_their_own() -> None:
    declined = {**decided(), "status": "DECLINED", "revision": 3}

    assert document_of(declined, decided())["event_id"] == "t1#3"
    label = document_of(labelled(decided()), decided())
    assert (label["event_id"], label["label"], label["revision"], label["label_revision"]) == (
        "t1#2#label-1", "fraud", 2, 1,
    )  # fmt: skip


def test_a_withdrawn_label_is_none() -> None:
    assert document_of(labelled(decided(), "unknown", 2), labelled(decided()))["label"] is None


def test_what_a_row_does_not_hold_is_null() -> None:
    at = datetime(2026, 11, 20, tzinfo=timezone.utc)
    row = rejected_message_row("m1", "no body", Refusal("INVALID", "amount", "is required"), at)
    document = document_of({**row, "customer_id": "c1"})

    assert list(document) == COLUMNS
    absent = {name for name, value in document.items() if value is None}
    assert absent == {*COLUMNS} - {
        "transaction_id", "customer_id", "received_at", "status", "revision", "label_revision", "event_id",
    }  # fmt: skip


def test_no_name_and_no_feature_gets_into_the_lake() -> None:
    line = line_of("1", decided(), None)

    assert line is not None
    assert "Corner Shop" not in line.text
    assert "fingerprint" not in line.text
    assert "features" not in line.text


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "PAID"},
        {"revision": "two"},
        {"amount": "12.50"},
        {"amount": Decimal("0.12345678901234567890")},
        {"occurred_at": "yesterday"},
        {"occurred_at": None, "received_at": None},
        {"customer_id": Decimal(1)},
        {"is_fraud": "no"},
        {"location": {"latitude": Decimal(1)}},
        {"decision": {"score": 4}},
        {"label": "fraud"},
    ],
    ids=str,
)
def test_a_row_that_is_not_as_we_write_it_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(UNREADABLE_ROW):
        line_of("1", {**decided(), **broken}, None)


def test_what_is_put_aside_goes_by_its_content_to_the_day_of_the_change() -> None:
    record = {"eventID": "e1", "dynamodb": {"ApproximateCreationDateTime": 1795165140.0, "NewImage": {}}}

    one = quarantine_object("1", record, "KeyError: 'status'")

    assert one.key.rsplit("/", 1)[0] == "quarantine/stream/year=2026/month=11/day=20"
    assert json.loads(one.body) == {"reason": "KeyError: 'status'", "record": record}
    assert quarantine_object("9", dict(reversed(record.items())), "KeyError: 'status'").key == one.key
    assert quarantine_object("1", {"eventID": "e2"}, "").key.startswith("quarantine/stream/undated/")
