"""Call a handler as the gateway does."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any


def post(
    module: ModuleType, body: Any, *, encoded: bool = False, claims: dict[str, Any] | None = None
) -> tuple[int, dict[str, Any]]:
    """Return the status and the body that the handler answers to `body`, which is JSON unless it is a text.

    `claims` are those of the token that the gateway let in, if it asked for one.
    """
    text = body if isinstance(body, str) else json.dumps(body)
    context: dict[str, Any] = {"requestId": "request-1"}
    if claims is not None:
        context["authorizer"] = {"claims": claims}
    event = {"body": text, "isBase64Encoded": encoded, "requestContext": context}
    answer = module.handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])
