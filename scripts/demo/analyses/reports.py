"""The compliance report: made for each day of the input, it finds no difference and counts what is in the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Callable

from scripts import report
from scripts.demo.analyses import sums
from scripts.demo.analyses.sums import Compared
from scripts.demo.state import WAITING, Access, Analysis, Row


class ComplianceReports(Analysis):
    """The function that makes the reports.

    Parameters
    ----------
    access
        The way to it.
    folder
        Where a copy of each report is kept.
    """

    name = "compliance report"

    def __init__(self, access: Access, folder: Path = report.FOLDER) -> None:
        self._clients = access.client
        self._function = access.output(report.OUTPUT)
        self._folder = folder

    def run(self, rows: Mapping[str, Row], say: Callable[[str], None]) -> Compared:
        """Have the reports of the latest days made, and fetch them."""
        by_day = sums.grouped(rows.values(), lambda row: row.day)
        days = sums.days_of(sums.settled(rows))[-sums.REPORTED_DAYS :]
        found: list[str] = []
        files: list[Path] = []
        for day in days:
            say(f"compliance report of {day}")
            answer = report.make(self._function, self._clients, date.fromisoformat(day))
            files += report.fetch(answer, self._clients, self._folder).values()
            found += differing(day, answer, by_day[day])
        counted = sum(len(by_day[day]) for day in days)
        return Compared(
            part="reports",
            counts={"days": len(days), "transactions": counted, "files": len(files)},
            check="The compliance report finds table and lake equal",
            detail=f"{len(days):,} days, {counted:,} transactions, {len(files):,} files",
            differences=tuple(found),
        )


def differing(day: str, answer: Mapping[str, Any], rows: Sequence[Row]) -> list[str]:
    """Return in words what a report finds, and where it counts something else than the day's rows."""
    if not answer["compared"]:
        return [f"{day}: {answer['reason']}"]
    decided = sum(row.outcome is not None for row in rows)
    wanted = {
        "table": len(rows),
        "table_decided": decided,
        "counted": decided,
        "lake": sum(row.status != WAITING for row in rows),
    }
    figures = {name: int(answer["figures"].get(name, 0)) for name in wanted}
    listed = [f"{day}: {count:,} {kind}" for kind, count in answer["by_kind"].items() if count]
    return listed + sums.differences(day, wanted, figures)
