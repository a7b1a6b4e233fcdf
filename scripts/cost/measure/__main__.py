"""Deploy a system to the embedded emulator, run a demonstration, and write what it made the system do.

The figures go to build/cost/measured/<system>.json; what the model needs of them stands in scripts/cost/workload.toml.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from scripts import paths, systems
from scripts import stack as harness
from scripts.arguments import Parser
from scripts.cost.measure.collect import collect
from scripts.cost.measure.digest import digest
from scripts.cost.measure.emulator import MeasuredMiniStack
from scripts.demo.runner import Options, Run
from scripts.demo.source import GeneratedSource
from scripts.demo.stack import Stack, connect
from scripts.demo.systems import ALL as DEMONSTRABLE
from scripts.errors import CommandError

OUT = paths.BUILD / "cost" / "measured"
_WORKERS, _SEED = 8, 1


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Return the checked arguments."""
    parser = Parser(prog="measure", description=__doc__)
    parser.add_argument("--system", default=systems.FLAGSHIP.name, help=f"one of {', '.join(systems.ALL)}")
    parser.add_argument("--count", type=int, default=500, help="transactions (default 500)")
    return parser.parse_args(given)


def measure(system: systems.Deployable, count: int) -> tuple[int, Path]:
    """Run the demonstration; return its exit status, and where the figures lie."""
    OUT.mkdir(parents=True, exist_ok=True)
    file = OUT / f"{system.name}.json"

    @contextmanager
    def start(say: Callable[[str], None]) -> Iterator[Stack]:
        say("deploying")
        with MeasuredMiniStack(f"measure-{system.name}", region=system.region) as server:
            server.calls.unlink(missing_ok=True)
            deployed = harness.deploy(server, system)
            yield connect(deployed)
            figures = digest(collect(deployed.client), _calls(server.calls), count)
            file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")

    demonstrated = DEMONSTRABLE[system.name]
    wishes = Options(None, _WORKERS, _SEED, OUT / system.name, demonstrated.patience_seconds)
    run = Run(demonstrated, GeneratedSource(count, _SEED), wishes, Console())
    return run.execute(start), file


def _calls(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def main(given: Sequence[str]) -> int:
    """Measure one system."""
    options = arguments(given)
    try:
        status, file = measure(systems.named(options.system), options.count)
    except CommandError as error:
        print(f"measure: {error}", file=sys.stderr)
        return 1
    print(f"measure: {paths.shown(file)}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
