"""What a plan makes bears the tags of its root, whatever a module adds or overrides."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

from policies.reading import only


def owned(tags: Collection[str]) -> bool:
    """Say whether the names of tags tell the environment, and the project or the cost centre."""
    return "Environment" in tags and ("Project" in tags or "CostCenter" in tags)


class ResourcesAreTagged(BaseResourceCheck):
    """A planned resource that takes tags has them; the source does not know them."""

    def __init__(self) -> None:
        super().__init__(
            id="TXN_7",
            name="A planned resource is tagged with Environment, and with Project or CostCenter",
            categories=[CheckCategories.CONVENTION],
            supported_resources=["aws_*"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Read the tags with those of the provider."""
        if "tags_all" not in conf:
            return CheckResult.UNKNOWN
        return CheckResult.PASSED if owned(only(conf, "tags_all") or {}) else CheckResult.FAILED


check = ResourcesAreTagged()
