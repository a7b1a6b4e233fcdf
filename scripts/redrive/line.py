"""Who stands in line behind an account's block: read as far as it is not known yet, however long the account's history.

The account's row counts how many stand in line. As long as that is how many are known, nothing is read. Who joined
since then came last, in nearly all cases, and is looked for from the end; each further look goes further back.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts.errors import CommandError
from scripts.redrive.books import Blocked, Books, stands_in_line

RECORDERS_OF_FAILURES = frozenset({"failed", "stream_failed"})
"""Actors who hold a transaction late: its own receives were used up first."""

FIRST_LOOK_ROWS = 25
"""How many more of an account's latest transactions are looked at than have joined."""

FURTHER = 4
"""By how much a look goes further back than the one before."""


class IndexBehindError(CommandError):
    """The index does not show all that is held so far."""


@dataclass(frozen=True)
class Waiting:
    """One that stands in line.

    Parameters
    ----------
    transaction_id, received_at
        Which one, and when it was accepted.
    hold_sequence
        How many were held in its account until then.
    came_late
        Whether it was held when its own failure was recorded, and not in its turn.
    """

    transaction_id: str
    received_at: str
    hold_sequence: int
    came_late: bool


class Line:
    """The line of one account.

    Parameters
    ----------
    books, account_id
        Where it is read, and whose it is.
    """

    def __init__(self, books: Books, account_id: str) -> None:
        self._books = books
        self._account_id = account_id
        self._known: list[Waiting] = []
        self._looks = 0

    def of(self, account: Blocked, *, whole: bool = False) -> list[Waiting]:
        """Return the line in its order.

        Parameters
        ----------
        account
            The account's row as it stands.
        whole
            Whether to look at the whole history at once.

        Raises
        ------
        IndexBehindError
            If not all of them are found. Each further call looks further back.
        """
        if len(self._known) > account.waiting:
            self._known.clear()  # somebody else has changed it: it is read anew
        missing = account.waiting - len(self._known)
        if missing:
            self._look(sys.maxsize if whole else (missing + FIRST_LOOK_ROWS) * FURTHER**self._looks)
            self._looks += 1
        if len(self._known) != account.waiting:
            raise IndexBehindError(
                f"{self._account_id} has {account.waiting} transactions in line, and {len(self._known)} are found. Wait"
                " for the index; if that does not help, rows were changed by hand: count again (RECOUNT=1)."
            )
        self._looks = 0
        return self._known

    def left(self, transaction_id: str) -> None:
        """Note that a transaction does not stand in line any more."""
        self._known = [each for each in self._known if each.transaction_id != transaction_id]

    def forget(self) -> None:
        """Know nothing any more."""
        self._known.clear()

    def _look(self, most: int) -> None:
        known = {each.transaction_id for each in self._known}
        rows = self._books.held(self._account_id, known, most)
        joined = [_waiting(row) for row in rows if stands_in_line(row)]
        self._known = in_order([*self._known, *joined])


def in_order(waiting: list[Waiting]) -> list[Waiting]:
    """Return who stands in line in the order of the queue.

    Those held by `process` have the places of the queue. One that used up its own receives is held later, when that is
    recorded: it belongs before the first of the others that was received after it.
    """
    line = sorted((each for each in waiting if not each.came_late), key=lambda each: each.hold_sequence)
    late = sorted((each for each in waiting if each.came_late), key=lambda each: (each.received_at, each.hold_sequence))
    for each in late:
        place = next((n for n, other in enumerate(line) if other.received_at > each.received_at), len(line))
        line.insert(place, each)
    return line


def _waiting(row: Mapping[str, Any]) -> Waiting:
    return Waiting(
        row["transaction_id"],
        row["received_at"],
        int(row["hold_sequence"]),
        row["history"][-1]["actor"] in RECORDERS_OF_FAILURES,
    )
