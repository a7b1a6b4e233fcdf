"""What the rows of the transactions table amount to, to compare the results of analyses with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Callable, TypeVar

from scripts.demo import state
from scripts.demo.books import Books, Check, Outcomes
from scripts.demo.model import DemoError
from scripts.demo.state import FRAUD, Findings, Row

REPORTED_DAYS = 7
"""Of so many days, the latest of the input, the compliance report is made and compared."""

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class Sum:
    """Transactions of a group: how many, what they amount to, how many of them are suspected to be fraud."""

    transactions: int
    amount: Decimal
    frauds: int


def grouped(rows: Iterable[Row], key: Callable[[Row], _Key]) -> dict[_Key, list[Row]]:
    """Return the rows by what `key` says of each."""
    groups: dict[_Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


def added_up(rows: Iterable[Row], key: Callable[[Row], _Key]) -> dict[_Key, Sum]:
    """Return the sums of the rows by what `key` says of each."""
    return {name: sum_of(group) for name, group in grouped(rows, key).items()}


def sum_of(rows: Iterable[Row]) -> Sum:
    """Return the sum of some rows."""
    found = list(rows)
    amount = sum((row.amount for row in found), Decimal())
    return Sum(len(found), amount, sum(row.outcome == FRAUD for row in found))


def read(record: Mapping[str, Any]) -> Sum:
    """Return the sum that a query's row holds under the names of its attributes."""
    return Sum(int(record["transactions"]), Decimal(record["amount"]), int(record["frauds"]))


def settled(rows: Mapping[str, Row]) -> list[Row]:
    """Return the rows that a lake knows.

    Raises
    ------
    DemoError
        If there are none: then there is nothing to analyse.
    """
    found = [row for row in rows.values() if row.status != state.WAITING]
    if not found:
        raise DemoError("no transaction was settled")
    return found


def days_of(rows: Iterable[Row]) -> list[str]:
    """Return the days on which the rows' events happened, in order."""
    return sorted({row.day for row in rows})


def differences(what: str, wanted: Mapping[_Key, Any], found: Mapping[_Key, Any]) -> list[str]:
    """Return in words where a result is not what the table's rows amount to.

    Parameters
    ----------
    what
        Which result it is.
    wanted, found
        What the rows amount to, and what the result says, by group.
    """
    keys = sorted({*wanted, *found}, key=str)
    return [
        f"{what}: {key}: {found.get(key, 'nothing')} where the rows say {wanted.get(key, 'nothing')}"
        for key in keys
        if wanted.get(key) != found.get(key)
    ]


@dataclass(frozen=True)
class Compared(Findings):
    """The results of an analysis, compared with the table's rows.

    Parameters
    ----------
    part
        Name of its counts in the report.
    counts
        What it counts.
    check, detail
        What has to hold, and the main figures.
    differences
        Where it does not hold.
    """

    part: str
    counts: Mapping[str, Any]
    check: str
    detail: str
    differences: tuple[str, ...]

    def enter(self, books: Books, outcomes: Outcomes) -> None:  # noqa: ARG002
        """Add the counts, the check and the differences."""
        for difference in self.differences:
            books.note(f"wrong_{self.part}", difference)
        books.parts[self.part] = {**self.counts, "differences": len(self.differences)}
        detail = f"{self.detail}; {len(self.differences):,} differences"
        books.checks.append(Check(self.check, not self.differences, detail))
