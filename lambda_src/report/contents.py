"""What a report says, before it is written as a sheet or as a page; pure: the same data say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Optional

from report.books import Difference, Differences, Kind, TableSide, Tally
from report.counters import ApiCalls, counted
from report.lake import LakeSide
from report.trail import Accesses

NOT_CONFIGURED = "not configured"
NO_DATA = "no data"


@dataclass(frozen=True)
class Figure:
    """One figure: its stable name, its value, and what it is in words."""

    name: str
    value: str
    text: str


@dataclass(frozen=True)
class Pair:
    """Counts and sums of one status and currency on both sides."""

    status: str
    currency: Optional[str]
    table: tuple[int, Decimal]
    lake: tuple[int, Decimal]

    @property
    def agrees(self) -> bool:
        """Whether both sides say the same."""
        return self.table == self.lake


@dataclass(frozen=True)
class CounterPair:
    """A counter of decisions, and what the table's rows amount to."""

    name: str
    table: Decimal
    counter: Decimal

    @property
    def agrees(self) -> bool:
        """Whether both say the same."""
        return self.table == self.counter


@dataclass(frozen=True)
class Report:
    """The report of a day.

    Parameters
    ----------
    day
        The day, UTC.
    reason
        Why the books could not be compared; "" if they were.
    figures
        The main figures.
    received
        Rows that were received on the day, by status.
    pairs, counters
        Both sides' sums, and the counters beside the table's.
    differences
        What differs.
    accesses
        Who looked; None without a trail.
    """

    day: date
    reason: str
    figures: tuple[Figure, ...]
    received: Counter[str]
    pairs: tuple[Pair, ...]
    counters: tuple[CounterPair, ...]
    differences: Differences
    accesses: Optional[Accesses]

    @property
    def compared(self) -> bool:
        """Whether the books were compared, so that no difference means that there is none."""
        return not self.reason


@dataclass(frozen=True)
class Found:
    """What was read of a day; `table` and `lake` are None if there was no time to read them whole."""

    table: Optional[TableSide]
    lake: Optional[LakeSide]
    lake_tally: Tally
    counters: dict[str, Decimal]
    calls: Optional[ApiCalls]
    has_api: bool
    accesses: Optional[Accesses]
    differences: Differences
    reason: str = ""


def assemble(day: date, found: Found) -> Report:
    """Return the report; counters that differ from the table are added to the differences."""
    table = found.table
    counters = () if table is None else _counter_pairs(counted(table.decided, table.amounts), found.counters)
    for pair in counters:
        if not pair.agrees:
            found.differences.add(Difference(Kind.COUNTER_DIFFERS, pair.name, plain(pair.table), plain(pair.counter)))
    return Report(
        day=day,
        reason=found.reason,
        figures=tuple(_figures(found)),
        received=Counter() if table is None else table.received,
        pairs=() if table is None else tuple(_pairs(table.tally, found.lake_tally)),
        counters=counters,
        differences=found.differences,
        accesses=found.accesses,
    )


def plain(number: Decimal) -> str:
    """Return a decimal without an exponent."""
    return format(number, "f")


def _figures(found: Found) -> Iterator[Figure]:
    table, lake = found.table, found.lake
    yield from _api_figures(found)
    if table is not None:
        waiting = table.received["RECEIVED"]
        yield Figure("received", f"{sum(table.received.values())}", "rows of the table that were received on the day")
        yield Figure("received_waiting", f"{waiting}", "of them not decided yet")
        yield Figure("table", f"{table.tally.total}", "rows of the table that happened on the day")
        yield Figure("table_decided", f"{table.decided['transactions']}", "of them decided")
    yield Figure("counted", plain(found.counters.get("transactions", Decimal())), "decisions counted for the day")
    if lake is not None:
        yield Figure("lake", f"{found.lake_tally.total}", "transactions in the lake that happened on the day")
        yield Figure("lake_lines", f"{lake.lines}", "lines in the lake, one or more a transaction")
        yield Figure("lake_objects", f"{lake.objects}", "objects that hold them")
        yield Figure("lake_quarantined", f"{lake.quarantined}", "changes of the table put aside on the day, unreadable")
    yield Figure("accesses", _accesses(found.accesses), "data events in the trail")


def _api_figures(found: Found) -> Iterator[Figure]:
    text = "calls that the API answered with success on the day, repetitions among them"
    if found.calls is None:
        yield Figure("api_accepted", NO_DATA if found.has_api else NOT_CONFIGURED, text)
        return
    yield Figure("api_accepted", f"{found.calls.accepted}", text)
    yield Figure("api_refused", f"{found.calls.client_errors}", "calls that it refused (4xx)")
    yield Figure("api_failed", f"{found.calls.server_errors}", "calls that failed (5xx)")


def _accesses(accesses: Optional[Accesses]) -> str:
    return NOT_CONFIGURED if accesses is None else f"{accesses.total}"


def _pairs(table: Tally, lake: Tally) -> Iterator[Pair]:
    nothing = (0, Decimal())
    ours = {(one.status, one.currency): (one.transactions, one.amount) for one in table}
    theirs = {(one.status, one.currency): (one.transactions, one.amount) for one in lake}
    for status, currency in sorted({*ours, *theirs}, key=lambda key: (key[0], key[1] or "")):
        key = (status, currency)
        yield Pair(status, currency, ours.get(key, nothing), theirs.get(key, nothing))


def _counter_pairs(table: dict[str, Decimal], counters: dict[str, Decimal]) -> tuple[CounterPair, ...]:
    nothing = Decimal()
    names = sorted({*table, *counters})
    return tuple(CounterPair(name, table.get(name, nothing), counters.get(name, nothing)) for name in names)
