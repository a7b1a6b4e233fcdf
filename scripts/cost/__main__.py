"""`make cost`: what every system costs a month, from its plan, its measured workload and the price table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from scripts import package, paths, planned, systems
from scripts.arguments import Parser
from scripts.cost import prices as price_table
from scripts.cost import report, tables, workload
from scripts.cost.bill import System
from scripts.cost.estimate import USUAL, VOLUMES, Estimate, estimate
from scripts.errors import CommandError
from scripts.ministack import MiniStack

OUT = paths.BUILD / "cost"


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Return the checked arguments."""
    parser = Parser(prog="cost", description=__doc__)
    parser.add_argument("--no-docs", action="store_true", help="leave docs/cost.md as it is")
    return parser.parse_args(given)


def estimates(prices: price_table.Prices) -> list[Estimate]:
    """Plan every system and compute its bill."""
    package.package_all()
    workloads = workload.load()
    found = []
    with MiniStack("ministack-cost") as emulator:
        for system in systems.ALL.values():
            plan = planned.make(emulator, str(system.folder))
            found.append(estimate(system.name, System(plan.every(), workloads[system.name], prices)))
    return found


def main(given: Sequence[str]) -> int:
    """Compute, print, and write the report."""
    options = arguments(given)
    try:
        prices = price_table.load()
        found = estimates(prices)
        files = report.write(found, prices, OUT)
        if not options.no_docs:
            report.document(found, prices)
            files.append(report.DOCUMENT)
    except CommandError as error:
        print(f"cost: {error}", file=sys.stderr)
        return 1
    for one in found:
        months = [f"{tables.volume_name(volume)} ${tables.money(one.totals[volume].total)}" for volume in VOLUMES]
        print(f"cost: {one.name}: ${tables.money(one.totals[USUAL].fixed)} fixed,", end=" ")
        print(f"${tables.money(one.a_million(USUAL))} a million at 1 M; a month of {', '.join(months)}")
    print(f"cost: {', '.join(paths.shown(file) for file in files)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
