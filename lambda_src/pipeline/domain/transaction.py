"""A transaction as the pipeline takes it: parsed, normalised, fingerprinted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Optional

from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.money import MINOR_UNIT_DIGITS, decimal_places
from pipeline.domain.schema import Validate, check_schema
from pipeline.domain.times import from_text, from_unix, to_text

UNIX_TIME_FIELD = "timestamp"
"""The field of requests that give the event time as Unix time."""

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
        The customer's account: order is kept within it. None where a system knows no accounts.
    merchant_id
        Who is paid.
    amount
        In major units of `currency`, above zero.
    currency
        ISO 4217 code.
    occurred_at
        Event time, UTC, RFC 3339. None where the sender does not say it.
    category, channel, location
        Optional context for scoring.
    merchant_name
        The merchant's name, where the sender gives it: some systems keep no list of merchants.

    Notes
    -----
    What is None is no part of the document, and so not of the fingerprint: what stands in for an account or
    an event time (`Acceptance.account_key`, `Acceptance.event_time`) must not make another body of a repetition.
    """

    transaction_id: str
    account_id: Optional[str]
    merchant_id: str
    amount: Decimal
    currency: str
    occurred_at: Optional[str]
    category: Optional[str] = None
    channel: Optional[str] = None
    location: Optional[Location] = None
    merchant_name: Optional[str] = None

    def to_document(self) -> dict[str, Any]:
        """Return the transaction as JSON-ready data, decimals as text; absent parts are left out."""
        location = self.location
        document = {
            "transaction_id": self.transaction_id,
            "account_id": self.account_id,
            "merchant_id": self.merchant_id,
            "amount": canonical_decimal(self.amount),
            "currency": self.currency,
            "occurred_at": self.occurred_at,
            "category": self.category,
            "channel": self.channel,
            "location": location
            and {
                "latitude": canonical_decimal(location.latitude),
                "longitude": canonical_decimal(location.longitude),
            },
            "merchant_name": self.merchant_name,
        }
        return {name: value for name, value in document.items() if value is not None}

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


def parse_request(document: Any, now: datetime, validate: Validate) -> Transaction:
    """Check a decoded request body (see `strict_json.loads`) against the published schema and our rules.

    Parameters
    ----------
    document
        The decoded body; numbers as Decimal.
    now
        The time of receipt, for the check of future dates.
    validate
        The system's published schema (see `pipeline.domain.request_schemas`).

    Raises
    ------
    InvalidTransactionError
        If anything is missing, malformed or out of range; it names the field.
    """
    check_schema(validate, document)
    transaction = checked(document)
    if transaction.occurred_at is not None and from_text(transaction.occurred_at) > now + CLOCK_TOLERANCE:
        raise InvalidTransactionError(_time_field(document), "lies in the future")
    return transaction


def checked(document: Mapping[str, Any]) -> Transaction:
    """Return the transaction of a document that fits its schema, checked for what no schema can say.

    Raises
    ------
    InvalidTransactionError
        If a time, an amount, a currency or a name is none; it names the field.
    """
    occurred_at = _occurred_at(document)
    _check_money(document["amount"], document["currency"])
    _check_text("merchant_name", document.get("merchant_name", ""))
    location = document.get("location")
    return Transaction(
        transaction_id=document["transaction_id"],
        account_id=document.get("account_id"),
        merchant_id=document["merchant_id"],
        amount=document["amount"],
        currency=document["currency"],
        occurred_at=occurred_at,
        category=document.get("category"),
        channel=document.get("channel"),
        location=location and Location(location["latitude"], location["longitude"]),
        merchant_name=document.get("merchant_name"),
    )


def _time_field(document: Mapping[str, Any]) -> str:
    return UNIX_TIME_FIELD if UNIX_TIME_FIELD in document else "occurred_at"


def _occurred_at(document: Mapping[str, Any]) -> Optional[str]:
    """Return the event time, which systems take as text or as Unix time, or not at all."""
    field = _time_field(document)
    if field not in document:
        return None
    given = document[field]
    try:
        return to_text(from_unix(given) if field == UNIX_TIME_FIELD else from_text(given))
    except ValueError as error:
        raise InvalidTransactionError(field, str(error)) from error


def _check_money(amount: Decimal, currency: str) -> None:
    digits = MINOR_UNIT_DIGITS.get(currency)
    if digits is None:
        raise InvalidTransactionError("currency", "must be a currency in use (ISO 4217)")
    if decimal_places(amount) > digits:
        raise InvalidTransactionError("amount", f"must have at most {digits} decimals in {currency} (ISO 4217)")


def _check_text(field: str, text: str) -> None:
    """Refuse what JSON can spell and no table takes: half a surrogate pair. Ids cannot hold it, for their patterns."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidTransactionError(field, "must be Unicode text") from error
