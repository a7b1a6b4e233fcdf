"""Which tests exist, by the names that documents use for them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from scripts import paths

_RUN = re.compile(r'^run "(\w+)"', re.MULTILINE)
_TEST = re.compile(r"^ *(?:async )?def (test_\w+)", re.MULTILINE)


@cache
def names(root: Path = paths.ROOT) -> frozenset[str]:
    """Return every test: MODULE/RUN of Terraform, with the folder's name for a module or example, or FILE.py::TEST."""
    runs = {
        f"{file.parents[1].name}/{run}"
        for file in root.glob("*/*/tests/*.tftest.hcl")
        for run in _RUN.findall(file.read_text(encoding="utf-8"))
    }
    tests = {
        f"{file.name}::{test}"
        for file in root.glob("tests/**/test_*.py")
        for test in _TEST.findall(file.read_text(encoding="utf-8"))
    }
    return frozenset(runs | tests)


def missing(wanted: set[str], root: Path = paths.ROOT) -> list[str]:
    """Return those that do not exist."""
    return sorted(wanted - names(root))
