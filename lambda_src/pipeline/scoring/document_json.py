"""JSON for policy documents: whole numbers stay int, others become Decimal, and nothing ambiguous gets in."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, Optional, Union

from pipeline.domain.strict_json import LARGEST_POWER, MOST_DIGITS, NotANumber


class RepeatedNameError(ValueError):
    """A name is given twice in one object, which readers resolve differently.

    Parameters
    ----------
    path
        The path of the name, dots between levels.
    """

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is given twice")
        self.path = path


class _Object(dict[str, Any]):
    """An object and the first name that it repeats: while it is read, its own place is not known yet."""

    repeated: Optional[str] = None


def decode(text: str) -> Any:
    """Decode a JSON text; numbers beyond all measure become `NotANumber`, so that the check of types names their field.

    Raises
    ------
    RepeatedNameError
        If an object names something twice.
    ValueError
        If the text is no JSON.
    RecursionError
        If it nests too deeply.
    """
    try:
        content = json.loads(
            text, parse_int=_whole, parse_float=_decimal, parse_constant=NotANumber, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    _refuse_repeats(content, "")
    return content


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    content = _Object()
    for name, value in pairs:
        if name in content and content.repeated is None:
            content.repeated = name
        content[name] = value
    return content


def _whole(text: str) -> Union[int, NotANumber]:
    return int(text) if len(text) <= MOST_DIGITS else NotANumber(text)


def _decimal(text: str) -> Union[Decimal, NotANumber]:
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent beyond what decimals can have
        return NotANumber(text)
    fits = len(number.as_tuple().digits) <= MOST_DIGITS and abs(number.adjusted()) <= LARGEST_POWER
    return number if fits else NotANumber(text)


def _refuse_repeats(value: Any, path: str) -> None:
    if isinstance(value, _Object):
        if value.repeated is not None:
            raise RepeatedNameError(f"{path}{value.repeated[:64]}")
        for name, part in value.items():
            _refuse_repeats(part, f"{path}{name[:64]}.")
    elif isinstance(value, list):
        for place, part in enumerate(value):
            _refuse_repeats(part, f"{path}{place}.")
