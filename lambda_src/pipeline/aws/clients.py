"""AWS clients, all with the same patience: short timeouts and retries with full jitter."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

CONNECT_TIMEOUT_SECONDS = 1
MAX_ATTEMPTS = 3


def client(service: str, read_timeout_seconds: float = 2.0, attempts: int = MAX_ATTEMPTS) -> Any:
    """Return a client of `service`, with the region, credentials and endpoint of the environment.

    The SDK's standard mode retries throttles and broken connections with exponential back-off and full jitter.

    Parameters
    ----------
    service
        Name of the service, e.g. "dynamodb".
    read_timeout_seconds
        How long one attempt may wait for an answer. All attempts together must fit the function's
        timeout with room to spare, or a silent service looks like a crash of ours.
    attempts
        1 for writes that must rather be lost than made twice.
    """
    sdk: Any = boto3  # its stubs want the service as a literal
    return sdk.client(
        service,
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=read_timeout_seconds,
            retries={"mode": "standard", "total_max_attempts": attempts},
            # The service checks its parameters anyway; to do it here first is a third of the time of `process`.
            parameter_validation=False,
        ),
    )
