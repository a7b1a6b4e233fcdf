"""The parameters of a proxy event, checked: what is wrong with one is an error that names it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Optional
from urllib.parse import unquote

from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.ids import is_id

DEFAULT_LIMIT = 20
MAXIMUM_LIMIT = 100

NO_ID = "must be 1 to 64 letters, digits or any of _.:-, a letter or digit first"


def path_id(event: Mapping[str, Any], name: str) -> str:
    """Return the id in the event's path.

    Raises
    ------
    InvalidTransactionError
        If it is none.
    """
    value = unquote((event.get("pathParameters") or {}).get(name, ""))
    if not is_id(value):
        raise InvalidTransactionError(name, NO_ID)
    return value


def query_of(event: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the event's query parameters, which the gateway has decoded."""
    return event.get("queryStringParameters") or {}


def limit_of(text: Optional[str]) -> int:
    """Return how many entries a page may have, from the parameter `limit`.

    Raises
    ------
    InvalidTransactionError
        If it is no number from 1 to 100.
    """
    if text is None:
        return DEFAULT_LIMIT
    limit = int(text) if re.fullmatch("[0-9]{1,3}", text) else 0
    if not 1 <= limit <= MAXIMUM_LIMIT:
        raise InvalidTransactionError("limit", f"must be a whole number from 1 to {MAXIMUM_LIMIT}")
    return limit
