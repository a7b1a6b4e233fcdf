"""Ids as the APIs take them: of transactions, accounts and merchants alike."""

from __future__ import annotations

import re
from typing import Any

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")


def is_id(value: Any) -> bool:
    """Tell whether `value` is an id as the API takes it."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None
