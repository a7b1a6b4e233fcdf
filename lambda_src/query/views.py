"""Rows as the API shows them; what a row holds beyond that (fingerprint, features) stays inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.domain.evidence import whole_decision
from pipeline.domain.money import json_amount
from pipeline.domain.views import decision_view, history_view, location_view

_SAME = (
    "transaction_id",
    "account_id",
    "merchant_id",
    "currency",
    "occurred_at",
    "category",
    "channel",
    "received_at",
    "status",
    "correlation_id",
    "decided_at",
)
_WHOLE = ("revision", "sequence")


def transaction_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the API's schema `Transaction` promises, without the history; absent parts are left out."""
    view: dict[str, Any] = {name: row[name] for name in _SAME if name in row}
    view.update({name: int(row[name]) for name in _WHOLE if name in row})
    if "amount" in row:
        view["amount"] = json_amount(row["amount"])
    if "location" in row:
        view["location"] = location_view(row["location"])
    if "decision" in row:
        view["decision"] = decision_view(whole_decision(row))
    return view


def transaction_view_with_history(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the transaction with every status that it has had, the oldest first."""
    return {**transaction_view(row), "history": history_view(row)}
