"""Fixtures that several kinds of tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from scripts import aws_environment
from scripts.ministack import MiniStack

# The functions' own settings come from their tests; what Powertools reads on import is set for all.
os.environ.update(
    POWERTOOLS_SERVICE_NAME="test",
    POWERTOOLS_METRICS_NAMESPACE="TransactionPipeline",
    POWERTOOLS_LOG_LEVEL="WARNING",
    AWS_DEFAULT_REGION=aws_environment.REGION,
)


@pytest.fixture(scope="session")
def emulator() -> Iterator[MiniStack]:
    """Start a bare local AWS for tests of adapters; nothing is deployed in it."""
    with MiniStack("ministack-tests") as server:
        yield server


@pytest.fixture
def aws(emulator: MiniStack) -> Any:
    """Make clients of the bare local AWS: `aws("dynamodb")`."""

    def client(service: str) -> Any:
        sdk: Any = boto3
        return sdk.client(
            service,
            endpoint_url=emulator.endpoint,
            region_name=aws_environment.REGION,
            aws_access_key_id=aws_environment.ACCESS_KEY,
            aws_secret_access_key=aws_environment.SECRET_KEY,
        )

    return client
