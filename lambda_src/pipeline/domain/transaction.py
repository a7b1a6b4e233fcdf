"""A transaction as the pipeline takes it: parsed, normalised, fingerprinted."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Callable, Optional

from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.money import MINOR_UNIT_DIGITS, decimal_places
from pipeline.domain.schema import check_schema
from pipeline.domain.times import from_text, to_text
from pipeline.domain.transaction_schema import validate as compiled_schema

_validate: Callable[[Any], Any] = compiled_schema

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far an event may lie ahead of our clock before it counts as dated in the future."""


@dataclass(frozen=True)
class Location:
    """Where the transaction happened, in degrees (WGS 84)."""

    latitude: Decimal
    longitude: Decimal


@dataclass(frozen=True)
class Transaction:
    """What the sender says happened; the part that the fingerprint covers.

    Parameters
    ----------
    transaction_id
        The sender's id, and the idempotency key.
    account_id
        The customer's account: order is kept within it.
    merchant_id
        Who is paid.
    amount
        In major units of `currency`, above zero.
    currency
        ISO 4217 code.
    occurred_at
        Event time, UTC, RFC 3339.
    category, channel, location
        Optional context for scoring.
    """

    transaction_id: str
    account_id: str
    merchant_id: str
    amount: Decimal
    currency: str
    occurred_at: str
    category: Optional[str] = None
    channel: Optional[str] = None
    location: Optional[Location] = None

    def to_document(self) -> dict[str, Any]:
        """Return the transaction as JSON-ready data, decimals as text; absent parts are left out."""
        document: dict[str, Any] = {
            "transaction_id": self.transaction_id,
            "account_id": self.account_id,
            "merchant_id": self.merchant_id,
            "amount": canonical_decimal(self.amount),
            "currency": self.currency,
            "occurred_at": self.occurred_at,
        }
        if self.category is not None:
            document["category"] = self.category
        if self.channel is not None:
            document["channel"] = self.channel
        if self.location is not None:
            document["location"] = {
                "latitude": canonical_decimal(self.location.latitude),
                "longitude": canonical_decimal(self.location.longitude),
            }
        return document

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical document: 12.5 and 12.50, 10:00Z and 11:00+01:00 are the same body."""
        canonical = json.dumps(self.to_document(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def canonical_decimal(number: Decimal) -> str:
    """Return the one text of a decimal: no exponent, no trailing zeros after the point."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def parse_request(document: Any, now: datetime) -> Transaction:
    """Check a decoded request body (see `strict_json.loads`) against the published schema and our rules.

    Parameters
    ----------
    document
        The decoded body; numbers as Decimal.
    now
        The time of receipt, for the check of future dates.

    Raises
    ------
    InvalidTransactionError
        If anything is missing, malformed or out of range; it names the field.
    """
    transaction = _checked(document)
    if from_text(transaction.occurred_at) > now + CLOCK_TOLERANCE:
        raise InvalidTransactionError("occurred_at", "lies in the future")
    return transaction


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
    return _checked(restored)


def _decimal(text: Any) -> Any:
    try:
        return Decimal(text)
    except (ArithmeticError, TypeError, ValueError):
        return text  # the schema names the field


def _checked(document: Any) -> Transaction:
    check_schema(_validate, document)
    try:
        occurred_at = to_text(from_text(document["occurred_at"]))
    except ValueError as error:
        raise InvalidTransactionError("occurred_at", str(error)) from error
    _check_money(document["amount"], document["currency"])
    location = document.get("location")
    return Transaction(
        transaction_id=document["transaction_id"],
        account_id=document["account_id"],
        merchant_id=document["merchant_id"],
        amount=document["amount"],
        currency=document["currency"],
        occurred_at=occurred_at,
        category=document.get("category"),
        channel=document.get("channel"),
        location=location and Location(location["latitude"], location["longitude"]),
    )


def _check_money(amount: Decimal, currency: str) -> None:
    digits = MINOR_UNIT_DIGITS.get(currency)
    if digits is None:
        raise InvalidTransactionError("currency", "must be a currency in use (ISO 4217)")
    if decimal_places(amount) > digits:
        raise InvalidTransactionError("amount", f"must have at most {digits} decimals in {currency} (ISO 4217)")
