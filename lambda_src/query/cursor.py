"""Where a page of a list begins, as the opaque text that clients carry around.

The text is checked, not signed: all that a forged one could do is to begin elsewhere in the list of the
account that the caller asks for anyway.
"""

from __future__ import annotations

import base64
import binascii
import json

from pipeline.aws.transactions_view import Position
from pipeline.domain.case import is_id
from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.times import from_text, to_text

VERSION = 1
LONGEST_TEXT = 2048


def to_cursor(position: Position) -> str:
    """Return the text for `position`."""
    parts = [VERSION, position.account_id, position.received_at, position.transaction_id]
    packed = json.dumps(parts, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def from_cursor(text: str, account_id: str) -> Position:
    """Read a cursor of the list of `account_id`.

    Raises
    ------
    InvalidTransactionError
        If it is none of ours, or one of another account; it names the field `cursor`.
    """
    position = _unpack(text) if len(text) <= LONGEST_TEXT else None
    if position is None or to_cursor(position) != text:
        raise InvalidTransactionError("cursor", "must be the next_cursor of the page before, unchanged")
    if position.account_id != account_id:
        raise InvalidTransactionError("cursor", "belongs to the list of another account")
    return position


def _unpack(text: str) -> Position | None:
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        version, account_id, received_at, transaction_id = json.loads(base64.urlsafe_b64decode(padded))
        if version != VERSION or not is_id(account_id) or not is_id(transaction_id):
            return None
        return Position(account_id, to_text(from_text(received_at)), transaction_id)
    except (binascii.Error, RecursionError, TypeError, ValueError):
        return None
