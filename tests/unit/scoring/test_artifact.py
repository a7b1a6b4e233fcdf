"""An artifact that is damaged, changed, or not made for this release is refused, and the error says where."""

from __future__ import annotations

import copy
import json
from typing import Any, Callable

import pytest

from pipeline.scoring.artifact import ModelArtifactError, load
from pipeline.scoring.document import Thresholds
from tests.unit.scoring import artifacts

Spoil = Callable[[dict[str, Any]], Any]


def put(*path: Any) -> Spoil:
    """Return what replaces the value at a path; the last argument is the new value."""
    *parents, name, value = path

    def spoil(content: dict[str, Any]) -> None:
        target: Any = content
        for part in parents:
            target = target[part]
        target[name] = value

    return spoil


def without(name: str) -> Spoil:
    return lambda content: content.pop(name)


def spoiled(spoil: Spoil, seal: bool = True) -> str:
    content = copy.deepcopy(artifacts.content())
    spoil(content)
    return json.dumps(artifacts.sealed(content) if seal else content)


def inner_node(content: dict[str, Any]) -> int:
    assert content["trees"][0]["feature"][0] != -1
    return 0


def test_a_good_artifact_tells_about_itself() -> None:
    content = artifacts.content()

    description = load(json.dumps(content)).description

    assert (description.name, description.version, description.sha256) == ("random", "1", content["sha256"])
    assert description.features == tuple(artifacts.FEATURES)
    assert description.thresholds == Thresholds(300_000, 600_000)
    assert description.reference["score"].edges == (1000, 10_000)
    assert description.reference["score"].shares == (0.5, 0.25, 0.25)
    assert description.alert_rate_basis_points == 50
    assert description.trained_on["rows"] == 1000


def test_how_the_file_is_laid_out_does_not_matter() -> None:
    content = artifacts.content()

    assert load(json.dumps(content, indent=1, sort_keys=True)).version == load(json.dumps(content)).version


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (put("base", -1.0), "sha256"),
        (put("trees", 3, "value", 0, 0.25), "sha256"),
        (put("thresholds", "fraud", 1), "sha256"),
        (put("sha256", "0" * 64), "sha256"),
        (without("sha256"), "sha256"),
        (put("name", "another"), "sha256"),
        (put("more", 1), "sha256"),
    ],
)
def test_whatever_was_changed_after_the_training_shows(spoil: Spoil, field: str) -> None:
    with pytest.raises(ModelArtifactError, match=r"^sha256: ") as refused:
        load(spoiled(spoil, seal=False))

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (put("format", 2), "format"),
        (without("format"), "format"),
        (put("name", ""), "name"),
        (put("version", 7), "version"),
        (put("features", []), "features"),
        (put("features", ["amount_cents", "amount_cents"]), "features"),
        (put("features", 2, "shoe_size"), "features.2"),
        (put("features", 2, ["amount_cents"]), "features.2"),
        (put("features", 2, "merchant_name"), "features.2"),
        (put("encodings", {}), "encodings"),
        (put("encodings", "merchant_name", {}), "encodings"),
        (put("encodings", "category", "travel", 1.5), "encodings.category"),
        (put("encodings", "category", []), "encodings.category"),
        (put("base", None), "base"),
        (put("base", True), "base"),
        (without("base"), "base"),
        (without("trees"), "artifact"),
        (put("trees", 0, None), "artifact"),
        (put("trees", 0, "cover", [1.0]), "trees.0"),
        (
            put("trees", 0, {name: [] for name in ("feature", "threshold", "left", "right", "value", "cover")}),
            "trees.0",
        ),
        (put("trees", 0, "left", 0, 0), "trees.0.left"),
        (put("trees", 0, "right", 0, 10_000), "trees.0.left"),
        (put("trees", 0, "left", 0, -1), "trees.0.left"),
        (put("trees", 0, "feature", 0, len(artifacts.FEATURES)), "trees.0.feature"),
        (put("trees", 0, "feature", 0, -2), "trees.0.feature"),
        (put("trees", 0, "threshold", 0, "1"), "artifact"),
        (put("thresholds", "fraud", 0), "thresholds"),
        (put("thresholds", "fraud", 1_000_001), "thresholds"),
        (put("thresholds", "fraud", 0.5), "thresholds"),
        (put("thresholds", "review", 700_000), "thresholds"),
        (put("thresholds", {}), "artifact"),
        (put("reference", "score", "edges", [10_000, 1000]), "reference.score.edges"),
        (put("reference", "score", "edges", [0.5, 1000]), "reference.score.edges"),
        (put("reference", "score", "shares", [0.5, 0.5]), "reference.score.shares"),
        (put("reference", "score", "shares", [0.5, 0.2, 0.2]), "reference.score.shares"),
        (put("reference", "score", "shares", [1.5, -0.25, -0.25]), "reference.score.shares"),
        (without("reference"), "artifact"),
        (without("alert_rate_basis_points"), "artifact"),
        (put("alert_rate_basis_points", "50"), "alert_rate_basis_points"),
        (without("golden"), "golden"),
        (put("golden", []), "golden"),
        (put("golden", 5, "features", {}), "golden.5"),
        (put("golden", 5, {}), "golden.5"),
        (put("golden", 5, "margin", "much"), "golden.5"),
    ],
)
def test_the_part_that_is_wrong_is_named_even_under_a_fitting_checksum(spoil: Spoil, field: str) -> None:
    with pytest.raises(ModelArtifactError) as refused:
        load(spoiled(spoil))

    assert refused.value.field == field
    assert str(refused.value).startswith(f"{field}: ")


@pytest.mark.parametrize("error", [2e-6, -2e-6])
def test_a_trainer_that_scored_otherwise_shows(error: float) -> None:
    content = artifacts.content()
    content["golden"][15]["margin"] += error

    with pytest.raises(ModelArtifactError, match=r"golden\.15: the trainer's margin is"):
        load(json.dumps(artifacts.sealed(content)))


def test_an_error_of_a_tenth_of_a_millionth_is_the_trainers_float32() -> None:
    content = artifacts.content()
    content["golden"][15]["margin"] += 1e-7

    load(json.dumps(artifacts.sealed(content)))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(number: str) -> None:
    text = json.dumps(artifacts.content()).replace('"base": -1.5', f'"base": {number}')

    with pytest.raises(ModelArtifactError, match=f"artifact: is no JSON: {number} is no number"):
        load(text)


def test_a_number_too_large_for_a_float_is_refused() -> None:
    content = artifacts.content()
    content["trees"][0]["threshold"][0] = float("inf")
    text = json.dumps(artifacts.sealed(content)).replace("Infinity", "1e999")

    with pytest.raises(ModelArtifactError, match=r"trees\.0: must have finite"):
        load(text)


@pytest.mark.parametrize("text", ["", "[]", "7", "{", "[" * 100_000, "\ufeff{}", '{"a":' * 3000 + "1" + "}" * 3000])
def test_what_is_no_artifact_is_refused(text: str) -> None:
    with pytest.raises(ModelArtifactError):
        load(text)
