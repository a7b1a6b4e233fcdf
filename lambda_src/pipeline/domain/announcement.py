"""What the world learns of a change of a transaction: events with stable ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from pipeline.domain.label import value_of
from pipeline.domain.money import json_amount
from pipeline.domain.status import Status

SOURCE = "transaction-pipeline"
DECIDED = "TransactionDecided"
STATUS_CHANGED = "TransactionStatusChanged"
LABELLED = "TransactionLabelled"

_COPIED = (
    "transaction_id",
    "account_id",
    "merchant_id",
    "currency",
    "occurred_at",
    "received_at",
    "decided_at",
    "status",
    "correlation_id",
)
_COPIED_FROM_DECISION = ("model_version", "document_version", "decided_by")
_COPIED_FOR_LABEL = (
    "transaction_id",
    "account_id",
    "merchant_id",
    "currency",
    "occurred_at",
    "status",
    "correlation_id",
)


@dataclass(frozen=True)
class Announcement:
    """An event for the bus; repeats of it carry the same `event_id` in the detail."""

    detail_type: str
    detail: Mapping[str, Any]


def announcements_of(new: Mapping[str, Any], old: Optional[Mapping[str, Any]]) -> list[Announcement]:
    """Return what to announce of a row's change: of its status, of its label, of both, or nothing.

    Parameters
    ----------
    new, old
        The row after and before; `old` is None for a new row.

    Notes
    -----
    Acceptance (RECEIVED) is not announced, nor is a write that leaves revision and label as they were.
    The event ids are made of the transaction and its revisions, so a repeated delivery announces the same.
    """
    found = []
    if new["status"] != Status.RECEIVED and (old is None or old.get("revision") != new.get("revision")):
        newly_decided = "decision" in new and (old is None or "decision" not in old)
        found.append(Announcement(DECIDED if newly_decided else STATUS_CHANGED, _detail(new, old)))
    if value_of(new) not in (None, value_of(old or {})):
        found.append(Announcement(LABELLED, _label_detail(new, old or {})))
    return found


def _detail(new: Mapping[str, Any], old: Optional[Mapping[str, Any]]) -> dict[str, Any]:
    decision = new.get("decision") or {}
    revision = int(new["revision"])
    detail: dict[str, Any] = {name: new[name] for name in _COPIED if name in new}
    detail["event_id"] = f"{new['transaction_id']}#{revision}"
    detail["revision"] = revision
    detail["previous_status"] = old["status"] if old else None
    if "amount" in new:
        detail["amount"] = json_amount(new["amount"])
    if "sequence" in new:
        detail["sequence"] = int(new["sequence"])
    if decision:
        detail["score"] = int(decision["score"])
        detail["outcome"] = decision["outcome"]
        detail["policy"] = decision["policy"]
        detail["policy_version"] = decision["policy_version"]
        detail["reasons"] = [reason["code"] for reason in decision["reasons"]]
        detail["routes"] = list(decision["routes"])
        detail.update({name: decision[name] for name in _COPIED_FROM_DECISION if name in decision})
    return detail


def _label_detail(new: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a label says, and of which decision; a withdrawn one says "unknown"."""
    label, decision = new["label"], new.get("decision") or {}
    revision = int(new["label_revision"])
    detail: dict[str, Any] = {name: new[name] for name in _COPIED_FOR_LABEL if name in new}
    detail["event_id"] = f"{new['transaction_id']}#label-{revision}"
    detail["label_revision"] = revision
    detail["label"] = label["value"]
    detail["previous_label"] = value_of(old)
    detail.update({name: label[name] for name in ("source", "confirmed_at", "recorded_at", "actor")})
    if "amount" in new:
        detail["amount"] = json_amount(new["amount"])
    if decision:
        detail["outcome"] = decision["outcome"]
        detail["policy"] = decision["policy"]
        detail["policy_version"] = decision["policy_version"]
    return detail
