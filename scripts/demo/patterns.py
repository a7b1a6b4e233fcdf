"""Input of a kind: each pattern is what one fraud rule, or one part of a bank's day, is about.

| pattern             | what comes together                          | its mark                               | fraud  |
|---------------------|----------------------------------------------|----------------------------------------|--------|
| `normal`            | one by day, at home, of a usual amount       | none of the others' marks              | no     |
| `velocity`          | 8 of a customer within 40 minutes            | more than 5 in the hour before         | 7th on |
| `location`          | one at home, half an hour later one far away | 500 miles or more from the last place  | 2nd    |
| `amount`            | 4 usual ones, then a large one               | more than 3 times the earlier average  | 5th    |
| `time`              | one at night                                 | outside 06:00 to 22:00 UTC             | yes    |
| `merchant-category` | 3 of the usual category, then a risky one    | a risky category, and a merchant of it | 4th    |
| `failed-payments`   | 3 attempts that no API takes, then a good    | 0, too many decimals, no currency      | no     |
| `international`     | one abroad                                   | another place and currency than usual  | no     |
| `high-value`        | one of a high value                          | above 10,000                           | no     |
| `takeover`          | 7 within 40 minutes, then one far away and   | velocity, amount and location at once: | 7th on |
|                     | large                                        | what the `weights` rules call fraud    |        |

Each pattern has customers and a clock of its own, so that none changes the mark of another, and a customer's
transactions come in the order of their times. The patterns' clocks differ: all together are not in that order. As in
`generator`, a longer run begins with the same transactions as a shorter one.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from scripts.demo import generator
from scripts.demo.model import DemoError, Merchant, Transaction

CUSTOMERS = 120
"""Of each pattern. They take turns, so that one has rested for hours when theirs comes again."""
MIX = "mix"
NORMAL = "normal"
_NORMAL_OF_TWENTY = 11
"""How many of twenty turns of the mix are normal; the nine other patterns have one each."""

RISKY_CATEGORIES = ("gift_cards", "jewellery", "crypto_exchange", "gambling")
_FAR = {0: (1, 2, 3), 1: (0, 3), 2: (0, 3), 3: (0, 1, 2)}
"""For each place those that are 500 miles away; London and Paris are not."""
_TYPES = {"atm": "withdrawal", "transfer": "transfer", "direct_debit": "payment"}

_DAY = (timedelta(hours=6, minutes=30), timedelta(hours=21))
"""When something may begin by day: what takes 40 minutes is over before the night."""
_NIGHT = (timedelta(hours=22, minutes=1), timedelta(hours=29, minutes=59))
_A_DAY = 3480
"""About how many transactions of a pattern fall into a day: `generator.MAX_COUNT` of them into 288 days."""
_LONGEST_GAP_SECONDS = 280.0


@dataclass
class _Customer:
    """One customer of a pattern, and what their average is made of."""

    account_id: str
    currency: str
    usual: float
    place: int
    category: str
    shop: Merchant
    count: int = 0
    total: Decimal = field(default_factory=Decimal)


class _Pattern:
    """Makes the transactions of one pattern, one turn after the other.

    Parameters
    ----------
    name
        The pattern.
    rng
        Its own chance: what other patterns draw changes nothing here.
    start
        Midnight before its first day.
    """

    def __init__(self, name: str, rng: random.Random, start: datetime) -> None:
        self._rng = rng
        self._make = _MAKERS[name]
        self._day = start
        self._begin, self._end = _NIGHT if name == "time" else _DAY
        self._into_day = self._begin
        self._customers = deque(self._customer(name, number) for number in range(1, CUSTOMERS + 1))

    def turn(self) -> list[Transaction]:
        """Return the transactions of one customer's turn, without their ids."""
        customer = self._customers[0]
        self._customers.rotate(-1)
        made = self._make(self, customer)
        self._into_day += sum((self._pause() for _ in made), timedelta())
        if self._into_day > self._end:
            self._day += timedelta(days=1)
            self._into_day = self._begin
        return made

    def normal(self, customer: _Customer) -> list[Transaction]:
        """Return an everyday transaction."""
        return [self._of(customer)]

    def velocity(self, customer: _Customer) -> list[Transaction]:
        """Return a burst."""
        return self._burst(customer, 8)[0]

    def location(self, customer: _Customer) -> list[Transaction]:
        """Return one at home and one far away."""
        return [self._of(customer), self._of(customer, after=1800.0, place=self._far(customer), fraud=True)]

    def amount(self, customer: _Customer) -> list[Transaction]:
        """Return usual amounts and a large one."""
        usual = [self._of(customer, after=300.0 * number) for number in range(4)]
        return [*usual, self._of(customer, after=1800.0, amount=self._large(customer), fraud=True)]

    def time(self, customer: _Customer) -> list[Transaction]:
        """Return one whose pattern's clock runs at night."""
        return [self._of(customer, fraud=True)]

    def merchant_category(self, customer: _Customer) -> list[Transaction]:
        """Return some of the usual category and one of a risky one."""
        usual = [self._of(customer, after=300.0 * number) for number in range(3)]
        merchant, category = self._rng.choice(generator.RISKY), self._rng.choice(RISKY_CATEGORIES)
        return [*usual, self._of(customer, after=1200.0, merchant=merchant, category=category, fraud=True)]

    def failed_payments(self, customer: _Customer) -> list[Transaction]:
        """Return attempts that no API takes, and the payment that works in the end."""
        attempts = ((Decimal(0), customer.currency), (Decimal("9.99999"), customer.currency), (Decimal("9.99"), "XXX"))
        failed = [
            self._of(customer, after=60.0 * number, amount=amount, currency=currency, refused=True)
            for number, (amount, currency) in enumerate(attempts)
        ]
        return [*failed, self._of(customer, after=180.0)]

    def international(self, customer: _Customer) -> list[Transaction]:
        """Return one abroad."""
        currency = self._rng.choice(generator.FOREIGN_CURRENCIES)
        return [self._of(customer, place=self._far(customer), currency=currency)]

    def high_value(self, customer: _Customer) -> list[Transaction]:
        """Return one of a high value."""
        amount = generator.in_cents(self._rng.uniform(10_000.01, 25_000), customer.currency)
        return [self._of(customer, amount=amount)]

    def takeover(self, customer: _Customer) -> list[Transaction]:
        """Return a burst that ends far away with a large amount."""
        burst, after = self._burst(customer, 7)
        amount, place = self._large(customer), self._far(customer)
        return [*burst, self._of(customer, after=after, amount=amount, place=place, fraud=True)]

    def _burst(self, customer: _Customer, length: int) -> tuple[list[Transaction], float]:
        """Return transactions close to each other, and how many seconds after the first another one may follow."""
        after, made = 0.0, []
        for number in range(length):
            made.append(self._of(customer, after=after, fraud=number >= 6))
            after += self._rng.uniform(60.0, _LONGEST_GAP_SECONDS)
        return made, after

    def _of(
        self,
        customer: _Customer,
        *,
        after: float = 0.0,
        amount: Decimal | None = None,
        currency: str = "",
        place: int | None = None,
        merchant: Merchant | None = None,
        category: str = "",
        fraud: bool = False,
        refused: bool = False,
    ) -> Transaction:
        """Return a transaction of the customer, everyday in all that is not said."""
        currency = currency or customer.currency
        if amount is None:
            # Never above 3 times an average of these.
            amount = generator.in_cents(customer.usual * self._rng.uniform(0.5, 1.5), currency)
        if not refused:
            customer.count, customer.total = customer.count + 1, customer.total + amount
        latitude, longitude = generator.PLACES[customer.place if place is None else place]
        channel = self._rng.choice(generator.CHANNELS)
        return Transaction(
            transaction_id="",
            account_id=customer.account_id,
            merchant_id=(merchant or customer.shop).merchant_id,
            amount=amount,
            currency=currency,
            occurred_at=generator.written(self._day + self._into_day + timedelta(seconds=after)),
            category=category or customer.category,
            channel=channel,
            latitude=Decimal(latitude),
            longitude=Decimal(longitude),
            fraud=fraud,
            expected="rejected" if refused else "accepted",
            transaction_type=_TYPES.get(channel, "purchase"),
        )

    def _large(self, customer: _Customer) -> Decimal:
        """Return more than 3 times the average of what the customer has spent, and what was not refused."""
        average = float(customer.total) / customer.count
        return generator.in_cents(max(average, 1.0) * self._rng.uniform(4.0, 6.0), customer.currency)

    def _far(self, customer: _Customer) -> int:
        return self._rng.choice(_FAR[customer.place])

    def _pause(self) -> timedelta:
        return timedelta(seconds=max(0.001, self._rng.expovariate(_A_DAY / (self._end - self._begin).total_seconds())))

    def _customer(self, name: str, number: int) -> _Customer:
        rng = self._rng
        return _Customer(
            account_id=f"{name}-{number:04d}",
            currency=rng.choice(generator.HOME_CURRENCIES),
            usual=math.exp(rng.uniform(2.5, 4.5)),
            place=rng.randrange(len(generator.PLACES)),
            category=rng.choice(generator.CATEGORIES),
            shop=rng.choice(generator.USUAL),
        )


