"""What a look at alarms by their names is about: each of them, as AWS documents it, and not all that there are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions

BETWEEN = "\n"
"""Parts the ARNs where a request is about several resources; none holds a line break."""


def name_each() -> None:
    """Have MiniStack name the alarms of such a request, about which it would ask with "*"."""
    found: Callable[..., str] = iam_actions.extract_resource_arn

    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: Any,
        body: bytes,
        query_params: Any,
        region: str,
        account_id: str,
    ) -> str:
        names = _names(body) if service == "monitoring" else []
        if names:
            return BETWEEN.join(f"arn:aws:cloudwatch:{region}:{account_id}:alarm:{name}" for name in names)
        return found(service, method, path, headers, body, query_params, region, account_id)

    iam_actions.extract_resource_arn = extract_resource_arn


def _names(body: bytes) -> list[str]:
    """Return the names of a request in JSON, which is how the SDKs write it."""
    try:
        asked = json.loads(body)
    except ValueError:
        return []
    return list(asked.get("AlarmNames", [])) if isinstance(asked, dict) else []
