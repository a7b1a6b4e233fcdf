"""What the stream of the transactions table tells to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from pipeline.aws import stream
from pipeline.aws.observability import count, logger


@dataclass(frozen=True)
class Record:
    """One change of a decided transaction.

    Parameters
    ----------
    place, sequence_number
        Its place in the batch, and the stream's name for it.
    transaction_id, merchant_id
        What was decided, and who was paid.
    row
        The row after the change.
    decided, labelled
        Whether it was the change that decided it, and whether its labels changed.
    """

    place: int
    sequence_number: str
    transaction_id: str
    merchant_id: str
    row: Mapping[str, Any]
    decided: bool
    labelled: bool


def read_records(event: Mapping[str, Any]) -> list[Record]:
    """Return the records of a Lambda event that say something.

    One that cannot be read is passed over: it would be no better the next time, and what follows it in
    the stream must not wait for it.
    """
    found = []
    for record in stream.read_records(event):
        try:
            read = _read(record)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            passed_over(record.sequence_number, error)
            continue
        if read is not None:
            found.append(read)
    return found


def passed_over(sequence_number: str, error: Exception) -> None:
    """Say that a record was left out for good."""
    count("LearnSkipped")
    logger.error("a record of the stream is passed over", sequence_number=sequence_number, cause=type(error).__name__)


def _read(record: stream.StreamRecord) -> Optional[Record]:
    new = record.new
    if new is None:  # deleted by an operator: what was counted stays counted
        return None
    old = record.old or {}
    decided = "decision" in new and "decision" not in old
    labelled = new.get("label_revision") != old.get("label_revision")
    if not decided and not labelled:
        return None
    return Record(
        record.place,
        record.sequence_number,
        _text(new, "transaction_id"),
        _text(new, "merchant_id"),
        new,
        decided,
        labelled,
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    if not isinstance(row[name], str):
        raise TypeError(f"{name} must be a text")
    return str(row[name])
