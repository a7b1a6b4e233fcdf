"""The threat model names what exists: each test, each check, each kind of threat in each table."""

from __future__ import annotations

import re

from scripts import paths
from scripts.controls import evidence, mapping

PAGE = (paths.ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([STRIDE]) \| (.+) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
TEST = re.compile(r"`(\w+/\w+|\w+\.py::\w+)`")
CHECK = re.compile(r"\b(?:TXN|CKV2?_AWS)_\d+\b")


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = {test for *_, shown in ROWS for test in TEST.findall(shown)}

    assert len(named) > 70
    assert evidence.missing(named) == []


def test_every_check_that_the_threat_model_names_is_made() -> None:
    assert {check for *_, shown in ROWS for check in CHECK.findall(shown)} <= set(mapping.read())


def test_every_threat_is_shown_to_be_stopped_or_says_that_it_is_not() -> None:
    assert len(ROWS) > 35
    for _, threat, _, shown in ROWS:
        assert TEST.search(shown) or CHECK.search(shown) or shown.startswith("none"), threat


def test_every_kind_of_threat_was_thought_of() -> None:
    tables = PAGE.split("\n## ")
    for title in ("Clients and the API", "Functions, queues and data", "Operators and analysts"):
        (table,) = [part for part in tables if part.startswith(title)]
        assert set(re.findall(r"^\| ([STRIDE]) \|", table, re.MULTILINE)) == set("STRIDE"), title
