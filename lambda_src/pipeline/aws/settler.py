"""Settle what a batch brought for an account: read it, decide it, commit it; what meets somebody else is read again.

What becomes of an account that cannot be settled depends on what brought its transactions; those who use a settler
say so (`process.processor`, `stream_process.processor`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Callable, Optional, Union

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.backoff import full_jitter
from pipeline.aws.batch import AccountBatch, BadMessage, reused
from pipeline.aws.clock import utc_now
from pipeline.aws.observability import count, logger
from pipeline.aws.reporting import report_settled
from pipeline.domain.errors import AccountStateError, PipelineError, VersionConflictError
from pipeline.domain.records import rejected_message_row
from pipeline.domain.settlement import Change, Plan, Queued, plan_settlement
from pipeline.domain.status import Status
from pipeline.domain.times import to_text

if TYPE_CHECKING:
    from pipeline.aws.ledger import Ledger
    from pipeline.aws.merchants import MerchantDirectory, UnlistedMerchants
    from pipeline.aws.policies import PolicyStore
    from pipeline.aws.queue import Message
    from pipeline.domain.account import Account

CONFLICT_ATTEMPTS = 4

OUR_FAILURES = (ClientError, BotoCoreError, PipelineError)
"""What may go wrong with AWS or with stored data; anything else is a bug."""


@dataclass(frozen=True)
class Found:
    """An account's transactions of a batch, as the table knows them.

    Parameters
    ----------
    open
        Those that are not settled yet, in order.
    bad
        The messages whose id belongs to another body.
    failed
        Those that failed when the same message was delivered before.
    foreign
        Those of the bad ones whose id is another account's.
    """

    open: list[Queued]
    bad: list[BadMessage]
    failed: list[Queued]
    foreign: list[Queued]


def record_refusals(ledger: Ledger, bad: Sequence[BadMessage], now: datetime, actor: str) -> list[Message]:
    """Record messages that are nobody's transaction; return those that could not be recorded.

    Parameters
    ----------
    ledger
        Where they are recorded.
    bad, now, actor
        The messages, when they are refused, and by whom.
    """
    again = []
    for refused in bad:
        message = refused.message
        row = rejected_message_row(message.message_id, message.body, refused.refusal, now, refused.claimed_id, actor)
        try:
            ledger.reject_message(row)
        except OUR_FAILURES:
            logger.exception("a refused message could not be recorded", message_id=message.message_id)
            again.append(message)
            continue
        count("Rejected")
        logger.warning("message refused", message_id=message.message_id, code=refused.refusal.code)
    return again


class Settler:
    """Settles accounts.

    Parameters
    ----------
    ledger, merchants, policies
        Where it reads and writes, and how it decides at the time.
    now
        The clock of decisions.
    sleep
        Waits the given seconds before a conflict is tried again.
    actor
        Who settles, for the history.
    report
        Tells of what was committed.
    """

    def __init__(
        self,
        ledger: Ledger,
        merchants: Union[MerchantDirectory, UnlistedMerchants],
        policies: PolicyStore,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        actor: str = "process",
        report: Callable[[Sequence[Change], datetime], None] = report_settled,
    ) -> None:
        self._ledger = ledger
        self._merchants = merchants
        self._policies = policies
        self._now = now
        self._sleep = sleep
        self._actor = actor
        self._report = report

    def refuse(self, bad: Sequence[BadMessage]) -> list[Message]:
        """Record messages that are nobody's transaction; return those that could not be recorded."""
        return record_refusals(self._ledger, bad, self._now(), self._actor)

    def settle_with_retries(
        self, account: AccountBatch, tell_again: Callable[[Queued], object] = lambda _: None
    ) -> list[Message]:
        """Settle one account, reading it again while others change it; return the messages that must come again.

        Parameters
        ----------
        account
            What the batch brought for it.
        tell_again
            Called with what failed when the same message was delivered before, for perhaps nobody heard of it; and with
            a copy of what is given up already, which nobody decides, for perhaps it is recorded nowhere.

        Raises
        ------
        VersionConflictError
            If the account keeps changing.
        """
        for attempt in range(1, CONFLICT_ATTEMPTS + 1):
            found = self.find(account)
            again = self.refuse(found.bad)
            for item in found.foreign:  # its owner may have been unknown when it was fenced
                self._ledger.lift_fence(item)
            for item in found.failed:
                tell_again(item)
            if not found.open:
                return again
            try:
                if found.open[0].receive_count > 1:
                    self._ledger.fence(found.open[0])
                (plan,) = self.plans({account.account_id: found.open})
                self.commit([plan])
            except VersionConflictError:
                self._sleep(full_jitter(attempt, base_seconds=0.05, cap_seconds=1.0))
                continue
            planned = {change.queued.transaction_id for change in plan.changes}
            for item in found.open:
                if item.transaction_id not in planned:
                    tell_again(item)
            return again
        raise VersionConflictError(f"the account kept changing over {CONFLICT_ATTEMPTS} attempts")

    def find(self, account: AccountBatch) -> Found:
        """Return what is to be done of what the batch brought for an account."""
        known = self._ledger.known(account.queued)
        found = Found([], [], [], [])
        for item in account.queued:
            row = known.get(item.transaction_id)
            if row is None:
                found.open.append(replace(item, is_stored=False))
            elif row.get("fingerprint") != item.acceptance.transaction.fingerprint:
                found.bad.append(reused(account.message_of(item), item.transaction_id))
                if row.get("account_id") != item.acceptance.transaction.account_id:
                    found.foreign.append(item)
            elif "status" not in row:  # all that is left of it: the claim of its id
                logger.warning("the row was deleted before it was decided", transaction_id=item.transaction_id)
            elif row["status"] == Status.RECEIVED:
                found.open.append(replace(item, is_stored=True))
            elif row["status"] == Status.FAILED and row.get("failure", {}).get("message_id") == item.message_id:
                found.failed.append(item)
        return found

    def plans(
        self,
        queued: Mapping[str, Sequence[Queued]],
        accounts: Optional[Mapping[str, Union[Account, AccountStateError]]] = None,
    ) -> list[Plan]:
        """Plan what is queued, by account: read at once, and decided by one policy document.

        Parameters
        ----------
        queued
            What to settle of which account.
        accounts
            The accounts, where they were read before.

        Raises
        ------
        AccountStateError
            If an account is unreadable.
        """
        engine = self._policies.engine()
        items = [item for of_account in queued.values() for item in of_account]
        find_merchant = self._merchants.finder([item.acceptance.transaction for item in items])
        loaded = self._ledger.load_accounts(queued) if accounts is None else accounts
        return [
            plan_settlement(_readable(loaded[account_id]), of_account, find_merchant, engine)
            for account_id, of_account in queued.items()
        ]

    def commit(self, plans: Sequence[Plan]) -> None:
        """Commit the plans in one transaction, and tell of it."""
        now = self._now()
        self._ledger.commit(plans, to_text(now), self._actor)
        for plan in plans:
            self._report(plan.changes, now)


def _readable(account: Union[Account, AccountStateError]) -> Account:
    if isinstance(account, AccountStateError):
        raise account
    return account
