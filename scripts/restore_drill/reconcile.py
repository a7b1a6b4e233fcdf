"""Compares a table as it was with what was brought back, and says how much was lost; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Optional

from pipeline.domain.status import Status
from pipeline.domain.times import from_text
from scripts.restore_drill.changes import MARK, Row

Rows = Mapping[tuple[str, ...], Row]

_NOT_ARCHIVED_WHOLE = frozenset({MARK, "decision", "history", "fingerprint", "label", "labels"})
EXAMPLES = 10
"""Keys of each kind that a report names."""


@dataclass
class Reconciliation:
    """What became of each row.

    Parameters
    ----------
    identical
        Rows that are to the letter what they were.
    rebuilt
        Rows that the archive brought up to date: what it holds agrees, and the rest is in `lacking`.
    waiting
        Rows that are missing or older and waited for their decision: their messages decide them again.
    lost, differing, surplus
        Keys of rows that are missing or older than they were, that say something else, and that were never there.
    lacking
        Attributes that rebuilt rows had and have no more, by how many rows.
    sums
        Amounts by currency, before and after.
    oldest_loss
        When the oldest change was made that is lost; None if nothing is.
    """

    identical: int = 0
    rebuilt: int = 0
    waiting: int = 0
    lost: list[tuple[str, ...]] = field(default_factory=list)
    differing: list[tuple[str, ...]] = field(default_factory=list)
    surplus: list[tuple[str, ...]] = field(default_factory=list)
    lacking: Counter[str] = field(default_factory=Counter)
    sums: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    oldest_loss: Optional[datetime] = None

    @property
    def sums_agree(self) -> bool:
        """Say whether the amounts are the same in every currency."""
        return all(before == now for before, now in self.sums.values())

    @property
    def clean(self) -> bool:
        """Say whether nothing is lost, nothing else than it was, and nothing new."""
        return not (self.lost or self.differing or self.surplus)


def reconcile(before: Rows, now: Rows) -> Reconciliation:
    """Compare the rows of a table before its loss with those that it has now."""
    found = Reconciliation()
    for key, was in before.items():
        row = now.get(key)
        if row == was:
            found.identical += 1
        elif row is None or _older(row, was):
            if was.get("status") == Status.RECEIVED.value:
                found.waiting += 1
            else:
                found.lost.append(key)
                found.oldest_loss = _earlier(found.oldest_loss, changed_at(was))
        elif MARK in row and agrees(row, was):
            found.rebuilt += 1
            found.lacking.update(_names(was) - _names(row))
        else:
            found.differing.append(key)
            found.oldest_loss = _earlier(found.oldest_loss, changed_at(was))
    found.surplus = [key for key in now if key not in before]
    sums_before, sums_now = sums(before), sums(now)
    found.sums = {
        currency: (sums_before[currency], sums_now[currency]) for currency in sorted({*sums_before, *sums_now})
    }
    return found


def agrees(rebuilt: Row, was: Row) -> bool:
    """Say whether a rebuilt row holds nothing else than the row held."""
    if any(was.get(name) != value for name, value in rebuilt.items() if name not in _NOT_ARCHIVED_WHOLE):
        return False
    return _agree_inside(rebuilt.get("decision"), was.get("decision")) and (
        _agree_inside(rebuilt.get("label"), was.get("label"))
    )


def sums(rows: Rows) -> defaultdict[str, Decimal]:
    """Return the amounts by currency; rows without an amount are nobody's transaction."""
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows.values():
        if "amount" in row and "currency" in row:
            found[row["currency"]] += row["amount"]
    return found


def changed_at(row: Row) -> Optional[datetime]:
    """Return when a row was last changed, as its history and its labels tell."""
    times = [entry.get("at") for entry in row.get("history", ())]
    times += [(row.get("label") or {}).get("recorded_at"), row.get("received_at")]
    return max((from_text(at) for at in times if isinstance(at, str)), default=None)


def _older(row: Row, was: Row) -> bool:
    return any(int(row.get(name, 0)) < int(was.get(name, 0)) for name in ("revision", "label_revision"))


def _agree_inside(rebuilt: Any, was: Any) -> bool:
    """Compare a map of which only a part is archived; of its lists of maps, only the codes are."""
    if rebuilt is None:
        return was is None
    if was is None:
        return False
    return all(_codes(was.get(name)) == _codes(value) for name, value in rebuilt.items())


def _codes(value: Any) -> Any:
    is_list_of_maps = isinstance(value, list) and all(isinstance(one, Mapping) for one in value)
    return [one.get("code") for one in value] if is_list_of_maps else value


def _names(row: Row) -> set[str]:
    """Return the names of a row's attributes, and of what is in its decision."""
    decision = row.get("decision")
    inside = {f"decision.{name}" for name in decision} if isinstance(decision, Mapping) else set()
    return {*row, *inside} - {MARK}


def _earlier(one: Optional[datetime], other: Optional[datetime]) -> Optional[datetime]:
    return min((time for time in (one, other) if time is not None), default=None)
