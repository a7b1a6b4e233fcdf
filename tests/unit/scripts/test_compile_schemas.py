"""The generated validators say what the schemas say."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scripts import compile_schemas
from scripts.compile_schemas import TARGETS, Target


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.generated.stem)
def test_a_generated_validator_is_up_to_date(target: Target) -> None:
    assert target.up_to_date()


def test_check_names_what_is_out_of_date_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "policy_schema.py"
    stale.write_text("# older\n")
    monkeypatch.setattr(compile_schemas, "TARGETS", (*TARGETS[:2], replace(TARGETS[2], generated=stale)))
    monkeypatch.setattr(sys, "argv", ["compile_schemas", "--check"])

    assert compile_schemas.main() == 1
    assert f"{stale} is out of date" in capsys.readouterr().err
    assert stale.read_text() == "# older\n"


def test_it_writes_what_is_out_of_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = replace(TARGETS[2], generated=tmp_path / "policy_schema.py")
    monkeypatch.setattr(compile_schemas, "TARGETS", (target,))
    monkeypatch.setattr(sys, "argv", ["compile_schemas"])

    assert compile_schemas.main() == 0
    assert target.up_to_date()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.generated.stem)
def test_no_prose_travels_into_the_functions(target: Target) -> None:
    assert "description" not in target.code()
