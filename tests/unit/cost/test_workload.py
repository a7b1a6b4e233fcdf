"""The workload file: what it must say, and what it refuses."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import systems
from scripts.cost import workload
from scripts.errors import CommandError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PARTS = ("functions", "tables", "queues", "topics", "buckets", "buses", "workflows", "streams", "jobs")


def shipped() -> dict[str, Any]:
    content: dict[str, Any] = tomllib.loads(workload.FILE.read_text(encoding="utf-8"))["systems"]
    return content


def written(folder: Path, text: str) -> Path:
    file = folder / "workload.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_system_has_one() -> None:
    assert set(workload.load()) == set(systems.ALL)


@pytest.mark.parametrize("name", sorted(systems.ALL))
def test_every_figure_says_where_it_comes_from(name: str) -> None:
    without = [
        f"{part}.{key}"
        for part in PARTS
        for key, figures in shipped()[name].get(part, {}).items()
        if not figures.get("source")
    ]

    assert without == []


def test_a_figure_that_the_model_does_not_know_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, "[systems.small.functions]\ningest = { call = 1 }\n")

    with pytest.raises(CommandError, match=r"small\.functions\.ingest has unknown figures: call"):
        workload.load(file)


def test_a_part_that_the_model_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="small has unknown figures: function"):
        workload.load(written(tmp_path, "[systems.small.function]\ningest = { calls = 1 }\n"))
