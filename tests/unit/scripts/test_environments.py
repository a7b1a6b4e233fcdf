"""An environment is built once, and again when anything it rests on changes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts import environments, paths
from scripts.environments import Environment, NoInterpreterError
from scripts.interpreters import Interpreter

SOME = Environment("some", ((3, 99),))


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count builds instead of making them; everything lies in a folder of the test."""
    built: list[str] = []
    monkeypatch.setattr(paths, "VENVS", tmp_path / "venv")
    monkeypatch.setattr(paths, "REQUIREMENTS", tmp_path)
    (tmp_path / "some.txt").write_text("rich==15.0.0\n")
    python = tmp_path / "python"
    python.write_text("3.99")
    interpreter = Interpreter(python, (3, 99))

    def build(environment: Environment, found: Interpreter) -> None:
        built.append(environment.name)
        environment.folder.mkdir(parents=True, exist_ok=True)
        environments._write_stamp(environment, found)

    monkeypatch.setattr(environments, "_build", build)
    monkeypatch.setattr(environments, "_interpreter", lambda _: interpreter)
    monkeypatch.setattr(environments, "ensure_uv", lambda: None)
    return built


def test_an_unchanged_environment_is_reused(builds: list[str]) -> None:
    environments.ensure(SOME)
    environments.ensure(SOME)

    assert builds == ["some"]


@pytest.mark.parametrize("changed", ["some.txt", "python"])
def test_changed_requirements_or_another_interpreter_build_it_again(
    builds: list[str], tmp_path: Path, changed: str
) -> None:
    environments.ensure(SOME)
    (tmp_path / changed).write_text("something else\n")
    environments.ensure(SOME)

    assert builds == ["some", "some"]


def test_environments_that_share_their_requirements_are_both_built_again_when_those_change(
    builds: list[str], tmp_path: Path
) -> None:
    both = [Environment(name, ((3, 99),), "some") for name in ("oldest", "newest")]
    for content in ("rich==15.0.0", "rich==15.0.0", "rich==16.0.0"):
        (tmp_path / "some.txt").write_text(content)
        for environment in both:
            environments.ensure(environment)

    assert builds == ["oldest", "newest"] * 2


def test_a_build_without_its_stamp_was_interrupted_and_is_made_again(builds: list[str]) -> None:
    environments.ensure(SOME)
    (SOME.folder / environments.STAMP).unlink()

    assert not environments.is_current(SOME)
    environments.ensure(SOME)
    assert builds == ["some", "some"]


def test_a_moved_clone_does_not_use_scripts_that_name_the_old_place(
    builds: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environments.ensure(SOME)
    (tmp_path / "venv").rename(tmp_path / "moved")
    monkeypatch.setattr(paths, "VENVS", tmp_path / "moved")

    assert not environments.is_current(SOME)


def test_no_python_and_no_download_end_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "uv_program", lambda: Path("/bin/false"))
    monkeypatch.setattr(environments, "uv_environment", dict)

    with pytest.raises(NoInterpreterError, match=r"needs one of Python 3\.99: none is on PATH"):
        environments._interpreter(SOME)


def test_the_environments_prefer_what_they_were_proved_on() -> None:
    assert environments.MINISTACK.versions[0] == (3, 12)
    assert environments.DEV.versions[0] == sys.version_info[:2]
    assert min(environments.DEV.versions) == (3, 10)  # even when the bootstrap runs on 3.9
