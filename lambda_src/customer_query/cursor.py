"""Where a page of a customer's list begins, as the opaque text that clients carry around.

The digest in it binds the text to the customer, the filters and the place: whatever was changed, or belongs to another
list, is refused. It is no signature. Who computes one of their own begins elsewhere in a list that they may read.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from customer_query.filters import Filters
from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.opaque import pack, unpack

VERSION = 1
_DIGEST_LENGTH = 16
_LONGEST_KEY_BYTES = 1024


def to_cursor(place: str, customer_id: str, filters: Filters) -> str:
    """Return the text for the place right after the row with the sort key `place`."""
    return pack([VERSION, place, _digest(place, customer_id, filters)])


def from_cursor(text: str, customer_id: str, filters: Filters) -> str:
    """Return the sort key of the row after which the page begins.

    Raises
    ------
    InvalidTransactionError
        If it is no cursor of this customer's list with these filters; it names the field `cursor`.
    """
    parts = unpack(text)
    if parts is not None and len(parts) == 3:
        version, place, digest = parts
        if version == VERSION and _is_place(place, filters) and digest == _digest(place, customer_id, filters):
            return str(place)
    reason = "must be the next_cursor of the page before, unchanged, for the same customer and the same filters"
    raise InvalidTransactionError("cursor", reason)


def _is_place(place: Any, filters: Filters) -> bool:
    """Tell whether a query of the list can begin there; of another place DynamoDB complains."""
    is_key = isinstance(place, str) and len(place.encode("utf-8", "replace")) <= _LONGEST_KEY_BYTES
    return is_key and filters.start <= place <= filters.end


def _digest(place: str, customer_id: str, filters: Filters) -> str:
    parts = json.dumps([place, customer_id, filters.to_texts()], separators=(",", ":"))
    return hashlib.sha256(parts.encode()).hexdigest()[:_DIGEST_LENGTH]
