"""Generate transactions of a pattern: as JSON lines, or posted to an API in each customer's order.

Usage: python tests/load/generate_transactions.py [--count N] [--pattern P] [--seed N] [--system NAME]
       [--output FILE | --endpoint URL [--api-key KEY | --token TOKEN] [--rate N] [--workers N]]

The same seed gives the same bytes on every machine. Without --output and --endpoint, they go to standard output.
Posting waits and tries again after a 429, a 5xx or no answer, as a client should; sent twice, they change nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from scripts import paths
from scripts.demo.client import Sender, http_poster
from scripts.demo.model import Transaction
from scripts.load.line import Line
from scripts.load.options import FAILED, Parser, add_access, add_input, ended, problem_of, transactions_of
from scripts.load.targets import Target, body_of, target_of, url_of

PROGRAM = "generate_transactions"
DEFAULT_COUNT = 10_000
DEFAULT_WORKERS = 16
MAX_WORKERS = 256
STANDARD_OUTPUT = Path("-")
_LINES_AT_ONCE = 500


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Return the checked arguments."""
    parser = Parser(prog=PROGRAM, description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=DEFAULT_COUNT, help=f"how many (default {DEFAULT_COUNT:,})")
    add_input(parser, pattern="mix", seed=1)
    to = parser.add_mutually_exclusive_group()
    to.add_argument("--output", type=Path, default=STANDARD_OUTPUT, help="a file for JSON lines (default -: standard)")
    to.add_argument("--endpoint", help="the API to post to: what the output api_endpoint of the system says")
    add_access(parser)
    parser.add_argument("--rate", type=float, help="posted a second (default: as fast as they are answered)")
    parser.add_argument(
        "--workers", type=int, default=DEFAULT_WORKERS, help="calls under way at once (default %(default)s)"
    )
    options = parser.parse_args(given)
    problem = problem_of(options, options.count)
    if not problem and options.rate is not None and not 0 < options.rate <= 100_000:
        problem = "--rate must be above 0"
    if not problem and not 1 <= options.workers <= MAX_WORKERS:
        problem = f"--workers must be 1 to {MAX_WORKERS}"
    if problem:
        parser.error(problem)
    return options


def main(given: Sequence[str]) -> int:
    """Generate; return 0 only if all of it was written, or answered for good."""
    options = arguments(given)
    return ended(PROGRAM, partial(_run, options))


def _run(options: argparse.Namespace) -> int:
    target = target_of(options.system)
    transactions = transactions_of(options, options.count)
    if options.endpoint:
        return _post(options, target, transactions)
    _write(options, target, transactions)
    return 0


def _write(options: argparse.Namespace, target: Target, transactions: Iterator[Transaction]) -> None:
    line = Line(every_seconds=5)
    with _opened(options.output) as file:
        for number, transaction in enumerate(transactions, start=1):
            file.write(body_of(target, transaction) + b"\n")
            if number % _LINES_AT_ONCE == 0 and line.is_due():
                line.show(f"{PROGRAM}: {number:,} of {options.count:,}")
    where = "standard output" if options.output == STANDARD_OUTPUT else paths.shown(options.output.resolve())
    line.end(f"{PROGRAM}: {options.count:,} transactions for {options.system} in {where}")


@contextmanager
def _opened(output: Path) -> Iterator[BinaryIO]:
    if output == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("wb") as file:
        yield file


def _post(options: argparse.Namespace, target: Target, transactions: Iterator[Transaction]) -> int:
    url = url_of(options.endpoint, target)
    sender = Sender(
        partial(http_poster, url, options.api_key, token=options.token),
        partial(body_of, target),
        options.workers,
        options.rate,
    )
    line = Line(every_seconds=5)
    sender.start(transactions)
    try:
        while not sender.done.wait(0.2):
            if line.is_due():
                line.show(f"{PROGRAM}: {len(sender.sent):,} of {options.count:,} posted")
    finally:
        sender.stop()
    answers = Counter(str(one.status or "no answer") for one in sender.result())
    told = ", ".join(f"{count:,} {status}" for status, count in sorted(answers.items()))
    line.end(f"{PROGRAM}: {sum(answers.values()):,} transactions posted: {told}")
    settled = sum(count for status, count in answers.items() if status[0] in "24" and status != "429")
    return 0 if settled == options.count else FAILED
