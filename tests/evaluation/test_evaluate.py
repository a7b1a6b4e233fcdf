from __future__ import annotations

import json
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Callable

import pytest

from evaluation import run as run_module
from evaluation import training
from evaluation.bars import bars_of
from evaluation.evaluate import arguments
from evaluation.results import Export, Metrics, Report, Result
from evaluation.run import Run, steps_of
from evaluation.training import Parameters

QUICK = (Parameters(trees=20), Parameters(trees=20, learning_rate=0.3))
CUSTOMERS = 300


class Here:
    """Runs each step at once, in this process."""

    def __init__(self) -> None:
        self.titles: list[str] = []

    def start(self, title: str, function: Callable[..., Any], *given: Any) -> Future[Any]:
        self.titles.append(title)
        future: Future[Any] = Future()
        future.set_result(function(*given))
        return future


@pytest.fixture(scope="module")
def steps() -> Here:
    return Here()


@pytest.fixture(scope="module")
def report(steps: Here, tmp_path_factory: pytest.TempPathFactory) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "GRID", QUICK)
        patch.setattr(run_module, "BASELINE_GRID", QUICK[:1])
        return Run(tmp_path_factory.mktemp("run"), steps, [0, 1], CUSTOMERS, None).report()


def test_every_policy_has_a_figure_for_each_seed_and_fold_and_their_mean(report: Report) -> None:
    found = {(one.policy, one.data, one.fold) for one in report.results}

    for policy in ("points", "weights", "model", "combined", "published"):
        for data in ("simulated-0", "simulated-1"):
            assert {fold for name, where, fold in found if (name, where) == (policy, data)} == {0, 1, 2, 3, None}
    assert ("model", "simulated-0-disorder", None) in found
    assert ("published", "simulated-0-disorder", None) not in found


def test_the_number_of_steps_is_known_beforehand(report: Report, steps: Here) -> None:
    assert report.bars
    attempts = 4 * (len(QUICK) + 1)
    known = steps_of(2, sampled=False) - 4 * (len(training.GRID) + len(training.BASELINE_GRID))
    assert len(steps.titles) == known + attempts


def test_settings_are_chosen_by_their_mean_on_the_validation_folds(report: Report) -> None:
    model = next(choice for choice in report.choices if choice.policy == "model")
    best = max(model.candidates, key=lambda candidate: candidate.average_precision)

    assert [candidate for candidate in model.candidates if candidate.chosen] == [best]
    assert len(model.candidates) == len(QUICK)
    assert all(week < "2018-08-08" for week in model.folds)


def test_the_model_ranks_better_than_both_rule_sets(report: Report) -> None:
    means = {(one.data, one.policy): one.metrics.average_precision or 0 for one in report.results if one.fold is None}

    for data in ("simulated-0", "simulated-1", "simulated-0-disorder"):
        assert means[data, "model"] > means[data, "weights"] > means[data, "points"]


def test_the_exported_model_follows_its_trainer(report: Report) -> None:
    assert report.export is not None
    assert report.export.probability_error <= 1e-6
    assert report.export.attribution_sum_error <= 1e-6
    assert report.export.attributed_rows > 0


def test_the_threshold_in_operation_has_a_line_a_week(report: Report) -> None:
    (operation,) = report.operations

    assert [week.first_day for week in operation.weeks][:2] == ["2018-08-08", "2018-08-15"]
    assert sum(week.rows for week in operation.weeks) > 0


def test_the_report_is_plain_json_with_the_data_named(report: Report, tmp_path: Path) -> None:
    report.write(tmp_path / "report.json")
    read = json.loads((tmp_path / "report.json").read_text())

    assert [data["name"] for data in read["data_sets"]] == ["simulated-0", "simulated-1", "simulated-0-disorder"]
    assert all(len(data["fingerprint"]) == 64 for data in read["data_sets"])
    assert {"python", "numpy", "xgboost"} <= set(read["versions"])


def metrics(average_precision: float, **changes: float) -> Metrics:
    figures = {"auc": 0.9, "card_precision": 0.32, "recall_at_precision": 0.75, "precision_at_budget": 0.97, **changes}
    return Metrics(average_precision=average_precision, **figures)


def result(policy: str, data: str, found: Metrics) -> Result:
    return Result(policy, "model", data, None, "2018-08-08", "2018-09-04", 1000, 10, found)


def bars(*results: Result, export: Export | None = None) -> dict[str, bool]:
    return {bar.name: bar.reached for bar in bars_of(results, "main", ["other"], "late", "file", export)}


def test_a_bar_is_reached_at_its_number_and_not_below() -> None:
    reached = bars(result("model", "main", metrics(0.75, card_precision=0.3099)))

    assert reached["AP, main"]
    assert not reached["CP@100, main"]


def test_another_seed_must_beat_the_published_features_by_five_points() -> None:
    reached = bars(result("model", "other", metrics(0.70)), result("published", "other", metrics(0.651)))

    assert reached == {"AP above the published features, other": False}


def test_disorder_may_cost_and_win_half_a_point() -> None:
    main = result("model", "main", metrics(0.76))

    assert bars(main, result("model", "late", metrics(0.7551)))[LATE]
    assert not bars(main, result("model", "late", metrics(0.7661)))[LATE]


LATE = "AP lost or won by 30 minutes of disorder and 2 % duplicates"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (["--seeds", "0", "0"], "SEEDS"), (["--seeds", "-1"], "SEEDS"), (["--customers", "10"], "CUSTOMERS"),
        (["--workers", "0"], "WORKERS"), (["--sample", "nowhere.csv"], "SAMPLE"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(given: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        arguments(given)

    assert stopped.value.code == 2
    assert named in capsys.readouterr().err
