"""The same as for policy documents, for policies that stand in a resource as JSON: what a plan knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

from policies.reading import document, only, texts

_ATTRIBUTES = ("policy", "assume_role_policy", "access_policy", "policy_document")


class JsonPoliciesNameActions(BaseResourceCheck):
    """No statement that allows has a wildcard in an action, or names what is not allowed instead."""

    def __init__(self) -> None:
        super().__init__(
            id="TXN_9",
            name="A policy in JSON allows actions that are written out",
            categories=[CheckCategories.IAM],
            supported_resources=["aws_*"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Read the policies of the resource that are known."""
        found = [policy for policy in (document(only(conf, name)) for name in _ATTRIBUTES) if isinstance(policy, dict)]
        statements = [statement for policy in found for statement in _statements(policy)]
        if not statements:
            return CheckResult.UNKNOWN
        return CheckResult.FAILED if any(map(_wide, statements)) else CheckResult.PASSED


def _statements(policy: dict[str, Any]) -> Iterator[dict[str, Any]]:
    statements = policy.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, dict):
            yield statement


def _wide(statement: dict[str, Any]) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    return "NotAction" in statement or any("*" in text for text in texts(statement.get("Action")))


check = JsonPoliciesNameActions()
