"""The lake's layout, and the line that a change of a transaction's row is in it; pure.

A line is written for each revision of a settled row, and for each change of its labels. Lines are never
changed: of several lines of a transaction, that with the highest (`revision`, `label_revision`) tells how
it stands. A line may lie in the lake twice; then it is the same line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timezone
from typing import Any, Optional

from pipeline.domain.label import LabelValue, value_of
from pipeline.domain.lines import DataObject, Line, day_partition, hour_partition, name_of
from pipeline.domain.money import json_amount
from pipeline.domain.status import Status
from pipeline.domain.times import from_text

RAW = "raw/transactions"
"""Below it the lines, by the hour in which the transaction happened (UTC)."""

QUARANTINE = "quarantine/stream"
"""Below it what could not be read of the table's stream, by the day on which it was changed (UTC)."""

TABLE_COUNTS = "analytics/table-counts"
"""Below it what the transactions table holds of a day, for queries to compare the lake with."""

_OUTCOMES = frozenset({LabelValue.FRAUD.value, LabelValue.GENUINE.value})


def raw_prefix(day: date) -> str:
    """Return what the keys of all lines of a day begin with."""
    return f"{RAW}/{day_partition(day)}/"


def quarantine_prefix(day: date) -> str:
    """Return what the keys of all that was put aside on a day begin with."""
    return f"{QUARANTINE}/{day_partition(day)}/"


def line_of(source: str, new: Mapping[str, Any], old: Optional[Mapping[str, Any]]) -> Optional[Line]:
    """Return the line that a change of a row is in the lake, or None for a change that the lake does not keep.

    Parameters
    ----------
    source
        The stream's number of the change.
    new, old
        The row after and before; `old` is None for a new row.

    Raises
    ------
    UNREADABLE_ROW
        If the row does not hold what we write; see `pipeline.domain.records`.
    """
    if Status(new["status"]) is Status.RECEIVED or (old is not None and _version(old) == _version(new)):
        return None
    document = _document(new)
    at = from_text(document["occurred_at"] or document["received_at"])
    return Line(source, document["event_id"], hour_partition(at), json.dumps(document, separators=(",", ":")))


def quarantine_object(source: str, record: Mapping[str, Any], reason: str) -> DataObject:
    """Return the object that keeps a record of the stream which cannot be read, with the reason.

    Its name follows from the record: one that comes again overwrites it with the same.
    """
    text = json.dumps(record, sort_keys=True)
    document = json.dumps({"reason": reason, "record": record}, sort_keys=True)
    return DataObject(f"{QUARANTINE}/{_day_of(record)}/{name_of(text)}.json", document.encode(), (source,))


def _version(row: Mapping[str, Any]) -> tuple[int, int]:
    return int(row["revision"]), int(row.get("label_revision", 0))


def _document(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's line as plain values, in the order of the lake's columns."""
    location, decision = row.get("location") or {}, row.get("decision") or {}
    revision, label_revision = _version(row)
    amount, risk_score, label = row.get("amount"), row.get("risk_score"), value_of(row)
    ending = f"#label-{label_revision}" if label_revision else ""
    return {
        **{name: _text(row, name) for name in ("transaction_id", "customer_id", "merchant_id")},
        **{name: _text(row, name) for name in ("merchant_category", "transaction_type", "channel")},
        "amount": None if amount is None else json_amount(amount),
        "currency": _text(row, "currency"),
        "latitude": float(location["latitude"]) if location else None,
        "longitude": float(location["longitude"]) if location else None,
        **{name: _text(row, name) for name in ("occurred_at", "received_at", "processed_timestamp", "status")},
        "is_fraud": _flag(row, "is_fraud"),
        "risk_score": None if risk_score is None else json_amount(risk_score),
        "reasons": [_text(reason, "code") for reason in decision["reasons"]] if decision else None,
        **{name: _text(decision, name) for name in ("policy", "policy_version", "document_version")},
        "label": label if label in _OUTCOMES else None,
        "revision": revision,
        "label_revision": label_revision,
        "event_id": f"{row['transaction_id']}#{revision}{ending}",
    }


def _text(row: Mapping[str, Any], name: str) -> Optional[str]:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} must be a text")
    return value


def _flag(row: Mapping[str, Any], name: str) -> Optional[bool]:
    value = row.get(name)
    if value is not None and not isinstance(value, bool):
        raise TypeError(f"{name} must be true or false")
    return value


def _day_of(record: Mapping[str, Any]) -> str:
    try:
        at = datetime.fromtimestamp(float(record["dynamodb"]["ApproximateCreationDateTime"]), timezone.utc)
    except (KeyError, OSError, OverflowError, TypeError, ValueError):
        return "undated"
    return day_partition(at)
