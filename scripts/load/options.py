"""What both tools are asked in the same words, and how they end: with one line, and never with a traceback."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import NoReturn

from scripts.demo import generator, patterns
from scripts.demo.model import DemoError, Transaction
from scripts.errors import CommandError
from scripts.load.targets import TARGETS

USAGE, FAILED, INTERRUPTED = 2, 1, 130
MOST_SEED = 2**63 - 1


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, without the usage."""
        self.exit(USAGE, f"{self.prog}: {message.rstrip('.')}. See --help.\n")


def add_input(parser: argparse.ArgumentParser, *, pattern: str, seed: int) -> None:
    """Add what describes the transactions."""
    parser.add_argument(
        "--pattern",
        default=pattern,
        help=f"{patterns.MIX}, or one or more (with commas) of {', '.join(patterns.PATTERNS)} (default {pattern})",
    )
    parser.add_argument("--seed", type=int, default=seed, help="same seed, same transactions (default: %(default)s)")
    parser.add_argument(
        "--start",
        type=_day,
        default=generator.START,
        help=f"the day of the first transaction, such as {generator.START:%Y-%m-%d} (the default); about 3,480 of a"
        " pattern follow on each day, and none may lie in the future of the API",
    )
    parser.add_argument(
        "--system", choices=sorted(TARGETS), default="securebank", help="whose API it is for (default %(default)s)"
    )


def add_access(parser: argparse.ArgumentParser) -> None:
    """Add what lets a caller in; the environment is the better place, as everybody on a machine sees arguments."""
    parser.add_argument("--api-key", default=os.environ.get("API_KEY", ""), help="sent as x-api-key (default: API_KEY)")
    parser.add_argument(
        "--token", default=os.environ.get("API_TOKEN", ""), help="sent as a bearer's (default: API_TOKEN)"
    )


def transactions_of(options: argparse.Namespace, count: int) -> Iterator[Transaction]:
    """Return the transactions that the arguments describe."""
    return patterns.transactions(count, options.seed, patterns.named(options.pattern), options.start)


def problem_of(options: argparse.Namespace, count: int) -> str:
    """Return what is wrong with the description of so many transactions, in a sentence; empty if nothing is."""
    if not 1 <= count <= generator.MAX_COUNT:
        return f"there must be 1 to {generator.MAX_COUNT:,} transactions, not {count:,}"
    if not 0 <= options.seed <= MOST_SEED:
        return f"--seed must be 0 to {MOST_SEED}"
    try:
        patterns.named(options.pattern)
    except DemoError as error:
        return str(error)
    return ""


def ended(program: str, run: Callable[[], int]) -> int:
    """Return how `run` ends; what the user can put right is told in one line."""
    try:
        return run()
    except CommandError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return FAILED
    except OSError as error:
        print(f"{program}: {error.filename or 'a file'}: {error.strerror or error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(f"{program}: interrupted.", file=sys.stderr)
        return INTERRUPTED


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a date such as 2026-01-05, not {text!r}") from error
