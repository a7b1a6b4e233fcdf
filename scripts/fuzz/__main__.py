"""`make fuzz`: requests that schemathesis generates from the API documents, sent to the deployed systems.

Each system is deployed to a local AWS of its own. Answers are held against the API's document: no server error, no
status that it does not name, no body that breaks its schema; what breaks the document must be refused, and where it
demands a key, a call without one. The report goes to build/fuzz/report.json; a finding is printed as a curl command.

Usage: python -m scripts.fuzz [--system SYSTEM] [--requests COUNT] [--seed SEED]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from scripts import environments, paths, systems
from scripts.arguments import Parser
from scripts.demo.stack import emulator_name
from scripts.errors import CommandError
from scripts.fuzz import findings, rounds
from scripts.ministack import MiniStack
from scripts.progress import console
from scripts.systems import Deployable

DEFAULT_REQUESTS = 10_000
MOST = 10_000_000
REPORT = "report.json"


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Return the checked arguments."""
    parser = Parser(
        prog="fuzz",
        description=__doc__,
        epilog="With make: make fuzz, or make fuzz SYSTEM=securebank REQUESTS=500 SEED=7.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--system", help=f"one of {', '.join(systems.ALL)} (default: all, one after the other)")
    parser.add_argument("--requests", type=int, default=DEFAULT_REQUESTS, help="at least so many in all")
    parser.add_argument("--seed", type=int, default=1, help="of each system's first round (default 1)")
    parser.add_argument("--out", type=Path, default=rounds.FOLDER, help="folder of the report")
    options = parser.parse_args(given)
    if not 1 <= options.requests <= MOST:
        parser.error(f"--requests must lie between 1 and {MOST:,}.")
    if options.seed < 0:
        parser.error("--seed must be 0 or more.")
    try:
        options.systems = [systems.named(options.system)] if options.system else list(systems.ALL.values())
    except CommandError as error:
        parser.error(str(error))
    return options


def shares(chosen: Sequence[Deployable], requests: int) -> dict[str, int]:
    """Return how many of the requests each system gets: by the number of its operations, and at least one."""
    counts = {system.name: len(rounds.operations(paths.ROOT / system.api_document)) for system in chosen}
    return {name: -(-requests * count // sum(counts.values())) for name, count in counts.items()}


def main(given: Sequence[str]) -> int:
    """Run the command; return the exit status: 0 if every answer is one that the documents allow."""
    options = arguments(given)
    done: list[rounds.Fuzzed] = []
    try:
        environments.ensure(environments.FUZZ)
        share = shares(options.systems, options.requests)
        for system in options.systems:
            done.append(_fuzz(system, share[system.name], options.seed))
            write(done, options)  # a run that is broken off keeps what it has of the systems before
    except CommandError as error:
        return _ended(str(error), 1)
    except (BotoCoreError, ClientError) as error:
        return _ended(f"the local AWS did not do what it was asked: {error}", 1)
    except KeyboardInterrupt:
        return _ended("interrupted; everything that was started is stopped.", 130)
    print("\n".join(line for one in done for line in lines(one)))
    print(f"report: {paths.shown(options.out / REPORT)}")
    return 1 if any(one.seen.findings for one in done) else 0


def _fuzz(system: Deployable, requests: int, seed: int) -> rounds.Fuzzed:
    with MiniStack("fuzz", region=system.region) as server:
        console.print(f"{system.name}: deploying to a local AWS")
        return rounds.fuzz(rounds.deployed(server, system), requests, seed, console.print)


def lines(done: rounds.Fuzzed) -> list[str]:
    """Return what people read of one system."""
    seeds = f"{done.rounds[0].seed} to {done.rounds[-1].seed}"
    found = len(done.seen.findings)
    said = [f"{done.system}: {done.seen.requests:,} requests in {done.seconds:.0f} s (seeds {seeds}), {found} findings"]
    undocumented = findings.Seen()
    for operation, statuses in sorted(done.seen.routes.items()):
        if operation in done.documented:
            said.append(f"  {operation}  {_counts(statuses)}")
        else:
            undocumented.add(findings.Seen({"other methods": statuses}))
    said += [f"  {name}  {_counts(statuses)}" for name, statuses in undocumented.routes.items()]
    for finding in done.seen.findings:
        said += [f"FOUND {finding.operation} {finding.check}: {finding.problem}", f"  {finding.curl}"]
    return said


def _counts(statuses: Mapping[str, int]) -> str:
    return ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items()))


def write(done: Sequence[rounds.Fuzzed], options: argparse.Namespace) -> Path:
    """Write the report; return where."""
    report = {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "emulator": emulator_name(),
        "seed": options.seed,
        "wanted": options.requests,
        "requests": sum(one.seen.requests for one in done),
        "findings": sum(len(one.seen.findings) for one in done),
        "systems": {one.system: one.to_json() for one in done},
    }
    options.out.mkdir(parents=True, exist_ok=True)
    file: Path = options.out / REPORT
    file.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return file


def _ended(sentence: str, status: int) -> int:
    print(f"fuzz: {sentence}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
