"""The model scores as its artifact says, explains what raised the score, and replays bit for bit."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from math import exp, isclose

import pytest

from pipeline.domain.status import Status
from pipeline.scoring.artifact import load
from pipeline.scoring.features import DESCRIPTIONS
from pipeline.scoring.model import Model, score_of
from tests.unit.scoring import artifacts
from tests.unit.scoring.documents import document

SPEC = document().policies["model"]


def stump(name: str, threshold: float, low: float, high: float) -> dict[str, list[float]]:
    """Return a tree that asks one feature once; half of the training data went either way."""
    return {
        "feature": [artifacts.FEATURES.index(name), -1, -1],
        "threshold": [threshold, 0.0, 0.0],
        "left": [1, -1, -1],
        "right": [2, -1, -1],
        "value": [(low + high) / 2, low, high],
        "cover": [10.0, 5.0, 5.0],
    }


def model_of(*trees: dict[str, list[float]], base: float = 0.0) -> Model:
    content = artifacts.content(trees=0, base=base)
    content["trees"] = list(trees)
    features = artifacts.zeros()
    content["golden"] = [{"features": features, "margin": artifacts.margin_by_the_book(content, features)}]
    return load(json.dumps(artifacts.sealed(content)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("depth", [1, 3, 6])
def test_it_scores_as_the_artifact_says_to_the_last_bit(seed: int, depth: int) -> None:
    content = artifacts.content(seed, trees=30, depth=depth)
    model = load(json.dumps(content))
    chance = artifacts.chance_of(seed)
    for _ in range(200):
        features = artifacts.random_features(chance)

        assert model.margin(features) == artifacts.margin_by_the_book(content, features)


@pytest.mark.parametrize(("value", "margin"), [(999, -1.0), (1000, -1.0), (1001, 2.0), (-1, -1.0)])
def test_a_threshold_between_two_whole_numbers_divides_them(value: int, margin: float) -> None:
    model = model_of(stump("amount_cents", 1000.5, -1.0, 2.0))

    assert model.margin(artifacts.zeros(amount_cents=value)) == margin


@pytest.mark.parametrize(("value", "margin"), [(999, -1.0), (1000, 2.0)])
def test_exactly_at_a_threshold_goes_right(value: int, margin: float) -> None:
    model = model_of(stump("amount_cents", 1000.0, -1.0, 2.0))

    assert model.margin(artifacts.zeros(amount_cents=value)) == margin


def test_what_the_trees_changed_and_the_average_sum_up_to_the_margin() -> None:
    content = artifacts.content(trees=50, depth=4)
    model = load(json.dumps(content))
    average = content["base"] + sum(tree["value"][0] for tree in content["trees"])
    chance = artifacts.chance_of(7)
    for _ in range(200):
        features = artifacts.random_features(chance)
        margin, changes = model.explained(features)

        assert margin == model.margin(features)
        assert isclose(average + sum(changes), margin, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("margin", "score"), [(0.0, 500_000), (-1e9, 0), (-800.0, 0), (1e9, 1_000_000), (-13.815509557963773, 1)]
)
def test_a_score_is_the_probability_in_millionths(margin: float, score: int) -> None:
    assert score_of(margin) == score


def test_reasons_share_the_score_among_what_raised_it_the_heaviest_first() -> None:
    model = model_of(
        stump("amount_cents", 1.0, -1.0, 1.0),
        stump("amount_ratio_thousandths", 1.0, -3.0, 3.0),
        stump("transactions_1h", 1.0, -5.0, 5.0),
        base=-2.0,
    )
    features = artifacts.zeros(amount_cents=5, amount_ratio_thousandths=5)

    result = model.evaluate(SPEC, features)

    assert result.score == round(1_000_000 / (1 + exp(3)))  # -2 + 1 + 3 - 5
    assert [(reason.code, reason.text) for reason in result.reasons] == [
        DESCRIPTIONS["amount_ratio_thousandths"],
        DESCRIPTIONS["amount_cents"],
    ]
    assert [reason.points for reason in result.reasons] == [round(result.score * 3 / 4), round(result.score / 4)]


def test_what_hardly_raised_the_score_is_no_reason() -> None:
    model = model_of(stump("amount_cents", 1.0, -0.09, 0.09))

    assert model.evaluate(SPEC, artifacts.zeros(amount_cents=5)).reasons == ()


def test_features_that_say_one_thing_are_one_reason_with_what_they_changed_together() -> None:
    model = model_of(
        stump("amount_ratio_thousandths", 1.0, -3.0, 3.0),
        stump("amount_z_thousandths", 1.0, -1.0, 1.0),
        stump("transactions_1h", 1.0, -4.0, 4.0),
    )
    together = artifacts.zeros(amount_ratio_thousandths=5, amount_z_thousandths=5, transactions_1h=5)
    against = artifacts.zeros(amount_ratio_thousandths=5, transactions_1h=5)

    both, net = model.evaluate(SPEC, together), model.evaluate(SPEC, against)

    assert DESCRIPTIONS["amount_ratio_thousandths"] == DESCRIPTIONS["amount_z_thousandths"]
    assert [reason.points for reason in both.reasons] == [round(both.score / 2)] * 2  # 3 + 1 and 4
    assert [reason.points for reason in net.reasons] == [round(net.score * 4 / 6), round(net.score * 2 / 6)]  # 3 - 1


def test_there_are_at_most_four_reasons_the_heaviest_first() -> None:
    model = model_of(*(stump(name, 1.0, -1.0 - place, 1.0 + place) for place, name in enumerate(artifacts.FEATURES)))
    features = {name: 5 if name != "category" else "travel" for name in artifacts.FEATURES}
    by_code: Counter[str] = Counter()
    for place, name in enumerate(artifacts.FEATURES):
        by_code[DESCRIPTIONS[name][0]] += place + 1

    reasons = model.evaluate(SPEC, features).reasons

    assert len(by_code) > 4
    assert [reason.code for reason in reasons] == [code for code, _ in by_code.most_common(4)]


def test_a_text_that_training_never_saw_is_unknown() -> None:
    model = model_of(stump("category", 0.0, 2.0, -2.0))

    assert model.margin(artifacts.zeros(category="unheard_of")) == 2.0
    assert model.margin(artifacts.zeros(category="grocery_pos")) == -2.0


def test_the_result_names_the_policy_and_the_model_behind_it() -> None:
    content = artifacts.content()
    model = load(json.dumps(content))

    result = model.evaluate(SPEC, artifacts.random_features(artifacts.chance_of(1)))

    assert (result.policy, result.kind, result.version) == ("model", "model", "1")
    assert result.model_version == f"random-1-{content['sha256'][:12]}"


@pytest.mark.parametrize(
    ("margin", "outcome"),
    [(-5.0, Status.APPROVED), (-0.5, Status.REVIEW_REQUIRED), (0.5, Status.FRAUD_SUSPECTED)],
)
def test_thresholds_are_the_documents(margin: float, outcome: Status) -> None:
    model = model_of(base=margin)

    assert model.evaluate(SPEC, artifacts.zeros()).outcome == outcome


def test_features_read_back_from_a_table_score_the_same() -> None:
    model = artifacts.model()
    chance = artifacts.chance_of(3)
    for _ in range(50):
        features = artifacts.random_features(chance)
        read_back = {name: Decimal(value) if isinstance(value, int) else value for name, value in features.items()}

        assert model.evaluate(SPEC, read_back) == model.evaluate(SPEC, features)  # type: ignore[arg-type]
