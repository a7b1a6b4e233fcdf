"""Ask a LocalStack whether it is there, and which one it is."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass


@dataclass(frozen=True)
class Health:
    """What a LocalStack says of itself."""

    version: str
    edition: str


def ask(endpoint: str, timeout: float = 1.0) -> Health | None:
    """Return what answers at `endpoint`, or None when no LocalStack does."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy has no say on loopback
    try:
        with direct.open(f"{endpoint}/_localstack/health", timeout=timeout) as answer:
            told = json.load(answer)
            return Health(str(told["version"]), str(told["edition"]))
    except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError):
        return None
