"""`make train`: a model artifact from a labelled file, or from simulated data.

The newest week whose labels have matured is held out: thresholds, reference distributions and golden vectors come
from it. The model is trained on the weeks before.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Optional

import numpy as np
from rich.console import Console

from evaluation import artifact, sample, training
from evaluation.labelled_rows import LabelledFileError
from evaluation.protocol import Flags
from evaluation.simulator import DAY, Integers, World, simulate
from evaluation.stream import Table, collect, replay, simulated_events
from evaluation.training import DEFAULT, Parameters
from pipeline.scoring.artifact import load
from scripts import paths
from scripts.arguments import Parser
from scripts.errors import CommandError

DEFAULT_OUTPUT = paths.LAMBDA_SRC / "models" / "simulated.json"

HELD_DAYS = 7
DELAY_DAYS = 7
TRAIN_DAYS = 56
"""The most days that are trained on: older ones tell of habits that have changed."""

WARM_UP_DAYS = 28
"""The first days (a fifth at most) teach states, not models: accounts and merchants are still unknown then."""

FEWEST_FRAUDS = 20
CHECKED_ROWS = 10_000
LARGEST_ERROR = 1e-6
_FAILED, _INTERRUPTED = 1, 130


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Return the checked arguments."""
    parser = Parser(
        prog="train",
        description=__doc__,
        epilog="With make: make train INPUT=labelled.csv MAP=map.toml SKIP_BAD=1 OUTPUT=lambda_src/models/mine.json.",
    )
    parser.add_argument("--input", type=Path, help="labelled transactions (default: the published simulated data)")
    parser.add_argument("--map", type=Path, help="column mapping of INPUT (default: a shipped one that fits)")
    parser.add_argument("--skip-bad", action="store_true", help="leave lines of INPUT out that cannot be used")
    parser.add_argument(
        "--output", type=Path, help=f"the artifact (default {paths.shown(DEFAULT_OUTPUT)}; with INPUT, by its name)"
    )
    options = parser.parse_args(given)
    if options.input is None and (options.map or options.skip_bad):
        parser.error("MAP and SKIP_BAD belong to an INPUT, and there is none.")
    if options.output is None:
        options.output = DEFAULT_OUTPUT if options.input is None else DEFAULT_OUTPUT.with_name(_named(options.input))
    if not re.fullmatch(r"[a-z0-9_-]{1,64}\.json", options.output.name):
        parser.error(f"OUTPUT={options.output} must be named a to z, 0 to 9, - and _, and end in .json.")
    return options


def _named(file: Path) -> str:
    return re.sub(r"[^a-z0-9]+", "_", file.name.split(".")[0].lower()).strip("_")[:64] + ".json"


