"""`make backtest`: two policies on a labelled file of your own: intervals, a verdict, a threshold to approve."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from rich.console import Console
from rich.progress import track

from evaluation import intervals, report
from evaluation.comparison import Options, compare
from evaluation.contenders import SHIPPED_DOCUMENT, SHIPPED_MODELS, contenders
from evaluation.labelled import LabelledSet, LabelledTransaction, read_labelled
from evaluation.labelled_rows import LabelledFileError
from pipeline.domain.times import from_text, to_text
from scripts import paths
from scripts.arguments import Parser
from scripts.errors import CommandError

MOST_DRAWS = 100_000
_FAILED, _INTERRUPTED = 1, 130


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Return the checked arguments."""
    parser = Parser(
        prog="backtest",
        description=__doc__,
        epilog="With make: make backtest POLICY=model INPUT=labelled.csv, and where needed CHAMPION, DOCUMENT, MAP,"
        " LABELS, UNLABELLED, SINCE, MODELS, SEED, SKIP_BAD=1, OUTPUT.",
    )
    parser.add_argument("--policy", required=True, help="the challenger: a policy's name, or a document's file")
    parser.add_argument("--input", required=True, type=Path, help="labelled transactions, CSV or JSON lines; .gz too")
    parser.add_argument(
        "--champion", default="", help="a policy's name, or a document's file (default: the shipped champion)"
    )
    parser.add_argument("--document", type=Path, default=SHIPPED_DOCUMENT, help="where policies named are looked up")
    parser.add_argument("--models", type=Path, default=SHIPPED_MODELS, help="the folder of the models they name")
    parser.add_argument("--map", type=Path, help="column mapping of INPUT (default: a shipped one that fits)")
    parser.add_argument("--labels", type=Path, help="a file of transaction_id, label, source, confirmed_at")
    parser.add_argument(
        "--unlabelled", choices=("unknown", "genuine"), default="unknown",
        help="what no label means (default unknown; genuine where every fraud is listed)",
    )  # fmt: skip
    parser.add_argument("--since", type=_since, help="compare from this day on; earlier: states only")
    parser.add_argument("--skip-bad", action="store_true", help="leave lines out that cannot be used")
    parser.add_argument("--draws", type=int, default=intervals.DRAWS, help=f"(default {intervals.DRAWS:,})")
    parser.add_argument("--seed", type=int, default=intervals.SEED, help="of the draws")
    parser.add_argument("--output", type=Path, default=paths.BUILD / "backtest", help="folder of the report")
    options = parser.parse_args(given)
    if not 1 <= options.draws <= MOST_DRAWS:
        parser.error(f"the draws must be 1 to {MOST_DRAWS:,}, not {options.draws}.")
    if options.seed < 0:
        parser.error("SEED must be 0 or more.")
    return options


def _since(text: str) -> str:
    """Return a day or an instant as the text that event times are compared with."""
    try:
        return to_text(from_text(f"{text}T00:00:00Z" if len(text) == len("2026-01-31") else text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a day (2026-01-31) nor an RFC 3339 time") from None


def main(given: Sequence[str]) -> int:
    """Compare the policies; return 0 if there is a report, whatever its verdict."""
    options = arguments(given)
    console = Console()
    try:
        report.forget(options.output)
        champion, challenger = contenders(options.policy, options.champion, options.document, options.models)
        wishes = Options(options.since or "", options.draws, options.seed)
        with _read(options) as taken:
            _say_what_was_read(taken, console)
            watched = functools.partial(_watched, total=len(taken), console=console)
            found = compare(taken, options.input, champion, challenger, wishes, watched)
    except LabelledFileError as error:
        return _ended("\n".join([*error.problems.lines(), f"backtest: {error}{_hint(error, options)}"]))
    except CommandError as error:
        return _ended(f"backtest: {error}")
    except KeyboardInterrupt:
        return _ended("backtest: interrupted.", _INTERRUPTED)
    files = report.write_backtest(found, options.output)
    console.print(report.backtest_table(found))
    for note in found.notes:
        console.print(f"Note: {note}", style="yellow", highlight=False)
    console.print(found.verdict.sentence, style="bold", highlight=False)
    console.print(report.thresholds_sentence(found), highlight=False)
    console.print(found.proposal.sentence, highlight=False)
    for file in files:
        console.print(paths.shown(file), highlight=False, markup=False, soft_wrap=True)
    return 0


def _read(options: argparse.Namespace) -> LabelledSet:
    return read_labelled(
        options.input,
        now=datetime.now(timezone.utc),
        mapping=options.map,
        labels=options.labels,
        skip_bad=options.skip_bad,
        unlabelled=options.unlabelled,
    )


def _say_what_was_read(taken: LabelledSet, console: Console) -> None:
    labels = ", ".join(f"{taken.count(label):,} {label}" for label in ("fraud", "genuine", "unknown"))
    console.print(
        f"{len(taken):,} transactions of {taken.accounts:,} accounts ({labels}), read as {taken.source}",
        highlight=False,
    )
    if taken.problems.count:
        console.print(f"skipped {taken.problems.summary()}", style="yellow", highlight=False)
        for line in taken.problems.lines():
            console.print(f"  {line}", style="dim", highlight=False, markup=False, soft_wrap=True)


def _watched(rows: Iterable[LabelledTransaction], total: int, console: Console) -> Iterable[LabelledTransaction]:
    return track(rows, "scoring", total, console=console, transient=True, disable=not console.is_terminal)


def _hint(error: LabelledFileError, options: argparse.Namespace) -> str:
    at_lines = any(problem.line > 1 for problem in error.problems.shown)
    return " SKIP_BAD=1 (--skip-bad) uses the other lines." if at_lines and not options.skip_bad else ""


def _ended(text: str, status: int = _FAILED) -> int:
    print(text, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
