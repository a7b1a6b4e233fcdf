"""Logs and metrics: structured JSON with ids, amounts and codes; never names, card numbers or payloads."""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Optional

from pipeline.aws.powertools import Logger, Metrics, MetricUnit, single_metric

# Nothing to count is no fault: a batch may hold repetitions only.
warnings.filterwarnings("ignore", "No application metrics to publish")

logger = Logger(use_rfc3339=True)  # Lambda takes a line's time from it, and its level only beside a valid time
"""Writes JSON; service name and level come from POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL."""

# The level at which Lambda drops lines (AWS_LAMBDA_LOG_LEVEL) would become that of all logging: Powertools would write
# what nobody asked for, and with DEBUG the SDK whole requests.
logging.getLogger().setLevel(logging.WARNING)
logging.getLogger(logger.name).setLevel(os.environ.get("POWERTOOLS_LOG_LEVEL") or logging.INFO)

metrics = Metrics()
"""Collects EMF metrics; a handler wrapped in `metrics.log_metrics` writes them at its end."""


def count(name: str, value: int = 1) -> None:
    """Add to a business metric that counts."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def milliseconds(name: str, value: float) -> None:
    """Add one observation, in milliseconds, to a latency metric."""
    metrics.add_metric(name=name, unit=MetricUnit.Milliseconds, value=value)


@contextmanager
def timed(name: Optional[str]) -> Iterator[None]:
    """Observe how long the block takes in the latency metric `name`; without a name nothing is observed."""
    start = time.perf_counter()
    try:
        yield
    finally:
        if name is not None:
            milliseconds(name, (time.perf_counter() - start) * 1000)


def measure(name: str, value: float, **dimensions: str) -> None:
    """Write one observation without a unit, with dimensions of its own besides the service."""
    with single_metric(name=name, unit=MetricUnit.NoUnit, value=value, default_dimensions=dimensions):
        pass
