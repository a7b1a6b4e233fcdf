"""Counters of what was decided, by the day on which it happened: what a bank asks about fraud.

They are committed in one transaction with the decisions that they count, so each decision is in them once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Union

from pipeline.domain.status import FLAGGED, Status

if TYPE_CHECKING:
    from pipeline.domain.decision import Decision
    from pipeline.domain.settlement import Change
    from pipeline.domain.transaction import Transaction

SLOTS = 8
"""Rows over which the counters of a day are spread, so that no shard of a stream waits for all the others."""

OTHER_CATEGORY = "other"
"""Counts the frauds of categories that have no counter of their own."""

Counters = Mapping[str, Union[int, Decimal]]


def day_of(event_time: str) -> str:
    """Return the day, UTC, of an instant as `times.to_text` writes it."""
    return event_time[:10]


def counters_by_day(changes: Iterable[Change], *, by_category: bool = True) -> dict[str, Counters]:
    """Return what the decisions among `changes` add to the counters of their days.

    Parameters
    ----------
    changes
        What became of transactions; those that were not decided count nothing.
    by_category
        Whether each category of the merchant has a counter of its own, or all share one.
    """
    days: dict[str, defaultdict[str, Union[int, Decimal]]] = {}
    for change in changes:
        if change.decision is None:
            continue
        acceptance = change.queued.acceptance
        counters = days.setdefault(day_of(acceptance.event_time), defaultdict(int))
        for name, value in _of_one(acceptance.transaction, change.decision, by_category).items():
            counters[name] += value
    return dict(days)


def _of_one(transaction: Transaction, decision: Decision, by_category: bool) -> dict[str, Union[int, Decimal]]:
    counted: dict[str, Union[int, Decimal]] = {
        "transactions": 1,
        "flagged": int(decision.outcome in FLAGGED),
        "fraud": int(decision.outcome == Status.FRAUD_SUSPECTED),
        f"amount:{transaction.currency}": transaction.amount,
        f"risk:{int(decision.risk * 10)}": 1,
        **{f"reason:{reason.code}": 1 for reason in decision.reasons},
    }
    if decision.outcome == Status.FRAUD_SUSPECTED:
        counted[f"fraud_amount:{transaction.currency}"] = transaction.amount
        if transaction.category is not None:
            counted[f"fraud_category:{transaction.category if by_category else OTHER_CATEGORY}"] = 1
    return counted
