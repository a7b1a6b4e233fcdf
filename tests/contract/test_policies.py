"""Our own checkov checks find what they promise to find, and let through what is right.

Each resource of `policies/*.tf` says in its name what it is: `good...` passes the checks of the project that look at
it, `bad...` fails the one that it is made for. One run of checkov reads them all.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from scripts.errors import CommandError
from scripts.scan import checkov, secrets
from scripts.scan.findings import resource

EXAMPLES = Path(__file__).parent / "policies"
BAD = {
    "TXN_1": ["aws_lambda_function.bad_both", "aws_lambda_function.bad_default"],
    "TXN_2": ["aws_sqs_queue.bad_count", "aws_sqs_queue.bad_for_all", "aws_sqs_queue.bad_without"],
    "TXN_3": [f"aws_dynamodb_table.bad_{why}" for why in ("off", "replica", "short", "without")],
    "TXN_4": [f"aws_sfn_state_machine.bad_{why}" for why in ("template", "unreadable")],
    "TXN_5": [f"aws_sfn_state_machine.bad_{why}" for why in ("template", "unreadable")],
    "TXN_6": ["aws.bad_no_owner", "aws.bad_without"],
    "TXN_7": ["aws_sns_topic.bad_no_environment", "aws_sns_topic.bad_none"],
    "TXN_8": [f"aws_iam_policy_document.bad_{why}" for why in ("all", "all_others", "dynamic", "part")],
    "TXN_9": ["aws_iam_role_policy.bad_all", "aws_iam_role_policy.bad_all_others"],
    "TXN_10": [f"aws_lambda_event_source_mapping.bad_{why}" for why in ("age", "for_ever", "silent", "whole_batch")],
}

Results = dict[str, dict[str, list[str]]]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Return the resources by check, those that passed and those that failed."""
    found: Results = defaultdict(lambda: {"passed_checks": [], "failed_checks": []})
    for report in checkov.source(EXAMPLES, tmp_path_factory.mktemp("report")):
        for kind in ("passed_checks", "failed_checks"):
            for record in report["results"][kind]:
                found[record["check_id"]][kind].append(resource(record["resource"]))
    return found


@pytest.mark.parametrize("check", BAD)
def test_a_check_refuses_what_breaks_the_promise_and_nothing_else(check: str, results: Results) -> None:
    assert sorted(results[check]["failed_checks"]) == BAD[check]
    passed = results[check]["passed_checks"]
    assert passed
    assert [name for name in passed if ".good" not in name] == []


def test_every_check_is_tried() -> None:
    written = [
        keyword.value.value
        for file in checkov.POLICIES.glob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "id" and isinstance(keyword.value, ast.Constant)
    ]

    assert sorted(map(str, written)) == sorted(BAD)


def test_a_check_that_cannot_be_loaded_stops_the_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "policies"
    broken.mkdir()
    (broken / "__init__.py").touch()
    (broken / "broken_policy.py").write_text("import no_such_module\n")
    monkeypatch.setattr(checkov, "POLICIES", broken)
    (tmp_path / "main.tf").write_text('resource "aws_sqs_queue" "this" {}\n')

    with pytest.raises(CommandError, match="no_such_module"):
        checkov.source(tmp_path, tmp_path / "report")


def test_a_secret_fails_wherever_it_lies_and_one_that_is_explained_is_told(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "docs").mkdir(parents=True)
    begin = "-----BEGIN RSA PRIVATE " + "KEY-----"  # put together, so that this file holds none
    (root / "docs" / "page.md").write_text(f"The key:\n\n{begin}\nMIIEpAIBAAKCAQEA\n")
    key = "AKIA" + "Z7QW2MXR5TJ4KPLD"
    (root / ".github").mkdir()
    (root / ".github" / "ci.yml").write_text(f"env:\n  KEY: {key}\n")
    (root / "settings.py").write_text(f'KEY = "{key}"\n')
    (root / "test.py").write_text(f'KEY = "{key}"  # checkov:skip=CKV_SECRET_2:of a test, opens nothing\n')

    found = secrets.found(root, tmp_path / "report")

    assert sorted(line.split(" in ")[1] for line in found.failed) == [
        ".github/ci.yml:2",
        "docs/page.md:4",
        "settings.py:1",
    ]
    assert [(skip.file, skip.reason) for skip in found.skips] == [("test.py", "of a test, opens nothing")]
