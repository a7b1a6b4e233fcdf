"""Settle a batch: all accounts in one transaction; where that fails, account by account.

An account whose messages come back is always settled on its own, so that its trouble costs the
others nothing. Before each further attempt at a transaction its account is fenced: should the last
one fail in any way, a crash included, what follows in the account waits instead of overtaking.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Callable, Optional

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.backoff import full_jitter
from pipeline.aws.clock import utc_now
from pipeline.aws.ledger import Ledger
from pipeline.aws.merchants import MerchantDirectory
from pipeline.aws.observability import count, logger
from pipeline.aws.policies import PolicyStore
from pipeline.aws.queue import Message, TransactionQueue
from pipeline.aws.reporting import report_settled
from pipeline.domain.account import Account
from pipeline.domain.errors import AccountStateError, PipelineError, VersionConflictError
from pipeline.domain.records import rejected_message_row
from pipeline.domain.settlement import Plan, Queued, plan_hold, plan_settlement
from pipeline.domain.status import Status
from pipeline.domain.times import to_text
from process.batch import AccountBatch, BadMessage, reused, sort_out

CONFLICT_ATTEMPTS = 4

SECONDS_AN_ACCOUNT = 10.0
"""Time that must remain to begin with an account: a call that waits and is tried again takes seconds."""

OUR_FAILURES = (ClientError, BotoCoreError, PipelineError)
"""What may go wrong with AWS or with stored data; anything else is a bug (see `_settle_alone`)."""


class Processor:
    """Settles batches of a queue.

    Parameters
    ----------
    ledger, merchants, queue, policies
        Where it reads, writes and asks, and how it decides at the time.
    now
        The clock of decisions.
    sleep
        Waits the given seconds before a conflict is tried again.
    """

    def __init__(
        self,
        ledger: Ledger,
        merchants: MerchantDirectory,
        queue: TransactionQueue,
        policies: PolicyStore,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ledger = ledger
        self._merchants = merchants
        self._queue = queue
        self._policies = policies
        self._now = now
        self._sleep = sleep

    def process(self, messages: Sequence[Message], seconds_left: Callable[[], float] = lambda: inf) -> list[Message]:
        """Settle `messages`; return those that must be delivered again.

        Parameters
        ----------
        messages
            The batch, in queue order.
        seconds_left
            The time that remains for it. What cannot be begun in time comes back unharmed, which
            is better than to be killed over it.
        """
        batch = sort_out(messages)
        again = self._refuse(batch.bad)
        first_time = [account for account in batch.accounts if not account.is_retry]
        alone = [account for account in batch.accounts if account.is_retry]
        if not self._settle_together(first_time):
            alone = first_time + alone
        for account in alone:
            if account.queued[0].is_last_attempt and seconds_left() >= SECONDS_AN_ACCOUNT:
                self._fence_early(account)
        for account in alone:
            if seconds_left() >= SECONDS_AN_ACCOUNT:
                again += self._settle_alone(account)
            else:
                logger.warning("no time left for the account", extra=account.ids)
                again += account.messages
        return again

    def _fence_early(self, account: AccountBatch) -> None:
        """Fence an account before its neighbours take their time: its turn may not come in this receive."""
        try:
            self._ledger.fence(account.queued[0])
        except OUR_FAILURES as error:
            logger.info("account is fenced in its turn", extra=account.ids, cause=type(error).__name__)

    def _refuse(self, bad: Sequence[BadMessage]) -> list[Message]:
        """Record messages that are nobody's transaction; return those that could not be recorded."""
        again = []
        for refused in bad:
            row = rejected_message_row(
                refused.message.message_id,
                refused.message.body,
                refused.refusal,
                self._now(),
                refused.claimed_id,
            )
            try:
                self._ledger.reject_message(row)
            except OUR_FAILURES:
                logger.exception("a refused message could not be recorded", message_id=refused.message.message_id)
                again.append(refused.message)
                continue
            count("Rejected")
            logger.warning("message refused", message_id=refused.message.message_id, code=refused.refusal.code)
        return again

    def _settle_together(self, accounts: Sequence[AccountBatch]) -> bool:
        """Try to settle all accounts with one read and one transaction; tell whether that worked."""
        if not accounts:
            return True
        try:
            self._commit(self._plans({account.account_id: account.queued for account in accounts}))
        except Exception as error:  # noqa: BLE001
            # Whose fault it is, a bug of ours included, shows when each account is settled on its own.
            logger.info("batch is settled account by account", cause=type(error).__name__)
            return False
        return True

    def _settle_alone(self, account: AccountBatch) -> list[Message]:
        """Settle one account; return its messages that must be delivered again."""
        try:
            return self._settle_with_retries(account)
        except Exception as error:  # noqa: BLE001
            # The widest net on purpose: whatever is wrong with this account, a bug of
            # ours included, must neither fail the other accounts of the batch nor lose a message.
            logger.exception("account could not be settled", extra=account.ids)
            count("SettlementFailed")
            return self._after_failure(account, error)

    def _settle_with_retries(self, account: AccountBatch) -> list[Message]:
        for attempt in range(1, CONFLICT_ATTEMPTS + 1):
            open_items, bad = self._still_open(account)
            again = self._refuse(bad)
            if not open_items:
                return again
            try:
                if open_items[0].receive_count > 1:
                    self._ledger.fence(open_items[0])
                self._commit(self._plans({account.account_id: open_items}))
                return again
            except VersionConflictError:
                self._sleep(full_jitter(attempt, base_seconds=0.05, cap_seconds=1.0))
        raise VersionConflictError(f"the account kept changing over {CONFLICT_ATTEMPTS} attempts")

    def _still_open(self, account: AccountBatch) -> tuple[list[Queued], list[BadMessage]]:
        """Return what is not settled yet, and the messages whose id belongs to another body."""
        rows = self._ledger.load_rows(item.transaction_id for item in account.queued)
        open_items: list[Queued] = []
        bad: list[BadMessage] = []
        for item in account.queued:
            row = rows.get(item.transaction_id)
            if row is not None and row.get("fingerprint") != item.acceptance.transaction.fingerprint:
                message = next(m for m in account.messages if m.message_id == item.message_id)
                bad.append(reused(message, item.transaction_id))
            elif row is None or row["status"] == Status.RECEIVED:
                open_items.append(item)
        return open_items, bad

    def _plans(self, queued: Mapping[str, Sequence[Queued]]) -> list[Plan]:
        """Plan what is queued, by account: read at once, and decided by one policy document."""
        engine = self._policies.engine()
        items = [item for of_account in queued.values() for item in of_account]
        merchants = self._merchants.find_all(item.acceptance.transaction.merchant_id for item in items)
        loaded = self._ledger.load_accounts(queued)
        return [
            plan_settlement(_readable(loaded[account_id]), of_account, merchants, engine)
            for account_id, of_account in queued.items()
        ]

    def _commit(self, plans: Sequence[Plan]) -> None:
        now = self._now()
        self._ledger.commit(plans, to_text(now))
        for plan in plans:
            report_settled(plan.changes, now)

    def _after_failure(self, account: AccountBatch, error: Exception) -> list[Message]:
        """Return what comes back: all of the account, or after a last attempt only the head of the line."""
        again = account.messages
        try:
            head = self._hold_followers(account, error)
            if head is not None:
                again = [message for message in account.messages if message.message_id == head.message_id]
            if head is None:
                self._queue.back_off(again)
            else:
                self._queue.release(again)
        except Exception:  # noqa: BLE001
            # As in `_settle_alone`: the neighbours must not suffer, and nothing is lost by coming back.
            logger.exception("messages come back at their visibility timeout", extra=account.ids)
        return again

    def _hold_followers(self, account: AccountBatch, error: Exception) -> Optional[Queued]:
        """After a last attempt, let the others wait behind it; return the transaction they wait for."""
        open_items, bad = self._still_open(account)
        if not open_items or open_items[0].receive_count == 1:
            return None
        head, *followers = open_items
        self._ledger.fence(head)  # again, for it may be what failed, and the next receive may end in a crash
        if not head.is_last_attempt or self._refuse(bad):
            return None
        if head.acceptance.transaction.account_id is None:
            return head  # nobody follows a transaction without an account
        block = self._ledger.load_block(account.account_id)
        if block.blocked_by != head.transaction_id:
            return None
        self._ledger.note_failure(account.account_id, head.transaction_id, f"{type(error).__name__}: {error}")
        self._commit([plan_hold(block, followers)])
        return head


def _readable(account: Account | AccountStateError) -> Account:
    if isinstance(account, AccountStateError):
        raise account
    return account
