"""Between Python values and DynamoDB's wire format.

`boto3.dynamodb.types` does the same for more types, and at the price of a cold start with `boto3`.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import Any, Callable

from botocore.exceptions import ClientError

_NUMBERS = Context(prec=38, Emin=-128, Emax=126, traps=[Clamped, Inexact, Overflow, Rounded, Underflow])
"""The numbers that DynamoDB keeps; what it would round is an error."""


def to_item(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return `row` in wire format; parts that are None are left out.

    Raises
    ------
    TypeError
        If a value is of a type that rows do not have: a float or a set, say.
    decimal.DecimalException
        If a number has more than 38 digits or is beyond DynamoDB's range.
    """
    return {name: _to_wire(value) for name, value in row.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a wire-format item as plain Python values: numbers as Decimal, sets (of operators; rows have none) as set.

    Raises
    ------
    TypeError
        If something is no attribute of DynamoDB's; a binary one that a stream brought is none, for it is encoded there.
    """
    return {name: _from_wire(value) for name, value in item.items()}


def from_json_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same of an item that came as JSON, in which binary attributes are texts in base64.

    Lambda's events and the AWS CLI write them like this. Those inside of maps and lists are not looked for.
    """
    return from_item({name: _with_bytes(value) for name, value in item.items()})


def _with_bytes(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"B": b64decode(value["B"])} if isinstance(value.get("B"), str) else value


def to_bytes(value: Any) -> bytes:
    """Return a binary attribute, as `from_item` gives it.

    Raises
    ------
    TypeError
        If the attribute is not binary.
    """
    if not isinstance(value, bytes):
        raise TypeError("must be binary")
    return value


def _to_wire(value: Any) -> dict[str, Any]:
    for types, attribute_of in _ATTRIBUTES:
        if isinstance(value, types):
            return attribute_of(value)
    raise TypeError(f"rows have no {type(value).__name__}")


def _number(value: int | Decimal) -> dict[str, Any]:
    number = _NUMBERS.create_decimal(value)
    if not number.is_finite():
        raise TypeError(f"rows have no number {number}")
    return {"N": str(number)}


_ATTRIBUTES: tuple[tuple[Any, Callable[[Any], dict[str, Any]]], ...] = (
    (str, lambda text: {"S": text}),
    (bool, lambda truth: {"BOOL": truth}),  # before int, which it is one of
    ((int, Decimal), _number),
    (Mapping, lambda parts: {"M": {name: _to_wire(part) for name, part in parts.items()}}),
    ((list, tuple), lambda parts: {"L": [_to_wire(part) for part in parts]}),
    (bytes, lambda binary: {"B": binary}),
    (type(None), lambda _: {"NULL": True}),
)
"""How values are written, by their type."""


def _from_wire(attribute: Mapping[str, Any]) -> Any:
    for kind, value in attribute.items():  # of which there is one
        if kind in _VALUES:
            return _VALUES[kind](value)
    raise TypeError(f"no attribute of DynamoDB: {list(attribute)}")


_VALUES: Mapping[str, Callable[[Any], Any]] = {
    "S": lambda text: text,
    "BOOL": lambda truth: truth,
    "N": _NUMBERS.create_decimal,
    "M": from_item,
    "L": lambda parts: [_from_wire(part) for part in parts],
    "B": to_bytes,
    "NULL": lambda _: None,
    "SS": set,
    "BS": set,
    "NS": lambda numbers: {_NUMBERS.create_decimal(number) for number in numbers},
}
"""How attributes are read, by DynamoDB's name of their type."""


def error_code(error: ClientError) -> str:
    """Return the service's name of an error, e.g. "ConditionalCheckFailedException"."""
    return str(error.response.get("Error", {}).get("Code", ""))
