"""Decide what was accepted, record by record: settle the row, and queue an alert if it is flagged.

| what happens | what follows |
|---|---|
| the record comes again | the row is decided: nothing changes, an alert is queued again (`notify` drops repeats) |
| the function dies between row and alert | the record comes again, as above: no alert is lost |
| the row was deleted meanwhile | nothing: it is not made again |
| the row holds no transaction | the record is set aside with its keys and the reason; the shard goes on at once |
| AWS fails, or a bug of ours | the record comes again, with all after it, as often as the mapping allows |

Transactions have no order among each other here, so those after a failed record are decided at once, too;
when the stream brings them again nothing is left to do. A batch is decided by one policy document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import Callable, Optional

from detect.outbox import Outbox
from detect.records import PoisonRecordError, read_queued
from detect.rows import StreamedRows
from pipeline.aws.clock import utc_now
from pipeline.aws.merchants import UnlistedMerchants
from pipeline.aws.observability import count, logger
from pipeline.aws.policies import PolicyStore
from pipeline.aws.reporting import report_settled
from pipeline.aws.stream import StreamRecord
from pipeline.domain.account import Account
from pipeline.domain.fraud_alert import alert_of
from pipeline.domain.settlement import Change, Decider, Queued, plan_settlement
from pipeline.domain.status import FLAGGED, Status
from pipeline.domain.times import to_text

SECONDS_A_RECORD = 10.0
"""Time that must remain to begin with a record: a call that waits and is tried again takes seconds."""


class Detector:
    """Decides batches of a stream.

    Parameters
    ----------
    rows, outbox, policies
        Where it settles, whom it tells, and how it decides at the time.
    now
        The clock of decisions.
    """

    def __init__(
        self,
        rows: StreamedRows,
        outbox: Outbox,
        policies: PolicyStore,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._rows = rows
        self._outbox = outbox
        self._policies = policies
        self._now = now
        self._merchants = UnlistedMerchants()

    def detect(
        self, records: Sequence[StreamRecord], seconds_left: Callable[[], float] = lambda: inf
    ) -> Optional[StreamRecord]:
        """Decide `records`; return the first that has to be delivered again, with all that follows it.

        Parameters
        ----------
        records
            The batch, in the order of the stream.
        seconds_left
            The time that remains for it.
        """
        engine = self._policies.engine()
        first: Optional[StreamRecord] = None
        for record in records:
            if seconds_left() < SECONDS_A_RECORD:
                logger.warning("no time left for the record", sequence_number=record.sequence_number)
                return first or record
            if not self._see_to(record, engine):
                first = first or record
        return first

    def _see_to(self, record: StreamRecord, engine: Decider) -> bool:
        """Decide one record, or set it aside; tell whether that worked."""
        try:
            try:
                self._decide(record, engine)
            except PoisonRecordError as poison:
                self._set_aside(record, str(poison))
        except Exception:  # noqa: BLE001
            # AWS's trouble or a bug of ours: the others of the batch must not wait for this one.
            logger.exception("record could not be decided", sequence_number=record.sequence_number)
            count("DetectionFailed")
            return False
        return True

    def _decide(self, record: StreamRecord, engine: Decider) -> None:
        item = read_queued(record)
        if item is None:
            return
        now = self._now()
        change = self._change(item, engine)
        settled = self._rows.settle(record.keys, change, to_text(now))
        if settled is None:
            logger.warning("the row was deleted before it was decided", transaction_id=item.transaction_id)
            return
        status = Status(settled.row["status"])
        if settled.is_new:
            report_settled([change], now)
        elif status == Status.RECEIVED:
            raise PoisonRecordError("the row holds another transaction by now")
        else:
            logger.info("transaction was settled before", transaction_id=item.transaction_id, status=status.value)
        if status in FLAGGED:
            self._outbox.send_alert(alert_of(settled.row))

    def _change(self, item: Queued, engine: Decider) -> Change:
        """Decide from an empty account: there are none here, and so no order of an account's commits either."""
        (change,) = plan_settlement(Account(item.account_id), [item], self._merchants.find, engine).changes
        return replace(change, sequence=None)

    def _set_aside(self, record: StreamRecord, reason: str) -> None:
        self._outbox.set_aside(record, reason)
        count("PoisonRecord")
        logger.error("record set aside", sequence_number=record.sequence_number, reason=reason)
