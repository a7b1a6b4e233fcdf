"""Transactions through the code that runs in Lambda, in the order in which they arrive.

Account profiles, merchant risk and features are the pipeline's own (`pipeline.domain`, `pipeline.scoring`);
what is offline here is only the loop around them. A transaction that arrives again is dropped by its id, as the
ledger does; a label counts from the moment at which it is known.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional

import numpy as np
from numpy.typing import NDArray

from evaluation.simulator import DAY, Integers, Transactions
from pipeline.domain.account import Account
from pipeline.domain.decision import Feature
from pipeline.domain.merchant import Merchant
from pipeline.domain.merchant_risk import EMPTY, MerchantRisk, counts_against_merchant
from pipeline.domain.queued import Acceptance
from pipeline.domain.transaction import Transaction
from pipeline.scoring.features import features_of

Matrix = NDArray[np.float32]

LABEL_DELAY = 7 * DAY
"""How late a label is known, in seconds, where the data do not say."""

CURRENCY = "EUR"
"""Of simulated amounts, which have none: one that no rule finds unusual."""


class Event(NamedTuple):
    """One arrival.

    Parameters
    ----------
    row
        The transaction's number in its data; a duplicate has the same.
    acceptance
        As `process` would receive it.
    merchant_name
        As configured.
    arrives
        Processing time, in seconds since 1970.
    fraud
        Its label; None if it never gets one.
    labelled_at
        When the label is known, in seconds since 1970.
    """

    row: int
    acceptance: Acceptance
    merchant_name: str
    arrives: int
    fraud: Optional[bool]
    labelled_at: int


def replay(events: Iterable[Event]) -> Iterator[tuple[Event, dict[str, Feature]]]:
    """Yield each event that is no duplicate with the features it has on arrival.

    Parameters
    ----------
    events
        In the order of `arrives`.
    """
    accounts: dict[str, Account] = {}
    risks: dict[str, MerchantRisk] = {}
    labels: list[tuple[int, str, str]] = []
    seen: set[str] = set()
    for event in events:
        while labels and labels[0][0] <= event.arrives:
            _, merchant_id, event_time = heapq.heappop(labels)
            risks[merchant_id] = risks.get(merchant_id, EMPTY).labelled(event_time, 1)
        transaction = event.acceptance.transaction
        if transaction.transaction_id in seen:
            continue
        seen.add(transaction.transaction_id)
        account_key = event.acceptance.account_key
        account = accounts.get(account_key) or Account(account_key)
        merchant_id = transaction.merchant_id
        risk = risks.get(merchant_id, EMPTY)
        features = features_of(event.acceptance, account, Merchant(merchant_id, event.merchant_name, risk=risk))
        yield event, features
        accounts[account_key] = account.committed(event.acceptance)
        if counts_against_merchant(features):
            event_time = event.acceptance.event_time
            risks[merchant_id] = risk.counted(event_time, transaction.transaction_id)
            if event.fraud:
                heapq.heappush(labels, (event.labelled_at, merchant_id, event_time))


def simulated_events(
    data: Transactions, until_day: Optional[int] = None, disorder_seconds: int = 0, duplicates: float = 0.0
) -> Iterator[Event]:
    """Yield simulated transactions in the order of their arrival.

    Parameters
    ----------
    data
        The simulated transactions.
    until_day
        The first day that is left out; None: all days.
    disorder_seconds
        Each transaction arrives up to so many seconds after it happened (uniformly, a fixed stream).
    duplicates
        The share of transactions that arrives a second time, with a delay of its own.
    """
    rows = np.arange(len(data) if until_day is None else int(np.searchsorted(data.second, until_day * DAY)))
    arrives = data.second[rows]
    if disorder_seconds or duplicates:
        stream = np.random.RandomState(7)
        again = np.flatnonzero(stream.random_sample(len(rows)) < duplicates)
        rows = np.concatenate((rows, rows[again]))
        arrives = data.second[rows] + stream.randint(0, disorder_seconds + 1, len(rows))
        order = np.argsort(arrives, kind="stable")
        rows, arrives = rows[order], arrives[order]
    start = datetime(data.start.year, data.start.month, data.start.day, tzinfo=timezone.utc)
    epoch = int(start.timestamp())
    text_of = _texts(start)
    columns = (data.customer[rows], data.terminal[rows], data.cents[rows], data.second[rows], data.fraud[rows])
    for row, arrival, customer, terminal, cents, second, fraud in zip(
        rows.tolist(), arrives.tolist(), *(column.tolist() for column in columns)
    ):
        transaction = Transaction(
            f"t{row}", f"c{customer}", f"m{terminal}", Decimal(cents).scaleb(-2), CURRENCY, text_of(second)
        )
        yield Event(
            row, Acceptance(transaction, text_of(arrival), f"r{row}"), f"Terminal {terminal}",
            epoch + arrival, fraud, epoch + second + LABEL_DELAY,
        )  # fmt: skip


def _texts(start: datetime) -> Callable[[int], str]:
    """Return what writes seconds since `start` as `times.to_text` would, many times faster."""
    days: dict[int, str] = {}

    def text_of(second: int) -> str:
        day, rest = divmod(second, DAY)
        if day not in days:
            days[day] = (start + timedelta(days=day)).date().isoformat()
        minutes, seconds = divmod(rest, 60)
        hour, minute = divmod(minutes, 60)
        return f"{days[day]}T{hour:02}:{minute:02}:{seconds:02}.000000Z"

    return text_of


class Table:
    """Features of many transactions, a column each, from which each row's own features can be had again.

    Parameters
    ----------
    rows
        The transaction's number in its data, for each position.
    numbers
        The whole numbers: one column a name, in the order of the features.
    texts
        The texts: for each name the different ones, and which of them each position has.
    """

    def __init__(
        self,
        rows: Integers,
        numbers: Mapping[str, NDArray[np.int32]],
        texts: Mapping[str, tuple[Sequence[str], NDArray[np.int32]]],
    ) -> None:
        self.rows = rows
        self._numbers = numbers
        self._texts = texts

    def __len__(self) -> int:
        return len(self.rows)

    def sorted(self) -> Table:
        """Return the table in the order of the transactions' numbers."""
        order = np.argsort(self.rows, kind="stable")
        return Table(
            self.rows[order],
            {name: column[order] for name, column in self._numbers.items()},
            {name: (texts, codes[order]) for name, (texts, codes) in self._texts.items()},
        )

    def features(self, position: int) -> dict[str, Feature]:
        """Return the features of one position, as they were."""
        features: dict[str, Feature] = {name: int(column[position]) for name, column in self._numbers.items()}
        for name, (texts, codes) in self._texts.items():
            features[name] = texts[codes[position]]
        return features

    def number(self, name: str) -> NDArray[np.int32]:
        """Return one column of numbers."""
        return self._numbers[name]

    def text(self, name: str) -> tuple[Sequence[str], NDArray[np.int32]]:
        """Return the different texts of a feature, and which of them each position has."""
        return self._texts[name]

    def matrix(self, names: Sequence[str], encodings: Mapping[str, Mapping[str, int]], positions: Integers) -> Matrix:
        """Return what a trainer sees: one row a position, one column a name; texts by their encoding."""
        result = np.empty((len(positions), len(names)), dtype=np.float32)
        for at, name in enumerate(names):
            if name in self._texts:
                texts, codes = self._texts[name]
                known = np.array([encodings[name].get(text, -1) for text in texts], dtype=np.float32)
                result[:, at] = known[codes[positions]]
            else:
                result[:, at] = self._numbers[name][positions]
        return result

    def save(self, file: Path) -> None:
        """Write the table to a file that `load` reads."""
        columns: dict[str, NDArray[Any]] = {f"number {name}": column for name, column in self._numbers.items()}
        for name, (texts, codes) in self._texts.items():
            columns[f"text {name}"], columns[f"code {name}"] = np.array(texts), codes
        # The stub would have the names be identifiers; the file takes any.
        np.savez(file, rows=self.rows, **columns)  # type: ignore[arg-type]

    @classmethod
    def load(cls, file: Path) -> Table:
        """Read what `save` wrote."""
        with np.load(file) as columns:
            held = {name: columns[name] for name in columns.files}
        names = [name.split(" ", 1) for name in held if name != "rows"]
        return cls(
            held["rows"],
            {name: held[f"number {name}"] for kind, name in names if kind == "number"},
            {name: (held[f"text {name}"].tolist(), held[f"code {name}"]) for kind, name in names if kind == "text"},
        )


