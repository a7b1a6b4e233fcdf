"""Rows as this API shows them, by the names of its request; what a row holds beyond that stays inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.domain.evidence import whole_decision
from pipeline.domain.money import json_amount
from pipeline.domain.records import MESSAGE_PREFIX
from pipeline.domain.views import decision_view, history_view, location_view

_SAME = (
    "transaction_id",
    "customer_id",
    "merchant_id",
    "currency",
    "transaction_type",
    "merchant_category",
    "merchant_name",
    "channel",
    "received_at",
    "status",
    "correlation_id",
    "is_fraud",
    "processed_timestamp",
)


def transaction_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the API's schema `Transaction` promises, without the history; absent parts are left out."""
    view: dict[str, Any] = {name: row[name] for name in _SAME if name in row}
    if "occurred_at" in row:
        view["timestamp"] = row["occurred_at"]  # and not the sort key of this name
    if "revision" in row:
        view["revision"] = int(row["revision"])
    if "amount" in row:
        view["amount"] = json_amount(row["amount"])
    if "risk_score" in row:
        view["risk_score"] = float(row["risk_score"])
    if "location" in row:
        view["location"] = location_view(row["location"])
    if "decision" in row:
        view["decision"] = decision_view(whole_decision(row))
    return view


def is_refused_record(row: Mapping[str, Any]) -> bool:
    """Tell whether a row is that of a record which was refused, and so nobody's transaction."""
    return str(row["transaction_id"]).startswith(MESSAGE_PREFIX)


def refused_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the API's schema `RefusedSubmission` promises; nothing else of the record was kept."""
    return {
        "transaction_id": row["claimed_transaction_id"],
        "received_at": row["received_at"],
        "status": row["status"],
        "revision": int(row["revision"]),
        "rejection": {name: row["rejection"][name] for name in ("code", "field", "text")},
        "history": history_view(row),
    }


def transaction_view_with_history(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the transaction with every status that it has had, the oldest first."""
    return {**transaction_view(row), "history": history_view(row)}
