"""Between Python values and DynamoDB's wire format as boto3 does it, for the types that the functions use, but faster.

Half of a schedule's time would go into boto3's own conversion. A test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import DYNAMODB_CONTEXT, Binary, TypeDeserializer, TypeSerializer

_others: Any = TypeSerializer().serialize
_back: Any = TypeDeserializer().deserialize


def serialize(value: Any) -> dict[str, Any]:
    """Return a value in wire format."""
    kind = type(value)
    if kind is str:
        return {"S": value}
    if kind is bool:
        return {"BOOL": value}
    if kind is int:
        return {"N": str(value)}
    if kind is dict:
        return {"M": {name: serialize(each) for name, each in value.items()}}
    if kind in (list, tuple):
        return {"L": [serialize(each) for each in value]}
    converted: dict[str, Any] = _others(value)
    return converted


def deserialize(value: Mapping[str, Any]) -> Any:
    """Return a value of wire format as Python has it."""
    ((kind, content),) = value.items()
    if kind == "S":
        return content
    if kind == "N":
        return _number(content)
    if kind == "M":
        return {name: deserialize(each) for name, each in content.items()}
    if kind == "L":
        return [deserialize(each) for each in content]
    if kind == "B":
        return Binary(content)
    return content if kind == "BOOL" else _back(value)


def _number(text: str) -> Decimal:
    return DYNAMODB_CONTEXT.create_decimal(text)
