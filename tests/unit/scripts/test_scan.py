"""A scan passes only when nothing failed and every skip says why."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.scan.findings import findings


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
