"""Call a handler as the gateway does."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any


def post(module: ModuleType, body: Any, *, encoded: bool = False) -> tuple[int, dict[str, Any]]:
    """Return the status and the body that the handler answers to `body`, which is JSON unless it is a text."""
    text = body if isinstance(body, str) else json.dumps(body)
    event = {"body": text, "isBase64Encoded": encoded, "requestContext": {"requestId": "request-1"}}
    answer = module.handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])
