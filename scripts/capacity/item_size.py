"""How large an item is, as DynamoDB counts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def item_bytes(item: Mapping[str, Any]) -> int:
    """Return the bytes of an item: names and values.

    Sizes of numbers are about right: DynamoDB says "approximately" itself.
    """
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, bool) or value is None:
        return 1
    if isinstance(value, Decimal):
        return len(value.as_tuple().digits) // 2 + 2
    if isinstance(value, Mapping):
        return 3 + sum(1 + len(name.encode()) + _value_bytes(part) for name, part in value.items())
    if isinstance(value, (list, set)):
        return 3 + sum(1 + _value_bytes(part) for part in value)
    return len(bytes(value))
