"""Model artifacts for tests: random trees over real features, with golden vectors that fit."""

from __future__ import annotations

import json
import random
from typing import Any

from pipeline.domain.decision import Feature
from pipeline.scoring.artifact import digest, load
from pipeline.scoring.features import MODEL_FEATURES
from pipeline.scoring.model import Model, score_of

FEATURES = [*MODEL_FEATURES[:12], "category"]
CATEGORIES = {"grocery_pos": 0, "shopping_net": 1, "travel": 2}
LARGEST = 16_777_215


def chance_of(seed: int) -> random.Random:
    """Return a source of chance that gives the same each time."""
    return random.Random(seed)  # noqa: S311 - nothing secret


def zeros(**changes: Feature) -> dict[str, Feature]:
    """Return 0 for every feature, with `changes`."""
    return {**dict.fromkeys(FEATURES, 0), **changes}


def random_features(chance: random.Random) -> dict[str, Feature]:
    """Return values for `FEATURES`; some unknown, some at the ends of their range."""
    features: dict[str, Feature] = {
        name: chance.choice((-1, 0, LARGEST, chance.randrange(2000), chance.randrange(LARGEST))) for name in FEATURES
    }
    features["category"] = chance.choice((*CATEGORIES, "", "unheard_of"))
    return features


def margin_by_the_book(content: dict[str, Any], features: dict[str, Feature]) -> float:
    """Walk the artifact's lists as its format says, as slowly and plainly as possible."""
    margin = float(content["base"])
    for tree in content["trees"]:
        node = 0
        while tree["feature"][node] != -1:
            name = content["features"][tree["feature"][node]]
            value = features[name]
            if name in content["encodings"]:
                value = content["encodings"][name].get(value, -1)
            node = tree["left" if float(value) < tree["threshold"][node] else "right"][node]
        margin += tree["value"][node]
    return margin


def random_tree(chance: random.Random, depth: int) -> dict[str, list[Any]]:
    """Return a tree, not always complete, in the artifact's format."""
    tree: dict[str, list[Any]] = {name: [] for name in ("feature", "threshold", "left", "right", "value", "cover")}

    def grow(depth: int, cover: float) -> int:
        node = len(tree["feature"])
        leaf = depth == 0 or chance.random() < 0.1
        feature = -1 if leaf else chance.randrange(len(FEATURES))
        threshold = 0.0 if leaf else chance.choice((0.0, 0.5, 1.0, float(chance.randrange(2000)), 1500.5))
        for name, value in zip(tree, (feature, threshold, -1, -1, chance.gauss(0, 0.3), cover)):
            tree[name].append(value)
        if not leaf:
            share = chance.uniform(0.1, 0.9) * cover
            left, right = grow(depth - 1, share), grow(depth - 1, cover - share)
            values = tree["value"]
            tree["left"][node], tree["right"][node] = left, right
            values[node] = (share * values[left] + (cover - share) * values[right]) / cover
        return node

    grow(depth, 1000.0)
    return tree


def content(seed: int = 1, trees: int = 20, depth: int = 3, **changes: Any) -> dict[str, Any]:
    """Return an artifact's content with a fitting sha256; `changes` are made before it is computed."""
    chance = chance_of(seed)
    artifact: dict[str, Any] = {
        "format": 1,
        "name": "random",
        "version": str(seed),
        "trained_on": {"fingerprint": "1" * 64, "rows": 1000, "frauds": 10, "source": "chance"},
        "features": list(FEATURES),
        "encodings": {"category": dict(CATEGORIES)},
        "base": -1.5,
        "trees": [random_tree(chance, depth) for _ in range(trees)],
        "thresholds": {"review": 300_000, "fraud": 600_000},
        "reference": {"score": {"edges": [1000, 10_000], "shares": [0.5, 0.25, 0.25]}},
        "alert_rate_basis_points": 50,
    }
    artifact["golden"] = []
    for _ in range(16):
        features = random_features(chance)
        margin = margin_by_the_book(artifact, features)
        artifact["golden"].append({"features": features, "margin": margin, "score": score_of(margin)})
    return sealed({**artifact, **changes})


def sealed(artifact: dict[str, Any]) -> dict[str, Any]:
    """Return the artifact with the sha256 of what it holds now."""
    return {**artifact, "sha256": digest(artifact)}


def model(seed: int = 1, trees: int = 20, depth: int = 3) -> Model:
    """Return a random model."""
    return load(json.dumps(content(seed, trees, depth)))
