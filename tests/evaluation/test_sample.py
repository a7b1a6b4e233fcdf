from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from evaluation import sample
from evaluation.sample import Outcome
from evaluation.training import Parameters
from scripts.errors import CommandError

START = datetime(2026, 1, 5, tzinfo=timezone.utc)
COLUMNS = ("transaction_id", "account_id", "merchant_id", "amount", "currency", "occurred_at", "label", "category")
QUICK = Parameters(trees=20)


def write(path: Path, categories_of_frauds: list[str], minutes: int = 20) -> Path:
    """Write 2,000 purchases, of which every fortieth is a fraud of a high amount; one line has no time."""
    chance = random.Random(1)  # noqa: S311 - a fixed stream
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(2000):
            fraud = number % 40 == 39
            at = (START + timedelta(minutes=minutes * number)).isoformat()
            amount = chance.randrange(900, 1000) if fraud else chance.randrange(10, 100)
            category = categories_of_frauds[number // 40 % len(categories_of_frauds)] if fraud else "food"
            label = "fraud" if fraud else "unknown" if number % 40 == 20 else "genuine"
            writer.writerow((f"t{number}", f"a{number % 30}", f"m{number % 50}", amount, "EUR", at, label, category))
        writer.writerow(("t2000", "a1", "m1", 10, "EUR", "never", "genuine", "food"))
    return path


def precision(outcome: Outcome, policy: str) -> float:
    return next(one.metrics.average_precision or 0 for one in outcome.results if one.policy == policy)


def test_the_rest_of_a_file_is_ranked_by_what_its_first_60_percent_taught(tmp_path: Path) -> None:
    outcome = sample.rank(write(tmp_path / "mine.csv", ["food"]), QUICK)

    assert {one.policy for one in outcome.results} == {"points", "weights", "model", "combined"}
    assert outcome.data_set.rows == 1950  # those with a label
    assert outcome.results[0].rows == 780
    assert precision(outcome, "model") > 2 * precision(outcome, "points")
    assert outcome.usual is None


def test_labels_that_come_after_the_split_teach_nothing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"mine\.csv: no fraud .* was known 7 days later"):
        sample.rank(write(tmp_path / "mine.csv", ["food"], minutes=5), QUICK)


def test_lines_that_cannot_be_used_are_counted_in_the_report(tmp_path: Path) -> None:
    outcome = sample.rank(write(tmp_path / "mine.csv", ["food"]), QUICK)

    assert "without 1 line (1 occurred_at)" in outcome.data_set.source


def test_categories_that_only_frauds_have_are_also_left_out_once(tmp_path: Path) -> None:
    outcome = sample.rank(write(tmp_path / "mine.csv", ["food", "casino"]), QUICK)

    assert outcome.usual is not None
    assert outcome.usual.data_set.name == "mine-usual"
    assert outcome.usual.results[0].frauds < outcome.results[0].frauds
    assert outcome.usual.results[0].rows == outcome.results[0].rows - (
        outcome.results[0].frauds - outcome.usual.results[0].frauds
    )


@pytest.mark.parametrize("rows", [0, 3])
def test_rows_without_a_label_only_move_states(tmp_path: Path, rows: int) -> None:
    lines = [",".join(COLUMNS), *(f"t{n},a,m,1,EUR,2026-01-0{n + 1}T00:00:00Z,unknown,food" for n in range(rows + 1))]
    (tmp_path / "unlabelled.csv").write_text("\n".join(lines) + "\n")

    assert len(sample.read(tmp_path / "unlabelled.csv").table) == 0
