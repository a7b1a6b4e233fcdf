"""Parts of rows as the APIs show them; what a row holds beyond that (fingerprint, features) stays inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OF_THE_DOCUMENT = ("model_version", "document_version", "decided_by")
_OF_A_RESULT = ("policy", "kind", "version", "model_version", "outcome")


def location_view(location: Mapping[str, Any]) -> dict[str, float]:
    """Return a place in degrees."""
    return {"latitude": float(location["latitude"]), "longitude": float(location["longitude"])}


def history_view(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every status that a transaction has had, the oldest first."""
    return [
        {name: entry[name] for name in ("status", "at", "actor", "reason") if name in entry}
        for entry in row.get("history", [])
    ]


def decision_view(decision: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was decided, by which policy and why, and what others would have decided."""
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
