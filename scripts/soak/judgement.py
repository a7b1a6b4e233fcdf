"""What has to hold after faults: the demonstration's checks, but what was given up for good reason may be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scripts.demo import state
from scripts.demo.books import Books, Check
from scripts.demo.state import Row
from scripts.soak.chaos import Episode

SETTLED = "Everything accepted is settled"
"""The demonstration's check that is replaced: a fault may exhaust the three receives, which quarantines an account."""


def judge(
    books: Books,
    rows: Mapping[str, Row],
    kinds: Iterable[str],
    struck: Mapping[str, object],
    episodes: Sequence[Episode],
) -> None:
    """Replace the checks that only hold where nothing fails, and add those on the faults themselves.

    Parameters
    ----------
    books
        As counted by the demonstration.
    rows
        All transactions' rows.
    kinds, struck
        The kinds of fault that were to strike, and those that did.
    episodes
        How each was got over.
    """
    at_rest = books.settled + books.failed + books.held
    unexplained = _held_without_failure(rows.values())
    missing = sorted(set(kinds) - set(struck))
    lasting = [episode.kind for episode in episodes if episode.recovered_in is None]
    for transaction_id in unexplained:
        books.note("held without cause", transaction_id)
    books.checks = [check for check in books.checks if check.name != SETTLED] + [
        Check(
            "Everything accepted has one final status",
            at_rest == books.accepted,
            f"{books.settled:,} settled + {books.failed:,} failed + {books.held:,} held of {books.accepted:,}",
        ),
        Check(
            "Only accounts with a failed transaction are held",
            not unexplained,
            f"{books.held:,} held, {len(unexplained):,} of them without cause",
        ),
        Check("Every kind of fault struck", not missing, f"never: {', '.join(missing)}" if missing else "all of them"),
        Check("The backlog went down after each fault", not lasting, ", ".join(lasting) or f"{len(episodes)} faults"),
    ]


def _held_without_failure(rows: Iterable[Row]) -> list[str]:
    """Return the ids that are held though no transaction of their account has failed."""
    rows = list(rows)
    failed = {row.account_id for row in rows if row.status == state.FAILED}
    return sorted(row.transaction_id for row in rows if row.status == state.HELD and row.account_id not in failed)