_MAKERS: dict[str, Callable[[_Pattern, _Customer], list[Transaction]]] = {
    NORMAL: _Pattern.normal,
    "velocity": _Pattern.velocity,
    "location": _Pattern.location,
    "amount": _Pattern.amount,
    "time": _Pattern.time,
    "merchant-category": _Pattern.merchant_category,
    "failed-payments": _Pattern.failed_payments,
    "international": _Pattern.international,
    "high-value": _Pattern.high_value,
    "takeover": _Pattern.takeover,
}

PATTERNS = tuple(_MAKERS)
"""The names of all patterns."""


def named(text: str) -> list[str]:
    """Return the patterns of a list such as "velocity,location", or of "mix", which is all of them and mostly normal.

    Raises
    ------
    DemoError
        If there is no such pattern.
    """
    names = [part.strip() for part in text.split(",")]
    if names == [MIX]:
        return [NORMAL] * (_NORMAL_OF_TWENTY - 1) + list(PATTERNS)
    unknown = next((name for name in names if name not in _MAKERS), None)
    if unknown is not None:
        raise DemoError(f"there is no pattern {unknown!r}: it is {MIX}, or one or more of {', '.join(PATTERNS)}.")
    return names


def transactions(
    count: int, seed: int, names: Sequence[str], start: datetime = generator.START, prefix: str = "load"
) -> Iterator[Transaction]:
    """Yield `count` transactions of the patterns, whose turns are drawn.

    Parameters
    ----------
    count
        All transactions, also those that an API has to refuse: 1 to `generator.MAX_COUNT`.
    seed
        Same seed, same transactions.
    names
        The patterns (see `named`); one that is there twice is drawn twice as often.
    start
        The day of the first of them; that of the last is at most 288 days later.
    prefix
        What ids begin with, before the seed.
    """
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    patterns = {name: _Pattern(name, _chance(f"{seed}-{name}"), midnight) for name in names}
    rng = _chance(f"{seed}")
    number = 0
    while True:
        for made in patterns[rng.choice(names)].turn():
            if number == count:
                return
            number += 1
            yield replace(made, transaction_id=f"{prefix}-{seed}-{number:07d}")


def _chance(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - test data, to be repeated
