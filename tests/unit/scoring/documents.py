"""Policy documents for tests: a complete one that holds every kind of policy."""

from __future__ import annotations

import json
from typing import Any

from pipeline.scoring.document import PolicyDocument, parse

NO_ARTIFACT = "0" * 64


def content(artifact: str = NO_ARTIFACT, **changes: Any) -> dict[str, Any]:
    """Return a document with all four kinds of policies, with `changes` of its fields."""
    document: dict[str, Any] = {
        "schema": 1,
        "version": "test-1",
        "champion": "points",
        "challenger": {"policy": "model", "share_basis_points": 0, "salt": "1"},
        "shadows": ["weights", "model", "combined"],
        "fallback": "points",
        "kill_switch": False,
        "policies": {
            "points": {
                "kind": "points",
                "version": "1",
                "points": {"HIGH_AMOUNT": 30, "SUSPICIOUS_MERCHANT": 40, "UNUSUAL_CURRENCY": 20, "ROUND_AMOUNT": 10},
                "thresholds": {"review": 30, "fraud": 50},
            },
            "weights": {
                "kind": "weights",
                "version": "1",
                "tenths": {"VELOCITY": 4, "AMOUNT_ABOVE_AVERAGE": 3, "DISTANT": 2, "NIGHT": 1},
                "thresholds": {"review": None, "fraud": 9},
            },
            "model": {
                "kind": "model",
                "version": "1",
                "artifact": artifact,
                "thresholds": {"review": 300000, "fraud": 600000},
            },
            "combined": {
                "kind": "combination",
                "version": "1",
                "parts": {"model": 1, "points": 2000, "weights": 20000},
                "thresholds": {"review": 400000, "fraud": 700000},
            },
        },
        "lists": {"allow": [], "deny": []},
        "routes": {"high_value": {"amount_above": 10000}},
        "drift": {"psi_max_thousandths": 250, "alert_rate_max_basis_points": 500, "minimum_decisions": 500},
    }
    return {**document, **changes}


def entry(kind: str, identity: str, expires_at: str = "2030-01-01T00:00:00Z") -> dict[str, str]:
    """Return an entry of a list."""
    return {"kind": kind, "id": identity, "expires_at": expires_at, "reason": "a test"}


def document(artifact: str = NO_ARTIFACT, **changes: Any) -> PolicyDocument:
    """Return the document, parsed."""
    return parse(json.dumps(content(artifact, **changes)))
