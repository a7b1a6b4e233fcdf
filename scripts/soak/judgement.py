"""What has to hold after faults, beside all that has to hold after a demonstration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scripts.demo import state
from scripts.demo.books import Books, Check
from scripts.demo.state import Row
from scripts.soak.chaos import Episode
from scripts.soak.operator import Release, is_given_up


def judge(
    books: Books,
    given_up: Iterable[Row],
    release: Release,
    kinds: Iterable[str],
    struck: Mapping[str, object],
    episodes: Sequence[Episode],
) -> None:
    """Add what has to hold where faults strike.

    Parameters
    ----------
    books
        As counted by the demonstration, after the release.
    given_up
        All transactions' rows, as they were before the release.
    release
        What the operator's tool did.
    kinds, struck
        The kinds of fault that were to strike, and those that did.
    episodes
        How each was got over.
    """
    unexplained = _held_without_failure(given_up)
    missing = sorted(set(kinds) - set(struck))
    lasting = [episode.kind for episode in episodes if episode.recovered_in is None]
    for transaction_id in unexplained:
        books.note("held without cause", transaction_id)
    books.checks += [
        Check(
            "Only accounts with a failed transaction were held",
            not unexplained,
            f"{release.failed:,} failed, {release.held:,} held behind them, {len(unexplained):,} without cause",
        ),
        Check(
            "The operator's tool released what was given up",
            not release.complaint,
            release.complaint or f"{release.accounts:,} accounts in {release.seconds:g} s",
        ),
        Check("Every kind of fault struck", not missing, f"never: {', '.join(missing)}" if missing else "all of them"),
        Check("The backlog went down after each fault", not lasting, ", ".join(lasting) or f"{len(episodes)} faults"),
    ]


def _held_without_failure(rows: Iterable[Row]) -> list[str]:
    """Return the ids that are held though no transaction of their account has failed."""
    given_up = [row for row in rows if is_given_up(row)]
    failed = {row.account_id for row in given_up if row.status == state.FAILED}
    return sorted(row.transaction_id for row in given_up if row.account_id not in failed)
