"""What emulators have and lack is told once, tested where it is had, and covered where nobody has it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts import paths, side_by_side
from scripts.localstack.container import ContainerLocalStack
from scripts.localstack.given import GivenLocalStack
from scripts.localstack.host import HostLocalStack
from scripts.ministack import MiniStack
from scripts.strict.emulator import StrictMiniStack
from tests.e2e.behaviours import BEHAVIOURS, MODELLED, PROVIDED, READ_BACK_GAPS, Behaviour, is_provided, markdown
from tests.e2e.proofs import Proofs

pytest_plugins = ["pytester"]

ANYWHERE = frozenset().union(*PROVIDED.values())
PROVABLE = frozenset().union(*(PROVIDED[kind] - MODELLED.get(kind, frozenset()) for kind in PROVIDED))


def needs_of_the_tests() -> set[str]:
    """Return what the end-to-end tests say that they need."""
    texts = (file.read_text(encoding="utf-8") for file in (paths.ROOT / "tests" / "e2e").glob("test_*.py"))
    marks = [mark for text in texts for mark in re.findall(r"pytest\.mark\.needs\(([^)]*)\)", text)]
    return {key for mark in marks for key in re.findall(r'"([a-z-]+)"', mark)}


def test_every_kind_of_emulator_says_what_it_has() -> None:
    emulators = (MiniStack, StrictMiniStack, HostLocalStack, ContainerLocalStack, GivenLocalStack)
    kinds = {emulator.kind for emulator in emulators}

    assert PROVIDED.keys() == READ_BACK_GAPS.keys() == kinds


def test_what_an_emulator_has_is_seen_by_a_test() -> None:
    assert needs_of_the_tests() == ANYWHERE


def test_what_no_emulator_has_of_its_own_is_covered_otherwise_and_only_that() -> None:
    assert {key for key, behaviour in BEHAVIOURS.items() if behaviour.otherwise} == BEHAVIOURS.keys() - PROVABLE


def test_what_is_modelled_is_provided_and_said_in_its_column() -> None:
    for kind, modelled in MODELLED.items():
        assert modelled <= PROVIDED[kind]
    rows = [row for row in markdown().splitlines() if "| modelled |" in row]
    assert {row.split("`")[1] for row in rows} == MODELLED["localstack-host"]


def test_a_name_that_is_in_no_list_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="no such behaviour: wof"):
        is_provided("embedded", "wof")


TESTS = """
    import pytest

    @pytest.mark.needs("ordered")
    def test_ordered(): pass

    @pytest.mark.needs("ordered", "retried")
    @pytest.mark.parametrize("times", [1, 2])
    def test_retried(times): assert times == 1

    @pytest.mark.needs("blocked")
    def test_blocked(): assert False

    def test_without_needs(): assert False
"""
LIST = {name: Behaviour(f"It is {name}.") for name in ("ordered", "retried", "blocked", "late")}
HAS = {"one": {"ordered", "retried", "late"}, "two": {"ordered", "blocked"}}
ADDED = {"two": {"ordered"}}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the run that these tests are themselves a part of out of the runs that they make."""
    monkeypatch.delenv(side_by_side.RUN, raising=False)


def run(pytester: pytest.Pytester, folder: Path, kind: str, *arguments: str) -> pytest.RunResult:
    """Run the tests on an emulator."""
    pytester.makeini("[pytest]\nmarkers = needs(*behaviours)\n")
    proofs = Proofs(lambda: kind, folder, LIST, HAS, ADDED)
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-rs", *arguments, plugins=[proofs])


def test_a_run_ends_with_behaviour_by_emulator(pytester: pytest.Pytester, tmp_path: Path) -> None:
    pytester.makepyfile(TESTS)

    run(pytester, tmp_path / "seen", "two", "-k", "ordered")
    result = run(pytester, tmp_path / "seen", "one")

    result.assert_outcomes(passed=2, failed=2, skipped=1)
    result.stdout.re_match_lines(
        [
            r" +one +two$",
            "ordered +failed +modelled$",
            "retried +failed +not provided$",
            "blocked +not provided +no test$",
            "late +no test +not provided$",
            r"one: seen since \d{4}-\d\d-\d\dT\S+, commit \S+$",
            r"two: seen since \d{4}-\d\d-\d\dT\S+, commit \S+$",
            r"SKIPPED .* one lacks blocked: It is blocked\.",
        ]
    )


def test_a_run_of_a_few_tests_forgets_nothing(pytester: pytest.Pytester, tmp_path: Path) -> None:
    pytester.makepyfile(TESTS)

    run(pytester, tmp_path, "one")
    result = run(pytester, tmp_path, "one", "-k", "test_ordered")

    result.stdout.re_match_lines(["ordered +proved", "retried +failed"])


@pytest.mark.parametrize(("first", "second", "state"), [("a", "a", "failed"), ("a", "b", "proved"), ("", "", "proved")])
def test_a_behaviour_that_failed_in_one_of_two_runs_side_by_side_is_not_proved_by_the_other(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, second: str, state: str
) -> None:
    pytester.makepyfile(TESTS)
    monkeypatch.setenv(side_by_side.RUN, first)
    run(pytester, tmp_path, "one", "-k", "test_retried")

    monkeypatch.setenv(side_by_side.RUN, second)
    result = run(pytester, tmp_path, "one", "-k", "test_retried and 1")

    result.stdout.re_match_lines([f"retried +{state}$"])


def test_a_need_that_is_in_no_list_ends_the_run(pytester: pytest.Pytester, tmp_path: Path) -> None:
    pytester.makepyfile('import pytest\n@pytest.mark.needs("wof")\ndef test_it(): pass')

    result = run(pytester, tmp_path, "one")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.re_match_lines([r".*test_it: no such behaviour: wof"])
