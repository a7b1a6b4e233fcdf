"""Clients of the local AWS, whatever the user's own AWS settings are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from scripts import aws_environment

_DEFAULT = Config(retries={"mode": "standard", "max_attempts": 5}, connect_timeout=5, read_timeout=60)


def clients(endpoint: str, region: str, config: Config = _DEFAULT) -> Callable[[str], Any]:
    """Return what makes clients by the name of their service: `clients(endpoint, region)("sqs")`."""
    session: Any = boto3.session.Session(
        aws_access_key_id=aws_environment.ACCESS_KEY,
        aws_secret_access_key=aws_environment.SECRET_KEY,
        region_name=region,
    )
    return lambda service: session.client(service, endpoint_url=endpoint, config=config)
