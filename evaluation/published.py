"""The published baseline: the handbook's 15 features, computed for all rows at once.

Amount, weekend, night; the customer's number of transactions and mean amount over 1, 7 and 30 days (this
transaction included); the terminal's number of transactions and share of frauds over 1, 7 and 30 days that ended
7 days ago. It stands beside the pipeline's own policies as the bar to pass; nothing of it runs in Lambda.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np

from evaluation.simulator import DAY, Floats, Integers, Transactions

WINDOWS = (1, 7, 30)
DELAY = 7
NIGHT_UNTIL_HOUR = 6

NAMES = (
    "amount",
    "weekend",
    "night",
    *(f"customer_{what}_{days}d" for days in WINDOWS for what in ("count", "mean")),
    *(f"terminal_{what}_{days}d" for days in WINDOWS for what in ("count", "risk")),
)


def features(data: Transactions) -> Floats:
    """Return one row a transaction, one column a name of `NAMES`."""
    first_weekday = datetime.combine(data.start, datetime.min.time()).weekday()
    amount = data.cents / 100
    columns = [
        amount,
        ((data.day + first_weekday) % 7 >= 5).astype(np.float64),
        (data.second % DAY // 3_600 <= NIGHT_UNTIL_HOUR).astype(np.float64),
    ]
    by_customer = _Windows(data.customer, data.second)
    by_terminal = _Windows(data.terminal, data.second)
    for days in WINDOWS:
        count = by_customer.count(days)
        columns += [count, by_customer.total(amount, days) / count]
    fraud = data.fraud.astype(np.float64)
    delay_count, delay_frauds = by_terminal.count(DELAY), by_terminal.total(fraud, DELAY)
    for days in WINDOWS:
        count = by_terminal.count(DELAY + days) - delay_count
        frauds = by_terminal.total(fraud, DELAY + days) - delay_frauds
        columns += [count, np.divide(frauds, count, out=np.zeros_like(frauds), where=count > 0)]
    return np.column_stack(columns)


class _Windows:
    """Counts and sums over the time before each row, among the rows of the same id."""

    def __init__(self, ids: Integers, second: Integers) -> None:
        self._order = np.lexsort((np.arange(len(ids)), second, ids))
        self._span = int(second.max(initial=0)) + 60 * DAY  # an id's times never touch those of the next
        self._keys = ids[self._order] * self._span + second[self._order]

    def count(self, days: int) -> Floats:
        """Return how many rows lie within `days` up to each row, itself included."""
        return self._back(np.arange(1, len(self._order) + 1) - self._first(days))

    def total(self, values: Floats, days: int) -> Floats:
        """Return the sum of `values` over the same rows."""
        sums = np.concatenate(([0.0], np.cumsum(values[self._order])))
        return self._back(sums[1:] - sums[self._first(days)])

    def _first(self, days: int) -> Integers:
        first: Integers = np.searchsorted(self._keys, self._keys - days * DAY, side="right")
        return first

    def _back(self, ordered: Floats | Integers) -> Floats:
        result = np.empty(len(ordered))
        result[self._order] = ordered
        return result
