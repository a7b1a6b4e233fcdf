"""`make fault-search`: search for a schedule of faults that breaks a promise.

Usage: python -m tests.property.simulation [--schedules N] [--first SEED] [--workers N] | --seed SEED
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.property.simulation import search, work
from tests.property.simulation.progress import FOLDER, Progress

BLOCK = 200
"""Schedules between two looks at the clock: so much is done again after a search was broken off."""

MOST_SHOWN = 5


def main(arguments: Sequence[str]) -> int:
    """Search, or show the schedule of one seed; return 1 if a promise is broken."""
    parser = argparse.ArgumentParser(prog="make fault-search")
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int)
    given = parser.parse_args(arguments)
    if given.seed is not None:
        return _show(given.seed)
    return _search(given.first, given.first + given.schedules, given.workers)


def _show(seed: int) -> int:
    return _told(work.shown(seed, print), f"schedule {seed}")


def _search(first: int, last: int, workers: int) -> int:
    progress, started = Progress(first, last), time.monotonic()
    if progress.done > first:
        print(f"fault-search: goes on after {progress.done - first:,} schedules")
    blocks = [(start, min(start + BLOCK, last)) for start in range(progress.done, last, BLOCK)]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        alone = pool.submit(work.single_faults)
        for (_, end), found in zip(blocks, pool.map(work.block, blocks)):
            progress.note(end, found)
            _say_how_far(progress, first, last, started)
        found = alone.result()
    found.add(progress.found)
    progress.end()
    seconds = time.monotonic() - started
    _write_report(found, seconds)
    return _told(found, f"{found.schedules.total():,} schedules in {seconds:.0f} s")


def _say_how_far(progress: Progress, first: int, last: int, started: float) -> None:
    done = progress.done - first
    if done % (25 * BLOCK) == 0 or progress.done == last:
        broken = len(progress.found.violations)
        print(
            f"fault-search: {done:,} of {last - first:,}, {broken} broken, {time.monotonic() - started:.0f} s",
            flush=True,
        )


def _write_report(found: search.Found, seconds: float) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    open_points = sorted(found.crash_points - found.crashed)
    report = {
        "schedules": found.schedules.total(),
        "systems": {system: found.of(system) for system in sorted(found.schedules)},
        "calls_of_functions": found.calls,
        "faults": dict(found.faults.most_common()),
        "crash_points": {"all": len(found.crash_points), "covered": len(found.crashed), "not_covered": open_points},
        "schedules_that_met_a_known_limit": found.limits.total(),
        "violations": found.violations,
        "seconds": round(seconds, 1),
    }
    (FOLDER / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _told(found: search.Found, what: str) -> int:
    covered = f"{len(found.crashed)} of {len(found.crash_points)} crash points"
    print(
        f"fault-search: {what}, {covered}, {found.limits.total():,} met a known limit, {len(found.violations)} broken"
    )
    for line in _lines(found):
        print(line)
    return 1 if found.violations else 0


def _lines(found: search.Found) -> Iterator[str]:
    for name, broken in list(found.violations.items())[:MOST_SHOWN]:
        yield f"  {name}"
        yield from (f"    {each}" for each in broken)
        if name.split()[-1].isdecimal():
            yield f"    to see it: make fault-search SEED={name.split()[-1]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
