"""Whoever may do something may do what is written out, and nothing that AWS adds later under the same pattern."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.data.base_check import BaseDataCheck

from policies.reading import every, only, texts


class ActionsAreNamed(BaseDataCheck):
    """No statement that allows has a wildcard in an action, or names what is not allowed instead."""

    def __init__(self) -> None:
        super().__init__(
            id="TXN_8",
            name="A policy document allows actions that are written out",
            categories=[CheckCategories.IAM],
            supported_data=["aws_iam_policy_document"],
        )

    def scan_data_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Read the statements, those that the source makes by `dynamic` included."""
        return CheckResult.FAILED if any(map(_wide, _statements(conf))) else CheckResult.PASSED


def _statements(conf: dict[str, Any]) -> list[dict[str, Any]]:
    made = [part["statement"] for part in every(conf, "dynamic") if isinstance(part.get("statement"), dict)]
    return [*every(conf, "statement"), *(content for part in made for content in every(part, "content"))]


def _wide(statement: dict[str, Any]) -> bool:
    if only(statement, "effect") == "Deny":
        return False
    return bool(only(statement, "not_actions")) or any("*" in text for text in texts(statement.get("actions")))


check = ActionsAreNamed()
