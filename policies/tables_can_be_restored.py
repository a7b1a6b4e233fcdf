"""A table, and each replica of it, can be brought back to any second of the last 35 days."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

from policies.reading import every, only

_DAYS = 35  # the most that DynamoDB offers, and its default


class TablesCanBeRestored(BaseResourceCheck):
    """Point-in-time recovery is on and its period is not shortened."""

    def __init__(self) -> None:
        super().__init__(
            id="TXN_3",
            name="A table and its replicas can be restored to any second of the last 35 days",
            categories=[CheckCategories.BACKUP_AND_RECOVERY],
            supported_resources=["aws_dynamodb_table"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Read the recovery of the table and of its replicas."""
        recovery = only(conf, "point_in_time_recovery") or {}
        kept = only(recovery, "enabled") is True and only(recovery, "recovery_period_in_days") in (None, _DAYS)
        replicas = all(only(replica, "point_in_time_recovery") is True for replica in every(conf, "replica"))
        return CheckResult.PASSED if kept and replicas else CheckResult.FAILED


check = TablesCanBeRestored()
