"""A transaction as the pipeline takes it: parsed, normalised, fingerprinted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Callable, NamedTuple, Optional

from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.money import MINOR_UNIT_DIGITS, decimal_places
from pipeline.domain.schema import Validate, check_schema
from pipeline.domain.times import from_text, to_text

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far an event may lie ahead of our clock before it counts as dated in the future."""


class Location(NamedTuple):
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
    transaction_type
        What kind of transaction it is, where the sender says so.

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
    transaction_type: Optional[str] = None

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
            "transaction_type": self.transaction_type,
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


class FieldNames(NamedTuple):
    """What documents call the parts of a transaction that not all of them call alike.

    Parameters
    ----------
    account, category, time
        The fields of the account, the category and the event time.
    read_time
        Reads the event time, which some give as text and others as a number.
    """

    account: str = "account_id"
    category: str = "category"
    time: str = "occurred_at"
    read_time: Callable[[Any], datetime] = from_text


OUR_NAMES = FieldNames()
"""The names of `Transaction` itself, by which queues and most requests go."""


class RequestForm(NamedTuple):
    """The requests of a system: the schema that they keep to, and the names that they use."""

    validate: Validate
    names: FieldNames = OUR_NAMES


def parse_request(document: Any, now: datetime, form: RequestForm) -> Transaction:
    """Check a decoded request body (see `strict_json.loads`) against the published schema and our rules.

    Parameters
    ----------
    document
        The decoded body; numbers as Decimal.
    now
        The time of receipt, for the check of future dates.
    form
        The system's published request (see `pipeline.domain.request_schemas`).

    Raises
    ------
    InvalidTransactionError
        If anything is missing, malformed or out of range; it names the field.
    """
    check_schema(form.validate, document)
    transaction = checked(document, form.names)
    if transaction.occurred_at is not None and from_text(transaction.occurred_at) > now + CLOCK_TOLERANCE:
        raise InvalidTransactionError(form.names.time, "lies in the future")
    return transaction


def checked(document: Mapping[str, Any], names: FieldNames = OUR_NAMES) -> Transaction:
    """Return the transaction of a document that fits its schema, checked for what no schema can say.

    Parameters
    ----------
    document
        The document.
    names
        What it calls the parts.

    Raises
    ------
    InvalidTransactionError
        If a time, an amount, a currency or a name is none; it names the field.
    """
    occurred_at = _occurred_at(document, names)
    _check_money(document["amount"], document["currency"])
    _check_text("merchant_name", document.get("merchant_name", ""))
    location = document.get("location")
    return Transaction(
        transaction_id=document["transaction_id"],
        account_id=document.get(names.account),
        merchant_id=document["merchant_id"],
        amount=document["amount"],
        currency=document["currency"],
        occurred_at=occurred_at,
        category=document.get(names.category),
        channel=document.get("channel"),
        location=location and Location(location["latitude"], location["longitude"]),
        merchant_name=document.get("merchant_name"),
        transaction_type=document.get("transaction_type"),
    )


def _occurred_at(document: Mapping[str, Any], names: FieldNames) -> Optional[str]:
    """Return the event time, which some systems do not ask for."""
    if names.time not in document:
        return None
    try:
        return to_text(names.read_time(document[names.time]))
    except ValueError as error:
        raise InvalidTransactionError(names.time, str(error)) from error


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
