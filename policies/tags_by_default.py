"""A root tags all that it makes with whose it is and what it is for: costs and incidents find their owner."""

from __future__ import annotations

import re
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.provider.base_check import BaseProviderCheck

from policies.reading import only
from policies.resources_are_tagged import owned


class TagsByDefault(BaseProviderCheck):
    """The provider's default tags name the environment, and the project or the cost centre."""

    def __init__(self) -> None:
        super().__init__(
            id="TXN_6",
            name="A root tags by default with Environment, and with Project or CostCenter",
            categories=[CheckCategories.CONVENTION],
            supported_provider=["aws"],
        )

    def scan_provider_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Read the names of the tags, also out of an expression that merges them."""
        if "region" not in conf and "default_tags" not in conf and "alias" in conf:
            return CheckResult.UNKNOWN  # a plan shows the provider without what it was given
        if str(only(conf, "access_key")) in ("test", "offline"):
            return CheckResult.UNKNOWN  # the provider of a module's tests, which makes nothing
        tags = only(only(conf, "default_tags") or {}, "tags")
        names = set(tags) if isinstance(tags, dict) else set(re.findall(r"'(\w+)':", str(tags)))
        return CheckResult.PASSED if owned(names) else CheckResult.FAILED


check = TagsByDefault()
