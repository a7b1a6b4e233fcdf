"""Where a page of a list begins, as the opaque text that clients carry around.

The text is checked, not signed: all that a forged one could do is to begin elsewhere in the list of the
account that the caller asks for anyway.
"""

from __future__ import annotations

from pipeline.aws.transactions_view import Position
from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.ids import is_id
from pipeline.domain.opaque import pack, unpack
from pipeline.domain.times import from_text, to_text

VERSION = 1


def to_cursor(position: Position) -> str:
    """Return the text for `position`."""
    return pack([VERSION, position.account_id, position.received_at, position.transaction_id])


def from_cursor(text: str, account_id: str) -> Position:
    """Read a cursor of the list of `account_id`.

    Raises
    ------
    InvalidTransactionError
        If it is none of ours, or one of another account; it names the field `cursor`.
    """
    position = _position(text)
    if position is None or to_cursor(position) != text:
        raise InvalidTransactionError("cursor", "must be the next_cursor of the page before, unchanged")
    if position.account_id != account_id:
        raise InvalidTransactionError("cursor", "belongs to the list of another account")
    return position


def _position(text: str) -> Position | None:
    parts = unpack(text)
    if parts is None or len(parts) != 4:
        return None
    version, account_id, received_at, transaction_id = parts
    if version != VERSION or not is_id(account_id) or not is_id(transaction_id):
        return None
    try:
        return Position(account_id, to_text(from_text(received_at)), transaction_id)
    except (TypeError, ValueError):
        return None