def main(given: Sequence[str]) -> int:
    """Train and write the artifact; return 0 if it is one that a function loads."""
    options = arguments(given)
    console = Console()
    try:
        with console.status("features"):
            rows = (
                from_world(World())
                if options.input is None
                else from_file(options.input, options.map, options.skip_bad)
            )
        with console.status(f"training on {len(rows.table):,} rows"):
            made = trained(rows, options.output.stem)
        _write(options.output, artifact.text_of(made.content))
    except LabelledFileError as error:
        print("\n".join([*error.problems.lines(), f"train: {error}"]), file=sys.stderr)
        return _FAILED
    except CommandError as error:
        print(f"train: {error}", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        print("train: interrupted.", file=sys.stderr)
        return _INTERRUPTED
    for line in summary(made, options.output):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return 0


def _rows(options: argparse.Namespace) -> Rows:
    if options.input is None:
        return from_world(World())
    return from_file(options.input, options.map, options.skip_bad)


@dataclass(frozen=True)
class Rows:
    """Labelled rows with their features, in event order.

    Parameters
    ----------
    table
        The features.
    day
        Days since the first row's.
    fraud
        The labels.
    dates
        The dates of day 0 and of the last day, ISO 8601, and all between.
    fingerprint
        SHA-256 of the data.
    source
        Where they come from, in a sentence.
    """

    table: Table
    day: Integers
    fraud: Flags
    dates: list[str]
    fingerprint: str
    source: str


def from_world(world: World) -> Rows:
    """Return simulated rows; those that are never trained on only move the states."""
    data = simulate(world)
    begin = max(world.days - DELAY_DAYS - HELD_DAYS - TRAIN_DAYS, 0)
    table = collect(replay(simulated_events(data)), keep=lambda event: int(data.second[event.row]) >= begin * DAY)
    dates = [(world.start + timedelta(days=day)).isoformat() for day in range(world.days)]
    source = f"simulated: {world.customers:,} customers, {world.days} days, seed {world.seed}"
    return Rows(table, data.day[table.rows], data.fraud[table.rows], dates, data.fingerprint, source)


def from_file(path: Path, mapping: Optional[Path], skip_bad: bool) -> Rows:
    """Return the labelled rows of a file."""
    data = sample.read(path, mapping, skip_bad)
    if not len(data.table):
        raise CommandError(f"{path.name} has no labelled transaction.")
    return Rows(data.table, data.day, data.fraud, data.dates, data.fingerprint, data.source)


@dataclass(frozen=True)
class Made:
    """A checked artifact, and what it was checked on."""

    content: dict[str, Any]
    held_rows: int
    held_frauds: int
    error: float


def trained(rows: Rows, name: str, parameters: Parameters = DEFAULT) -> Made:
    """Return the artifact, scored by the functions' code as by its trainer.

    Raises
    ------
    CommandError
        If there are too few days or frauds, or both score differently.
    """
    first_held, end = artifact.newest_matured_week(rows.day, DELAY_DAYS)
    warm_up = min(WARM_UP_DAYS, max(first_held, 0) // 5)
    learned = np.flatnonzero((rows.day >= max(warm_up, first_held - TRAIN_DAYS)) & (rows.day < first_held))
    held = np.flatnonzero((rows.day >= first_held) & (rows.day < end))
    fraud = rows.fraud[learned]
    if int(fraud.sum()) < FEWEST_FRAUDS or not len(held):
        raise CommandError(
            f"{int(fraud.sum())} known frauds are too few to learn from: at least {FEWEST_FRAUDS} are needed in the"
            f" weeks before the newest one whose labels have matured ({HELD_DAYS + DELAY_DAYS} days before the end)."
        )
    inputs = training.inputs_of(rows.table, learned, fraud)
    seen = rows.table.matrix(inputs.names, inputs.encodings, learned)
    booster = training.fit(seen, fraud, parameters, inputs.names)
    origin = artifact.TrainedOn(
        rows.fingerprint, len(learned), int(fraud.sum()), rows.dates[int(rows.day[learned[0]])],
        rows.dates[int(rows.day[learned[-1]])], rows.source,
    )  # fmt: skip
    matrix = rows.table.matrix(inputs.names, inputs.encodings, held)
    week = artifact.Held(matrix, rows.fraud[held], lambda place: rows.table.features(int(held[place])))
    content = artifact.content(name, booster, inputs, origin, week)
    return Made(content, len(held), int(rows.fraud[held].sum()), _error(content, booster, week))


def _error(content: dict[str, Any], booster: Any, week: artifact.Held) -> float:
    """Return the largest difference of a probability; refuse an artifact that scores otherwise than its trainer."""
    model = load(artifact.text_of(content))
    places = np.linspace(0, len(week.fraud) - 1, min(CHECKED_ROWS, len(week.fraud))).astype(np.int64)
    theirs = training.margins(booster, week.matrix[places])
    ours = np.array([model.margin(week.features(place)) for place in places.tolist()])
    error = float(np.abs(1 / (1 + np.exp(-ours)) - 1 / (1 + np.exp(-theirs))).max())
    if error > LARGEST_ERROR:
        raise CommandError(f"the exported model is off its trainer by {error:.1e}: it is not written.")
    return error


def summary(made: Made, output: Path) -> list[str]:
    """Return what a person wants to know of a new artifact, and how to put it to use."""
    content = made.content
    source, thresholds = content["trained_on"], content["thresholds"]
    model = f"{content['name']}: {len(content['trees'])} trees over {len(content['features'])} features"
    learned = f"{source['rows']:,} transactions with {source['frauds']:,} frauds"
    week = f"{made.held_rows:,} transactions ({made.held_frauds:,} frauds) of the newest week whose labels have matured"
    lines = [
        f"{model}, trained on {learned} from {source['from']} to {source['to']}",
        f"scored by the functions' code within {made.error:.1e} of its trainer",
        f"from the {week}: review from {thresholds['review']:,}, fraud from {thresholds['fraud']:,} (millionths)",
    ]
    if thresholds["fraud"] == artifact.HIGHEST:
        lines.append("There were not enough labels for a fraud threshold: set one from a backtest (make backtest).")
    used = {"artifact": content["sha256"], "thresholds": thresholds}
    return [*lines, f"in the policy document: {used}".replace("'", '"'), paths.shown(output)]


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(f".{os.getpid()}.tmp")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
