"""Between Python values and DynamoDB's wire format."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def to_item(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return `row` in wire format; parts that are None are left out."""
    return {name: _serialize(value) for name, value in row.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a wire-format item as plain Python values; numbers are Decimal."""
    return {name: _deserialize(value) for name, value in item.items()}


def from_json_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same of an item that came as JSON, in which binary attributes are texts in base64.

    Lambda's events and the AWS CLI write them like this. Those inside of maps and lists are not looked for.
    """
    return from_item({name: _with_bytes(value) for name, value in item.items()})


def _with_bytes(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"B": b64decode(value["B"])} if isinstance(value.get("B"), str) else value


def to_bytes(value: Any) -> bytes:
    """Return a binary attribute as `from_item` gives it.

    Raises
    ------
    TypeError
        If the attribute is not binary.
    """
    if not isinstance(value, Binary):
        raise TypeError("must be binary")
    binary: Any = value  # its stub knows nothing of its value
    return bytes(binary.value)


def error_code(error: ClientError) -> str:
    """Return the service's name of an error, e.g. "ConditionalCheckFailedException"."""
    return str(error.response.get("Error", {}).get("Code", ""))
