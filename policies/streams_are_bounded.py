"""A bad record holds its shard up for a bounded time, is isolated, and is told to somebody."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

from policies.reading import only

_POSITIONS = ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP")
_MOST_RETRIES = 10_000
_OLDEST_SECONDS = 604_800  # a week; AWS's default for both bounds, -1, is none at all


class StreamsAreBounded(BaseResourceCheck):
    """A stream's consumer bounds retries and age, halves failing batches and has an on-failure destination."""

    def __init__(self) -> None:
        super().__init__(
            id="TXN_10",
            name="A stream's consumer is bounded in retries and age, bisects, and tells what it gave up",
            categories=[CheckCategories.CONVENTION],
            supported_resources=["aws_lambda_event_source_mapping"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Look at consumers of streams; only those have a position to start at."""
        if only(conf, "starting_position") not in _POSITIONS:
            return CheckResult.UNKNOWN
        retries, age = only(conf, "maximum_retry_attempts"), only(conf, "maximum_record_age_in_seconds")
        bounded = (
            isinstance(retries, int)
            and 0 <= retries <= _MOST_RETRIES
            and isinstance(age, int)
            and 0 < age <= _OLDEST_SECONDS
            and only(conf, "bisect_batch_on_function_error") is True
            and "on_failure" in (only(conf, "destination_config") or {})
        )
        return CheckResult.PASSED if bounded else CheckResult.FAILED


check = StreamsAreBounded()
