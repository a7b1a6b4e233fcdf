"""What fails three times leaves the queue, so that it neither blocks the others nor is lost."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

from policies.reading import AFTER_APPLY, document, only

_RECEIVES = 3


class ThirdReceiveIsTheLast(BaseResourceCheck):
    """A queue has a dead-letter queue after three receives, or is one that names the queue it serves."""

    def __init__(self) -> None:
        super().__init__(
            id="TXN_2",
            name="A message goes to a dead-letter queue after exactly three receives",
            categories=[CheckCategories.BACKUP_AND_RECOVERY],
            supported_resources=["aws_sqs_queue"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Read both sides of the redrive: where this queue's messages go, or whose messages come here."""
        served = only(conf, "redrive_allow_policy")
        if "byQueue" in str(served):
            return CheckResult.PASSED
        if conf.get("redrive_policy") == [AFTER_APPLY]:  # the target's ARN comes with the apply
            return CheckResult.UNKNOWN
        policy = document(only(conf, "redrive_policy")) or {}
        return CheckResult.PASSED if policy.get("maxReceiveCount") == _RECEIVES else CheckResult.FAILED


check = ThirdReceiveIsTheLast()
