"""AWS clients, all with the same patience: short timeouts and retries with full jitter."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

CONNECT_TIMEOUT_SECONDS = 1
READ_TIMEOUT_SECONDS = 5
MAX_ATTEMPTS = 4


def client(service: str) -> Any:
    """Return a client of `service`, with the region, credentials and endpoint of the environment.

    The SDK's standard mode retries throttles and broken connections with exponential back-off and full jitter.
    """
    sdk: Any = boto3  # its stubs want the service as a literal
    return sdk.client(
        service,
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
        ),
    )
