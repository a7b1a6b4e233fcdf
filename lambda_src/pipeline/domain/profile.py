"""What an account usually does: a packed state of fixed size, moved on in constant time by each transaction.

Everything goes by event time. Transactions may arrive late: counts and sums take them where they belong, and
nothing that stands for "the last" ever moves backwards. Amounts are compared as bare numbers, not converted.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from pipeline.domain.errors import AccountStateError
from pipeline.domain.times import DAY, seconds_of

if TYPE_CHECKING:
    from pipeline.domain.queued import Acceptance
    from pipeline.domain.transaction import Transaction

VERSION = 1
RECENT = 24
"""Transactions remembered one by one, for what happened within an hour and a day."""
HIGHS = 8
"""Unusually high amounts remembered by their time."""
MERCHANTS = 24
"""Merchants remembered, the latest used."""
CATEGORIES = 16
"""Categories remembered with their usual amount, the latest used."""

HIGH_RATIO = 3.0
"""From this multiple of the usual amount on, an amount is unusually high."""
CAP = 3.0
"""An amount moves the usual amount by no more than this multiple of it, so that fraud hardly moves it."""
FEWEST = 3
"""From so many amounts on there is something usual to compare with."""
LEARNING = 5
"""So many amounts count in full: a cap on top of a first card check of 0.01 would hold the mean down for months."""
MEMORY = 100
"""Transactions that the usual amount is an average of; older ones fade."""
CATEGORY_MEMORY = 50
"""The same for the usual amount in one category."""
HALF_LIFE = 7 * DAY
"""Half-life of the recent counts and amounts, in seconds."""
HOUR_LIMIT = 255
"""When an hour of the day was used this often all hours are halved, so that habits can change."""

NOWHERE = 0x7FFFFFFF
"""Latitude of no place; real ones are millionths of a degree."""
MAX_CENTS = 16_777_215

_LENGTHS = (RECENT, RECENT, HIGHS, MERCHANTS, CATEGORIES, CATEGORIES, CATEGORIES)
"""Of the rings as packed: times, cents, highs, merchants; and keys, uses, means of the categories."""
_STATE = struct.Struct(
    f"<BIQIIIiiIddHddI4B{RECENT}I{RECENT}I{HIGHS}I{MERCHANTS}I{CATEGORIES}I{CATEGORIES}B{CATEGORIES}f24B"
)
_CHECK = struct.Struct("<I")
_FLOAT = struct.Struct("<f")
_SCALARS = 15
_RINGS_AT = _SCALARS + 4
_TIMES_AT, _CENTS_AT, _HIGHS_AT, _MERCHANTS_AT, _KEYS_AT, _USES_AT, _MEANS_AT, _HOURS_AT = accumulate(
    _LENGTHS, initial=_RINGS_AT
)
SIZE = _STATE.size + _CHECK.size
_MOST = 0xFFFFFFFF
_PADDING = (0,) * max(_LENGTHS)


class CategoryHabit(NamedTuple):
    """What the account spends in one category: how often (up to 255) and how much as a rule."""

    key: int
    uses: int
    mean: float


class AccountProfile(NamedTuple):
    """The packed state of one account; without arguments, that of an account nobody has seen.

    Parameters
    ----------
    transactions, total_thousandths
        Exact number and sum of all amounts, in thousandths of a major unit.
    first_at, newest_at
        Earliest and latest event time, in seconds since 1970.
    latitude, longitude, place_at
        Place of the latest transaction that had one, in millionths of a degree, and its time.
    mean, variance, weight
        The usual amount in major units, its variance, and the number of transactions they rest on.
    lately_count, lately_amount, lately_at
        Count and sum that halve every seven days, as they stood at `lately_at`.
    times, cents
        The latest transactions by event time, ascending.
    highs
        Event times of the latest unusually high amounts, ascending.
    merchants
        Hashes of the merchants used last, the latest at the end.
    categories
        Habits by category, the latest used at the end.
    hours
        How often each hour of the day (UTC) was used.
    """

    transactions: int = 0
    total_thousandths: int = 0
    first_at: int = 0
    newest_at: int = 0
    latitude: int = NOWHERE
    longitude: int = 0
    place_at: int = 0
    mean: float = 0.0
    variance: float = 0.0
    weight: int = 0
    lately_count: float = 0.0
    lately_amount: float = 0.0
    lately_at: int = 0
    times: tuple[int, ...] = ()
    cents: tuple[int, ...] = ()
    highs: tuple[int, ...] = ()
    merchants: tuple[int, ...] = ()
    categories: tuple[CategoryHabit, ...] = ()
    hours: tuple[int, ...] = (0,) * 24

    @property
    def has_place(self) -> bool:
        """Tell whether any transaction had a place."""
        return self.latitude != NOWHERE

    def pack(self) -> bytes:
        """Return the state as bytes of fixed length, with a checksum at the end."""
        high, low = divmod(self.total_thousandths, 1 << 64)
        keys, uses, means = zip(*self.categories) if self.categories else ((), (), ())
        state = _STATE.pack(
            VERSION,
            self.transactions,
            low,
            high,
            *self[2:13],
            len(self.times),
            len(self.highs),
            len(self.merchants),
            len(keys),
            *self.times,
            *_PADDING[len(self.times) : RECENT],
            *self.cents,
            *_PADDING[len(self.cents) : RECENT],
            *self.highs,
            *_PADDING[len(self.highs) : HIGHS],
            *self.merchants,
            *_PADDING[len(self.merchants) : MERCHANTS],
            *keys,
            *_PADDING[len(keys) : CATEGORIES],
            *uses,
            *_PADDING[len(keys) : CATEGORIES],
            *means,
            *_PADDING[len(keys) : CATEGORIES],
            *self.hours,
        )
        return state + _CHECK.pack(crc32(state))

    @staticmethod
    def unpack(packed: bytes) -> AccountProfile:
        """Read back what `pack` wrote.

        Raises
        ------
        AccountStateError
            If it is anything else: another length or version, or a changed byte.
        """
        if len(packed) != SIZE:
            raise AccountStateError(f"a profile has {SIZE} bytes, not {len(packed)}")
        if packed[0] != VERSION:
            raise AccountStateError(f"a profile of version {packed[0]} is not known here")
        state = packed[: -_CHECK.size]
        if crc32(state) != _CHECK.unpack(packed[-_CHECK.size :])[0]:
            raise AccountStateError("the checksum of a profile does not match")
        values = _STATE.unpack(state)
        recent, highs, merchants, categories = values[_SCALARS:_RINGS_AT]
        habits = zip(
            values[_KEYS_AT : _KEYS_AT + categories],
            values[_USES_AT : _USES_AT + categories],
            values[_MEANS_AT : _MEANS_AT + categories],
        )
        return AccountProfile._make(
            (
                values[1],
                values[2] + (values[3] << 64),
                *values[4:_SCALARS],
                values[_TIMES_AT : _TIMES_AT + recent],
                values[_CENTS_AT : _CENTS_AT + recent],
                values[_HIGHS_AT : _HIGHS_AT + highs],
                values[_MERCHANTS_AT : _MERCHANTS_AT + merchants],
                tuple(map(CategoryHabit._make, habits)),
                values[_HOURS_AT:],
            )
        )

    def after(self, acceptance: Acceptance) -> AccountProfile:
        """Return the state after a transaction, which may be older than others that were here before."""
        transaction = acceptance.transaction
        at = seconds_of(acceptance.event_time)
        thousandths = thousandths_of(transaction)
        amount = thousandths / 1000
        times, cents = _with_recent(self.times, self.cents, at, min(thousandths // 10, MAX_CENTS))
        latitude, longitude, place_at = self._place_after(transaction, at)
        mean, variance, weight = self._usual_after(amount)
        lately_count, lately_amount, lately_at = self._lately_after(amount, at)
        return AccountProfile(
            min(self.transactions + 1, _MOST),
            self.total_thousandths + thousandths,
            min(self.first_at, at) if self.transactions else at,
            max(self.newest_at, at),
            latitude,
            longitude,
            place_at,
            mean,
            variance,
            weight,
            lately_count,
            lately_amount,
            lately_at,
            times,
            cents,
            _with_time(self.highs, at) if self.is_high(amount) else self.highs,
            _with_key(self.merchants, key_of(transaction.merchant_id)),
            self.categories if transaction.category is None else self._habits_after(transaction.category, amount),
            _with_hour(self.hours, at % DAY // 3600),
        )

    def is_high(self, amount: float) -> bool:
        """Tell whether `amount` is unusually high for this account."""
        return self.weight >= FEWEST and amount >= HIGH_RATIO * self.mean

    def habit(self, category: str) -> CategoryHabit:
        """Return what the account does in `category`; used 0 times if it is new or forgotten."""
        key = key_of(category)
        for habit in self.categories:
            if habit.key == key:
                return habit
        return CategoryHabit(key, 0, 0.0)

    def lately(self, at: int) -> tuple[float, float]:
        """Return the fading count and sum as they stand at `at`."""
        left = fading(at - self.lately_at) if at > self.lately_at else 1.0
        return self.lately_count * left, self.lately_amount * left

    def _place_after(self, transaction: Transaction, at: int) -> tuple[int, int, int]:
        place = transaction.location
        if place is None or (self.has_place and at < self.place_at):
            return self.latitude, self.longitude, self.place_at
        return round(place.latitude * 1_000_000), round(place.longitude * 1_000_000), at

    def _usual_after(self, amount: float) -> tuple[float, float, int]:
        if not self.weight:
            return amount, 0.0, 1
        weight = min(self.weight + 1, MEMORY)
        step = _capped(amount, self.mean, self.weight) - self.mean
        mean = self.mean + step / weight
        return mean, (1 - 1 / weight) * (self.variance + step * step / weight), weight

    def _lately_after(self, amount: float, at: int) -> tuple[float, float, int]:
        if at >= self.lately_at:
            count, total = self.lately(at)
            return count + 1, total + amount, at
        share = fading(self.lately_at - at)  # late: as much as would be left of it by now
        return self.lately_count + share, self.lately_amount + share * amount, self.lately_at

    def _habits_after(self, category: str, amount: float) -> tuple[CategoryHabit, ...]:
        old = self.habit(category)
        weight = min(old.uses + 1, CATEGORY_MEMORY)
        mean = old.mean + (_capped(amount, old.mean, old.uses) - old.mean) / weight
        new = CategoryHabit(old.key, min(old.uses + 1, 255), _FLOAT.unpack(_FLOAT.pack(mean))[0])
        others = [habit for habit in self.categories if habit.key != old.key]
        return (*others[-CATEGORIES + 1 :], new)


EMPTY = AccountProfile()


def _capped(amount: float, mean: float, seen: int) -> float:
    """Return how much of an amount moves a mean that rests on `seen` others."""
    return amount if seen < LEARNING else min(amount, CAP * mean)


def thousandths_of(transaction: Transaction) -> int:
    """Return the exact amount in thousandths of a major unit; no currency has a smaller one."""
    return int(transaction.amount * 1000)


def key_of(text: str) -> int:
    """Return the four-byte hash by which merchants and categories are remembered."""
    return crc32(text.encode())


def fading(seconds: int) -> float:
    """Return what is left, after `seconds`, of something that halves every seven days."""
    left: float = 0.5 ** (seconds / HALF_LIFE)
    return left


def _with_recent(
    times: tuple[int, ...], cents: tuple[int, ...], at: int, amount: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    place = len(times) if not times or at >= times[-1] else bisect_right(times, at)
    return (
        (*times[:place], at, *times[place:])[-RECENT:],
        (*cents[:place], amount, *cents[place:])[-RECENT:],
    )


def _with_time(times: tuple[int, ...], at: int) -> tuple[int, ...]:
    place = bisect_right(times, at)
    return (*times[:place], at, *times[place:])[-HIGHS:]


def _with_key(keys: tuple[int, ...], key: int) -> tuple[int, ...]:
    if key in keys:
        place = keys.index(key)
        return (*keys[:place], *keys[place + 1 :], key)
    return (*keys, key)[-MERCHANTS:]


def _with_hour(hours: tuple[int, ...], hour: int) -> tuple[int, ...]:
    count = hours[hour] + 1
    if count > HOUR_LIMIT:
        hours = tuple(used // 2 for used in hours)
        count = HOUR_LIMIT // 2 + 1
    return (*hours[:hour], count, *hours[hour + 1 :])
