"""The policies that are evaluated: those of the shipped document, with a model that was trained on a fold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from evaluation.simulator import Floats, Integers
from evaluation.stream import Table
from pipeline.scoring import artifact
from pipeline.scoring.document import COMBINATION, MODEL, POINTS, WEIGHTS, PolicyDocument, highest_score, parse
from pipeline.scoring.engine import DecisionEngine
from scripts import paths
from scripts.policy.changes import COMBINED_PARTS

SHIPPED_DOCUMENT = paths.ROOT / "policy_documents" / "flagship.json"
KINDS = (POINTS, WEIGHTS, MODEL, COMBINATION)


def document_with(model: Mapping[str, Any]) -> str:
    """Return the shipped policy document with this model in it, and a combination of it with both rule sets."""
    document = json.loads(SHIPPED_DOCUMENT.read_text())
    policies = document["policies"]
    shipped: dict[str, Any] = next((policy for policy in policies.values() if policy["kind"] == COMBINATION), {})
    document["policies"] = {
        **{kind: next(policy for policy in policies.values() if policy["kind"] == kind) for kind in (POINTS, WEIGHTS)},
        "model": {"kind": MODEL, "version": "1", "artifact": model["sha256"], "thresholds": model["thresholds"]},
        "combined": {
            "kind": COMBINATION,
            "version": shipped.get("version", "1"),
            "parts": shipped.get("parts", {"model": 1, **COMBINED_PARTS}),
            "thresholds": model["thresholds"],
        },
    }
    document.update(champion=POINTS, challenger=None, shadows=[], fallback=POINTS)
    return json.dumps(document)


def engine_with(model: Mapping[str, Any]) -> DecisionEngine:
    """Return the engine that decides by `document_with`; the artifact is checked as in a function."""
    loaded = artifact.load(json.dumps(model))
    return DecisionEngine(parse(document_with(model)), {model["sha256"]: loaded})


def kinds_of(document: PolicyDocument) -> dict[str, tuple[str, int]]:
    """Return the kind and the highest possible score of each policy."""
    return {name: (spec.kind, highest_score(name, document.policies)) for name, spec in document.policies.items()}


def scores_of(engine: DecisionEngine, table: Table, positions: Integers) -> dict[str, Floats]:
    """Return what every policy scores at each position of the table."""
    scores = {name: np.empty(len(positions)) for name in engine.document.policies}
    for place, position in enumerate(positions.tolist()):
        for name, result in engine.results(table.features(position)).items():
            scores[name][place] = result.score
    return scores
