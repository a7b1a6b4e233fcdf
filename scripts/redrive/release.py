"""Releases one account after the other: its failed transaction first, then the line behind it, one by one.

What is next is read from the tables, and a run that dies goes on where it stopped. While a run works at an account,
commits leave the block standing (`released_by`), so that nothing new gets before the line. A transaction is let go only
when the one before is decided. The block is lifted when nobody stands in line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Callable, Optional, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.domain.errors import PipelineError
from pipeline.domain.queued import Acceptance
from pipeline.domain.records import UNREADABLE_ROW, acceptance_of
from pipeline.domain.status import Status
from scripts.errors import CommandError
from scripts.redrive.books import Blocked, Books, NotOursError, Run, is_message, stands_in_line
from scripts.redrive.line import IndexBehindError, Line, Waiting
from scripts.redrive.pace import FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS, Pace, StoppedError


class Sender(Protocol):
    """The way back into the pipeline."""

    def send(self, acceptance: Acceptance, revision: int) -> None:
        """Send a transaction of which this is the latest revision; the same again is one message for five minutes."""
        ...


class Result(str, Enum):
    """What became of an account."""

    RELEASED = "released"
    FAILED_AGAIN = "failed again"
    STILL_WAITS = "still waits"
    NOT_OURS = "left alone"
    BROKEN = "broken off"
    INTERRUPTED = "interrupted"


@dataclass
class Outcome:
    """What a run did with an account, or with a transaction that has none.

    Parameters
    ----------
    subject
        The account or the transaction.
    result, why
        What became of it, and why.
    decided
        The transactions that were decided, in order, with their statuses.
    """

    subject: str
    result: Result
    why: str = ""
    decided: list[tuple[str, str]] = field(default_factory=list)


class Releaser:
    """One run. It keeps nothing of an account between two calls, so that threads can share it.

    Parameters
    ----------
    books, sender, run, pace
        The tables, the way back, who releases, and how fast.
    tell
        Is called with each step: what, of which account, which transaction, and more.
    recounts
        Whether a line that does not add up is counted anew.
    """

    def __init__(
        self,
        books: Books,
        sender: Sender,
        run: Run,
        pace: Pace,
        tell: Callable[[str, Optional[str], str, str], None],
        *,
        recounts: bool = False,
    ) -> None:
        self._books = books
        self._sender = sender
        self._run = run
        self._pace = pace
        self._tell = tell
        self._recounts = recounts

    def release(self, account_id: str, instead_of: Optional[str] = None) -> Outcome:
        """Release an account; it stays blocked where that ends early.

        Parameters
        ----------
        account_id
            Which one.
        instead_of
            The run that died over it.
        """
        outcome = Outcome(account_id, Result.RELEASED)
        with _noted(outcome):
            line = Line(self._books, account_id)
            self._take(account_id, instead_of)
            while outcome.result is Result.RELEASED and self._step(line, account_id, outcome):
                pass
        if outcome.result in (Result.FAILED_AGAIN, Result.NOT_OURS):
            # Nothing of ours is on its way, whose commit would lift the block before the line is through.
            with _noted(outcome):
                self._books.give_back(account_id, self._run)
        self._tell(outcome.result.value, account_id, "", outcome.why)
        return outcome

    def release_alone(self, row: Mapping[str, Any]) -> Outcome:
        """Release a failed transaction that has no account to keep in order."""
        outcome = Outcome(row["transaction_id"], Result.RELEASED)
        with _noted(outcome):
            _acceptance(row)
            self._pace.wait_for_turn()
            self._books.let_go_alone(row, self._run, self._pace.now())
            self._tell("let go", None, row["transaction_id"], row["status"])
            self._await(self._row(row["transaction_id"], row.get("account_id")), outcome)
        if outcome.decided and outcome.decided[-1][1] == Status.FAILED:
            outcome.result, outcome.why = Result.FAILED_AGAIN, "see the log of the function that decides"
        self._tell(outcome.result.value, None, row["transaction_id"], outcome.why)
        return outcome

    def abandon(self, account_id: str, transaction_id: str, instead_of: Optional[str] = None) -> None:
        """Close a failed transaction for good: the line behind it can be released afterwards.

        Raises
        ------
        CommandError
            If it is not the one that blocks its account.
        """
        account = self._known(account_id)
        if account.blocked_by != transaction_id:
            raise CommandError(f"{account_id} waits for {account.blocked_by}, not for {transaction_id}.")
        row = self._row(transaction_id, account_id)
        if row["status"] != Status.FAILED:
            raise CommandError(f"{transaction_id} is {row['status']}: only what is FAILED can be abandoned.")
        self._take(account_id, instead_of)
        try:
            self._books.abandon(account, row, self._run, self._pace.now())
        except NotOursError:
            self._books.give_back(account_id, self._run)
            raise
        self._tell("abandoned", account_id, transaction_id, self._run.reason)
        self._books.give_back(account_id, self._run)

    def _take(self, account_id: str, instead_of: Optional[str]) -> None:
        """Make an account this run's; the journal knows of it before the table does, for the run that goes on."""
        account = self._known(account_id)
        self._tell("begins", account_id, account.blocked_by, account.reason)
        self._books.take(account, self._run, self._pace.now(), instead_of)

    def _step(self, line: Line, account_id: str, outcome: Outcome) -> bool:
        """Do the next thing; tell whether there may be another."""
        account = self._known(account_id)
        if account.released_by != self._run.token:
            raise NotOursError(f"{account_id} was taken over by {account.released_by}.")
        head = self._row(account.blocked_by, account_id)
        if head["status"] == Status.RECEIVED:
            self._await(head, outcome)
        elif head["status"] == Status.FAILED and "abandoned_at" not in head:
            if head["transaction_id"] in {transaction_id for transaction_id, _ in outcome.decided}:
                outcome.result = Result.FAILED_AGAIN
                outcome.why = f"{head['transaction_id']} failed again: {account.reason or 'see the log of process'}"
            else:
                self._let_go(account, head)
        else:
            return self._next_in_line(line, account)
        return True

    def _next_in_line(self, line: Line, account: Blocked) -> bool:
        """Let the next go, or lift the block if there is none; tell whether there may be another."""
        waiting = self._whole(line, account)
        if waiting:
            self._let_go_first(line, account, waiting[0].transaction_id)
            return True
        if self._books.lift(account, self._run):
            return False
        # Somebody joined the line meanwhile; or the SDK repeated what had taken effect, and there is no block any more.
        return self._books.account(account.account_id) is not None

    def _whole(self, line: Line, account: Blocked) -> list[Waiting]:
        """Return the line, waiting for the index to show all of it."""
        began, pause = self._pace.clock(), FIRST_LOOK_SECONDS
        while True:
            try:
                return line.of(account)
            except IndexBehindError:
                if self._pace.clock() - began > self._pace.patience_seconds:
                    if not self._recounts:
                        raise
                    self._books.recount(account, self._run)
                    line.forget()
                    return []  # what was read no longer holds: the lift fails, and the next step reads it anew
                self._pace.sleep(pause)
                pause = min(2 * pause, LONGEST_LOOK_SECONDS)
                account = self._known(account.account_id)

    def _let_go_first(self, line: Line, account: Blocked, transaction_id: str) -> None:
        row = self._row(transaction_id, account.account_id)
        if row["status"] == Status.HELD and stands_in_line(row):
            self._let_go(account, row)
            line.left(transaction_id)
        else:
            line.forget()  # somebody has released it by hand: the line does not add up any more

    def _let_go(self, account: Blocked, row: Mapping[str, Any]) -> None:
        _acceptance(row)  # what cannot be sent must not wait for its decision
        self._pace.wait_for_turn()
        self._books.let_go(account, row, self._run, self._pace.now())
        self._tell("let go", account.account_id, row["transaction_id"], row["status"])

    def _await(self, row: Mapping[str, Any], outcome: Outcome) -> None:
        """Send what was let go, and wait until it is settled."""
        transaction_id, began, pause = row["transaction_id"], self._pace.clock(), FIRST_LOOK_SECONDS
        self._sender.send(_acceptance(row), int(row["revision"]))
        while True:
            now = self._row(transaction_id, row.get("account_id"))
            if now["status"] != Status.RECEIVED:
                outcome.decided.append((transaction_id, now["status"]))
                self._tell("settled", row.get("account_id"), transaction_id, now["status"])
                return
            if self._pace.clock() - began > self._pace.patience_seconds:
                outcome.result = Result.STILL_WAITS
                outcome.why = f"{transaction_id} is not decided after {self._pace.patience_seconds:g} s; run this again"
                return
            self._pace.sleep(pause)
            pause = min(2 * pause, LONGEST_LOOK_SECONDS)

    def _known(self, account_id: str) -> Blocked:
        account = self._books.account(account_id)
        if account is None:
            raise NotOursError(f"{account_id} is not blocked.")
        if account.quarantined_at is None:
            raise NotOursError(
                f"{account_id} is fenced for {account.blocked_by}, whose failure nobody has recorded: either a retry is"
                " under way, or the function failed has not come to it. Wait for that."
            )
        return account

    def _row(self, transaction_id: str, account_id: Optional[str]) -> dict[str, Any]:
        row = self._books.transaction(transaction_id, account_id)
        if row is None:
            raise NotOursError(f"the row of {transaction_id} is gone: restore it, or release the account by hand.")
        if is_message(row):
            raise NotOursError(f"{transaction_id} is a message that nobody can take for a transaction.")
        return row


