"""Settle an account's transactions in order: what becomes of each, and of the account.

Pure: it turns an account, what is queued for it and a way to decide into a plan. The ledger
(`pipeline.aws.ledger`) commits the plan as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Callable, Optional, Protocol

from pipeline.domain.errors import FailureUnrecordedError
from pipeline.domain.merchant import UNKNOWN_MERCHANT, Merchant
from pipeline.domain.queued import MAX_RECEIVES, Acceptance
from pipeline.domain.status import Status
from pipeline.domain.transaction import Transaction

if TYPE_CHECKING:
    from pipeline.domain.account import Account
    from pipeline.domain.decision import Decision
    from pipeline.domain.refusal import Refusal

FindMerchant = Callable[[Transaction], Optional[Merchant]]
"""Returns the merchant that a transaction pays, None if there is no such merchant."""

SCORED = "SCORED"
"""The reason in the history of a decided transaction; the decision itself says more."""

BEHIND_FAILED = "BEHIND_FAILED_TRANSACTION"
"""The reason in the history of one that is held behind another of its account."""


class Decider(Protocol):
    """How to decide; see `pipeline.scoring.engine`."""

    def decide(self, acceptance: Acceptance, account: Account, merchant: Merchant) -> Decision:
        """Decide one transaction from the account's state before it."""
        ...


@dataclass(frozen=True)
class Queued:
    """An acceptance as the queue delivered it.

    Parameters
    ----------
    acceptance
        The message's content.
    message_id
        The queue's id of the message.
    queue_sequence
        The queue's sequence number: it grows within an account.
    receive_count
        How often the message was delivered, this time included.
    is_stored
        Whether a row of it is known to be there; False where a message may come before its row.
    """

    acceptance: Acceptance
    message_id: str
    queue_sequence: str
    receive_count: int
    is_stored: bool = True

    @property
    def is_last_attempt(self) -> bool:
        """Whether the queue gives the message up if it fails once more."""
        return self.receive_count >= MAX_RECEIVES

    @property
    def transaction_id(self) -> str:
        """The transaction's id."""
        return self.acceptance.transaction.transaction_id

    @property
    def account_id(self) -> str:
        """The account, which is the message group; a transaction without one is an account of its own."""
        return self.acceptance.account_key


@dataclass(frozen=True)
class Change:
    """What becomes of one transaction.

    Parameters
    ----------
    queued
        The transaction.
    status
        Its new status.
    reason
        Code for the history.
    decision, sequence
        The decision, and its place in the account's order of commits; None if it was not decided. Without an
        account there is no such order.
    held_behind, hold_sequence
        The transaction it waits for, and its place in the line; None if it does not wait.
    refusal
        Why it was rejected; None if it was not.
    """

    queued: Queued
    status: Status
    reason: str
    decision: Optional[Decision] = None
    sequence: Optional[int] = None
    held_behind: Optional[str] = None
    hold_sequence: Optional[int] = None
    refusal: Optional[Refusal] = None


@dataclass(frozen=True)
class Plan:
    """The account before and after, and the changes between, in order."""

    before: Account
    after: Account
    changes: tuple[Change, ...]


def plan_settlement(account: Account, queued: Sequence[Queued], find_merchant: FindMerchant, decider: Decider) -> Plan:
    """Decide what is queued for `account`, in order, each from the state that the one before left.

    Parameters
    ----------
    account
        The account's committed state.
    queued
        Unsettled transactions of this account in queue order, each id once.
    find_merchant
        Finds the merchants that the transactions name.
    decider
        How to decide: one for the whole plan, whatever is refreshed meanwhile.

    Raises
    ------
    FailureUnrecordedError
        If one of them is given up already. Its message must not be taken for done: it may be the only one left, and
        then nothing else leads to the record of the failure.
    """
    before = account
    changes: list[Change] = []
    for item in queued:
        if account.gave_up(item.transaction_id):
            raise FailureUnrecordedError(item.transaction_id)
        change, account = _settle(account, item, find_merchant, decider)
        changes.append(change)
    return _plan(before, account, changes)


def plan_hold(account: Account, queued: Sequence[Queued]) -> Plan:
    """Let all that is queued wait behind the transaction that blocks `account`."""
    before = account
    changes: list[Change] = []
    for item in queued:
        change, account = _hold(account, item)
        changes.append(change)
    return _plan(before, account, changes)


def _plan(before: Account, after: Account, changes: list[Change]) -> Plan:
    """Every change moves the account's version, rejections too: a fence set meanwhile must be noticed."""
    return Plan(before, replace(after, version=after.version + 1) if changes else after, tuple(changes))


def _settle(account: Account, item: Queued, find_merchant: FindMerchant, decider: Decider) -> tuple[Change, Account]:
    if account.blocks(item.transaction_id):
        return _hold(account, item)
    transaction = item.acceptance.transaction
    merchant = find_merchant(transaction)
    if merchant is None:
        refusal = UNKNOWN_MERCHANT
        return Change(item, Status.REJECTED, refusal.code, refusal=refusal), account.released(item.transaction_id)
    decision = decider.decide(item.acceptance, account, merchant)
    account = account.committed(item.acceptance)
    sequence = account.commits if transaction.account_id else None
    return Change(item, decision.outcome, SCORED, decision=decision, sequence=sequence), account


def _hold(account: Account, item: Queued) -> tuple[Change, Account]:
    account = account.holding()
    change = Change(
        item,
        Status.HELD,
        BEHIND_FAILED,
        held_behind=account.blocked_by,
        hold_sequence=account.held,
    )
    return change, account
