"""What becomes of a batch that the mapping of the stream gave up: its records are read back and recorded.

The mapping tells only where the batch was. It must take one batch of a shard at a time (no parallelization): then
what is not settled between the two ends was given up, and is not with another consumer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable

from botocore.exceptions import ClientError

from pipeline.aws.alerts import Alerts
from pipeline.aws.batch import AccountBatch, sort_out
from pipeline.aws.clock import utc_now
from pipeline.aws.dynamo import error_code
from pipeline.aws.failures import Failures
from pipeline.aws.kinesis import read_back
from pipeline.aws.ledger import Ledger
from pipeline.aws.observability import count, logger
from pipeline.aws.queue import Message
from pipeline.aws.settler import record_refusals
from pipeline.aws.stream_reader import StreamReader
from pipeline.domain.errors import UndeliveredError

GONE = frozenset({"ResourceNotFoundException", "InvalidArgumentException"})
"""How Kinesis answers for a place that it does not know any more: of a shard long closed, or a stream made anew."""


@dataclass(frozen=True)
class GivenUp:
    """A batch that was given up.

    Parameters
    ----------
    stream_arn, shard_id
        Where it was.
    start, end
        The sequence numbers of its first and last record.
    size
        How many records it had.
    """

    stream_arn: str
    shard_id: str
    start: str
    end: str
    size: int

    @property
    def place(self) -> tuple[str, int]:
        """Where it was in its shard: what came first was given up first."""
        return self.shard_id, int(self.start)


def read_given_up(body: str) -> GivenUp:
    """Read what Lambda sends to the on-failure destination of a Kinesis mapping.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it is anything else.
    """
    info: Mapping[str, Any] = json.loads(body)["KinesisBatchInfo"]
    start, end = str(info["startSequenceNumber"]), str(info["endSequenceNumber"])
    if not (start.isdecimal() and end.isdecimal()):
        raise ValueError("sequence numbers must be numbers")
    return GivenUp(str(info["streamArn"]), str(info["shardId"]), start, end, int(info["batchSize"]))


class FailedBatches:
    """Records given-up batches, each as often as it is told, with one effect.

    Parameters
    ----------
    kinesis
        A Kinesis client.
    ledger, failures, alerts, reader
        Where it records, what it does with a transaction, whom it tells, and how it reads records.
    now
        The clock.
    """

    def __init__(
        self,
        kinesis: Any,
        ledger: Ledger,
        failures: Failures,
        alerts: Alerts,
        reader: StreamReader,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._kinesis = kinesis
        self._ledger = ledger
        self._failures = failures
        self._alerts = alerts
        self._reader = reader
        self._now = now

    def record(self, given_up: GivenUp) -> None:
        """Record what of the batch is not settled; what the stream does not hold any more is alerted.

        Raises
        ------
        UndeliveredError
            If something could not be recorded; the message must be delivered again.
        """
        messages = self._read_back(given_up)
        batch = sort_out(messages, self._reader.read)
        if record_refusals(self._ledger, batch.bad, self._now(), "stream_process"):
            raise UndeliveredError("a refused record could not be recorded")
        if len(messages) < given_up.size:
            self._tell_lost(given_up, given_up.size - len(messages))
        failed = [account.account_id for account in batch.accounts if not self._give_up(account)]
        if failed:
            raise UndeliveredError(f"{len(failed)} of {len(batch.accounts)} customers could not be recorded")

    def record_message(self, message: Message) -> None:
        """Record a message of the queue that tells of no batch."""
        self._failures.give_up_message(message)

    def _give_up(self, account: AccountBatch) -> bool:
        """Record what of one customer is not settled, in order; tell whether that worked."""
        try:
            for item in account.queued:
                self._failures.give_up(item, account.message_of(item))
        except Exception:  # noqa: BLE001
            # Whatever is wrong with this customer, the others must be recorded all the same.
            logger.exception("customer could not be recorded", extra=account.ids)
            return False
        return True

    def _read_back(self, given_up: GivenUp) -> list[Message]:
        place = given_up.stream_arn, given_up.shard_id, given_up.start, given_up.end
        try:
            return list(read_back(self._kinesis, *place))
        except ClientError as error:
            if error_code(error) not in GONE:
                raise
            logger.warning("the stream does not know the place of the batch", extra={"shard_id": given_up.shard_id})
            return []

    def _tell_lost(self, given_up: GivenUp, records: int) -> None:
        content = {"kind": "RECORDS_LOST", "records": records, **vars(given_up)}
        logger.error("records were given up and are past the retention of the stream", extra=content)
        count("RecordsLost", records)
        todo = (
            "What ingest stored stays RECEIVED and is put on the stream again by sweep. What the gateway put on the"
            " stream itself has to be asked of the clients: their requests of that time got an answer and no result."
        )
        subject = "Transaction pipeline: records of the stream were lost"
        self._alerts.publish(subject, {**content, "what_to_do": todo})