@contextmanager
def _noted(outcome: Outcome) -> Iterator[None]:
    """Take whatever ends a release for its outcome: it must not end those of the others."""
    try:
        yield
    except NotOursError as error:
        outcome.result, outcome.why = Result.NOT_OURS, str(error)
    except IndexBehindError as error:
        outcome.result, outcome.why = Result.STILL_WAITS, str(error)
    except StoppedError as error:
        outcome.result, outcome.why = Result.INTERRUPTED, str(error)
    except (BotoCoreError, ClientError, PipelineError) as error:
        outcome.result = Result.BROKEN
        outcome.why = f"AWS did not do what it was asked: {error}. Run the same again: it goes on where this stopped"
    except UNREADABLE_ROW as error:
        outcome.result = Result.BROKEN
        outcome.why = f"a row of it does not hold what it should ({type(error).__name__}: {error}): mend it"


def _acceptance(row: Mapping[str, Any]) -> Acceptance:
    """Return what a row says was accepted.

    Raises
    ------
    NotOursError
        If it does not hold that any more.
    """
    try:
        return acceptance_of(row)
    except UNREADABLE_ROW as error:
        raise NotOursError(
            f"the row of {row['transaction_id']} does not hold what was accepted ({error}): mend it, or close it"
            " (ABANDON)."
        ) from error