def collect(
    replayed: Iterable[tuple[Event, dict[str, Feature]]], keep: Callable[[Event], bool] = lambda _: True
) -> Table:
    """Return the features that `replay` yields as a table.

    Parameters
    ----------
    replayed
        What `replay` yields.
    keep
        Which events' features are kept; the others only move the states on.
    """
    rows = array("q")
    columns: dict[str, Any] = {}
    takes: list[Callable[[Any], None]] = []
    for event, features in replayed:
        if not keep(event):
            continue
        if not columns:
            columns = {name: _Texts() if isinstance(value, str) else array("i") for name, value in features.items()}
            takes = [column.append for column in columns.values()]
        rows.append(event.row)
        for take, value in zip(takes, features.values()):
            take(value)
    return Table(
        np.array(rows, dtype=np.int64),
        {name: np.array(column, dtype=np.int32) for name, column in columns.items() if isinstance(column, array)},
        {name: column.columns() for name, column in columns.items() if isinstance(column, _Texts)},
    )


class _Texts:
    """A column of texts, each different one held once."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._codes = array("i")

    def append(self, text: str) -> None:
        self._codes.append(self._known.setdefault(text, len(self._known)))

    def columns(self) -> tuple[Sequence[str], NDArray[np.int32]]:
        return list(self._known), np.array(self._codes, dtype=np.int32)
