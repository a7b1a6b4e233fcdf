"""Answers of the API, in the shapes that api/openapi.yaml promises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Optional

HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Response = dict[str, Any]


def answer(status: int, body: Mapping[str, Any]) -> Response:
    """Return an API Gateway proxy answer with a JSON body."""
    return {
        "statusCode": status,
        "headers": dict(HEADERS),
        "body": json.dumps(body, separators=(",", ":")),
        "isBase64Encoded": False,
    }


def error(
    status: int, code: str, message: str, request_id: str, details: Optional[Mapping[str, Any]] = None
) -> Response:
    """Return an error answer.

    Parameters
    ----------
    status
        HTTP status.
    code
        Stable code for programs, e.g. "INVALID_REQUEST".
    message
        One sentence for people, with what to do.
    request_id
        The gateway's id of the request, which is also the correlation id in the logs.
    details
        More for programs; "field" names the offending field.
    """
    problem = {"code": code, "message": message, "details": dict(details or {})}
    return answer(status, {"error": problem, "request_id": request_id})


def request_id_of(event: Mapping[str, Any]) -> str:
    """Return the gateway's request id of a proxy event."""
    return str(event.get("requestContext", {}).get("requestId", ""))
