"""Retries of a workflow back off, are bounded and spread by full jitter, so that an outage is not met by a storm."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

from policies.reading import AFTER_APPLY
from policies.workflow_states import NoDefinitionError, states


class RetriesAreSpread(BaseResourceCheck):
    """Every Retry has BackoffRate, MaxDelaySeconds and JitterStrategy FULL."""

    def __init__(self) -> None:
        super().__init__(
            id="TXN_4",
            name="Every retry of a workflow backs off, is bounded and has full jitter",
            categories=[CheckCategories.CONVENTION],
            supported_resources=["aws_sfn_state_machine"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Read the retriers of all states; a definition that cannot be read fails."""
        if conf.get("definition") == [AFTER_APPLY]:
            return CheckResult.UNKNOWN
        try:
            retriers = [retrier for _, state in states(conf, self.entity_path) for retrier in state.get("Retry", [])]
        except NoDefinitionError:
            return CheckResult.FAILED
        spread = all(
            retrier.get("BackoffRate", 0) > 1
            and retrier.get("MaxDelaySeconds", 0) > 0
            and retrier.get("JitterStrategy") == "FULL"
            for retrier in retriers
        )
        return CheckResult.PASSED if spread else CheckResult.FAILED


check = RetriesAreSpread()
