"""Queue again what was accepted and never settled; settled twice it is not, for the ledger sees to that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Callable, Union

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.clock import utc_now
from pipeline.aws.dynamo import from_item
from pipeline.aws.kinesis import TransactionStream
from pipeline.aws.observability import count, logger
from pipeline.aws.queue import TransactionQueue
from pipeline.aws.transactions import Key, WaitingRows
from pipeline.domain.errors import PipelineError
from pipeline.domain.records import UNREADABLE_ROW, acceptance_of
from pipeline.domain.status import Status
from pipeline.domain.times import to_text

ROWS_A_SHARD = 25
"""So that a sweep of all shards ends within its time and tells how many rows it found, however many wait."""
LONGEST_WAIT = timedelta(hours=1)


class Sweeper:
    """Finds transactions that wait past their time and queues them again.

    Parameters
    ----------
    rows, queue
        The rows that wait, and the queue or the stream that they wait for.
    index
        Name of the index of waiting rows.
    sweep_after
        The first wait; it doubles with each sweep of a transaction, up to an hour, so that a
        backlog is not made worse by its own repetition.
    now
        The clock.
    """

    def __init__(
        self,
        rows: WaitingRows,
        queue: Union[TransactionQueue, TransactionStream],
        index: str,
        sweep_after: timedelta,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._rows = rows
        self._queue = queue
        self._index = index
        self._sweep_after = sweep_after
        self._now = now

    def sweep(self) -> int:
        """Queue overdue transactions again; return how many there were."""
        now = self._now()
        swept = failed = 0
        for key in self._rows.overdue(self._index, to_text(now), ROWS_A_SHARD):
            try:
                swept += self._requeue(key, now)
            except (BotoCoreError, ClientError, PipelineError, *UNREADABLE_ROW):
                # AWS's trouble or an unreadable row: the others must be swept all the same.
                logger.exception("transaction not queued again", extra=from_item(key))
                failed += 1
        count("StaleReceived", swept)
        count("SweepFailed", failed)
        return swept

    def _requeue(self, key: Key, now: datetime) -> bool:
        row = self._rows.get(key)
        if row is None or row["status"] != Status.RECEIVED:
            return False
        sweeps = min(int(row.get("sweeps", 0)), 16)
        wait = min(self._sweep_after * 2 ** (sweeps + 1), LONGEST_WAIT)
        # First the message, then the postponement: a crash between them sends it again, which is harmless.
        self._queue.send(acceptance_of(row))
        waiting = self._rows.postpone(key, to_text(now + wait))
        logger.warning(
            "transaction queued again",
            transaction_id=row["transaction_id"],
            account_id=row.get("account_id"),
            correlation_id=row["correlation_id"],
            sweeps=sweeps + 1,
        )
        return waiting
