"""What the world learns of a change of a transaction: one event with a stable id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from pipeline.domain.money import json_amount
from pipeline.domain.status import Status

SOURCE = "transaction-pipeline"
DECIDED = "TransactionDecided"
STATUS_CHANGED = "TransactionStatusChanged"

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


@dataclass(frozen=True)
class Announcement:
    """An event for the bus; repeats of it carry the same `event_id` in the detail."""

    detail_type: str
    detail: Mapping[str, Any]


def announcement_of(new: Mapping[str, Any], old: Optional[Mapping[str, Any]]) -> Optional[Announcement]:
    """Return what to announce of a row's change, or None if there is nothing to tell.

    Parameters
    ----------
    new, old
        The row after and before; `old` is None for a new row.

    Notes
    -----
    Acceptance (RECEIVED) is not announced, nor is a write that leaves the revision as it was. The
    event id is made of the transaction and the revision, so a repeated delivery announces the same.
    """
    unchanged = old is not None and old.get("revision") == new.get("revision")
    if unchanged or new["status"] == Status.RECEIVED:
        return None
    newly_decided = "decision" in new and (old is None or "decision" not in old)
    return Announcement(DECIDED if newly_decided else STATUS_CHANGED, _detail(new, old))


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
    return detail
