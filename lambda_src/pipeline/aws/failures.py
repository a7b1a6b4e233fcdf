"""What becomes of a transaction that is given up: recorded, alerted, and its account quarantined."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from typing import Callable, Optional

from pipeline.aws.alerts import Alerts
from pipeline.aws.backoff import full_jitter
from pipeline.aws.clock import utc_now
from pipeline.aws.ledger import Ledger
from pipeline.aws.observability import count, logger
from pipeline.aws.quarantine import Quarantine
from pipeline.aws.queue import Message
from pipeline.domain.errors import AccountStateError, VersionConflictError
from pipeline.domain.records import rejected_message_row
from pipeline.domain.refusal import ID_REUSED
from pipeline.domain.settlement import Queued, plan_hold
from pipeline.domain.status import Status
from pipeline.domain.times import to_text

CONFLICT_ATTEMPTS = 4


class Failures:
    """Records failures, each as often as it is told, with one effect.

    Parameters
    ----------
    ledger, quarantine, alerts
        Where it reads and writes, and whom it tells.
    now, sleep
        The clock, and the wait before a conflict is tried again.
    actor, refuser
        Who gives up, and who refuses messages, for the history.
    over_fences
        Whether failures are told in the order of each account. What came before is recorded then, and has quarantined
        the account; so a mere fence is of a later transaction, which waits for the failed one.
    """

    def __init__(
        self,
        ledger: Ledger,
        quarantine: Quarantine,
        alerts: Alerts,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        actor: str = "failed",
        refuser: str = "process",
        over_fences: bool = False,
    ) -> None:
        self._ledger = ledger
        self._quarantine = quarantine
        self._alerts = alerts
        self._now = now
        self._sleep = sleep
        self._actor = actor
        self._refuser = refuser
        self._over_fences = over_fences

    def give_up(self, item: Queued, message: Message) -> Optional[Status]:
        """Record a transaction that failed for good, and the message that it came in; return its status.

        One that was settled after all is left as it is. One whose account already waits for another that came before is
        held behind that. None: the id is another transaction's, or its row was deleted. The alert comes last, so that
        it is repeated rather than lost.

        Raises
        ------
        VersionConflictError
            If the account kept changing; the message must be delivered again.
        """
        status = self._settle(item, message)
        if status == Status.FAILED:
            self._tell("transaction", message, item)
        return status

    def give_up_message(self, message: Message) -> None:
        """Record a message that cannot be read as a transaction, whole."""
        self._quarantine.fail_message(message.message_id, message.body, to_text(self._now()))
        self._tell("message", message, None)

    def _settle(self, item: Queued, message: Message) -> Optional[Status]:
        """Fail or hold the transaction."""
        for attempt in range(1, CONFLICT_ATTEMPTS + 1):
            row = self._ledger.known([item]).get(item.transaction_id)
            if row is not None and row.get("fingerprint") != item.acceptance.transaction.fingerprint:
                self._refuse(item, message)
                is_foreign = row.get("account_id") != item.acceptance.transaction.account_id
                if is_foreign and not self._ledger.lift_fence(item):
                    self._tell("transaction", message, item)
                return None
            if row is not None and row.get("status") != Status.RECEIVED:
                return Status(row["status"]) if "status" in row else None
            try:
                return self._fail_or_hold(replace(item, is_stored=row is not None), message)
            except VersionConflictError:
                self._sleep(full_jitter(attempt, base_seconds=0.05, cap_seconds=1.0))
        raise VersionConflictError(f"the account kept changing over {CONFLICT_ATTEMPTS} attempts")

    def _refuse(self, item: Queued, message: Message) -> None:
        """Record a message whose id is another transaction's."""
        row = rejected_message_row(
            message.message_id, message.body, ID_REUSED, self._now(), item.transaction_id, self._refuser
        )
        self._ledger.reject_message(row)
        count("Rejected")
        logger.warning("failed message repeats a known id", transaction_id=item.transaction_id)

    def _fail_or_hold(self, item: Queued, message: Message) -> Status:
        at = to_text(self._now())
        try:
            account = self._ledger.load_block(item.account_id)
        except AccountStateError:
            self._quarantine.fail(item, message.body, at, keep_version=False)
            count("Failed")
            return Status.FAILED
        fence = account.blocked_by if account.blocks(item.transaction_id) else None
        if fence is not None and (account.is_quarantined or not self._over_fences):
            self._ledger.commit([plan_hold(account, [item])], at, self._actor)
            count("Held")
            return Status.HELD
        self._quarantine.fail(item, message.body, at, fence=fence)
        count("Failed")
        return Status.FAILED

    def _tell(self, kind: str, message: Message, item: Optional[Queued]) -> None:
        account_id = item.acceptance.transaction.account_id if item else None
        content = {
            "kind": f"{kind.upper()}_FAILED",
            "message_id": message.message_id,
            "transaction_id": item.transaction_id if item else None,
            "account_id": account_id,
            "correlation_id": item.acceptance.correlation_id if item else None,
        }
        logger.error("message failed for good", extra=content)
        todo = "Find out why, then see the guide of the system about failed transactions."
        if account_id is not None:
            todo += " Its account is quarantined: what follows in it waits."
        self._alerts.publish(f"Transaction pipeline: a {kind} failed", {**content, "what_to_do": todo})
