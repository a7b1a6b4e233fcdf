"""Read a golden table: one case a row, the last column says why it is there."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "golden"


def cases(name: str) -> list[Any]:
    """Return the rows of a table as parameters of a test, named by their reason to be there."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=row["why"]) for row in csv.DictReader(file)]
