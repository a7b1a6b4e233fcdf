"""How large DynamoDB takes an item to be, and what a write to it costs in its table and its indexes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from scripts.cost.units import write_units

Item = Mapping[str, Any]
Index = Mapping[str, Any]

OVERHEAD = 100
"""Bytes that DynamoDB adds to each stored item, and to each item of an index."""


def item_bytes(item: Item) -> int:
    """Return the size of an item: names and values, as AWS documents it."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        digits = content.partition("E")[0].replace("-", "").replace(".", "").strip("0")
        return math.ceil(len(digits) / 2) + 1
    if kind == "M":
        return 3 + sum(len(name.encode()) + _value_bytes(inner) + 1 for name, inner in content.items())
    if kind == "L":
        return 3 + sum(_value_bytes(inner) + 1 for inner in content)
    if kind in {"SS", "NS", "BS"}:
        return sum(_value_bytes({kind[0]: inner}) for inner in content)
    return 1 if kind in {"BOOL", "NULL"} else len(content)


def projected(item: Item | None, index: Index, key: Sequence[str]) -> dict[str, Any] | None:
    """Return what an index holds of an item; None if it does not hold it."""
    own = [part["AttributeName"] for part in index["KeySchema"]]
    if item is None or not all(name in item for name in own):
        return None
    projection = index["Projection"]
    if projection["ProjectionType"] == "ALL":
        return dict(item)
    kept = {*own, *key, *projection.get("NonKeyAttributes", ())}
    return {name: value for name, value in item.items() if name in kept}


def index_units(old: Item | None, new: Item | None, index: Index, key: Sequence[str]) -> int:
    """Return the write units that a change of an item takes in an index: a moved item is deleted and written."""
    before, after = projected(old, index, key), projected(new, index, key)
    if before == after:
        return 0
    own = [part["AttributeName"] for part in index["KeySchema"]]
    if before and after and any(before[name] != after[name] for name in own):
        return write_units(item_bytes(before)) + write_units(item_bytes(after))
    return write_units(max(item_bytes(before or {}), item_bytes(after or {})))
