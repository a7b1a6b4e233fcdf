"""Reading back what was queued: a message is checked like a request, for what arrives may not be what we sent.

Apart from `pipeline.domain.queued`, so that functions that only send do not load the schema of messages.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Optional

from pipeline.domain import strict_json
from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.ids import is_id
from pipeline.domain.queued import Acceptance
from pipeline.domain.queued_schema import validate as compiled_schema
from pipeline.domain.schema import Validate, check_schema
from pipeline.domain.times import from_text, to_text
from pipeline.domain.transaction import Transaction, checked

_validate: Validate = compiled_schema
"""The flagship's fields, of which those are required that every system's requests have."""


def from_document(document: Any) -> Transaction:
    """Read back, and check again, what `Transaction.to_document` wrote.

    Raises
    ------
    InvalidTransactionError
        If the document breaks the rules of a request; it names the field.
    """
    if not isinstance(document, dict):
        raise InvalidTransactionError("transaction", "must be an object")
    restored = {**document, "amount": _decimal(document.get("amount"))}
    location = document.get("location")
    if isinstance(location, dict):
        restored["location"] = {name: _decimal(degrees) for name, degrees in location.items()}
    check_schema(_validate, restored)
    return checked(restored)


def _decimal(text: Any) -> Any:
    try:
        return Decimal(text)
    except (ArithmeticError, TypeError, ValueError):
        return text  # the schema names the field


def submitted_id(body: str) -> Optional[str]:
    """Return the id that a request names which the gateway put on a stream by itself; None if none can be read.

    Of a request that is refused, it is all that leads from its sender's question to the refusal.
    """
    try:
        document = strict_json.loads(body)
    except InvalidTransactionError:
        return None
    submission = document.get("submission") if isinstance(document, dict) else None
    named = submission.get("transaction_id") if isinstance(submission, dict) else None
    return named if is_id(named) else None


def read_body(body: str) -> Acceptance:
    """Read back what `Acceptance.to_body` wrote.

    Raises
    ------
    InvalidTransactionError
        If the body breaks the rules of a request, or its fingerprint is not the transaction's.
    """
    return read_document(strict_json.loads(body))


def read_document(document: Any) -> Acceptance:
    """Read back what `Acceptance.to_body` wrote, decoded (see `strict_json.loads`).

    Raises
    ------
    InvalidTransactionError
        As for `read_body`.
    """
    if not isinstance(document, dict):
        raise InvalidTransactionError("body", "must be an object")
    transaction = from_document(document.get("transaction"))
    if document.get("fingerprint") != transaction.fingerprint:
        raise InvalidTransactionError("fingerprint", "is not the fingerprint of the transaction")
    try:
        received_at = to_text(from_text(str(document.get("received_at"))))
    except ValueError as error:
        raise InvalidTransactionError("received_at", str(error)) from error
    return Acceptance(transaction, received_at, str(document.get("correlation_id", "")))
