"""Functions run on Graviton: cheaper for the same work, and the zips are built for it."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

from policies.reading import only


class FunctionsOnArm64(BaseResourceCheck):
    """A function names arm64 and nothing else; AWS's default is x86_64."""

    def __init__(self) -> None:
        super().__init__(
            id="TXN_1",
            name="A function runs on arm64",
            categories=[CheckCategories.CONVENTION],
            supported_resources=["aws_lambda_function"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Compare the architectures."""
        return CheckResult.PASSED if only(conf, "architectures") == ["arm64"] else CheckResult.FAILED


check = FunctionsOnArm64()
