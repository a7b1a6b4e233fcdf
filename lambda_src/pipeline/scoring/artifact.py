"""Read a model artifact, and believe nothing of it: a model that is not the one that was trained must not start.

An artifact is one JSON document (docs/decision-engine.md lists its fields) that travels in the functions'
zips. Its sha256 tells whether it was changed, its golden vectors whether this code scores as its trainer
did, and the names of its features whether this release computes what the model was trained on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from math import ceil, isfinite
from typing import Any

from pipeline.domain.errors import PipelineError
from pipeline.scoring.document import LARGEST_PROBABILITY, Thresholds
from pipeline.scoring.features import DESCRIPTIONS, MODEL_FEATURES, TEXT_FEATURES
from pipeline.scoring.model import Description, Model, Node, Reference

FORMAT = 1
LARGEST_ERROR = 1e-6
"""How far the margin of a golden vector may be off the trainer's, in log-odds."""

_LEAF = -1
_NODE_LISTS = ("feature", "threshold", "left", "right", "value", "cover")


class ModelArtifactError(PipelineError):
    """The model artifact is damaged, or not made for this release; the function must not start with it.

    Parameters
    ----------
    field
        Path of the offending part, dots between levels ("trees.17.left"); "artifact" for the whole.
    reason
        One sentence that says what is expected.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def load(text: str) -> Model:
    """Read an artifact and check it.

    Raises
    ------
    ModelArtifactError
        If anything is wrong; it names the part.
    """
    content = _decoded(text)
    features = _features(content)
    encodings = _encodings(content, features)
    try:
        model = Model(
            description=_description(content, features),
            encodings=encodings,
            base=_number(content, "base"),
            trees=[_tree(f"trees.{place}", tree, len(features)) for place, tree in enumerate(content["trees"])],
            names=[DESCRIPTIONS[name] for name in features],
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ModelArtifactError("artifact", f"is not of the shape of format {FORMAT}: {error!r}") from error
    _check_golden(model, content.get("golden"))
    return model


def digest(content: Mapping[str, Any]) -> str:
    """Return the sha256 that belongs to an artifact: over all of it but the sha256 itself."""
    hashed = {name: value for name, value in content.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(hashed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _decoded(text: str) -> dict[str, Any]:
    try:
        content: Any = json.loads(text, parse_constant=_no_number)
        if not isinstance(content, dict):
            raise ModelArtifactError("artifact", "must be an object")
        computed = digest(content)
    except ValueError as error:
        raise ModelArtifactError("artifact", f"is no JSON: {error}") from error
    except RecursionError as error:
        raise ModelArtifactError("artifact", "nests too deeply") from error
    if content.get("format") != FORMAT:
        raise ModelArtifactError("format", f"must be {FORMAT}, but is {content.get('format')!r}")
    if content.get("sha256") != computed:
        raise ModelArtifactError("sha256", "is not that of the content: the artifact was changed after its training")
    return content


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _features(content: Mapping[str, Any]) -> tuple[str, ...]:
    names = content.get("features")
    if not isinstance(names, list) or not names or len(set(map(str, names))) != len(names):
        raise ModelArtifactError("features", "must be a list of different names")
    for place, name in enumerate(names):
        if name not in MODEL_FEATURES and name not in TEXT_FEATURES:
            raise ModelArtifactError(f"features.{place}", f"{name!r} is not a feature that this release computes")
    return tuple(names)


def _encodings(content: Mapping[str, Any], features: tuple[str, ...]) -> dict[str, dict[str, int]]:
    encodings = content.get("encodings", {})
    texts = {name for name in features if name in TEXT_FEATURES}
    if not isinstance(encodings, dict) or set(encodings) != texts:
        raise ModelArtifactError("encodings", f"must have exactly the features that are texts: {sorted(texts)}")
    for name, encoding in encodings.items():
        if not isinstance(encoding, dict) or not all(type(number) is int for number in encoding.values()):
            raise ModelArtifactError(f"encodings.{name}", "must give each text a whole number")
    return encodings


def _description(content: Mapping[str, Any], features: tuple[str, ...]) -> Description:
    for name in ("name", "version"):
        if not isinstance(content.get(name), str) or not content[name]:
            raise ModelArtifactError(name, "must be a text")
    if type(content["alert_rate_basis_points"]) is not int:
        raise ModelArtifactError("alert_rate_basis_points", "must be a whole number")
    references = content["reference"].items()
    return Description(
        name=content["name"],
        version=content["version"],
        sha256=content["sha256"],
        features=features,
        thresholds=_thresholds(content["thresholds"]),
        reference={series: _reference(f"reference.{series}", entry) for series, entry in references},
        alert_rate_basis_points=content["alert_rate_basis_points"],
        trained_on=content["trained_on"],
    )


def _thresholds(content: Mapping[str, Any]) -> Thresholds:
    thresholds = Thresholds(review=content["review"], fraud=content["fraud"])
    review = 1 if thresholds.review is None else thresholds.review
    if not (type(review) is type(thresholds.fraud) is int and 1 <= review <= thresholds.fraud <= LARGEST_PROBABILITY):
        raise ModelArtifactError("thresholds", "must be whole millionths above 0, review not above fraud")
    return thresholds


def _reference(field: str, content: Mapping[str, Any]) -> Reference:
    edges, shares = tuple(content["edges"]), tuple(content["shares"])
    if not all(type(edge) is int for edge in edges) or list(edges) != sorted(set(edges)):
        raise ModelArtifactError(f"{field}.edges", "must be ascending whole numbers")
    if len(shares) != len(edges) + 1 or min(shares) < 0 or not abs(sum(shares) - 1) < 1e-3:
        raise ModelArtifactError(f"{field}.shares", "must be one more than the edges, and sum up to 1")
    return Reference(edges, shares)


def _number(content: Mapping[str, Any], name: str) -> float:
    value = content.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise ModelArtifactError(name, "must be a finite number")
    return float(value)


def _tree(field: str, tree: Mapping[str, Any], features: int) -> Node:
    """Return the root of a tree; children stand behind their parents, so it is built from the end."""
    lists = [tree[name] for name in _NODE_LISTS]
    size = len(lists[0])
    if not size or any(len(part) != size for part in lists):
        raise ModelArtifactError(field, f"must have lists of one length: {', '.join(_NODE_LISTS)}")
    feature, threshold, left, right, value, _ = lists
    if not all(map(isfinite, threshold)) or not all(map(isfinite, value)):
        raise ModelArtifactError(field, "must have finite thresholds and values")
    nodes: list[Node] = [None] * size
    for node in range(size - 1, -1, -1):
        asked, to_left, to_right = feature[node], left[node], right[node]
        if asked == _LEAF:
            nodes[node] = float(value[node])
            continue
        if not 0 <= asked < features:
            raise ModelArtifactError(f"{field}.feature", f"node {node} asks for a feature that is not there")
        if not (node < to_left < size and node < to_right < size):
            raise ModelArtifactError(f"{field}.left", f"the children of node {node} must stand behind it")
        nodes[node] = (
            asked,
            ceil(threshold[node]),  # features are integers: the same comparison, without a float
            nodes[to_left],
            nodes[to_right],
            value[to_left] - value[node],
            value[to_right] - value[node],
        )
    return nodes[0]


def _check_golden(model: Model, golden: Any) -> None:
    if not isinstance(golden, list) or not golden:
        raise ModelArtifactError("golden", "must hold vectors that the trainer scored")
    for place, vector in enumerate(golden):
        try:
            margin = model.margin(vector["features"])
            error = abs(margin - vector["margin"])
        except (AttributeError, KeyError, TypeError) as failure:
            raise ModelArtifactError(f"golden.{place}", f"cannot be scored: {failure!r}") from failure
        if not error <= LARGEST_ERROR:
            raise ModelArtifactError(f"golden.{place}", f"the trainer's margin is {vector['margin']}, not {margin}")
