"""JSON as money needs it: decimals stay decimals, and nothing ambiguous gets in."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, Union

from pipeline.domain.errors import InvalidTransactionError

MOST_DIGITS = 38
"""Significant digits beyond which a number in a request is none: a DynamoDB number holds no more."""

LARGEST_POWER = 40
"""Power of ten beyond which, up or down, a number in a request is none."""


class NotANumber:
    """A number that is none: NaN, infinite or absurdly long; of no type that a schema knows, so its field is named.

    Parameters
    ----------
    text
        As it was written.
    """

    def __init__(self, text: str) -> None:
        self.text = text


def _number(text: str) -> Union[Decimal, NotANumber]:
    """Read a number; one of absurd length or magnitude would cost memory wherever it is written out."""
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent beyond what decimals can have
        return NotANumber(text)
    fits = len(number.as_tuple().digits) <= MOST_DIGITS and abs(number.adjusted()) <= LARGEST_POWER
    return number if fits else NotANumber(text)


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for key, value in pairs:
        if key in document:
            raise InvalidTransactionError("body", "repeats a key")  # unnamed: it is as long and private as it likes
        document[key] = value
    return document


def loads(text: str) -> Any:
    """Decode a JSON text; numbers become Decimal, NaN and infinities become `NotANumber`.

    Raises
    ------
    InvalidTransactionError
        If the text is no JSON, nests too deeply or repeats a key (which readers resolve differently).
    """
    try:
        return json.loads(
            text,
            parse_float=_number,
            parse_int=_number,
            parse_constant=NotANumber,
            object_pairs_hook=_object_without_repeats,
        )
    except json.JSONDecodeError as error:
        raise InvalidTransactionError("body", f"is no JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise InvalidTransactionError("body", "nests too deeply") from error
