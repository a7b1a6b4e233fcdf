"""What is installed is what was pinned: every package by version and hash, whichever registry it comes from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts import paths

FILES = sorted(paths.REQUIREMENTS.glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=paths.shown)
def test_every_package_is_pinned_with_its_hashes(file: Path) -> None:
    entries = re.split(r"\n(?=[a-zA-Z0-9])", file.read_text(encoding="utf-8").strip())

    assert entries
    for entry in entries:
        assert re.match(r"[\w.\[\]-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("file", FILES, ids=paths.shown)
def test_no_file_names_a_registry(file: Path) -> None:
    assert "://" not in file.read_text(encoding="utf-8")
