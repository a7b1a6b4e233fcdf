"""A scan passes only when nothing failed and every skip says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts import paths
from scripts.scan import exemptions, planned
from scripts.scan.findings import Findings, findings


def record(resource: str = "aws_sqs_queue.this", comment: str | None = None) -> dict[str, Any]:
    return {
        "check_id": "CKV_AWS_27",
        "check_name": "Encrypted queue",
        "check_result": {"suppress_comment": comment},
        "file_path": "/modules/sqs_fifo/main.tf",
        "file_line_range": [12, 30],
        "resource": resource,
    }


def report(passed: int = 1, **results: list[Any]) -> dict[str, Any]:
    empty: dict[str, list[Any]] = {"failed_checks": [], "skipped_checks": [], "parsing_errors": []}
    return {"results": {**empty, **results}, "summary": {"passed": passed}}


def test_a_skip_is_listed_once_however_often_its_module_is_used() -> None:
    reason = "The key is the caller's choice"
    uses = [record(f"module.{name}.aws_sqs_queue.this", reason) for name in ("a", "b")]

    found = findings([report(skipped_checks=uses)])

    assert found.clean
    assert [(skip.resource, skip.reason) for skip in found.skips] == [("aws_sqs_queue.this", reason)]


@pytest.mark.parametrize("comment", [None, "", "No comment provided", "ignore", "not needed"])
def test_a_skip_without_a_reason_in_words_fails(comment: str | None) -> None:
    found = findings([report(skipped_checks=[record(comment=comment)])])

    assert not found.clean
    assert len(found.unexplained) == 1


def test_a_failed_check_fails_and_is_named_with_its_place() -> None:
    found = findings([report(failed_checks=[record("module.queue.aws_sqs_queue.this")])])

    assert not found.clean
    assert found.failed == ("CKV_AWS_27 Encrypted queue (aws_sqs_queue.this, modules/sqs_fifo/main.tf:12)",)


def test_a_file_that_cannot_be_read_or_nothing_scanned_fails() -> None:
    assert not findings([report(parsing_errors=["main.tf"])]).clean
    assert not findings([report(passed=0)]).clean
    assert not findings([]).clean


# ---------------------------------------------------------------------------------------------------------------------
# Plans
# ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a root of two modules whose resources have one name; only one of them may do without a key."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    for module, comment in (("queue", ""), ("dead_letters", "  #checkov:skip=CKV_AWS_27:Holds nothing of anybody\n")):
        (tmp_path / "modules" / module).mkdir(parents=True)
        text = f'resource "aws_sqs_queue" "this" {{\n{comment}  name = "x"\n}}\n'
        (tmp_path / "modules" / module / "main.tf").write_text(text)
    return tmp_path


def plan() -> dict[str, Any]:
    calls = {name: {"source": f"../../modules/{name}", "module": {}} for name in ("queue", "dead_letters")}
    return {"configuration": {"root_module": {"module_calls": calls}}}


def planned_record(address: str) -> dict[str, Any]:
    return {**record(address), "file_path": "/shop.json"}


def judged(*failed: str) -> Findings:
    reports = [report(passed_checks=[], failed_checks=[planned_record(address) for address in failed])]
    return planned.judge(reports, {"shop.json": (Path("examples/shop"), plan())})


@pytest.mark.usefixtures("repository")
def test_a_comment_in_the_source_exempts_what_its_own_module_makes_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exemptions, "exceptions", list)

    found = judged('module.dead_letters["a.b"].aws_sqs_queue.this', "module.queue.aws_sqs_queue.this")

    assert [(skip.file, skip.reason) for skip in found.skips] == [
        ("modules/dead_letters/main.tf", "Holds nothing of anybody")
    ]
    assert found.failed == (
        "CKV_AWS_27 Encrypted queue (module.queue.aws_sqs_queue.this of examples/shop, modules/queue/main.tf)",
    )


@pytest.mark.usefixtures("repository")
def test_an_exception_is_about_its_root_only_and_fails_when_it_excuses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = [
        exemptions.Exemption("CKV_AWS_27", root, "module.queue*", "The shop's own reason")
        for root in ("examples/shop", "examples/other")
    ]
    monkeypatch.setattr(exemptions, "exceptions", lambda: written)

    found = judged("module.queue.aws_sqs_queue.this")

    assert [(skip.file, skip.reason) for skip in found.skips] == [("examples/shop", "The shop's own reason")]
    assert found.failed == ("an exception of examples/other from CKV_AWS_27 excuses nothing",)


def test_what_only_an_apply_tells_is_told_apart_from_what_nobody_has_set() -> None:
    change = {"after_unknown": {"id": True, "rule": [{"key": True, "name": False}], "tags": {}}}
    values = {"name": "x", "rule": [{"name": "r"}], "tags": {"a": "b"}, "key": None}
    content = {
        "resource_changes": [{"address": "module.m.aws_x.y", "change": change}],
        "planned_values": {
            "root_module": {"child_modules": [{"resources": [{"address": "module.m.aws_x.y", "values": values}]}]}
        },
    }

    planned.fill(content)

    filled = content["planned_values"]["root_module"]["child_modules"][0]["resources"][0]["values"]  # type: ignore[index]
    assert filled == {
        "id": planned.AFTER_APPLY,
        "name": "x",
        "rule": [{"key": planned.AFTER_APPLY, "name": "r"}],
        "tags": {"a": "b"},
        "key": None,
    }
