"""Accounts: each counts the decisions committed to it, and gives each its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from scripts.demo import tables
from scripts.demo.books import Books, Check, Outcomes
from scripts.demo.state import Access, Findings, Part


class AccountTable(Part):
    """The table of accounts.

    Parameters
    ----------
    access
        The way to it.
    output
        The output that names it.
    key
        Its key, the account.
    word
        What the report calls an account.

    """

    def __init__(
        self, access: Access, output: str = "accounts_table_name", key: str = "account_id", word: str = "account"
    ) -> None:
        self._dynamodb = access.client("dynamodb")
        self._table = access.output(output)
        self._key = key
        self._word = word

    def read(self) -> Accounts:
        """Read each account's number of committed decisions."""
        items = tables.scan(self._dynamodb, self._table, (self._key, "commits"))
        return Accounts({item[self._key]: int(item.get("commits", 0)) for item in items}, self._word)


@dataclass(frozen=True)
class Accounts(Findings):
    """The number of committed decisions of each account."""

    commits: Mapping[str, int]
    word: str = "account"

    def enter(self, books: Books, outcomes: Outcomes) -> None:
        """Count commits beyond one for each row, and decisions in another order than the acceptances."""
        self._count_surplus(books, outcomes)
        out_of_order = _count_disorder(books, outcomes)
        books.parts["out_of_order"] = out_of_order
        books.checks.append(
            Check(f"Each {self.word}'s order is kept", out_of_order == 0, f"{out_of_order:,} out of order")
        )

    def _count_surplus(self, books: Books, outcomes: Outcomes) -> None:
        """Compare an account's count with all of its rows, also those of earlier runs."""
        sequences: dict[str, list[int]] = defaultdict(list)
        for row in outcomes.rows.values():
            if row.account_id is not None and row.sequence is not None:
                sequences[row.account_id].append(row.sequence)
        for account in sorted({row.account_id for row in outcomes.decided if row.account_id is not None}):
            taken = sequences[account]
            commits = self.commits.get(account, 0)
            surplus = abs(commits - len(taken)) + len(taken) - len(set(taken))
            if surplus:
                books.add_duplicates(
                    surplus, f"{account}: {commits} commits, {len(taken)} rows, {len(set(taken))} places"
                )


def _count_disorder(books: Books, outcomes: Outcomes) -> int:
    """Count neighbours in an account's order of commits that were accepted the other way round."""
    out_of_order = 0
    per_account: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for submission, row in outcomes.accepted:
        if row is not None and row.sequence is not None:
            account = submission.first.transaction.account_id
            per_account[account].append((row.sequence, submission.first.order, row.transaction_id))
    for account, commits in sorted(per_account.items()):
        commits.sort()
        for before, after in zip(commits, commits[1:]):
            if before[1] > after[1]:
                out_of_order += 1
                books.note("out_of_order", f"{account}: {after[2]} was accepted before {before[2]}")
    return out_of_order
