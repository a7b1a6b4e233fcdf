"""What a compiled validator raises. It stands for the compiler's own error, whose package would be imported with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Optional

_BETWEEN = re.compile(r"[.\[\]]+")


class SchemaViolation(ValueError):  # noqa: N818 - it is data about a document, not a fault of ours
    """A document breaks its schema.

    Parameters
    ----------
    message
        What is wrong, beginning with `name`.
    value
        The offending part.
    name
        Where it is: "data.property[index]".
    definition
        The part of the schema that it breaks; None in a validator that was compiled without.
    rule
        The keyword of that part: "required", "maximum".
    """

    def __init__(
        self,
        message: str,
        value: Any = None,
        name: str = "",
        definition: Optional[Mapping[str, Any]] = None,
        rule: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.value = value
        self.name = name
        self.definition = definition or {}
        self.rule = rule

    @property
    def path(self) -> list[str]:
        """Return `name`, level by level: ["data", "property", "index"]."""
        return [part for part in _BETWEEN.split(self.name) if part]

    @property
    def rule_definition(self) -> Any:
        """Return what the schema says under the broken rule; None where it is not known."""
        return self.definition.get(self.rule)
