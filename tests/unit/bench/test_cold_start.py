"""What a cold start compiles of ours: a zip holds sources, so that each line that is imported is paid for by each."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import package
from tests.bench.performance import cold_start
from tests.bench.performance.cold_start import own_modules

MOST_LINES = {"ingest": 3_300, "query": 1_300, "relay": 1_600, "process": 7_300}
"""Lines of the imported modules."""
OF_OTHERS = {
    "ingest": (
        "pipeline.aws.claimed_transactions", "pipeline.aws.kinesis", "pipeline.aws.merchant_risk", "pipeline.scoring",
        "pipeline.domain.decision", "pipeline.domain.profile", "pipeline.domain.settlement",
        "pipeline.domain.request_schemas.securebank",
    ),
    "query": ("pipeline.domain.customer", "pipeline.domain.transaction", "pipeline.scoring", "customer_query"),
    "relay": ("pipeline.domain.decision", "pipeline.domain.records", "pipeline.scoring"),
    "process": (
        "pipeline.aws.failures", "pipeline.aws.kinesis", "pipeline.aws.quarantine", "pipeline.domain.case",
        "pipeline.domain.label", "pipeline.domain.lake", "pipeline.scoring.drift",
    ),
}  # fmt: skip
"""What other functions, or other systems' settings of the same function, need."""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("packages")
    package.package_all(target=target)
    return target


@pytest.mark.parametrize("function", MOST_LINES)
def test_a_start_imports_what_its_function_uses(packages: Path, function: str) -> None:
    found = own_modules(function, packages)

    assert [name for name in found if name.startswith(OF_OTHERS[function])] == []
    lines = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in found.values())
    assert lines <= MOST_LINES[function], f"{function} imports {lines} lines of ours"


def test_a_start_within_its_bars_passes_and_one_above_is_named() -> None:
    usual = {"milliseconds": 500.0, "parts": {"own": 0.0}}
    good = {name: {"milliseconds": 200.0, "parts": {"own": 20.0}} for name in MOST_LINES}
    slow = {**good, "relay": {"milliseconds": 300.0, "parts": {"own": 40.0}}}

    assert cold_start.missed({**good, cold_start.USUAL: usual}) == []
    assert cold_start.missed({**slow, cold_start.USUAL: usual}) == [
        "relay starts in 0.600 of the usual function's start, not 0.54",
        "relay spends on its own modules 0.080 of the usual function's start, not 0.072",
    ]


def test_a_bar_that_is_known_to_be_missed_is_printed_and_not_missed_by_more(capsys: pytest.CaptureFixture[str]) -> None:
    usual = {"milliseconds": 500.0, "parts": {"own": 0.0}}
    good = {name: {"milliseconds": 200.0, "parts": {"own": 20.0}} for name in MOST_LINES}
    known = {**good, "process": {"milliseconds": 300.0, "parts": {"own": 70.0}}}
    worse = {**good, "process": {"milliseconds": 300.0, "parts": {"own": 80.0}}}

    assert cold_start.missed({**known, cold_start.USUAL: usual}) == []
    assert "known to be missed: process spends on its own modules 0.140 of" in capsys.readouterr().out
    assert len(cold_start.missed({**worse, cold_start.USUAL: usual})) == 1
