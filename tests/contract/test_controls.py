"""docs/controls.md is made of what is there: checks, skips with their reasons, tests that exist.

`make scan` holds it against a scan; this needs no checkov.
"""

from __future__ import annotations

import re

from scripts import paths
from scripts.controls import evidence, mapping, page
from scripts.scan import exemptions

PAGE = page.PAGE.read_text(encoding="utf-8")


def rows() -> dict[str, str]:
    return {match[1]: match[0] for match in re.finditer(r"^\| ((?:CKV|TXN)\w+) \|.*$", PAGE, re.MULTILINE)}


def test_every_test_that_a_control_names_exists() -> None:
    named = {test for control in mapping.read().values() for test in control.tests}

    assert len(named) > 60
    assert evidence.missing(named) == []


def test_the_page_has_a_row_for_every_check_that_stands_for_something() -> None:
    assert set(rows()) == set(mapping.read())


def test_every_row_tells_the_controls_and_tests_of_its_check() -> None:
    found = rows()
    for check, control in mapping.read().items():
        cells = found[check].split(" | ")
        assert cells[2] == (", ".join(control.pci) or "none"), check
        assert cells[3] == (", ".join(control.hub) or "none"), check
        assert all(f"`{test}`" in cells[5] for test in control.tests), check


def test_no_row_is_without_a_test_the_scan_or_a_reason() -> None:
    for check, row in rows().items():
        assert re.search(r"`[\w.]+(?:/|::)\w+`|the scan|Skipped in ", row.split(" | ")[5]), check


def test_every_skip_in_the_source_stands_in_the_page_with_its_reason() -> None:
    found = rows()
    skips = [
        (check, reason)
        for pattern in ("*.tf", "modules/*/*.tf", "examples/*/*.tf")
        for file in paths.ROOT.glob(pattern)
        for _, _, _, of_block in exemptions.blocks(file)
        for check, reason in of_block.items()
    ]

    assert len(skips) > 50
    for check, reason in skips:
        told = check not in found or reason.replace("|", "\\|") in found[check]
        assert told, f"{check}: {reason}"
