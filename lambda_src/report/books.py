"""The books of a day: sums of both sides, and where they differ; pure, and bounded in memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Optional

from pipeline.domain.status import Status
from report.states import State, unpacked

LISTED = 1_000
"""Differences of a kind that are listed, the first by name; the rest is counted."""


class Kind(str, Enum):
    """What differs."""

    NOT_IN_LAKE = "NOT_IN_LAKE"
    NOT_IN_TABLE = "NOT_IN_TABLE"
    STATUS_DIFFERS = "STATUS_DIFFERS"
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
    REVISION_DIFFERS = "REVISION_DIFFERS"
    NOT_DECIDED = "NOT_DECIDED"
    COUNTER_DIFFERS = "COUNTER_DIFFERS"
    UNREADABLE = "UNREADABLE"


@dataclass(frozen=True)
class Difference:
    """One difference.

    Parameters
    ----------
    kind
        What differs.
    name
        The transaction's id; of a counter, its name; of what cannot be read, where it lies.
    in_table, in_lake
        What either side says, "" for nothing. Of a counter, `in_lake` is the counter; of what cannot be
        read, the reason.
    """

    kind: Kind
    name: str
    in_table: str = ""
    in_lake: str = ""


class Differences:
    """Counts all differences, and keeps the first of each kind by name, in whatever order they come."""

    def __init__(self, most: int = LISTED) -> None:
        self.counts: Counter[Kind] = Counter()
        self._most = most
        self._kept: dict[Kind, list[Difference]] = defaultdict(list)

    def add(self, difference: Difference) -> None:
        """Count a difference, and list it unless others of its kind come before it."""
        self.counts[difference.kind] += 1
        kept = self._kept[difference.kind]
        kept.append(difference)
        if len(kept) >= 2 * self._most:
            self._kept[difference.kind] = self._first(kept)

    def listed(self, kind: Kind) -> list[Difference]:
        """Return the differences of a kind that are listed, in their order."""
        return self._first(self._kept[kind])

    @property
    def total(self) -> int:
        """All differences."""
        return sum(self.counts.values())

    def _first(self, kept: list[Difference]) -> list[Difference]:
        return sorted(kept, key=lambda one: (one.name, one.in_table, one.in_lake))[: self._most]


@dataclass(frozen=True)
class Sum:
    """Transactions of one status and currency; None where a transaction has no currency."""

    status: str
    currency: Optional[str]
    transactions: int
    amount: Decimal


class Tally:
    """Counts and sums by status and currency."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, Optional[str]]] = Counter()
        self._amounts: dict[tuple[str, Optional[str]], Decimal] = defaultdict(Decimal)

    def add(self, state: State) -> None:
        """Add a transaction."""
        key = (state.status, state.currency)
        self._counts[key] += 1
        if state.amount is not None:
            self._amounts[key] += state.amount

    @property
    def total(self) -> int:
        """All transactions."""
        return sum(self._counts.values())

    def __iter__(self) -> Iterator[Sum]:
        """Yield the sums by status, then currency."""
        for status, currency in sorted(self._counts, key=lambda key: (key[0], key[1] or "")):
            key = (status, currency)
            yield Sum(status, currency, self._counts[key], self._amounts[key])


@dataclass(frozen=True)
class Row:
    """What the report needs of a row of the table.

    Parameters
    ----------
    transaction_id, state
        Which, and how it stands.
    happened, received
        Whether it happened on the day, and whether it was received on it.
    decided, is_fraud
        Whether it has a decision, and whether that found fraud.
    """

    transaction_id: str
    state: State
    happened: bool
    received: bool
    decided: bool
    is_fraud: bool


class TableSide:
    """What the table holds of a day, compared row by row with the lake.

    Parameters
    ----------
    lake
        The states of the lake by transaction; those that the table has too are taken out of it.
    differences
        Where what differs is noted.
    """

    def __init__(self, lake: dict[str, str], differences: Differences) -> None:
        self.tally = Tally()
        self.received: Counter[str] = Counter()
        self.decided: Counter[str] = Counter()
        self.amounts: dict[str, Decimal] = defaultdict(Decimal)
        self._lake = lake
        self._differences = differences

    def take(self, row: Row) -> None:
        """Count a row, and compare it if it happened on the day."""
        state = row.state
        if row.received:
            self.received[state.status] += 1
        if row.happened:
            self.tally.add(state)
            self._compare(row)
        elif state.status == Status.RECEIVED.value:
            self._differences.add(Difference(Kind.NOT_DECIDED, row.transaction_id, state.packed()))
        if row.happened and row.decided:
            self.decided["transactions"] += 1
            self.decided["fraud"] += row.is_fraud
            if state.currency is not None and state.amount is not None:
                self.amounts[state.currency] += state.amount

    def end(self) -> None:
        """Note what the lake alone holds."""
        for transaction_id, text in self._lake.items():
            self._differences.add(Difference(Kind.NOT_IN_TABLE, transaction_id, in_lake=text))

    def _compare(self, row: Row) -> None:
        in_table, in_lake = row.state.packed(), self._lake.pop(row.transaction_id, None)
        if in_table != in_lake:
            kind = _kind(row.state, in_lake)
            self._differences.add(Difference(kind, row.transaction_id, in_table, in_lake or ""))


def _kind(table: State, in_lake: Optional[str]) -> Kind:
    if in_lake is None:  # what waits is no line yet: it is late, not lost
        return Kind.NOT_DECIDED if table.status == Status.RECEIVED.value else Kind.NOT_IN_LAKE
    lake = unpacked(in_lake)
    if table.status != lake.status:
        return Kind.STATUS_DIFFERS
    if (table.amount, table.currency) != (lake.amount, lake.currency):
        return Kind.AMOUNT_DIFFERS
    return Kind.REVISION_DIFFERS
