"""`make runtimes`: the functions' tests on both ends of what the functions run on, with the packages of the zips."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts import environments, interpreters, paths, runtimes
from scripts.environments import Environment, NoInterpreterError
from scripts.errors import CommandError


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put programs in the interpreters' places that note what they are called with, and pass."""
    monkeypatch.setattr(paths, "VENVS", tmp_path)
    monkeypatch.setattr(environments, "ensure", lambda environment: environment)
    for environment in environments.RUNTIMES:
        environment.python.parent.mkdir(parents=True)
        answer(environment, 0)
    return tmp_path


def answer(environment: Environment, status: int) -> None:
    environment.python.write_text(f'#!/bin/sh\necho "$@" >> "{environment.folder}/calls"\nexit {status}\n')
    environment.python.chmod(0o755)


def calls(environment: Environment) -> list[str]:
    noted = environment.folder / "calls"
    return noted.read_text().splitlines() if noted.exists() else []


def lacks(monkeypatch: pytest.MonkeyPatch, missing: Environment, error: CommandError) -> None:
    def ensure(environment: Environment) -> Environment:
        if environment is missing:
            raise error
        return environment

    monkeypatch.setattr(environments, "ensure", ensure)


def test_each_version_runs_the_functions_tests(machine: Path) -> None:
    assert runtimes.main() == 0

    for environment in environments.RUNTIMES:
        (call,) = calls(environment)
        assert call.startswith("-m pytest ")
        assert set(call.split()) >= {"tests/unit/domain", "tests/unit/scoring", "tests/unit/functions"}


def test_a_failure_on_the_oldest_fails_the_command_after_the_newest_has_run_too(machine: Path) -> None:
    oldest, newest = environments.RUNTIMES
    answer(oldest, 1)

    assert runtimes.main() == 1
    assert len(calls(newest)) == 1


def test_a_version_that_cannot_be_had_is_left_out_with_one_line(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    oldest, newest = environments.RUNTIMES
    lacks(monkeypatch, oldest, NoInterpreterError("none"))

    assert runtimes.main() == 0
    assert (len(calls(oldest)), len(calls(newest))) == (0, 1)
    said = [line for line in capfd.readouterr().out.splitlines() if "left out" in line]
    assert said == ["runtimes: Python 3.9 is left out: it is not on this machine and could not be downloaded."]


def test_packages_that_cannot_be_had_fail_the_command(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    lacks(monkeypatch, environments.RUNTIMES[0], CommandError("is a package registry reachable?"))

    assert runtimes.main() == 1
    assert capfd.readouterr().err == "runtimes: is a package registry reachable?\n"


def test_they_are_the_oldest_and_the_newest_that_a_function_can_be_given() -> None:
    module = (paths.ROOT / "modules/lambda_graviton/variables.tf").read_text(encoding="utf-8")
    allowed = [(int(major), int(minor)) for major, minor in re.findall(r'"python(\d+)\.(\d+)"', module)]

    assert len(allowed) > 2
    assert (min(allowed), max(allowed)) == interpreters.RUNTIMES
    assert tuple(version for environment in environments.RUNTIMES for version in environment.versions) == (
        interpreters.RUNTIMES
    )


@pytest.mark.parametrize("name", ["lambda", "runtime"])
def test_the_packages_are_the_very_ones_of_the_zips_and_of_the_runtime(name: str) -> None:
    (tested,) = {environment.requirements for environment in environments.RUNTIMES}

    shipped = pins(paths.REQUIREMENTS / f"{name}.txt")
    assert shipped
    assert shipped <= pins(tested)


def pins(file: Path) -> set[str]:
    """Return what is pinned there for every Python, with the files' hashes."""
    text = re.sub(r"^ *#.*\n", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return set(re.findall(r"^\S+==\S+ (?:\\\n +--hash=\S+ ?)+", text, re.MULTILINE))
