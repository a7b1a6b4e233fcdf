"""Settings of a function: read once, typed, and complete before the first event."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Callable, TypeVar

from pipeline.domain.errors import SettingError

SettingsT = TypeVar("SettingsT")

_READERS: dict[str, Callable[[str], Any]] = {"str": str, "int": int, "float": float, "Decimal": Decimal}


def load_settings(kind: type[SettingsT], environment: Mapping[str, str]) -> SettingsT:
    """Fill the dataclass `kind` from environment variables named like its fields, in upper case.

    Parameters
    ----------
    kind
        A dataclass whose fields are str, int, float or Decimal, or Optional of these. A field with a default
        may be missing.
    environment
        Usually `os.environ`.

    Raises
    ------
    SettingError
        If a variable is missing or empty and has no default, or cannot be read as the field's type.
    """
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        variable = field.name.upper()
        text = environment.get(variable, "")
        if not text and field.default is not dataclasses.MISSING:
            continue
        if not text:
            raise SettingError(f"the environment variable {variable} is missing")
        type_name = str(field.type).removeprefix("Optional[").removesuffix("]")
        try:
            values[field.name] = _READERS[type_name](text)
        except (ValueError, InvalidOperation) as error:
            raise SettingError(f"the environment variable {variable} must be a {type_name}: {text!r}") from error
    return kind(**values)
