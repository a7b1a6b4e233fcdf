"""Checking a request against its compiled schema, so that the answer names the field."""

from __future__ import annotations

from typing import Any, Callable

from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.violation import SchemaViolation

Validate = Callable[[Any], Any]
"""A compiled validator."""


def check_schema(validate: Validate, document: Any) -> None:
    """Check `document` with a compiled validator (see scripts/compile_schemas.py).

    Raises
    ------
    InvalidTransactionError
        If it breaks the schema; it names the field, also one that is missing or unknown.
    """
    try:
        validate(document)
    except SchemaViolation as error:
        raise _named(error) from error


def _named(error: SchemaViolation) -> InvalidTransactionError:
    """Turn the validator's finding into one that names the field, also when it is missing or unknown."""
    path = [str(part) for part in error.path[1:]]
    reason = error.message.split(" ", 1)[1]
    value = error.value if isinstance(error.value, dict) else {}
    logged = path
    if error.rule == "required":
        path.append(next(name for name in error.rule_definition if name not in value))
        reason = "is required"
    elif error.rule == "additionalProperties":
        known = error.definition.get("properties", {})
        logged = [*path, "?"]
        path.append(next((name for name in value if name not in known), "?")[:64])
        reason = "is not a field of this request"
    elif error.rule == "not":  # the one exclusion of the schemas: an amount or a time of zero or less
        reason = "must be more than 0"
    elif error.rule == "maximum" and path == ["timestamp"]:  # what senders get wrong most often
        reason += ": it is Unix time in seconds, not in milliseconds"
    return InvalidTransactionError(".".join(path) or "body", reason, ".".join(logged) or "body")
