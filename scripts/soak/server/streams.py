"""What becomes of a stream's batch of which a function names a failed record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_SOURCES = ("aws:dynamodb", "aws:kinesis")


def outcome(event: Any, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the outcome of a call of a function: failed, if it names a record of a stream as failed.

    AWS begins again at that record. The emulator would pass over it as if it were done; what fails as a whole it
    gives again as a whole.
    """
    body = result.get("body")
    failures = body.get("batchItemFailures") if isinstance(body, dict) else None
    if not failures or not _is_of_a_stream(event):
        return result
    return {
        **result,
        "error": True,
        "body": {"errorType": "BatchItemFailures", "errorMessage": json.dumps(failures)},
    }


def _is_of_a_stream(event: Any) -> bool:
    records = event.get("Records") if isinstance(event, dict) else None
    return isinstance(records, list) and bool(records) and records[0].get("eventSource") in _SOURCES
