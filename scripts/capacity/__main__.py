"""`make capacity`: simulate the flagship with AWS's published limits, and say where it saturates.

Writes build/capacity/report.json and report.html, and the tables of docs/capacity.md. With --validate it runs the
deployed flagship on the embedded emulator instead, at small rates, and holds the simulation against it; that takes
minutes.

Usage: python -m scripts.capacity [--seed N] [--validate] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from scripts import paths
from scripts.arguments import Parser
from scripts.capacity import emulator, figures, report, scenarios, summary, text, validation
from scripts.demo.model import DemoError
from scripts.errors import CommandError

RATES = (5.0, 20.0)
SECONDS = 40.0


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Return the checked arguments."""
    parser = Parser(prog="capacity", description=__doc__, epilog="With make: make capacity SEED=2, or VALIDATE=1.")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn (default 1)")
    parser.add_argument("--validate", action="store_true", help="hold the simulation against the embedded emulator")
    parser.add_argument("--out", type=Path, default=paths.BUILD / "capacity", help="folder of the reports")
    parser.add_argument("--page", type=Path, default=report.PAGE, help="the page whose tables are written")
    return parser.parse_args(given)


def simulate(options: argparse.Namespace) -> None:
    """Simulate everything and write it down."""
    given, began = figures.load(), time.process_time()
    results = scenarios.simulate_all(given, options.seed, _say)
    tables = summary.summary_tables(results, given)
    files = report.write(results, tables, given, options.out)
    report.put(report.markdown(tables), report.TABLES, options.page)
    for rung in results.rungs:
        found = rung.capacity
        print(f"{text.number(text.rounded(found.rate)):>8} a second, until {found.limit or 'nothing'} comes")
    print(f"{time.process_time() - began:.0f} s of processor time")
    for file in (*files, options.page):
        print(paths.shown(file))


def validate(options: argparse.Namespace) -> None:
    """Run the emulator, simulate the same, and write both down."""
    settings = figures.flagship(figures.load())
    phases, units = emulator.measure(RATES, SECONDS, options.seed, _say)
    options.out.mkdir(parents=True, exist_ok=True)
    raw = {"phases": [asdict(phase) for phase in phases], "units": asdict(units)}
    (options.out / "emulator.json").write_text(json.dumps(raw) + "\n", encoding="utf-8")
    table = validation.comparison_table([validation.compare(phase, settings, options.seed) for phase in phases])
    load = f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.0f} at the end."
    lines = [*text.table(table.head, table.rows), "", f"{table.note} {load} {validation.units_text(units)}"]
    print("\n".join(lines))
    report.put("\n".join(lines), report.VALIDATION, options.page)


def _say(what: str) -> None:
    print(f"capacity: {what}", file=sys.stderr, flush=True)


def main(given: Sequence[str]) -> int:
    """Do what was asked for; return the exit status."""
    options = arguments(given)
    try:
        (validate if options.validate else simulate)(options)
    except (CommandError, DemoError) as error:
        print(f"capacity: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
