"""Settle a batch of the stream: customers together, in as few transactions as take them; where that fails, one by one.

| what happens | what follows |
|---|---|
| a record holds no transaction, or its id is another transaction's | it is recorded as refused; nobody waits |
| records come again | what is settled stays as it is: conditions keep it, not a memory |
| another consumer works on the same customers | one commits, the other reads again |
| AWS fails at a customer | its records come again, from the first that is not settled; the others go on |
| a customer's state is unreadable, or deciding ends in a bug of ours | what comes before is settled; this \
transaction is FAILED, the customer quarantined and an alert sent; what follows is HELD |
| the function dies again and again at one customer | a lone batch that waits for long is fenced first: if it is given \
up, nothing overtakes it |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf
from typing import Callable, Optional

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.accounts import LoadedAccounts
from pipeline.aws.batch import AccountBatch, sort_out
from pipeline.aws.clock import utc_now
from pipeline.aws.failures import Failures
from pipeline.aws.kinesis import StreamBatch
from pipeline.aws.ledger import Ledger
from pipeline.aws.observability import count, logger
from pipeline.aws.queue import Message
from pipeline.aws.settler import Settler
from pipeline.aws.stream_reader import StreamReader
from pipeline.domain.account import Account
from pipeline.domain.errors import AccountStateError, FailureUnrecordedError, PipelineError
from pipeline.domain.settlement import Queued
from stream_process.portions import portions_of

SECONDS_A_CUSTOMER = 10.0
"""Time that must remain to begin with a customer: a call that waits and is tried again takes seconds."""

FENCE_AFTER = timedelta(seconds=10)
"""A batch of one customer that has waited so long may have ended in a crash before. A stream does not say how often it
delivered a record; but Lambda halves a batch that fails until what fails is alone, and then still tries it again."""

OTHERS_TROUBLE = (ClientError, BotoCoreError, PipelineError)
"""What is no customer's own: AWS fails, or somebody else is at the same rows. An unreadable state is the exception."""


