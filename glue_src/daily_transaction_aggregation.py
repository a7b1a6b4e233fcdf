"""The job daily-transaction-aggregation, under Glue and in a shell; see docs/analytics.md.

Usage: daily_transaction_aggregation.py --lake LAKE [--day YYYY-MM-DD] [--late-days N] [--region REGION]
"""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import Any, Callable

from pyspark.sql import SparkSession

from lake_jobs import arguments, daily, entry
from lake_jobs.storage import open_storage


def prepare(given: list[str]) -> Callable[[SparkSession], dict[str, Any]]:
    """Read the arguments and return the work."""
    options = arguments.daily(given, datetime.now(timezone.utc).date())
    storage = open_storage(options.lake, options.region)
    return lambda spark: daily.run(spark, storage, options.day, options.late_days)


if __name__ == "__main__":
    entry.run(sys.argv, arguments.DAILY, prepare)
