"""A batch in portions that one transaction takes: customers side by side, and each customer's own in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.aws.batch import AccountBatch
from pipeline.aws.writes import MOST_WRITES
from pipeline.domain.insights import day_of
from pipeline.domain.settlement import Queued

MOST_OF_A_CUSTOMER = (MOST_WRITES - 1) // 3
"""Transactions of one customer that fit, whatever each needs: a row, a claim, the counters of a day."""


def portions_of(accounts: Sequence[AccountBatch]) -> Iterator[list[AccountBatch]]:
    """Yield the batch in portions; one after the other, they keep each customer's order.

    A customer is in a portion once at most, for one transaction writes a row once at most.
    """
    portion: list[AccountBatch] = []
    writes, days = 0, set[str]()
    for part in _parts(accounts):
        needed, new_days = 1 + sum(map(_writes, part.queued)), {_day(item) for item in part.queued}
        repeated = any(other.account_id == part.account_id for other in portion)
        if portion and (repeated or writes + needed + len(days | new_days) > MOST_WRITES):
            yield portion
            portion, writes, days = [], 0, set()
        portion.append(part)
        writes += needed
        days |= new_days
    if portion:
        yield portion


def _parts(accounts: Sequence[AccountBatch]) -> Iterator[AccountBatch]:
    for account in accounts:
        for start in range(0, len(account.queued), MOST_OF_A_CUSTOMER):
            yield account.part(start, start + MOST_OF_A_CUSTOMER)


def _writes(item: Queued) -> int:
    return 1 if item.is_stored else 2


def _day(item: Queued) -> str:
    return day_of(item.acceptance.event_time)
