"""What the stream of the transactions table tells to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from pipeline.aws.dynamo import from_item
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
    for place, record in enumerate(event["Records"]):
        try:
            change = record["dynamodb"]
            read = _read(place, change)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            passed_over(_sequence_number(record), error)
            continue
        if read is not None:
            found.append(read)
    return found


def passed_over(sequence_number: str, error: Exception) -> None:
    """Say that a record was left out for good."""
    count("LearnSkipped")
    logger.error("a record of the stream is passed over", sequence_number=sequence_number, cause=type(error).__name__)


def _read(place: int, change: Mapping[str, Any]) -> Optional[Record]:
    if "NewImage" not in change:  # deleted by an operator: what was counted stays counted
        return None
    new = from_item(change["NewImage"])
    old = from_item(change.get("OldImage") or {})
    decided = "decision" in new and "decision" not in old
    labelled = new.get("label_revision") != old.get("label_revision")
    if not decided and not labelled:
        return None
    return Record(
        place,
        str(change["SequenceNumber"]),
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


def _sequence_number(record: Any) -> str:
    try:
        return str(record["dynamodb"]["SequenceNumber"])
    except (KeyError, TypeError):
        return ""
