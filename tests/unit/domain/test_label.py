"""Labels: late, repeated and contradicting, and still one truth."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.label import (
    MOST_KEPT,
    Label,
    Labelling,
    LabelSource,
    LabelStatus,
    LabelValue,
    apply_label,
    parse_label,
    value_of,
)
from tests.factories import NOW

MONDAY, TUESDAY, FRIDAY = (f"2026-11-{day}T08:00:00.000000Z" for day in (16, 17, 20))


def label(value: str = "fraud", at: str = MONDAY, source: str = "chargeback") -> Label:
    return Label(LabelValue(value), LabelSource(source), at)


def labelled(*labels: Label) -> tuple[dict[str, Any], list[str]]:
    """Return a row after the labels, and what became of each."""
    row: dict[str, Any] = {"transaction_id": "t1"}
    found = []
    for one in labels:
        labelling = apply_label(row, one, "api", FRIDAY)
        row.update(labelling.attributes or {})
        found.append(labelling.status.value)
    return row, found


def request(**changes: Any) -> dict[str, Any]:
    given_label = {
        "transaction_id": "t1",
        "label": "fraud",
        "source": "chargeback",
        "confirmed_at": "2026-11-20T09:30:00+01:00",
    }
    return {name: value for name, value in {**given_label, **changes}.items() if value is not ...}


class TestRequests:
    def test_a_label_is_read_with_its_time_in_utc(self) -> None:
        found = parse_label(request(), NOW)

        assert found.transaction_id == "t1"
        assert found.label == label(at="2026-11-20T08:30:00.000000Z")

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"label": ...}, "label"),
            ({"label": "scam"}, "label"),
            ({"source": "hearsay"}, "source"),
            ({"transaction_id": "message#1"}, "transaction_id"),
            ({"transaction_id": 7}, "transaction_id"),
            ({"confirmed_at": "yesterday"}, "confirmed_at"),
            ({"confirmed_at": "2026-11-20T08:00:00"}, "confirmed_at"),
            ({"confirmed_at": "2026-11-20T09:06:00Z"}, "confirmed_at"),
            ({"customer_name": "Jane Doe"}, "customer_name"),
        ],
    )
    def test_what_is_wrong_is_named(self, changes: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidTransactionError) as found:
            parse_label(request(**changes), NOW)

        assert found.value.field == field

    @pytest.mark.parametrize("document", [[], "fraud", None, 7])
    def test_a_body_that_is_no_object_is_refused(self, document: Any) -> None:
        with pytest.raises(InvalidTransactionError, match="body"):
            parse_label(document, NOW)


class TestApplying:
    def test_the_first_label_stands(self) -> None:
        row, found = labelled(label())

        entry = {
            "value": "fraud",
            "source": "chargeback",
            "confirmed_at": MONDAY,
            "recorded_at": FRIDAY,
            "actor": "api",
        }
        assert found == ["recorded"]
        assert row == {"transaction_id": "t1", "label": entry, "labels": [entry], "label_revision": 1}

    def test_a_later_confirmation_takes_over(self) -> None:
        row, found = labelled(label(), label("genuine", TUESDAY))

        assert found == ["recorded", "recorded"]
        assert (value_of(row), row["label_revision"], len(row["labels"])) == ("genuine", 2, 2)

    def test_an_earlier_confirmation_that_comes_late_is_kept_and_changes_nothing(self) -> None:
        row, found = labelled(label(at=TUESDAY), label("genuine", MONDAY))

        assert found == ["recorded", "superseded"]
        assert (value_of(row), row["label"]["confirmed_at"]) == ("fraud", TUESDAY)
        assert [one["value"] for one in row["labels"]] == ["fraud", "genuine"]

    def test_the_same_again_writes_nothing(self) -> None:
        row, _ = labelled(label())

        assert apply_label(row, label(), "api", FRIDAY) == Labelling(LabelStatus.UNCHANGED, LabelValue.FRAUD)

    def test_a_label_that_was_overtaken_does_not_come_back_when_it_is_sent_again(self) -> None:
        row, _ = labelled(label(), label("genuine", TUESDAY))

        found = apply_label(row, label(), "api", FRIDAY)

        assert found == Labelling(LabelStatus.SUPERSEDED, LabelValue.GENUINE)

    def test_one_more_proof_moves_the_time_so_that_what_lies_between_cannot_win(self) -> None:
        row, found = labelled(
            label(at=MONDAY, source="analyst"), label(at=FRIDAY), label("genuine", TUESDAY, source="customer")
        )

        assert found == ["recorded", "unchanged", "superseded"]
        assert (value_of(row), row["label"]["source"]) == ("fraud", "chargeback")

    def test_of_two_with_the_same_time_the_one_that_came_last_stands(self) -> None:
        row, found = labelled(label(), label("genuine"), label())

        assert found == ["recorded", "recorded", "superseded"]
        assert value_of(row) == "genuine"

    def test_a_label_can_be_taken_back(self) -> None:
        row, found = labelled(label(), label("unknown", TUESDAY))

        assert (found, value_of(row)) == (["recorded", "recorded"], "unknown")

    def test_a_client_that_never_stops_does_not_fill_the_row(self) -> None:
        sources = [source.value for source in LabelSource]
        row, _ = labelled(*(label(source=sources[i % 4], at=f"2026-11-16T08:{i:02}:00.000000Z") for i in range(60)))

        assert len(row["labels"]) == MOST_KEPT
        assert row["labels"][-1]["confirmed_at"] == row["label"]["confirmed_at"] == "2026-11-16T08:59:00.000000Z"


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=6))
def test_in_whatever_order_and_however_often_they_come_the_last_confirmation_stands(
    order: list[int], repeats: list[int]
) -> None:
    values = ("fraud", "genuine", "fraud", "unknown", "genuine", "fraud")
    labels = [label(value, f"2026-11-16T08:00:0{i}.000000Z") for i, value in enumerate(values)]

    row, _ = labelled(*(labels[i] for i in [*order, *repeats]))

    assert value_of(row) == "fraud"
    assert row["label"]["confirmed_at"] == labels[5].confirmed_at
    assert len(row["labels"]) == 6
