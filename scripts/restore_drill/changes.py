"""What an archive tells of changes of rows, and how a row is brought up to date with it; pure.

The flagship archives events of its bus (`event_change`), SecureBank lines of its lake (`lake_change`). Neither holds
everything that a row does: what a rebuilt row lacks is counted by `reconcile`, and told in docs/restore.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Optional

from pipeline.domain.announcement import DECIDED, LABELLED, STATUS_CHANGED
from pipeline.domain.errors import PipelineError
from pipeline.domain.label import LabelValue
from pipeline.domain.status import Status
from pipeline.domain.transaction import Transaction

Row = Mapping[str, Any]

MARK = "restored_from"
"""The attribute of a row that was rebuilt: the id of the last change that the archive had of it."""
ACTOR = "archive"
"""Who stands in the history for changes that were replayed: who made them is not archived."""

_ONLY_WHILE_WAITING = ("received_shard", "sweep_after")
_OF_EVENTS = (
    "transaction_id", "account_id", "merchant_id", "currency", "occurred_at", "received_at", "decided_at", "status",
    "correlation_id", "amount", "sequence",
)  # fmt: skip
_OF_DECISIONS = (
    "score", "outcome", "policy", "policy_version", "routes", "document_version", "decided_by", "model_version",
)  # fmt: skip
_OF_LABELS = ("source", "confirmed_at", "recorded_at", "actor")
_OF_LINES = (
    "transaction_id", "customer_id", "merchant_id", "merchant_category", "transaction_type", "channel", "amount",
    "currency", "occurred_at", "received_at", "processed_timestamp", "status", "is_fraud", "risk_score",
)  # fmt: skip


class UnreadableLineError(PipelineError):
    """A line of the archive tells of no change that this reader knows."""


@dataclass(frozen=True)
class Change:
    """One change of a row.

    Parameters
    ----------
    change_id
        What repeats of it share.
    key
        The row's key, in the order of the table's key attributes.
    attributes
        What the row holds after it, as far as the archive knows.
    at
        When it was made, RFC 3339.
    revision, label_revision
        The row's counters after it; None where it did not move one.
    previous_status
        The status before it; None for a new row, or where that is not told.
    entry
        The line that it adds to the row's history, if it changed the status.
    """

    change_id: str
    key: tuple[str, ...]
    attributes: Row
    at: str
    revision: Optional[int] = None
    label_revision: Optional[int] = None
    previous_status: Optional[str] = None
    entry: Mapping[str, str] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, int]:
        """Return its place among the changes of its row, as far as their order matters."""
        return self.revision or 0, self.label_revision or 0


def event_change(line: str) -> Optional[Change]:
    """Read a line of the event archive; None for an event that changed no row of the table.

    Raises
    ------
    UnreadableLineError
        If the line is no event of the pipeline.
    """
    event = _document(line)
    try:
        kind, detail, at = event["detail-type"], event["detail"], event["time"]
        if kind in (DECIDED, STATUS_CHANGED):
            return _status_change(detail, at, decided=kind == DECIDED)
        return _label_change(detail) if kind == LABELLED else None
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableLineError(f"no event: {type(error).__name__} {error}") from error


def lake_change(line: str) -> Optional[Change]:
    """Read a line of the lake: a row of SecureBank as one of its revisions left it; None if it is no customer's.

    Raises
    ------
    UnreadableLineError
        If the line is none of the lake's.
    """
    record = _document(line)
    try:
        if record["customer_id"] is None or record["occurred_at"] is None:
            return None  # a message that was refused: nothing says under which key it is kept
        sort_key = f"{record['occurred_at']}#{record['transaction_id']}"
        attributes = {name: record[name] for name in _OF_LINES if record.get(name) is not None}
        attributes["timestamp"] = sort_key
        if record.get("latitude") is not None and record.get("longitude") is not None:
            attributes["location"] = {"latitude": record["latitude"], "longitude": record["longitude"]}
        at = record.get("processed_timestamp") or record["received_at"]
        if record.get("policy") is not None:
            attributes["decided_at"] = at
            attributes["decision"] = {
                **{name: record[name] for name in ("policy", "policy_version", "document_version") if record.get(name)},
                "reasons": [{"code": code} for code in record.get("reasons") or ()],
            }
        if record.get("label_revision"):  # without a label: it was taken back
            attributes["label"] = {"value": record["label"] or LabelValue.UNKNOWN.value}
        return Change(
            change_id=str(record["event_id"]),
            key=(str(record["customer_id"]), sort_key),
            attributes=attributes,
            at=str(at),
            revision=int(record["revision"]),
            label_revision=int(record.get("label_revision") or 0) or None,
            entry=_entry(record["status"], at, "SCORED" if record.get("policy") is not None else "FROM_ARCHIVE"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableLineError(f"no line of the lake: {type(error).__name__} {error}") from error


def after(row: Optional[Row], change: Change) -> Optional[dict[str, Any]]:
    """Return the row as `change` leaves it, or None if it holds the change already.

    What the row has and the archive has not, stays: a decision that was restored keeps its features.

    Parameters
    ----------
    row
        The row as it stands; None if there is none.
    change
        A change of this very row; of several, apply them in their `order`.
    """
    known = row or {}
    moved = change.revision is not None and change.revision > int(known.get("revision", 0))
    labelled = change.label_revision is not None and change.label_revision > int(known.get("label_revision", 0))
    if not (moved or labelled):
        return None
    result = {**known, **{name: value for name, value in change.attributes.items() if name not in _kept(known)}}
    if moved:
        result["revision"] = Decimal(change.revision or 0)
        result["history"] = [*_history(known, change), dict(change.entry)]
        if change.attributes.get("status") != Status.RECEIVED.value:
            for name in _ONLY_WHILE_WAITING:
                result.pop(name, None)
    if labelled:
        result["label_revision"] = Decimal(change.label_revision or 0)
        if "label" in change.attributes:
            result["labels"] = [*known.get("labels", ()), change.attributes["label"]]
    result[MARK] = change.change_id
    return result


def with_fingerprint(row: Row) -> dict[str, Any]:
    """Return a rebuilt row with the fingerprint of what is known of its body, unless it has one.

    It is the client's own where the body held nothing that the archive leaves out (see docs/restore.md).
    """
    if "fingerprint" in row or "account_id" not in row or "amount" not in row:
        return dict(row)
    transaction = Transaction(
        transaction_id=row["transaction_id"],
        account_id=row["account_id"],
        merchant_id=row["merchant_id"],
        amount=row["amount"],
        currency=row["currency"],
        occurred_at=row.get("occurred_at"),
    )
    return {**row, "fingerprint": transaction.fingerprint}


def _kept(known: Row) -> frozenset[str]:
    return frozenset({"decision"} & set(known))


def _history(known: Row, change: Change) -> list[Any]:
    if known.get("history"):
        return list(known["history"])
    received_at = change.attributes.get("received_at")
    waited = change.previous_status == Status.RECEIVED.value and received_at is not None
    return [_entry(Status.RECEIVED.value, received_at, "ACCEPTED")] if waited else []


def _status_change(detail: Row, at: str, *, decided: bool) -> Change:
    attributes = {name: detail[name] for name in _OF_EVENTS if detail.get(name) is not None}
    if detail.get("outcome") is not None:
        attributes["decision"] = {
            **{name: detail[name] for name in _OF_DECISIONS if detail.get(name) is not None},
            "reasons": [{"code": code} for code in detail.get("reasons", ())],
        }
    made_at = detail.get("decided_at", at) if decided else at
    return Change(
        change_id=str(detail["event_id"]),
        key=(str(detail["transaction_id"]),),
        attributes=attributes,
        at=made_at,
        revision=int(detail["revision"]),
        previous_status=detail.get("previous_status"),
        entry=_entry(detail["status"], made_at, "SCORED" if decided else "FROM_ARCHIVE"),
    )


def _label_change(detail: Row) -> Change:
    label = {"value": detail["label"], **{name: detail[name] for name in _OF_LABELS if name in detail}}
    return Change(
        change_id=str(detail["event_id"]),
        key=(str(detail["transaction_id"]),),
        attributes={"transaction_id": detail["transaction_id"], "label": label},
        at=str(detail["recorded_at"]),
        label_revision=int(detail["label_revision"]),
    )


def _entry(status: str, at: Any, reason: str) -> dict[str, str]:
    return {"status": status, "at": str(at), "actor": ACTOR, "reason": reason}


def _document(line: str) -> Any:
    try:
        return json.loads(line, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError) as error:
        raise UnreadableLineError(f"no JSON: {type(error).__name__}") from error
