"""What clients carry around unread, as text that fits into a query string: the cursors of lists."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, Optional, Union

LONGEST_TEXT = 2048


def pack(parts: Sequence[Union[str, int]]) -> str:
    """Return the one text for `parts`."""
    packed = json.dumps(list(parts), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def unpack(text: str) -> Optional[list[Any]]:
    """Read back what `pack` wrote, or return None: then it is something else, if only another text for the same."""
    if len(text) > LONGEST_TEXT:
        return None
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        parts = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, RecursionError, ValueError):
        return None
    return parts if isinstance(parts, list) and pack(parts) == text else None
