"""Finding a Python that really works."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from scripts import interpreters

HERE = sys.version_info[:2]


def test_this_python_is_found_first() -> None:
    found = interpreters.find([HERE])

    assert found is not None
    assert found.version == HERE
    assert found.name == f"{HERE[0]}.{HERE[1]}"


def test_a_shim_that_refuses_to_start_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\necho 'version not installed' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    assert interpreters.identify(shim) is None
    assert interpreters.find([(3, 99)]) is None


def test_a_python_of_pyenv_is_found_though_it_is_not_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "versions" / "3.98.1" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho cpython 3 98 {program}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))

    assert interpreters.find([(3, 97), (3, 98)]) == interpreters.Interpreter(program, (3, 98))
