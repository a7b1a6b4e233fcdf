from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation import artifact, train, training
from evaluation.simulator import World
from evaluation.stream import Table
from evaluation.train import Made, Rows, from_world, summary, trained
from evaluation.training import Inputs, Parameters, inputs_of
from pipeline.scoring.artifact import ModelArtifactError, load
from pipeline.scoring.features import DIRECTIONS, MODEL_FEATURES, RISING
from pipeline.scoring.model import UNKNOWN_TEXT
from scripts.errors import CommandError

QUICK = Parameters(trees=20)
WORLD = World(customers=300, terminals=600, days=80)


@pytest.fixture(scope="module")
def rows() -> Rows:
    return from_world(WORLD)


@pytest.fixture(scope="module")
def made(rows: Rows) -> Made:
    return trained(rows, "small", QUICK)


def test_a_function_loads_what_was_trained_and_scores_it_as_its_trainer_did(made: Made) -> None:
    model = load(artifact.text_of(made.content))

    assert model.description.name == "small"
    assert made.error <= 1e-6
    assert len(made.content["golden"]) == 16


def test_the_same_rows_give_the_same_bytes(rows: Rows, made: Made) -> None:
    assert artifact.text_of(trained(rows, "small", QUICK).content) == artifact.text_of(made.content)


def test_a_changed_leaf_is_refused(made: Made) -> None:
    content = json.loads(artifact.text_of(made.content))
    content["trees"][0]["value"][-1] += 0.001

    with pytest.raises(ModelArtifactError, match="sha256"):
        load(json.dumps(content))


def test_golden_vectors_span_all_scores(made: Made) -> None:
    scores = [vector["score"] for vector in made.content["golden"]]

    assert len(set(scores)) > 4
    assert max(scores) > 3 * min(scores)


def test_the_newest_matured_week_is_held_out(rows: Rows, made: Made) -> None:
    # 80 days, the last 7 without labels, the 7 before that held out.
    assert made.content["trained_on"]["to"] == rows.dates[65]
    held = (rows.day >= 66) & (rows.day < 73)
    assert (made.held_rows, made.held_frauds) == (int(held.sum()), int(rows.fraud[held].sum()))


def test_reference_distributions_leave_the_bare_amount_out_and_sum_up(made: Made) -> None:
    reference = made.content["reference"]

    assert "score" in reference
    assert "amount_cents" not in reference
    assert len(reference) > 1
    for series in reference.values():
        assert len(series["shares"]) == len(series["edges"]) + 1
        assert sum(series["shares"]) == pytest.approx(1, abs=1e-5)


def test_inner_nodes_hold_the_mean_of_what_is_below_them(made: Made) -> None:
    tree = made.content["trees"][0]
    for node, feature in enumerate(tree["feature"]):
        if feature != -1:
            left, right = tree["left"][node], tree["right"][node]
            total = tree["cover"][left] + tree["cover"][right]
            mean = (tree["cover"][left] * tree["value"][left] + tree["cover"][right] * tree["value"][right]) / total
            assert tree["value"][node] == pytest.approx(mean, abs=1e-6)
            assert isinstance(tree["threshold"][node], int)


def test_a_fraud_threshold_is_the_lowest_one_with_nine_right_of_ten() -> None:
    scores = np.array([*range(1000, 980, -1), 500, 400, *[10] * 978], dtype=np.float64)
    fraud = np.array([*[True] * 20, False, True, *[False] * 978])

    assert artifact.proposed_thresholds(scores, fraud) == (400, 399)


def test_without_enough_frauds_there_is_no_fraud_threshold_but_certainty() -> None:
    scores = np.array([900.0, 800.0, *np.arange(198)])
    fraud = np.array([True, True, *[False] * 198])

    assert artifact.proposed_thresholds(scores, fraud) == (artifact.HIGHEST, 800)


def test_features_that_never_differ_are_no_inputs(rows: Rows) -> None:
    inputs = inputs_of(rows.table, np.arange(500), rows.fraud[:500])

    assert "amount_cents" in inputs.names
    assert "distance_thousandths_mile" not in inputs.names
    assert inputs.encodings == {}


def test_texts_are_numbered_by_their_share_of_frauds_and_an_unknown_one_stands_at_the_average() -> None:
    codes = np.array([0] * 500 + [1] * 500 + [2] * 500, dtype=np.int32)
    fraud = np.zeros(1500, dtype=bool)
    fraud[:100] = fraud[1000:1010] = True
    table = _with_category(["travel", "food", "home"], codes)

    inputs = inputs_of(table, np.arange(1500), fraud)

    assert inputs == Inputs(("category",), {"category": {"food": -3, "home": -2, "travel": 0}})
    assert -2 < UNKNOWN_TEXT < 0


def _with_category(texts: list[str], codes: np.ndarray) -> Table:
    numbers = {name: np.zeros(len(codes), dtype=np.int32) for name in MODEL_FEATURES}
    return Table(np.arange(len(codes)), numbers, {"category": (texts, codes), "channel": ([""], np.zeros_like(codes))})


def test_too_few_frauds_are_refused_with_their_number(rows: Rows) -> None:
    with pytest.raises(CommandError, match="0 known frauds are too few"):
        trained(replace(rows, fraud=np.zeros(len(rows.fraud), dtype=bool)), "none", QUICK)


def test_the_summary_names_what_goes_into_the_policy_document(made: Made) -> None:
    lines = summary(made, Path("models/small.json"))

    assert any(made.content["sha256"] in line for line in lines)
    assert lines[-1] == "models/small.json"


def test_a_file_with_a_bad_line_leaves_no_artifact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "labelled.csv"
    file.write_text(
        "transaction_id,account_id,merchant_id,amount,currency,occurred_at,label\nt1,a,m,1,EUR,never,fraud\n"
    )

    status = train.main(["--input", str(file), "--output", str(tmp_path / "model.json")])

    assert status == 1
    assert "labelled.csv:2: occurred_at" in capsys.readouterr().err
    assert not (tmp_path / "model.json").exists()


@pytest.mark.parametrize(
    ("given", "named"),
    [(["--map", "m.toml"], "MAP"), (["--output", "Model.json"], "OUTPUT"), (["--output", "model.txt"], "OUTPUT")],
)
def test_wrong_arguments_are_named(given: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        train.arguments(given)

    assert stopped.value.code == 2
    assert named in capsys.readouterr().err


def test_a_model_sees_more_risk_only_in_the_direction_that_its_reason_claims(rows: Rows) -> None:
    places = np.arange(len(rows.table))
    inputs = inputs_of(rows.table, places, rows.fraud)
    matrix = rows.table.matrix(inputs.names, inputs.encodings, places)
    booster = training.fit(matrix, rows.fraud, QUICK, inputs.names)
    checked = [name for name in inputs.names if DIRECTIONS[name] == RISING]

    for name in checked:
        raised = matrix[::50].copy()
        raised[:, inputs.names.index(name)] += 500
        assert (training.margins(booster, raised) >= training.margins(booster, matrix[::50]) - 1e-5).all()
    assert "amount_cents" in checked
