"""`make evaluate`: the handbook's simulated data and protocol, every policy, several seeds; a table and a page."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from evaluation import report
from evaluation.results import Report
from evaluation.run import PoolSteps, Run, steps_of
from evaluation.simulator import World
from scripts import paths
from scripts.arguments import Parser
from scripts.errors import CommandError

SEEDS = (0, 1, 2, 3)
CUSTOMERS = World().customers
SAMPLE = paths.ROOT.parent / "shared" / "data" / "sparkov_sample.csv.gz"
_MOST_SEEDS, _LARGEST_SEED = 20, 4_000
_FEWEST_CUSTOMERS, _MOST_CUSTOMERS = 300, 20_000
_FAILED, _INTERRUPTED = 1, 130


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Return the checked arguments."""
    parser = Parser(
        prog="evaluate",
        description=__doc__,
        epilog='With make: make evaluate SEEDS="0 1" CUSTOMERS=1000 SAMPLE=labelled.csv WORKERS=2 OUTPUT=folder.',
    )
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=list(SEEDS),
        help="of the simulator; the first is tuned on, and 0 is the published data (default: 0 1 2 3)",
    )  # fmt: skip
    parser.add_argument(
        "--customers", type=int, default=CUSTOMERS, help=f"simulated customers (default {CUSTOMERS:,}: as published)"
    )
    parser.add_argument(
        "--sample", type=Path, help="a labelled file to rank, too (default: ../shared/data's, if it is there)"
    )
    parser.add_argument(
        "--workers", type=int, default=min(os.cpu_count() or 1, 4), help="processes (default: one a core, at most 4)"
    )
    parser.add_argument("--output", type=Path, default=paths.BUILD / "evaluate", help="folder of the report")
    options = parser.parse_args(given)
    problem = _problem(options)
    if problem:
        parser.error(problem)
    return options


def _problem(options: argparse.Namespace) -> str:
    """Return the first thing that is wrong with the arguments, in a sentence; empty if nothing is."""
    seeds = options.seeds
    wrong = (
        (len(seeds) != len(set(seeds)), "SEEDS must be different."),
        (len(seeds) > _MOST_SEEDS, f"SEEDS must be at most {_MOST_SEEDS}."),
        (not all(0 <= seed <= _LARGEST_SEED for seed in seeds), f"SEEDS must lie between 0 and {_LARGEST_SEED:,}."),
        (
            not _FEWEST_CUSTOMERS <= options.customers <= _MOST_CUSTOMERS,
            f"CUSTOMERS must lie between {_FEWEST_CUSTOMERS} and {_MOST_CUSTOMERS:,}.",
        ),
        (not 1 <= options.workers <= 64, "WORKERS must lie between 1 and 64."),
        (options.sample is not None and not options.sample.is_file(), f"SAMPLE={options.sample} is not there."),
    )
    return next((sentence for is_wrong, sentence in wrong if is_wrong), "")


def main(given: Sequence[str]) -> int:
    """Evaluate; return 0 if there is a report, whatever its figures."""
    options = arguments(given)
    console = Console()
    report.forget(options.output)
    try:
        found = _evaluated(options, console)
    except CommandError as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        print("evaluate: interrupted.", file=sys.stderr)
        return _INTERRUPTED
    files = report.write_evaluation(found, options.output)
    console.print(report.evaluation_table(found))
    for bar in found.bars:
        mark = "[green]reached[/green]    " if bar.reached else "[red]not reached[/red]"
        measured = "-" if bar.measured is None else f"{bar.measured:.4g}"
        console.print(f"{mark} {bar.name}: {measured} ({bar.wanted})", highlight=False, soft_wrap=True)
    for file in files:
        console.print(paths.shown(file), highlight=False, markup=False, soft_wrap=True)
    return 0


def _evaluated(options: argparse.Namespace, console: Console) -> Report:
    """Run all steps in worker processes, with a progress bar; without a terminal, a line for each finished step."""
    options.output.mkdir(parents=True, exist_ok=True)
    sample_file = options.sample or (SAMPLE if SAMPLE.is_file() else None)
    columns = (
        SpinnerColumn(), TextColumn("[bold]evaluate"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[step]}"),
    )  # fmt: skip
    # Threads of a library and copied processes do not go together: each worker starts afresh. Ctrl-C ends it at once.
    pool = ProcessPoolExecutor(
        options.workers, get_context("spawn"), initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_DFL)
    )
    total = steps_of(len(options.seeds), sample_file is not None)
    with (
        tempfile.TemporaryDirectory(prefix="work-", dir=options.output) as folder,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        task = progress.add_task("evaluate", total=total, step="simulating")
        done = 0

        def finished(title: str) -> None:
            nonlocal done
            done += 1
            progress.update(task, advance=1, step=title)
            if not console.is_terminal:
                console.print(f"evaluate: {done}/{total} {title}", highlight=False)

        try:
            return Run(Path(folder), PoolSteps(pool, finished), options.seeds, options.customers, sample_file).report()
        finally:
            pool.shutdown(cancel_futures=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
