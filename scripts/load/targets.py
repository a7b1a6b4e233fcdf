"""What the API of each system takes: where transactions are posted, and what they look like there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional
from urllib.parse import urlsplit

from scripts.demo import bodies, generator
from scripts.demo.model import DemoError, Transaction


@dataclass(frozen=True)
class Target:
    """One system's way to submit a transaction.

    Parameters
    ----------
    path
        Where transactions are posted, below the endpoint of the API.
    body
        Writes a transaction as the API wants it, with the merchant's name.
    """

    path: str
    body: Callable[[Transaction, Optional[str]], bytes]


TARGETS = {
    "securebank": Target("/transactions", bodies.securebank),
    "flagship": Target("/v1/transactions", bodies.flagship),
    "merchant_api": Target("/transaction", bodies.merchant_api),
    "stream_alerts": Target("/transactions", bodies.stream_alerts),
}

_NAMES = {merchant.merchant_id: merchant.name for merchant in generator.merchants()}


def target_of(system: str) -> Target:
    """Return the target of a system.

    Raises
    ------
    DemoError
        If there is no such system.
    """
    if system not in TARGETS:
        raise DemoError(f"there is no system {system!r}: it is one of {', '.join(TARGETS)}.")
    return TARGETS[system]


def body_of(target: Target, transaction: Transaction) -> bytes:
    """Return what is posted for a transaction."""
    return target.body(transaction, _NAMES.get(transaction.merchant_id))


def url_of(endpoint: str, target: Target) -> str:
    """Return where transactions are posted.

    Parameters
    ----------
    endpoint
        As Terraform's output `api_endpoint` has it, with the stage and without the path.

    Raises
    ------
    DemoError
        If it is no address.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise DemoError(
            f"the endpoint must look like https://ID.execute-api.REGION.amazonaws.com/v1, not {endpoint!r}."
        )
    return endpoint.rstrip("/") + target.path
