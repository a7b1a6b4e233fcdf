"""What a report says and how it is written: bounded, in order, and harmless to whoever opens it."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from report import trail
from report.books import Difference, Differences, Kind, Row, TableSide
from report.contents import Figure, Report
from report.page import SHOWN, page_of
from report.sheet import sheet_of
from report.states import State, unpacked
from report.trail import OTHERS, Accesses, records_of

from tests.unit.functions.report_world import data_event


def report(differences: Differences | None = None, accesses: Accesses | None = None, **changes: Any) -> Report:
    """Return a report of an empty day, with `changes`."""
    given: dict[str, Any] = {
        "day": date(2026, 11, 20), "reason": "", "figures": (Figure("table", "1234", "rows"),), "received": Counter(),
        "pairs": (), "counters": (), "differences": differences or Differences(), "accesses": accesses, **changes,
    }  # fmt: skip
    return Report(**given)


@pytest.mark.parametrize(
    "state",
    [
        State(2, 1, "APPROVED", Decimal("12.5"), "USD"),
        State(1, 0, "REJECTED", None, None),
        State(3, 0, "DECLINED", Decimal("100000000000000"), "JPY"),
    ],
    ids=str,
)
def test_a_packed_state_is_the_same_state(state: State) -> None:
    assert unpacked(state.packed()) == state


def test_equal_amounts_are_equal_states_however_they_are_written() -> None:
    written = [State(2, 0, "APPROVED", Decimal(text), "USD").packed() for text in ("1200", "1200.00", "1.2E3")]

    assert len(set(written)) == 1


class TestDifferences:
    def test_all_are_counted_and_the_first_by_name_are_listed_in_whatever_order_they_come(self) -> None:
        names = [f"t{number:03}" for number in range(100)]
        listed = []
        for order in (names, names[::-1], names[50:] + names[:50]):
            found = Differences(most=7)
            for name in order:
                found.add(Difference(Kind.NOT_IN_LAKE, name))
            assert found.total == 100
            listed.append([one.name for one in found.listed(Kind.NOT_IN_LAKE)])

        assert listed == [names[:7]] * 3

    def test_a_transaction_that_lies_in_the_table_twice_differs_once(self) -> None:
        state = State(2, 0, "APPROVED", Decimal(1), "USD")
        found = Differences()
        side = TableSide({"t1": state.packed()}, found)

        for _ in range(2):
            side.take(Row("t1", state, happened=True, received=True, decided=True, is_fraud=False))
        side.end()

        assert dict(found.counts) == {Kind.NOT_IN_LAKE: 1}


class TestSheet:
    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
    def test_no_cell_is_a_formula(self, text: str) -> None:
        found = Differences()
        found.add(Difference(Kind.NOT_IN_LAKE, text, in_table=text))

        rows = list(csv.DictReader(io.StringIO(sheet_of(report(found)), newline="")))

        (row,) = [row for row in rows if row["section"] == "difference"]
        assert (row["name"], row["table"]) == (f"'{text}", f"'{text}")

    def test_separators_and_quotes_stay_in_their_cell(self) -> None:
        found = Differences()
        found.add(Difference(Kind.NOT_IN_TABLE, 'a,"b"\nc'))

        rows = list(csv.DictReader(io.StringIO(sheet_of(report(found)), newline="")))

        assert [row["name"] for row in rows if row["section"] == "difference"] == ['a,"b"\nc']


class TestPage:
    def test_every_text_of_the_data_is_escaped(self) -> None:
        evil = "<script>alert('x')</script>"
        found, accesses = Differences(), Accesses()
        found.add(Difference(Kind.NOT_IN_LAKE, evil, evil, evil))
        accesses.add(data_event(userIdentity={"arn": evil}, eventName=evil, resources=[{"ARN": evil}]))

        page = page_of(report(found, accesses, reason=evil, received=Counter({evil: 1})))

        assert "<script" not in page
        assert page.count("&lt;script&gt;") >= 6

    def test_it_loads_nothing(self) -> None:
        page = page_of(report())

        assert "default-src 'none'" in page
        assert not any(word in page for word in ("src=", "href=", "url(", "@import"))

    def test_a_long_list_is_cut_and_its_rest_counted(self) -> None:
        found = Differences()
        for number in range(SHOWN + 23):
            found.add(Difference(Kind.NOT_IN_LAKE, f"t{number:04}"))

        page = page_of(report(found))

        assert f"t{SHOWN - 1:04}" in page
        assert f"t{SHOWN:04}" not in page
        assert "And 23 more" in page

    def test_figures_are_written_for_people(self) -> None:
        assert "1,234" in page_of(report())


class TestTrailFiles:
    def test_records_are_read_one_by_one_wherever_the_parts_of_a_file_end(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        events = [{"n": number, "text": "ü" * number, "inner": [{"]": "}"}]} for number in range(40)]
        body = json.dumps({"Records": events}, ensure_ascii=False, indent=1).encode()

        for size in (16, 17, 64, len(body)):
            monkeypatch.setattr(trail, "CHUNK", size)
            assert list(records_of(io.BytesIO(body))) == events

    @pytest.mark.parametrize("body", [b"", b"{}", b'{"Records": [{"a": 1}', b'{"Records": [{"a": 1}, nonsense'])
    def test_half_a_file_is_refused(self, body: bytes) -> None:
        with pytest.raises(ValueError, match=r"."):
            list(records_of(io.BytesIO(body)))

    def test_what_never_becomes_a_record_is_not_collected(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(trail, "MOST_OF_A_RECORD", 1_000)
        monkeypatch.setattr(trail, "CHUNK", 100)
        file = io.BytesIO(b'{"Records": ["' + b"x" * 100_000)

        with pytest.raises(ValueError, match="Unterminated string"):
            list(records_of(file))
        assert len(file.read()) > 80_000, "the file was read on to its end"

    def test_an_empty_file_of_a_trail_has_no_records(self) -> None:
        with gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(b'{"Records":[]}'))) as file:
            found: Any = file
            assert list(records_of(found)) == []

    def test_groups_beyond_the_bound_are_counted_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(trail, "MOST_GROUPS", 3)
        accesses = Accesses()
        for number in range(10):
            accesses.add(data_event(eventName=f"Get{number}"))

        assert accesses.total == 10
        assert [(one.event, one.count) for one in accesses.groups()] == [
            (OTHERS, 7), ("dynamodb:Get0", 1), ("dynamodb:Get1", 1), ("dynamodb:Get2", 1),
        ]  # fmt: skip
