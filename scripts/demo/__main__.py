"""`make demo`: real input through a deployed system, with every transaction accounted for."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from scripts import paths, systems
from scripts.arguments import USAGE, Parser
from scripts.demo import generator
from scripts.demo.mapping import MappingError, load_mapping
from scripts.demo.model import DemoError
from scripts.demo.runner import Options, Run
from scripts.demo.source import FileSource, GeneratedSource, Source
from scripts.demo.stack import start_local_stack
from scripts.demo.systems import ALL as DEMONSTRABLE
from scripts.errors import CommandError

SHIPPED_MAPPINGS = paths.ROOT / "examples" / "mappings"
DEFAULT_LIMIT = 2000
DEFAULT_WORKERS = 8
MAX_WORKERS = 128
_FAILED, _INTERRUPTED = 1, 130


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Return the checked arguments."""
    parser = Parser(
        prog="demo",
        description=__doc__,
        epilog="With make: make demo COUNT=5000 RATE=50, or make demo INPUT=file.csv MAP=map.toml LIMIT=0.",
    )
    parser.add_argument(
        "--system", default=systems.FLAGSHIP.name, help=f"one of {', '.join(systems.ALL)} (default: the first)"
    )
    parser.add_argument("--count", type=int, help="acceptable transactions to generate (default: the system's)")
    parser.add_argument("--rate", type=float, help="transactions a second (default: as fast as the pipeline decides)")
    parser.add_argument("--input", type=Path, help="a CSV or JSONL file instead of the generator; .gz too")
    parser.add_argument("--map", type=Path, help="the column mapping of INPUT (default: one of examples/mappings)")
    parser.add_argument(
        "--limit", type=int, help=f"rows to take from INPUT (default: COUNT, or {DEFAULT_LIMIT:,}; 0: all)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the generator (default 1)")
    parser.add_argument(
        "--workers", type=int, default=DEFAULT_WORKERS, help=f"calls under way at once (default {DEFAULT_WORKERS})"
    )
    parser.add_argument("--out", type=Path, default=paths.BUILD / "demo", help="folder of the report")
    parser.add_argument(
        "--stall", type=float, help="seconds without any movement after which to give up (default: the system's)"
    )
    options = parser.parse_args(given)
    problem = _problem(options)
    if problem:
        parser.error(problem)
    try:
        options.system = systems.named(options.system)
    except CommandError as error:
        parser.error(str(error))
    return options


def _problem(options: argparse.Namespace) -> str:
    """Return the first thing that is wrong with the arguments, in a sentence; empty if nothing is."""
    count, limit = options.count, options.limit
    wrong = (
        (
            count is not None and not 1 <= count <= generator.MAX_COUNT,
            f"COUNT must lie between 1 and {generator.MAX_COUNT:,}, not {count}.",
        ),
        (options.rate is not None and not 0 < options.rate <= 100_000, "RATE must be above 0 transactions a second."),
        (not 1 <= options.workers <= MAX_WORKERS, f"WORKERS must lie between 1 and {MAX_WORKERS}."),
        (limit is not None and limit < 0, "LIMIT must be 0 (all rows) or more."),
        (options.seed < 0, "SEED must be 0 or more."),
        (options.stall is not None and not options.stall > 0, "the stall time must be above 0 seconds."),
        (options.input is None and options.map is not None, "MAP belongs to an INPUT, and there is none."),
        (options.input is None and limit is not None, "LIMIT belongs to an INPUT; without one, use COUNT."),
    )
    return next((sentence for is_wrong, sentence in wrong if is_wrong), "")


def source_of(options: argparse.Namespace) -> Source:
    """Return the transactions that the arguments ask for."""
    if options.input is None:
        system = DEMONSTRABLE[options.system.name]
        return GeneratedSource(options.count or system.count, options.seed, system.patterns)
    limit = options.limit
    if limit is None:
        limit = DEFAULT_LIMIT if options.count is None else options.count
    if options.map is None:
        return _with_shipped_mapping(options.input, limit)
    return FileSource(options.input, load_mapping(options.map), limit)


def _with_shipped_mapping(path: Path, limit: int) -> Source:
    """Read the file with the mapping of examples/mappings that knows its columns."""
    for mapping in sorted(SHIPPED_MAPPINGS.glob("*.toml")):
        try:
            source = FileSource(path, load_mapping(mapping), limit)
        except MappingError:
            continue
        print(f"demo: MAP={paths.shown(mapping)}, which knows the columns of INPUT")
        return source
    raise DemoError(
        f"INPUT={path} needs a MAP that says which column holds what: no mapping of"
        f" {paths.shown(SHIPPED_MAPPINGS)} knows its columns. Copy one and change it."
    )


class Interruption:
    """Ends the run on Ctrl-C, and on the SIGTERM of a cancelled job.

    Python drops an exception that a signal raises inside a finalizer, so the request is also
    remembered, and `check` raises it again at the run's next step.
    """

    def __init__(self) -> None:
        self._requested = False

    def install(self) -> None:
        """Answer both signals from now on."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.request)

    def request(self, *_: object) -> NoReturn:
        """Remember the signal and raise it."""
        self._requested = True
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raise what may have been dropped."""
        if self._requested:
            raise KeyboardInterrupt


def main(given: Sequence[str]) -> int:
    """Run the demonstration; return 0 only if the books balance."""
    options = arguments(given)
    interruption = Interruption()
    interruption.install()
    try:
        source = source_of(options)
    except DemoError as error:
        return _ended(str(error), USAGE)
    system = DEMONSTRABLE[options.system.name]
    wishes = Options(options.rate, options.workers, options.seed, options.out, options.stall or system.patience_seconds)
    try:
        run = Run(system, source, wishes, Console(), check=interruption.check)
        return run.execute(partial(start_local_stack, options.system))
    except CommandError as error:
        return _ended(str(error), _FAILED)
    except (BotoCoreError, ClientError) as error:
        return _ended(f"the local AWS did not do what it was asked: {error}", _FAILED)
    except KeyboardInterrupt:
        return _ended("interrupted; everything that was started is stopped.", _INTERRUPTED)


def _ended(sentence: str, status: int) -> int:
    print(f"demo: {sentence}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
