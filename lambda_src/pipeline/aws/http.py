"""Answers of the API, in the shapes that api/openapi.yaml promises."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from pipeline.domain.errors import InvalidTransactionError

HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Response = dict[str, Any]


def answer(status: int, body: Mapping[str, Any], headers: Optional[Mapping[str, str]] = None) -> Response:
    """Return an API Gateway proxy answer with a JSON body.

    Parameters
    ----------
    status
        HTTP status.
    body
        What is answered.
    headers
        Headers besides the usual ones, or in place of them.
    """
    return {
        "statusCode": status,
        "headers": {**HEADERS, **(headers or {})},
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


def origins_of(setting: str) -> list[str]:
    """Return the origins that a setting names, with commas between them."""
    return [origin.strip() for origin in setting.split(",") if origin.strip()]


def for_pages(response: Response, event: Mapping[str, Any], origins: Sequence[str]) -> Response:
    """Return an answer that web pages of these origins may read (CORS); the gateway asks for it of the function.

    Parameters
    ----------
    response
        The answer.
    event
        The proxy event, whose header Origin says which page asks.
    origins
        Such as https://bank.example, or "*" alone; without any, nothing is added.
    """
    if not origins:
        return response
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    asking = headers.get("origin")
    allowed = {"Access-Control-Allow-Origin": asking if asking in origins else origins[0]}
    if "*" not in origins:
        vary = response["headers"].get("Vary")
        allowed["Vary"] = f"{vary}, Origin" if vary else "Origin"
    return {**response, "headers": {**response["headers"], **allowed}}


def request_id_of(event: Mapping[str, Any]) -> str:
    """Return the gateway's request id of a proxy event."""
    return str(event.get("requestContext", {}).get("requestId", ""))


def claims_of(event: Mapping[str, Any]) -> Optional[Mapping[str, Any]]:
    """Return the claims of the token that the gateway let in, or None where it asked for none."""
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    return authorizer["claims"] or {} if "claims" in authorizer else None


def body_of(event: Mapping[str, Any]) -> str:
    """Return the body of a proxy event as text.

    Raises
    ------
    InvalidTransactionError
        If it is no UTF-8.
    """
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body)
    try:
        return base64.b64decode(body, validate=True).decode("utf-8")
    except ValueError as problem:
        raise InvalidTransactionError("body", "is no UTF-8 text") from problem
