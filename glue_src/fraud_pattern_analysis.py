"""The job fraud-pattern-analysis, under Glue and in a shell; see docs/analytics.md.

Usage: fraud_pattern_analysis.py --lake LAKE [--week MONDAY] [--weeks N] [--policy-document DOCUMENT]
    [--minimum-labels N] [--region REGION]
"""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import Any, Callable

from pyspark.sql import SparkSession

from lake_jobs import arguments, entry, weekly
from lake_jobs.storage import open_storage, read_document


def prepare(given: list[str]) -> Callable[[SparkSession], dict[str, Any]]:
    """Read the arguments and return the work."""
    options = arguments.weekly(given, datetime.now(timezone.utc).date())
    storage = open_storage(options.lake, options.region)
    document = read_document(options.policy_document, options.region) if options.policy_document else None
    return lambda spark: weekly.run(spark, storage, options.week, options.weeks, document, options.minimum_labels)


if __name__ == "__main__":
    entry.run(sys.argv, arguments.WEEKLY, prepare)
