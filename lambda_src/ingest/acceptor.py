"""Accept a transaction durably before promising it: two AWS calls, and safe to repeat at any point.

The row is written first and the message sent second. Should the function die in between, the sender
gets no 202 and sends again, or the sweeper finds the waiting row: either way it is queued.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from pipeline.aws.clock import utc_now
from pipeline.domain.errors import MerchantUnreadableError
from pipeline.domain.merchant import refusal_of
from pipeline.domain.queued import accept
from pipeline.domain.records import acceptance_of
from pipeline.domain.status import Status

if TYPE_CHECKING:
    from pipeline.aws.claimed_transactions import ClaimedTransactions
    from pipeline.aws.kinesis import TransactionStream
    from pipeline.aws.merchants import MerchantDirectory, UnlistedMerchants
    from pipeline.aws.queue import NoQueue, TransactionQueue
    from pipeline.aws.transactions import Transactions
    from pipeline.domain.refusal import Refusal
    from pipeline.domain.transaction import Transaction


@dataclass(frozen=True)
class Accepted:
    """The transaction is ours now: it waits for its decision, or got it before.

    `is_new` tells the first submission from a repetition.
    """

    transaction_id: str
    status: Status
    is_new: bool


@dataclass(frozen=True)
class Conflict:
    """The id is taken: by a transaction with another body, which stands, or by one that was deleted since."""

    transaction_id: str
    is_deleted: bool = False


class Acceptor:
    """Accepts transactions.

    Parameters
    ----------
    transactions, merchants, queue
        The table, the merchant configuration and the queue, or what stands for them.
    sweep_after
        How long a transaction may wait before the sweeper looks after it; None: there is no sweeper.
    now
        The clock of acceptance.
    """

    def __init__(
        self,
        transactions: Union[Transactions, ClaimedTransactions],
        merchants: Union[MerchantDirectory, UnlistedMerchants],
        queue: Union[TransactionQueue, TransactionStream, NoQueue],
        sweep_after: Optional[timedelta],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._transactions = transactions
        self._merchants = merchants
        self._queue = queue
        self._sweep_after = sweep_after
        self.now = now

    def accept(self, transaction: Transaction, correlation_id: str) -> Accepted | Conflict | Refusal:
        """Accept `transaction`, or say why not; a repetition gets what the first submission got.

        Raises
        ------
        MerchantUnreadableError
            If nobody can say what the merchant takes, and the transaction is new.
        """
        try:
            refusal = refusal_of(self._merchants.find(transaction), transaction)
        except MerchantUnreadableError:
            accepted = self._accepted_before(transaction)
            if accepted is None:
                raise
            return accepted
        if refusal is not None:
            return self._accepted_before(transaction) or refusal
        acceptance = accept(transaction, self.now(), correlation_id)
        known = self._transactions.insert(acceptance, self._sweep_after)
        if known is not None:
            return self._again(transaction, known)
        self._queue.send(acceptance)
        return Accepted(transaction.transaction_id, Status.RECEIVED, is_new=True)

    def _accepted_before(self, transaction: Transaction) -> Optional[Accepted | Conflict]:
        """Look for it: what was accepted stays accepted, whatever has become of the merchant since."""
        known = self._transactions.get(transaction.transaction_id)
        return None if known is None else self._again(transaction, known)

    def _again(self, transaction: Transaction, known: Mapping[str, Any]) -> Accepted | Conflict:
        if known.get("fingerprint") != transaction.fingerprint:
            return Conflict(transaction.transaction_id)
        if "status" not in known:  # all that is left of a row which somebody deleted: the id stays taken
            return Conflict(transaction.transaction_id, is_deleted=True)
        status = Status(known["status"])
        if status == Status.RECEIVED:
            self._queue.send(acceptance_of(dict(known)))  # the first submission may have died before it did
        return Accepted(transaction.transaction_id, status, is_new=False)
