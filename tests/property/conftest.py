"""Tables in the bare local AWS that all examples of a module share; each example has rows of its own in them."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from scripts import aws_environment
from scripts.ministack import MiniStack
from tests.unit.functions.conftest import Tables


@pytest.fixture(scope="module")
def client(emulator: MiniStack) -> Any:
    """Return a client of DynamoDB."""
    sdk: Any = boto3
    return sdk.client(
        "dynamodb",
        endpoint_url=emulator.endpoint,
        region_name=aws_environment.REGION,
        aws_access_key_id=aws_environment.ACCESS_KEY,
        aws_secret_access_key=aws_environment.SECRET_KEY,
    )


@pytest.fixture(scope="module")
def tables(client: Any) -> Tables:
    """Make the tables of the flagship's shape."""
    created = Tables(client)
    created.create()
    return created
