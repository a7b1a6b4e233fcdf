"""Rows as the API shows them; what a row holds beyond that (fingerprint, features) stays inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.domain.money import json_amount

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
_OF_THE_DOCUMENT = ("model_version", "document_version", "decided_by")
_OF_A_RESULT = ("policy", "kind", "version", "model_version", "outcome")


def transaction_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the API's schema `Transaction` promises, without the history; absent parts are left out."""
    view: dict[str, Any] = {name: row[name] for name in _SAME if name in row}
    view.update({name: int(row[name]) for name in _WHOLE if name in row})
    if "amount" in row:
        view["amount"] = json_amount(row["amount"])
    if "location" in row:
        location = row["location"]
        view["location"] = {
            "latitude": float(location["latitude"]),
            "longitude": float(location["longitude"]),
        }
    if "decision" in row:
        view["decision"] = _decision_view(row["decision"])
    return view


def transaction_view_with_history(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the transaction with every status that it has had, the oldest first."""
    history = [
        {name: entry[name] for name in ("status", "at", "actor", "reason") if name in entry}
        for entry in row.get("history", [])
    ]
    return {**transaction_view(row), "history": history}


def _decision_view(decision: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "score": int(decision["score"]),
        "outcome": decision["outcome"],
        "policy": decision["policy"],
        "policy_version": decision["policy_version"],
        "reasons": _reason_views(decision),
        "routes": list(decision["routes"]),
        "shadows": [_shadow_view(shadow) for shadow in decision.get("shadows", ())],
        **{name: decision[name] for name in _OF_THE_DOCUMENT if name in decision},
    }


def _shadow_view(shadow: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: shadow[name] for name in _OF_A_RESULT if name in shadow},
        "score": int(shadow["score"]),
        "reasons": _reason_views(shadow),
    }


def _reason_views(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"code": reason["code"], "points": int(reason["points"]), "text": reason["text"]}
        for reason in result["reasons"]
    ]