class StreamProcessor:
    """Settles batches of a stream.

    Parameters
    ----------
    ledger, settler, failures, reader
        Where it reads, how it settles, what it does with what cannot be settled, and how it reads records.
    now
        The clock.
    """

    def __init__(
        self,
        ledger: Ledger,
        settler: Settler,
        failures: Failures,
        reader: StreamReader,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._ledger = ledger
        self._settler = settler
        self._failures = failures
        self._reader = reader
        self._now = now

    def process(self, batch: StreamBatch, seconds_left: Callable[[], float] = lambda: inf) -> Optional[Message]:
        """Settle a batch; return the first record that has to be delivered again, with all that follows it.

        Parameters
        ----------
        batch
            Records of a shard, in order.
        seconds_left
            The time that remains for them.
        """
        sorted_out = sort_out(self._marked(batch), self._reader.read)
        again = self._settler.refuse(sorted_out.bad)
        again += self._settle(sorted_out.accounts, seconds_left)
        ids = {message.message_id for message in again}
        return next((message for message in batch.messages if message.message_id in ids), None)

    def _marked(self, batch: StreamBatch) -> list[Message]:
        """Return the messages; as delivered before, if that is likely and they are one customer's."""
        alone = len({message.group for message in batch.messages}) == 1
        likely = alone and self._now() - batch.arrived_at >= FENCE_AFTER
        return [replace(message, receive_count=2) for message in batch.messages] if likely else batch.messages

    def _settle(self, accounts: Sequence[AccountBatch], seconds_left: Callable[[], float]) -> list[Message]:
        """Settle portion by portion; return what must come again."""
        states = self._read(accounts)
        again: list[Message] = []
        stuck: set[str] = set()
        for portion in portions_of(accounts):
            again += [message for account in portion if account.account_id in stuck for message in account.messages]
            going_on = [account for account in portion if account.account_id not in stuck]
            for account in self._settle_together(going_on, states):
                states.pop(account.account_id, None)  # whatever it becomes now, it is another than was read
                left = self._settle_alone(account, seconds_left)
                if left:
                    stuck.add(account.account_id)
                    again += left
        return again

    def _read(self, accounts: Sequence[AccountBatch]) -> LoadedAccounts:
        """Read the customers' states, which are kept for the whole batch."""
        try:
            return self._ledger.load_accounts(account.account_id for account in accounts if not account.is_retry)
        except OTHERS_TROUBLE as error:
            logger.info("customers are read one by one", cause=type(error).__name__)
            return {}

    def _settle_together(self, portion: Sequence[AccountBatch], states: LoadedAccounts) -> list[AccountBatch]:
        """Settle those whose state is at hand in one transaction; return the others, or all if that fails."""
        together = [account for account in portion if isinstance(states.get(account.account_id), Account)]
        if not together:
            return list(portion)
        try:
            plans = self._settler.plans({account.account_id: account.queued for account in together}, states)
            whole = [plan for plan, account in zip(plans, together) if len(plan.changes) == len(account.queued)]
            self._settler.commit(whole)
        except Exception as error:  # noqa: BLE001
            # Whose fault it is, a bug of ours included, shows when each customer is settled on its own.
            logger.info("portion is settled customer by customer", cause=type(error).__name__)
            return list(portion)
        settled = {plan.after.account_id: plan.after for plan in whole}
        states.update(settled)
        return [account for account in portion if account.account_id not in settled]

    def _settle_alone(self, account: AccountBatch, seconds_left: Callable[[], float]) -> list[Message]:
        """Settle one customer; return its messages that must be delivered again."""
        if seconds_left() < SECONDS_A_CUSTOMER:
            logger.warning("no time left for the customer", extra=account.ids)
            return account.messages
        try:
            error, again = self._try(account)
            return again if error is None else self._settle_one_by_one(account, seconds_left)
        except Exception:  # noqa: BLE001
            # The widest net on purpose: whatever is wrong here must neither fail the other customers nor lose a record.
            logger.exception("customer could not be settled", extra=account.ids)
            count("SettlementFailed")
            if account.is_retry:
                self._fence_again(account)
            return account.messages

    def _fence_again(self, account: AccountBatch) -> None:
        """Fence what was tried in vain, once more: the fence may be what failed, and this attempt may be the last."""
        try:
            found = self._settler.find(account)
            if found.open:
                self._ledger.fence(found.open[0])
        except OTHERS_TROUBLE as error:
            logger.info("customer is fenced when it comes again", extra=account.ids, cause=type(error).__name__)

    def _settle_one_by_one(self, account: AccountBatch, seconds_left: Callable[[], float]) -> list[Message]:
        """Settle what can be, and give up what cannot: what follows that waits for it."""
        for place, item in enumerate(account.queued):
            rest = account.part(place, len(account.queued))
            if seconds_left() < SECONDS_A_CUSTOMER:
                logger.warning("no time left for the customer", extra=rest.ids)
                return rest.messages
            error, again = self._try(account.part(place, place + 1))
            if again:
                return rest.messages
            if error is not None:
                self._failures.give_up(item, account.message_of(item))
                reason = f"{type(error).__name__}: {error}"
                self._ledger.note_failure(account.account_id, item.transaction_id, reason)
        return []

    def _try(self, account: AccountBatch) -> tuple[Optional[Exception], list[Message]]:
        """Settle a customer's transactions; return what is wrong with itself, and what must come again."""

        def tell_again(item: Queued) -> None:
            self._failures.give_up(item, account.message_of(item))

        try:
            return None, self._settler.settle_with_retries(account, tell_again)
        except (AccountStateError, FailureUnrecordedError) as error:
            return error, []
        except OTHERS_TROUBLE:
            raise
        except Exception as error:  # noqa: BLE001
            logger.exception("transaction could not be decided", extra=account.ids)
            return error, []
