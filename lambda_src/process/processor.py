"""Settle a batch: all accounts in one transaction; where that fails, account by account.

An account whose messages come back is always settled on its own, so that its trouble costs the
others nothing. Before each further attempt at a transaction its account is fenced: should the last
one fail in any way, a crash included, what follows in the account waits instead of overtaking.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from math import inf
from typing import Callable, Optional

from pipeline.aws.batch import AccountBatch, sort_out
from pipeline.aws.clock import utc_now
from pipeline.aws.ledger import Ledger
from pipeline.aws.merchants import MerchantDirectory
from pipeline.aws.observability import count, logger
from pipeline.aws.policies import PolicyStore
from pipeline.aws.queue import Message, TransactionQueue
from pipeline.aws.settler import OUR_FAILURES, Settler
from pipeline.domain.settlement import Queued, plan_hold

SECONDS_AN_ACCOUNT = 10.0
"""Time that must remain to begin with an account: a call that waits and is tried again takes seconds."""


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
        self._queue = queue
        self._settler = Settler(ledger, merchants, policies, now, sleep)

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
        self._fence_early([account.queued[0] for account in batch.accounts if account.queued[0].receive_count > 1])
        again = self._settler.refuse(batch.bad)
        first_time = [account for account in batch.accounts if not account.is_retry]
        alone = [account for account in batch.accounts if account.is_retry]
        if not self._settle_together(first_time):
            alone = first_time + alone
        for account in alone:
            if seconds_left() >= SECONDS_AN_ACCOUNT:
                again += self._settle_alone(account)
            else:
                logger.warning("no time left for the account", extra=account.ids)
                again += account.messages
        return again

    def _fence_early(self, heads: Sequence[Queued]) -> None:
        """Fence accounts before anything else: a neighbour may end the function before the turn of one comes.

        In one write, so that no crash comes between two fences; where one of them cannot be, one by one.
        """
        if heads and not self._fence(*heads) and len(heads) > 1:
            for head in heads:
                self._fence(head)

    def _fence(self, *heads: Queued) -> bool:
        try:
            self._ledger.fence(*heads)
        except OUR_FAILURES as error:
            logger.info(
                "accounts are fenced one by one, or in their turn",
                transaction_ids=[head.transaction_id for head in heads],
                cause=type(error).__name__,
            )
            return False
        return True

    def _settle_together(self, accounts: Sequence[AccountBatch]) -> bool:
        """Try to settle all accounts with one read and one transaction; tell whether that worked."""
        if not accounts:
            return True
        try:
            self._settler.commit(self._settler.plans({account.account_id: account.queued for account in accounts}))
        except Exception as error:  # noqa: BLE001
            # Whose fault it is, a bug of ours included, shows when each account is settled on its own.
            logger.info("batch is settled account by account", cause=type(error).__name__)
            return False
        return True

    def _settle_alone(self, account: AccountBatch) -> list[Message]:
        """Settle one account; return its messages that must be delivered again."""
        try:
            return self._settler.settle_with_retries(account)
        except Exception as error:  # noqa: BLE001
            # The widest net on purpose: whatever is wrong with this account, a bug of
            # ours included, must neither fail the other accounts of the batch nor lose a message.
            logger.exception("account could not be settled", extra=account.ids)
            count("SettlementFailed")
            return self._after_failure(account, error)

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
        found = self._settler.find(account)
        if not found.open or found.open[0].receive_count == 1:
            return None
        head, *followers = found.open
        self._ledger.fence(head)  # again, for it may be what failed, and the next receive may end in a crash
        if not head.is_last_attempt or self._settler.refuse(found.bad):
            return None
        if head.acceptance.transaction.account_id is None:
            return head  # nobody follows a transaction without an account
        block = self._ledger.load_block(account.account_id)
        if block.blocked_by != head.transaction_id:
            return None
        self._ledger.note_failure(account.account_id, head.transaction_id, f"{type(error).__name__}: {error}")
        self._settler.commit([plan_hold(block, followers)])
        return head
