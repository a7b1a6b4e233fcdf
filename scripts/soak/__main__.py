"""`make soak`: the flagship under load and faults, with every transaction accounted for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from scripts import paths
from scripts.arguments import Parser
from scripts.demo import generator
from scripts.demo.__main__ import Interruption
from scripts.demo.runner import Options
from scripts.demo.source import GeneratedSource
from scripts.demo.systems import FLAGSHIP
from scripts.errors import CommandError
from scripts.soak.run import Soak
from scripts.soak.schedule import schedule

MAX_MINUTES, MAX_RATE = 24 * 60.0, 200.0
_WORKERS = 4
"""Calls under way at once: each may start a process of the API's function."""
_AT_MOST = 4
"""Transactions that there are, as a multiple of those planned: the load goes on until every fault has struck."""
_FAILED, _INTERRUPTED = 1, 130


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Return the checked arguments."""
    parser = Parser(prog="soak", description=__doc__, epilog="With make: make soak MINUTES=10 RATE=20 SEED=3.")
    parser.add_argument("--minutes", type=float, default=5.0, help="of load (default 5, at least 1)")
    parser.add_argument("--rate", type=float, default=10.0, help="transactions a second (default 10)")
    parser.add_argument("--seed", type=int, default=1, help="of the load and the schedule (default 1)")
    parser.add_argument("--out", type=Path, default=paths.BUILD / "soak", help="folder of the report")
    options = parser.parse_args(given)
    wrong = (
        (not 1 <= options.minutes <= MAX_MINUTES, f"MINUTES must lie between 1 and {MAX_MINUTES:,.0f}."),
        (not 1 <= options.rate <= MAX_RATE, f"RATE must lie between 1 and {MAX_RATE:,.0f} transactions a second."),
        (options.seed < 0, "SEED must be 0 or more."),
        (
            _AT_MOST * options.minutes * 60 * options.rate > generator.MAX_COUNT,
            f"MINUTES and RATE make more than {generator.MAX_COUNT:,} transactions: lower one of them.",
        ),
    )
    for is_wrong, sentence in wrong:
        if is_wrong:
            parser.error(sentence)
    return options


def main(given: Sequence[str]) -> int:
    """Run the soak; return 0 only if everything that has to hold does."""
    options = arguments(given)
    interruption = Interruption()
    interruption.install()
    seconds = 60 * options.minutes
    source = GeneratedSource(round(_AT_MOST * seconds * options.rate), options.seed)
    wishes = Options(options.rate, _WORKERS, options.seed, options.out, FLAGSHIP.patience_seconds)
    faults = schedule(seconds, options.seed)
    try:
        return Soak(FLAGSHIP, source, wishes, faults, seconds, Console(), interruption.check).soak()
    except CommandError as error:
        return _ended(str(error), _FAILED)
    except (BotoCoreError, ClientError) as error:
        return _ended(f"the local AWS did not do what it was asked: {error}", _FAILED)
    except KeyboardInterrupt:
        return _ended("interrupted; everything that was started is stopped.", _INTERRUPTED)


def _ended(sentence: str, status: int) -> int:
    print(f"soak: {sentence}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
