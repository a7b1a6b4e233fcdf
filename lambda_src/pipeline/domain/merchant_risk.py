"""What labels say about a merchant: its transactions and frauds by the time of the event, kept from the stream.

Labels come late, some later than others. What is read looks only at events that are all at least seven days
old, so that a decision sees of a merchant what the training saw.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from pipeline.domain.errors import PipelineError
from pipeline.domain.times import DAY, seconds_of

if TYPE_CHECKING:
    from pipeline.domain.decision import Feature

VERSION = 1
BUCKET = DAY // 4
"""Seconds of event time that are counted together."""
BUCKETS = 36 * 4
"""Counts kept: seven days that are not read yet, and 29 that are."""
KEYS = 64
"""Transactions remembered by hash, so that a repeated delivery counts once."""
MATURE = 7 * DAY
"""Seconds after which a transaction's label counts as known."""
EXPLAINED = 2_000
"""From this ratio (in thousandths) to the account's usual amount on, the account explains a fraud."""
EXPLAINED_LATELY = 1_400
"""The same, for an account that had an unusually high amount within `LATELY`."""
LATELY = 14 * DAY
MOST = 0xFFFF
"""The most that one count can say: a merchant with more looks like one with that many."""

_STATE = struct.Struct(f"<BBI{BUCKETS}H{BUCKETS}H{KEYS}I")
_CHECK = struct.Struct("<I")
SIZE = _STATE.size + _CHECK.size
_NONE = (0,) * BUCKETS
_FRAUDS_AT = 3 + BUCKETS
_KEYS_AT = 3 + 2 * BUCKETS
_A_DAY = DAY // BUCKET


class MerchantStateError(PipelineError):
    """A merchant's stored risk cannot be read."""


class MerchantSignals(NamedTuple):
    """What is known of a merchant at an instant.

    Parameters
    ----------
    transactions_7d, frauds_7d, transactions_14d, frauds_14d, transactions_21d, frauds_21d
        Counts of the newest 7, 14 and 21 days whose labels are known.
    run_frauds
        Frauds since the last genuine transaction whose label is known; 0 if that is the newest.
    run_age
        Days since the run's first fraud, by the calendar (UTC); -1: there is no run.
    run_age_at_most
        Days since the last genuine transaction before the run, or since the memory begins.
    """

    transactions_7d: int = 0
    frauds_7d: int = 0
    transactions_14d: int = 0
    frauds_14d: int = 0
    transactions_21d: int = 0
    frauds_21d: int = 0
    run_frauds: int = 0
    run_age: int = -1
    run_age_at_most: int = -1


