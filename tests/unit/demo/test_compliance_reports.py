"""The compliance report of a run: what it finds, and what it counts other than the table's rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scripts import report
from scripts.demo.analyses import reports, sums
from scripts.demo.analyses.reports import ComplianceReports
from scripts.demo.model import DemoError
from tests.unit.demo.builders import counted_with, failing, row, transaction, waiting_row

CHECK = "The compliance report finds table and lake equal"
DAY = "2026-01-05"
ROWS = [row(transaction(f"t{number}")) for number in range(3)]


def answer(**changes: Any) -> dict[str, Any]:
    figures = {"table": "3", "table_decided": "3", "counted": "3", "lake": "3", **changes.pop("figures", {})}
    return {"compared": True, "reason": "", "by_kind": {}, "figures": figures, **changes}


def test_a_report_that_counts_what_the_table_holds_agrees() -> None:
    assert reports.differing(DAY, answer(), ROWS) == []


@pytest.mark.parametrize("figure", ["table", "table_decided", "counted", "lake"])
def test_a_figure_that_is_wrong_or_missing_is_found(figure: str) -> None:
    without = answer()
    del without["figures"][figure]

    for wrong in (answer(figures={figure: "2"}), without):
        assert len(reports.differing(DAY, wrong, ROWS)) == 1


def test_what_the_report_lists_is_told() -> None:
    assert reports.differing(DAY, answer(by_kind={"NOT_IN_LAKE": 2}), ROWS) == [f"{DAY}: 2 NOT_IN_LAKE"]


def test_a_report_that_could_not_compare_does_not_pass_for_one_without_differences() -> None:
    assert reports.differing(DAY, answer(compared=False, reason="no time"), ROWS) == [f"{DAY}: no time"]


def test_a_row_that_waits_is_in_the_table_and_not_in_the_lake() -> None:
    rows = [*ROWS[:2], waiting_row(transaction("t2"))]

    assert reports.differing(DAY, answer(figures={"table_decided": "2", "counted": "2", "lake": "2"}), rows) == []


class Deployed:
    """A function that is never called: what `report.make` gives is the test's."""

    def client(self, service: str) -> str:
        return service

    def output(self, name: str) -> str:
        return {"report_function_name": "report"}[name]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    asked: list[date] = []

    def make(function: str, _clients: object, day: date) -> dict[str, Any]:
        assert function == "report"
        asked.append(day)
        ones = dict.fromkeys(("table", "table_decided", "counted", "lake"), "1")
        return answer(figures=ones, csv="a.csv", html="a.html")

    monkeypatch.setattr(report, "make", make)
    monkeypatch.setattr(report, "fetch", lambda one, _clients, folder: {one["csv"]: folder, one["html"]: folder})
    return asked


def of_days(count: int) -> list[Any]:
    days = (f"2026-01-{number:02}T10:00:00Z" for number in range(1, count + 1))
    return [row(transaction(f"t{day}"), number, occurred_at=day) for number, day in enumerate(days)]


def test_the_latest_days_with_transactions_are_reported(made: list[date], tmp_path: Path) -> None:
    rows = of_days(sums.REPORTED_DAYS + 2)

    found = ComplianceReports(Deployed(), tmp_path).run({one.transaction_id: one for one in rows}, lambda _: None)

    assert [day.isoformat() for day in made] == [one.day for one in rows[2:]]
    counts = counted_with(found, *rows)
    assert failing(counts) == []
    assert counts.parts["reports"] == {"days": 7, "transactions": 7, "files": 14, "differences": 0}


def test_a_report_that_differs_fails_the_books(made: list[date], tmp_path: Path) -> None:
    two = [row(transaction("t1")), row(transaction("t2"), 2)]  # of one day, of which the report counts one

    found = ComplianceReports(Deployed(), tmp_path).run({one.transaction_id: one for one in two}, lambda _: None)

    assert len(made) == 1
    assert failing(counted_with(found, *two)) == [CHECK]


def test_nothing_can_be_reported_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="no transaction was settled"):
        ComplianceReports(Deployed(), tmp_path).run({}, lambda _: None)
