"""`make bench`: measure, write build/bench/report.json, and the tables of docs/performance.md.

Usage: python -m tests.bench.performance [SECTION...]

Sections: calls, cpu, cold_start, growth and end_to_end; without one, all but the last, which deploys to the emulator
and takes half an hour. Times are this machine's, at this moment; what is a count or a ratio has a bar in a test.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from scripts import paths
from scripts.drawing import alone
from scripts.errors import CommandError
from tests.bench.performance import calls, cold_start, end_to_end, growth, profile
from tests.bench.performance.sections import Section

LEAST_TIMES_FASTER, MOST_SHARE_OF_CPU = 15.0, 0.5
PAGE = paths.ROOT / "docs" / "performance.md"
REPORT = paths.BUILD / "bench" / "report.json"
SECTIONS: dict[str, Callable[[], Section]] = {
    "calls": calls.section,
    "cpu": profile.section,
    "cold_start": cold_start.section,
    "growth": growth.section,
    "end_to_end": end_to_end.section,
}
ONLY_BY_NAME = frozenset({"end_to_end"})


def write(section: Section) -> None:
    """Put a section's table between its markers in the page, and its figures into the report."""
    text = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- BEGIN {section.name} -->", f"<!-- END {section.name} -->"
    before, found, rest = text.partition(begin)
    _, also_found, after = rest.partition(end)
    if not (found and also_found):
        raise CommandError(f"{paths.shown(PAGE)} needs the markers {begin} and {end}.")
    PAGE.write_text(f"{before}{begin}\n\n{section.markdown()}\n\n{end}{after}", encoding="utf-8")
    if section.plot:
        PAGE.with_name(section.drawing).write_text(alone(section.plot), encoding="utf-8")
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    report = json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.is_file() else {}
    at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    report[section.name] = {"at": at, "python": platform.python_version(), "figures": section.figures}
    REPORT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def missed(section: Section) -> list[str]:
    """Say which of its bars a section misses."""
    if section.name == "cold_start":
        return cold_start.missed(section.figures)
    if section.name != "calls":
        return []
    faster, share = section.figures["times_faster"], section.figures["share_of_cpu"]
    print(f"process is {faster:.1f} times faster than the usual handler, with {share:.2f} of its CPU\n")
    return [
        *([f"only {faster:.1f} times faster, not {LEAST_TIMES_FASTER:.0f}"] if faster < LEAST_TIMES_FASTER else []),
        *([f"{share:.2f} of the CPU, not {MOST_SHARE_OF_CPU}"] if share > MOST_SHARE_OF_CPU else []),
    ]


def main(arguments: Sequence[str]) -> int:
    """Run the command; return the exit status."""
    unknown = sorted(set(arguments) - set(SECTIONS))
    if unknown:
        print(f"bench: {unknown[0]} is none of {', '.join(SECTIONS)}.", file=sys.stderr)
        return 2
    failed = []
    try:
        for name in arguments or [name for name in SECTIONS if name not in ONLY_BY_NAME]:
            section = SECTIONS[name]()
            write(section)
            print(f"{section.markdown()}\n")
            failed += missed(section)
    except CommandError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(f"report: {paths.shown(REPORT)}; tables: {paths.shown(PAGE)}")
    for bar in failed:
        print(f"bench: a bar is missed: {bar}.", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
