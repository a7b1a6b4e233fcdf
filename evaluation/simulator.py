"""The transaction simulator that the fraud detection handbook describes, written from its description.

"Reproducible Machine Learning for Credit Card Fraud Detection - Practical Handbook" (Le Borgne, Siblini, Lebichot,
Bontempi, 2022) describes a world of customers and terminals on a grid of 100 x 100 and three kinds of fraud. Its
program is GPL; this one is not derived from it. It draws from the random streams in the order in which the
description makes its choices, so that the published seeds give the published transactions:

    customers      one stream: place (x, y), mean amount, transactions a day
    terminals      one stream: place (x, y)
    purchases      one stream a customer, by day: how many; then for each its time of day and its amount; and a
                   second stream, of Python's `random`, for the terminal among those within reach
    compromised    one stream a day: which terminals, and again from its beginning, which customers; and Python's
                   `random` for which third of a customer's transactions

A transaction has no place: the published one has none either, and a model must not profit from one.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

DAY = 86_400
GENUINE, LARGE_AMOUNT, TERMINAL, CUSTOMER = 0, 1, 2, 3
"""Why a transaction is fraudulent: the amount, its terminal, or its customer's leaked card."""

_SEED_STRIDE = 1_000_000  # keeps the streams of different simulator seeds apart

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """What is simulated; the defaults are the published data set.

    Parameters
    ----------
    seed
        0 draws the published streams; any other number draws streams of its own.
    customers, terminals
        How many there are.
    days
        How many days are simulated.
    radius
        How far a customer goes for a terminal, in units of the grid (exclusive).
    start
        The first day.
    """

    seed: int = 0
    customers: int = 5_000
    terminals: int = 10_000
    days: int = 183
    radius: float = 5.0
    start: date = date(2018, 4, 1)

    @property
    def shift(self) -> int:
        """What is added to each published seed."""
        return self.seed * _SEED_STRIDE


@dataclass(frozen=True)
class Transactions:
    """Transactions in event order, one array a column; a transaction's index is its id.

    Parameters
    ----------
    start
        The day on which second 0 lies (midnight, UTC).
    customer, terminal
        Whose card, and where.
    second
        Event time in seconds since `start`.
    cents
        Amount in hundredths.
    scenario
        0 for a genuine transaction, otherwise the kind of fraud (1 to 3).
    """

    start: date
    customer: Integers
    terminal: Integers
    second: Integers
    cents: Integers
    scenario: Integers

    def __len__(self) -> int:
        return len(self.second)

    @property
    def fraud(self) -> NDArray[np.bool_]:
        """Whether each transaction is fraudulent."""
        marked: NDArray[np.bool_] = self.scenario != GENUINE
        return marked

    @property
    def day(self) -> Integers:
        """Return the day of each transaction, 0 being `start`."""
        return self.second // DAY

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all columns: two runs with the same fingerprint saw the same data."""
        digest = hashlib.sha256(self.start.isoformat().encode())
        for column in (self.customer, self.terminal, self.second, self.cents, self.scenario):
            digest.update(np.ascontiguousarray(column, dtype="<i8").tobytes())
        return digest.hexdigest()


def simulate(world: World) -> Transactions:
    """Return all transactions of a world with their frauds (about 7 s for the published one)."""
    places, means, daily = _customers(world)
    terminal_places = np.random.RandomState(1 + world.shift).random_sample((world.terminals, 2)) * 100
    columns: list[Integers] = []
    for customer in range(world.customers):
        distance = np.sqrt(((terminal_places - places[customer]) ** 2).sum(axis=1))
        reachable = np.flatnonzero(distance < world.radius).tolist()
        rows = list(_purchases(world, customer, float(means[customer]), float(daily[customer]), reachable))
        if rows:
            columns.append(np.array(rows, dtype=np.int64))
    made = np.concatenate(columns)
    made = made[np.argsort(made[:, 0], kind="stable")]
    return _with_frauds(world, *(np.ascontiguousarray(column) for column in made.T))


def _customers(world: World) -> tuple[Floats, Floats, Floats]:
    """Return the place, the mean amount and the mean number of transactions a day of each customer."""
    drawn = np.random.RandomState(world.shift).random_sample((world.customers, 4))
    return drawn[:, :2] * 100, 5 + 95 * drawn[:, 2], 4 * drawn[:, 3]


def _purchases(
    world: World, customer: int, mean: float, daily: float, reachable: list[int]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield (second, customer, terminal, cents) of one customer, day by day.

    Amounts are normal with a deviation of half their mean; a negative one is drawn again, uniformly up to twice
    the mean. Times of day are normal around noon; what falls outside the day is no transaction. A customer
    without a terminal in reach draws all the same and buys nothing.
    """
    stream = np.random.RandomState(customer + world.shift)
    terminals = random.Random(customer + world.shift)  # noqa: S311 - a simulation
    for day in range(world.days):
        for _ in range(stream.poisson(daily)):
            moment = int(stream.normal(DAY / 2, 20_000))
            if not 0 < moment < DAY:
                continue
            amount = stream.normal(mean, mean / 2)
            if amount < 0:
                amount = stream.uniform(0, mean * 2)
            if reachable:
                yield day * DAY + moment, customer, terminals.choice(reachable), round(round(amount, 2) * 100)


def _with_frauds(
    world: World, second: Integers, customer: Integers, terminal: Integers, cents: Integers
) -> Transactions:
    """Return the transactions with the three kinds of fraud; each keeps the kind that made it one, as published."""
    day = second // DAY
    cents = cents.copy()
    scenario = np.where(cents > 22_000, LARGE_AMOUNT, GENUINE).astype(np.int64)
    at_terminal = _Rows(terminal, world.terminals)
    of_customer = _Rows(customer, world.customers)
    first_days = range(int(day.max()) if len(day) else 0)  # the last day compromises nobody any more
    for first in first_days:
        for compromised in _drawn(world, first, world.terminals, 2):
            rows = at_terminal.of(compromised)
            _mark(scenario, rows[(day[rows] >= first) & (day[rows] < first + 28)], TERMINAL)
    for first in first_days:
        rows = np.sort(np.concatenate([of_customer.of(one) for one in _drawn(world, first, world.customers, 3)]))
        rows = rows[(day[rows] >= first) & (day[rows] < first + 14)]
        leaked = random.Random(first + world.shift).sample(rows.tolist(), len(rows) // 3)  # noqa: S311 - a simulation
        third = np.array(leaked, dtype=np.int64)
        cents[third] *= 5
        _mark(scenario, third, CUSTOMER)
    return Transactions(world.start, customer, terminal, second, cents, scenario)


def _mark(scenario: Integers, rows: Integers, kind: int) -> None:
    scenario[rows] = np.where(scenario[rows] == GENUINE, kind, scenario[rows])


def _drawn(world: World, day: int, population: int, count: int) -> list[int]:
    drawn: list[int] = np.random.RandomState(day + world.shift).choice(population, size=count, replace=False).tolist()
    return drawn


class _Rows:
    """Which rows belong to each id, in event order."""

    def __init__(self, ids: Integers, population: int) -> None:
        self._order = np.argsort(ids, kind="stable")
        self._starts = np.searchsorted(ids[self._order], np.arange(population + 1))

    def of(self, one: int) -> Integers:
        """Return the rows of one id."""
        return self._order[self._starts[one] : self._starts[one + 1]]
