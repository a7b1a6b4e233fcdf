"""Labels: what a transaction turned out to be, who says so, and which of several sayings stands.

Labels come late, repeated and contradicting each other. The one that was confirmed last stands; of two
with the same time, the one that came last. Every one of them is kept in the row's history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Callable, Optional

from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.label_schema import validate as compiled_schema
from pipeline.domain.schema import check_schema
from pipeline.domain.times import from_text, to_text
from pipeline.domain.transaction import CLOCK_TOLERANCE

_validate: Callable[[Any], Any] = compiled_schema

MOST_KEPT = 50
"""Labels that a row's history keeps, the latest: a client that never stops must not fill the row."""


class LabelValue(str, Enum):
    """What a transaction turned out to be; UNKNOWN takes an earlier label back."""

    FRAUD = "fraud"
    GENUINE = "genuine"
    UNKNOWN = "unknown"


class LabelSource(str, Enum):
    """Who found out."""

    ANALYST = "analyst"
    CHARGEBACK = "chargeback"
    CUSTOMER = "customer"
    OTHER = "other"


class LabelStatus(str, Enum):
    """What became of a label.

    RECORDED: it stands now. UNCHANGED: the same stood already, maybe of another source. SUPERSEDED:
    one that was confirmed later stands.
    """

    RECORDED = "recorded"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Label:
    """One saying about a transaction; `confirmed_at` is UTC, RFC 3339."""

    value: LabelValue
    source: LabelSource
    confirmed_at: str

    def to_document(self) -> dict[str, str]:
        """Return the label as plain data."""
        return {"value": self.value.value, "source": self.source.value, "confirmed_at": self.confirmed_at}


@dataclass(frozen=True)
class LabelRequest:
    """A label, and the transaction that it is about."""

    transaction_id: str
    label: Label


@dataclass(frozen=True)
class Labelling:
    """What a label does to a row.

    Parameters
    ----------
    status
        What became of it.
    standing
        The label that stands afterwards.
    attributes
        What the row gets; None: nothing is to be written.
    """

    status: LabelStatus
    standing: LabelValue
    attributes: Optional[dict[str, Any]] = None


def parse_label(document: Any, now: datetime) -> LabelRequest:
    """Check a decoded request body (see `strict_json.loads`) against the published schema and our rules.

    Parameters
    ----------
    document
        The decoded body.
    now
        The time of receipt, for the check of future times.

    Raises
    ------
    InvalidTransactionError
        If anything is missing, malformed or out of range; it names the field.
    """
    check_schema(_validate, document)
    try:
        confirmed_at = from_text(document["confirmed_at"])
    except ValueError as error:
        raise InvalidTransactionError("confirmed_at", str(error)) from error
    if confirmed_at > now + CLOCK_TOLERANCE:
        raise InvalidTransactionError("confirmed_at", "lies in the future")
    label = Label(LabelValue(document["label"]), LabelSource(document["source"]), to_text(confirmed_at))
    return LabelRequest(document["transaction_id"], label)


def apply_label(row: Mapping[str, Any], label: Label, actor: str, at: str) -> Labelling:
    """Return what `label` does to a decided transaction's row.

    A label that the history knows does nothing, so that whatever is sent again, in whatever order, is
    harmless. One more proof of what stands already moves only its source and its time.

    Parameters
    ----------
    row
        The row as it stands.
    label, actor, at
        The label, who recorded it, and when.
    """
    entry = {**label.to_document(), "recorded_at": at, "actor": actor}
    kept = list(row.get("labels", []))
    revision = int(row.get("label_revision", 0)) + 1
    standing = row.get("label")
    if standing is None:
        return Labelling(
            LabelStatus.RECORDED, label.value, {"label": entry, "labels": [entry], "label_revision": revision}
        )
    value = LabelValue(standing["value"])
    older = label.confirmed_at < standing["confirmed_at"]
    same = label.value is value
    status = LabelStatus.UNCHANGED if same else LabelStatus.SUPERSEDED if older else LabelStatus.RECORDED
    if any(_says(known, label) for known in kept):
        return Labelling(LabelStatus.UNCHANGED if same else LabelStatus.SUPERSEDED, value)
    attributes: dict[str, Any] = {"labels": [*kept, entry][-MOST_KEPT:], "label_revision": revision}
    if not older:
        attributes["label"] = entry
    return Labelling(status, value if older else label.value, attributes)


def value_of(row: Mapping[str, Any]) -> Optional[str]:
    """Return the label that stands in a row, or None where there never was one."""
    label = row.get("label")
    return str(label["value"]) if label else None


def is_fraud(row: Mapping[str, Any]) -> bool:
    """Tell whether a row stands as fraud."""
    return value_of(row) == LabelValue.FRAUD.value


def _says(known: Mapping[str, Any], label: Label) -> bool:
    return all(known.get(name) == said for name, said in label.to_document().items())
