"""The report: figures, tables between markers, a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.cost import report, tables
from scripts.cost.estimate import VOLUMES, estimate
from scripts.errors import CommandError
from tests.unit.cost.small import PRICES, small


def test_the_report_holds_every_volume_and_adds_up(tmp_path: Path) -> None:
    report.write([estimate("small", small())], PRICES, tmp_path)

    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["systems"]["small"]["volumes"]
    assert [int(volume) for volume in found] == list(VOLUMES)
    for costs in found.values():
        assert sum(cost["variable"] for cost in costs["services"].values()) == pytest.approx(costs["variable"])
    assert "<svg" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_table_replaces_what_stands_between_its_markers() -> None:
    page = "before\n<!-- BEGIN one -->\nold\n<!-- END one -->\nafter\n"

    assert report.between(page, "one", "new\n") == "before\n<!-- BEGIN one -->\nnew\n<!-- END one -->\nafter\n"


def test_a_page_without_its_markers_is_refused() -> None:
    with pytest.raises(CommandError, match="BEGIN two"):
        report.between("nothing", "two", "")


@pytest.mark.parametrize(("usd", "shown"), [(0, "-"), (0.004, "-"), (0.5, "0.50"), (99.5, "99.50"), (1234.5, "1,234")])
def test_dollars_are_shown_for_people(usd: float, shown: str) -> None:
    assert tables.money(usd) == shown
