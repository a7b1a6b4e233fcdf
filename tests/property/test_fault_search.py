"""The search for faults is worth something: it is one and the same for a seed, it reaches everything, it finds bugs."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts import paths
from tests.property.simulation import flagship, flows, redrive, search
from tests.property.simulation.mutations import MUTATIONS
from tests.property.simulation.redrive_mutations import REDRIVE_MUTATIONS
from tests.property.simulation.stream_mutations import STREAM_MUTATIONS
from tests.property.simulation.virtual import virtual

BUDGET = 3000
"""Seeds within which a planted bug must be found, those of its system: less than a third of what `make test` runs."""

_TWO_CONSUMERS = "kills the function"
_A_COPY = "failed, and a copy of it could be decided"
_TWO_CUSTOMERS = "an id of two customers, and a clock that makes them late"
HARDEST = {
    "commits on any version": _TWO_CONSUMERS,
    "lifts the block of others": _A_COPY,
    "leaves the fence of anothers id": _TWO_CUSTOMERS,
    "lifts the block over who joined meanwhile": "released",
    "lets go whoever has the account": "released by two at once",
    "trusts the index": "released, and the index lags",
}
"""Bugs that chance finds late: it takes a certain fault on a certain flow."""


@pytest.fixture(scope="module", autouse=True)
def _virtual() -> Iterator[None]:
    with virtual(search.packages()):
        yield


def _schedules(system: str, flow: str | None) -> Iterator[search.Found]:
    """Yield what schedules of a system show: of single faults on a flow, or of chance."""
    if flow is not None:
        yield from flows.every_single_fault(only=flow, systems=(system,))
    yield from map(search.run_seed, (seed for seed in range(BUDGET) if search.system_of(seed) == system))


PLANTED = {
    **{bug: ("flagship", mutation) for bug, mutation in MUTATIONS.items()},
    **{bug: ("redrive", mutation) for bug, mutation in REDRIVE_MUTATIONS.items()},
    **STREAM_MUTATIONS,
}


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(bug: str) -> None:
    system, mutation = PLANTED[bug]
    with mutation():
        found = next((found for found in _schedules(system, HARDEST.get(bug)) if found.violations), None)

    assert found is not None


@pytest.mark.parametrize("flow", redrive.FLOWS)
def test_the_operators_release_all_where_no_fault_strikes(flow: str) -> None:
    world = redrive.Redrive(redrive.FLOWS[flow], Random(1))  # noqa: S311

    world.run()

    assert {row["status"] for row in world.rows().values()} == {"APPROVED"}
    assert "blocked_by" not in world.rows("accounts")["acc-0"]


def test_a_seed_is_one_schedule_whatever_ran_before() -> None:
    first: list[str] = []
    second: list[str] = []
    search.run_seed(11, first.append)
    search.run_seed(12)

    search.run_seed(11, second.append)

    assert first == second
    assert len(first) > 5


# Hypothesis draws what the seeds' random numbers stand for, and so shrinks what it finds to the least chance.
@pytest.mark.parametrize("system", search.KINDS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(draw=st.randoms(use_true_random=False))
def test_no_schedule_breaks_a_promise(system: str, draw: Random) -> None:
    found = search.run(system, "drawn", search.KINDS[system].drawn(draw), draw)

    assert found.violations == {}


def test_every_call_of_aws_in_the_code_is_reached() -> None:
    found = search.Found()
    for flow in flows.every_single_fault(kinds=()):
        found.add(flow)

    reached = {tuple(re.findall(r": (\w+) \((.*)\)", point)[0]) for point in found.seen}
    assert _calls_in_code(search.packages()) - reached == set(NOT_REACHED)


NOT_REACHED = {
    ("get_item", "pipeline/aws/transactions_view.py"): "only the function `query` reads one row so",
    ("get_item", "pipeline/aws/claimed_transactions.py"): "only where ids are claimed and merchants are listed",
    ("get_parameter_history", "pipeline/aws/policies.py"): "only where a policy document is refused",
}
"""Calls that the functions' imports hold and no system makes here, and why."""


def _calls_in_code(functions: Any) -> set[tuple[str, str]]:
    """Return each operation that the functions' code calls, with its file."""
    files = {paths.LAMBDA_SRC / name / "handler.py" for name in functions}
    while True:
        imported = {file for each in files for file in _imports(each)}
        if imported <= files:
            break
        files |= imported
    found = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_client(node.func.value):
                found.add((node.func.attr, str(file.relative_to(paths.LAMBDA_SRC))))
    return found


def _imports(file: Any) -> Iterator[Any]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            candidate = paths.LAMBDA_SRC / (node.module.replace(".", "/") + ".py")
            if candidate.is_file():
                yield candidate


def _is_client(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in ("_client", "client", "SQS") and name != ""


def test_the_rules_are_those_of_the_bus() -> None:
    text = re.sub(r"\s+", " ", (paths.ROOT / "main.tf").read_text(encoding="utf-8"))

    written = [re.sub(r"([\w-]+) = ", r'"\1": ', each) for each in re.findall(r"pattern = jsonencode\((.*?)\)", text)]
    deployed = [json.loads(re.sub(r'(\]|\}) "', r'\1, "', each)) for each in written]
    assert deployed == [flagship.HIGH_VALUE, flagship.FLAGGED, flagship.ARCHIVED]
