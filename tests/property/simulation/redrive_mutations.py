"""Bugs that are planted into the operator's tool, and into what the functions do for it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from pipeline.domain.account import Account
from pipeline.domain.records import acceptance_of
from scripts.redrive import line as lines
from scripts.redrive.books import Blocked, Books, Run
from scripts.redrive.line import Line, Waiting
from scripts.redrive.release import Outcome, Releaser
from tests.property.simulation.mutations import Mutation, without_condition


def _lets_go_of_a_follower_before_the_one_before_is_settled() -> AbstractContextManager[Any]:
    """Send what was let go, and take it for settled at once."""
    real = Releaser._step

    def mutated(releaser: Releaser, line: Line, account_id: str, outcome: Outcome) -> bool:
        account = releaser._known(account_id)
        head = releaser._row(account.blocked_by, account_id)
        if head["status"] != "RECEIVED" or account.released_by != releaser._run.token:
            return real(releaser, line, account_id, outcome)
        releaser._sender.send(acceptance_of(head), int(head["revision"]))
        return releaser._next_in_line(line, account)

    return patch.object(Releaser, "_step", mutated)


def _lifts_the_block_as_soon_as_the_failed_one_is_let_go() -> AbstractContextManager[Any]:
    """Let the failed transaction go, and the block with it: the line is left behind."""
    real = Books.let_go

    def mutated(books: Books, account: Blocked, row: Mapping[str, Any], run: Run, now: Any) -> None:
        real(books, account, row, run, now)
        current = books.account(account.account_id)
        if current is not None:
            books.lift(current, run)

    return patch.object(Books, "let_go", mutated)


def _lifts_the_block_over_who_joined_meanwhile() -> AbstractContextManager[Any]:
    """Drop the condition that the account is as it was when its line was empty."""
    real = Books._change_account

    def mutated(books: Books, account: Blocked, update: str, condition: str, values: Mapping[str, Any]) -> None:
        if update.startswith("REMOVE blocked_by"):
            condition = condition.replace("version = :version AND ", "")
            values = {name: value for name, value in values.items() if name != ":version"}
        real(books, account, update, condition, values)

    return patch.object(Books, "_change_account", mutated)


def _lets_commits_lift_the_block_of_a_release() -> AbstractContextManager[Any]:
    """Let the commit of the failed one lift the block although an operator has others to release."""
    real = Account.released

    def mutated(account: Account, transaction_id: str) -> Account:
        return real(replace(account, released_by=None), transaction_id)

    return patch.object(Account, "released", mutated)


def _releases_the_line_from_its_end() -> AbstractContextManager[Any]:
    """Take the last of the line for the first."""
    real = lines.in_order

    def mutated(waiting: list[Waiting]) -> list[Waiting]:
        return real(waiting)[::-1]

    return patch.object(lines, "in_order", mutated)


def _lets_go_whoever_has_the_account() -> AbstractContextManager[Any]:
    """Drop the conditions under which a transaction is let go: a run that lost its account goes on beside the other."""
    real = Books._transact

    def mutated(books: Books, writes: Any) -> None:
        real(books, [{"Update": without_condition(write["Update"])} for write in writes if "Update" in write])

    return patch.object(Books, "_transact", mutated)


def _trusts_the_index() -> AbstractContextManager[Any]:
    """Take for the line what the index shows, however many the account counts."""
    real = Line.of

    def mutated(line: Line, account: Blocked, *, whole: bool = False) -> list[Waiting]:
        try:
            return real(line, account, whole=whole)
        except lines.IndexBehindError:
            return line._known

    return patch.object(Line, "of", mutated)


REDRIVE_MUTATIONS: Mapping[str, Mutation] = {
    mutation.__name__.lstrip("_").replace("_", " "): mutation
    for mutation in (
        _lets_go_of_a_follower_before_the_one_before_is_settled,
        _lifts_the_block_as_soon_as_the_failed_one_is_let_go,
        _lifts_the_block_over_who_joined_meanwhile,
        _lets_commits_lift_the_block_of_a_release,
        _releases_the_line_from_its_end,
        _lets_go_whoever_has_the_account,
        _trusts_the_index,
    )
}
