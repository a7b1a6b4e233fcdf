"""What the README claims is what the simulation brought."""

from __future__ import annotations

import re

from scripts import paths
from scripts.capacity.report import PAGE

_CLAIM = re.compile(
    r"takes about (?P<rate>[\d,]+) transactions a second, (?P<day>\d+) million a day, and decides half of them within"
    r" (?P<median>[\d,]+) ms of their acceptance and 99 of 100 within (?P<slow>[\d,]+) ms"
)


def test_the_readme_claims_the_first_line_of_the_ladder() -> None:
    claim = _CLAIM.search(" ".join((paths.ROOT / "README.md").read_text(encoding="utf-8").split()))
    assert claim is not None

    found = "| {rate} | {day} million | {median} ms / {slow} ms |".format(**claim.groupdict())
    ladder = PAGE.read_text(encoding="utf-8").partition("### First limit reached")[2]
    first = next(line for line in ladder.splitlines() if line.startswith("| ") and "million" in line)
    assert first.startswith(found)