class MerchantRisk(NamedTuple):
    """The packed state of one merchant; without arguments, that of a merchant nobody has seen.

    Parameters
    ----------
    newest
        The bucket of the first counts: its start in seconds since 1970, divided by `BUCKET`.
    transactions, frauds
        Counts by bucket, the newest first.
    keys
        Hashes of the transactions counted last, the latest at the end.
    """

    newest: int = 0
    transactions: tuple[int, ...] = _NONE
    frauds: tuple[int, ...] = _NONE
    keys: tuple[int, ...] = ()

    def pack(self) -> bytes:
        """Return the state as bytes of fixed length, with a checksum at the end."""
        padding = (0,) * (KEYS - len(self.keys))
        state = _STATE.pack(
            VERSION, len(self.keys), self.newest, *self.transactions, *self.frauds, *self.keys, *padding
        )
        return state + _CHECK.pack(crc32(state))

    @staticmethod
    def unpack(packed: bytes) -> MerchantRisk:
        """Read back what `pack` wrote.

        Raises
        ------
        MerchantStateError
            If it is anything else: another length or version, or a changed byte.
        """
        if len(packed) != SIZE:
            raise MerchantStateError(f"a merchant's risk has {SIZE} bytes, not {len(packed)}")
        if packed[0] != VERSION:
            raise MerchantStateError(f"a merchant's risk of version {packed[0]} is not known here")
        state = packed[: -_CHECK.size]
        if crc32(state) != _CHECK.unpack(packed[-_CHECK.size :])[0]:
            raise MerchantStateError("the checksum of a merchant's risk does not match")
        values = _STATE.unpack(state)
        return MerchantRisk(
            values[2], values[3:_FRAUDS_AT], values[_FRAUDS_AT:_KEYS_AT], values[_KEYS_AT : _KEYS_AT + values[1]]
        )

    def counted(self, occurred_at: str, event_key: str) -> MerchantRisk:
        """Count one transaction when it happened; a repeated delivery gives the same object back.

        Parameters
        ----------
        occurred_at
            Event time as the transaction's row has it (RFC 3339, UTC).
        event_key
            What repeats of the delivery have in common: the transaction's id.
        """
        key = crc32(event_key.encode())
        if key in self.keys:
            return self
        bucket = seconds_of(occurred_at) // BUCKET
        risk = self._since(bucket)
        return MerchantRisk(
            risk.newest,
            _changed(risk.transactions, risk.newest - bucket, 1),
            risk.frauds,
            (*self.keys, key)[-KEYS:],
        )

    def labelled(self, occurred_at: str, frauds: int) -> MerchantRisk:
        """Add `frauds` (1, or -1 for a label that is withdrawn) when the transaction happened; never below 0."""
        bucket = seconds_of(occurred_at) // BUCKET
        risk = self._since(bucket)
        return risk._replace(frauds=_changed(risk.frauds, risk.newest - bucket, frauds))

    def signals(self, at: int) -> MerchantSignals:
        """Return what may be known at `at` (seconds since 1970): buckets that ended seven days before, or earlier."""
        first = self.newest - ((at - MATURE) // BUCKET - 1)
        # The windows end at the last matured bucket, also where the merchant has been silent since.
        ends = [max(first + days * _A_DAY, 0) for days in (7, 14, 21)]
        first = max(first, 0)
        week, fortnight, weeks = (sum(self.transactions[first:end]) for end in ends)
        frauds = self.frauds[first:]
        if not any(frauds):
            return MerchantSignals(week, 0, fortnight, 0, weeks, 0)
        found = (sum(self.frauds[first:end]) for end in ends)
        week_frauds, fortnight_frauds, weeks_frauds = found
        return MerchantSignals(
            week, week_frauds, fortnight, fortnight_frauds, weeks, weeks_frauds, *self._run(first, at // DAY)
        )

    def _run(self, first: int, today: int) -> tuple[int, int, int]:
        """Return the frauds of the run that the buckets from `first` on begin with, and how old it is."""
        total, oldest, before = 0, -1, BUCKETS
        for place in range(first, BUCKETS):
            frauds = self.frauds[place]
            if self.transactions[place] > frauds:
                before = place
                break
            if frauds:
                total += frauds
                oldest = place
        if not total:
            return 0, -1, -1
        return total, today - (self.newest - oldest) // _A_DAY, today - (self.newest - before) // _A_DAY

    def _since(self, bucket: int) -> MerchantRisk:
        """Return the state with `bucket` as its newest, if it is newer."""
        if bucket <= self.newest:
            return self
        new = _NONE[: bucket - self.newest]
        return MerchantRisk(bucket, (new + self.transactions)[:BUCKETS], (new + self.frauds)[:BUCKETS], self.keys)


EMPTY = MerchantRisk()


def counts_against_merchant(features: Mapping[str, Feature]) -> bool:
    """Tell whether a transaction says anything about its merchant, be it fraud or not.

    One that is far above what its own account usually pays, or above it while the account had unusually high
    amounts lately, is explained by the account: it is neither counted nor labelled. Otherwise stolen cards
    would make every merchant they visit look compromised.

    Parameters
    ----------
    features
        Those that the transaction was decided on (`pipeline.scoring.features`).
    """
    ratio = int(features.get("amount_ratio_thousandths", -1))
    since_high = int(features.get("seconds_since_high", -1))
    suspicious = EXPLAINED_LATELY if 0 <= since_high < LATELY else EXPLAINED
    return ratio < suspicious


def _changed(counts: tuple[int, ...], place: int, change: int) -> tuple[int, ...]:
    if place >= BUCKETS:  # too old to be remembered
        return counts
    return (*counts[:place], min(max(counts[place] + change, 0), MOST), *counts[place + 1 :])
