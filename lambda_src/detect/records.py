"""What the stream of the transactions table brings to decide."""

from __future__ import annotations

from typing import Any, Optional

from pipeline.aws.layout import SORT_KEY
from pipeline.aws.stream import StreamRecord
from pipeline.domain.errors import InvalidTransactionError, PipelineError
from pipeline.domain.queue_body import from_document
from pipeline.domain.queued import Acceptance
from pipeline.domain.records import UNREADABLE_ROW, acceptance_of
from pipeline.domain.settlement import Queued
from pipeline.domain.status import Status
from pipeline.domain.times import from_text, from_unix


class PoisonRecordError(PipelineError):
    """The record holds no transaction, and will not the next time; people have to look at the row."""


def read_queued(record: StreamRecord) -> Optional[Queued]:
    """Return the transaction that was just accepted; None if the record is of anything else.

    The row is checked like a request: operators write rows, too.

    Raises
    ------
    PoisonRecordError
        If the row is of a transaction that waits, and does not hold one. Its text names fields, never values.
    """
    try:
        row = record.new
        if record.event_name != "INSERT" or row is None or row.get("status") != Status.RECEIVED:
            return None
        acceptance = acceptance_of(row)
        _check(acceptance)
        _check_key(row[SORT_KEY])
    except InvalidTransactionError as error:
        raise PoisonRecordError(str(error)) from None
    except KeyError as error:
        raise PoisonRecordError(f"{error.args[0]}: is missing") from None
    except UNREADABLE_ROW as error:
        raise PoisonRecordError(f"the row cannot be read: {type(error).__name__}") from None
    return Queued(acceptance, str(record.raw.get("eventID", "")), record.sequence_number, receive_count=1)


def _check(acceptance: Acceptance) -> None:
    """Check what is read, so that what follows, the alert included, cannot fail over it for good."""
    from_document(acceptance.transaction.to_document())
    from_text(acceptance.received_at)
    if not acceptance.correlation_id.isprintable():
        raise ValueError("correlation_id must be a line of text")


def _check_key(timestamp: Any) -> None:
    """Check the time in the row's key, which the alert tells of: operators mean milliseconds by it at times."""
    try:
        from_unix(timestamp)
    except ValueError as error:
        raise InvalidTransactionError(SORT_KEY, str(error)) from error
