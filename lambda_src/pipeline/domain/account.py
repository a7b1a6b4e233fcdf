"""An account: the order of its commits, its lock version, whether it waits for an operator, and its habits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from pipeline.domain.profile import EMPTY, AccountProfile
from pipeline.domain.queued import Acceptance


@dataclass(frozen=True)
class Account:
    """What the pipeline knows of an account before a transaction.

    Parameters
    ----------
    account_id
        The account.
    version
        Optimistic lock: grows by one with every write of the account.
    commits
        How many transactions were decided; the next one gets the sequence `commits + 1`.
    held
        How many transactions were ever held behind a failed one.
    blocked_by
        The transaction that the account is quarantined for: nothing may overtake it.
    last_transaction_id, last_occurred_at
        The newest transaction by event time; a late one never moves them backwards.
    profile
        What the account usually does, from the transactions that were decided; empty for an account
        of an earlier version, which begins to be known with its next transaction.
    is_quarantined
        Whether it is blocked for a failure that was recorded, and not by a fence only.
    waited_for
        The latest transaction behind which others were held while it blocked the account.
    released_by
        The run of an operator that releases the account. While it is there, a commit leaves the block as it is, for
        others stand in line; the operator moves the block on, and lifts it when the line is empty.
    """

    account_id: str
    version: int = 0
    commits: int = 0
    held: int = 0
    blocked_by: Optional[str] = None
    last_transaction_id: Optional[str] = None
    last_occurred_at: Optional[str] = None
    profile: AccountProfile = EMPTY
    is_quarantined: bool = False
    waited_for: Optional[str] = None
    released_by: Optional[str] = None

    def blocks(self, transaction_id: str) -> bool:
        """Tell whether `transaction_id` has to wait behind another transaction of this account."""
        return self.blocked_by is not None and self.blocked_by != transaction_id

    def is_fenced_for(self, transaction_id: str) -> bool:
        """Tell whether the account is blocked for `transaction_id` by a fence only: its failure is not recorded."""
        return self.blocked_by == transaction_id and not self.is_quarantined

    def committed(self, acceptance: Acceptance) -> Account:
        """Return the account after a transaction was decided; its own block is lifted by that."""
        transaction_id, event_time = acceptance.transaction.transaction_id, acceptance.event_time
        newest = self.last_occurred_at is None or event_time >= self.last_occurred_at
        return replace(
            self.released(transaction_id),
            commits=self.commits + 1,
            last_transaction_id=transaction_id if newest else self.last_transaction_id,
            last_occurred_at=event_time if newest else self.last_occurred_at,
            profile=self.profile.after(acceptance),
        )

    def released(self, transaction_id: str) -> Account:
        """Return the account without the block that it has for `transaction_id`, if it has that one.

        An operator who releases the account keeps the block, which becomes that of the next in line.
        """
        if self.blocked_by != transaction_id or self.released_by is not None:
            return self
        return replace(self, blocked_by=None, is_quarantined=False, waited_for=None)

    def gave_up(self, transaction_id: str) -> bool:
        """Tell whether `transaction_id` is given up already, although nobody has recorded that so far.

        Others are held behind its fence: its last attempt has failed. Another copy of it must not be decided now, for
        that would lift the block, and leave them behind.
        """
        return self.is_fenced_for(transaction_id) and self.waited_for == transaction_id

    def holding(self) -> Account:
        """Return the account after one more transaction was held."""
        return replace(self, held=self.held + 1, waited_for=self.blocked_by)
