"""What the demonstration sends, and the errors that it tells its user."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Optional

from scripts.errors import CommandError


class DemoError(CommandError):
    """Something the user can put right; its text says what and how."""


@dataclass(frozen=True)
class Merchant:
    """A merchant to be configured before the first transaction is sent.

    Parameters
    ----------
    merchant_id
        Its id in transactions.
    name
        Its display name; rules look at it.
    active
        Whether it may take transactions.
    max_transaction_amount
        The most it may take at once, in major units of the transaction's currency; None: no limit.

    """

    merchant_id: str
    name: str
    active: bool = True
    max_transaction_amount: Optional[Decimal] = None


@dataclass(frozen=True)
class Transaction:
    """One transaction to send, with what only the demonstration knows about it.

    Parameters
    ----------
    transaction_id, account_id, merchant_id, amount, currency, occurred_at
        The fields that the API demands.
    category, channel, latitude, longitude
        The optional ones; None is left out.
    fraud
        The label, if there is one. For the confusion counts only: it is never sent.
    expected
        How the API has to answer ("accepted", "rejected", "conflict"), where the generator knows it.

    """

    transaction_id: str
    account_id: str
    merchant_id: str
    amount: Decimal
    currency: str
    occurred_at: str
    category: Optional[str] = None
    channel: Optional[str] = None
    latitude: Optional[Decimal] = None
    longitude: Optional[Decimal] = None
    fraud: Optional[bool] = None
    expected: Optional[str] = None

    def body(self) -> bytes:
        """Return the request body. The amount keeps its digits: it never becomes a float."""
        fields: dict[str, Any] = {
            "transaction_id": self.transaction_id,
            "account_id": self.account_id,
            "merchant_id": self.merchant_id,
            "currency": self.currency,
            "occurred_at": self.occurred_at,
        }
        if self.category is not None:
            fields["category"] = self.category
        if self.channel is not None:
            fields["channel"] = self.channel
        text = json.dumps(fields, separators=(",", ":"))[:-1] + f',"amount":{self.amount:f}'
        if self.latitude is not None and self.longitude is not None:
            text += f',"location":{{"latitude":{self.latitude:f},"longitude":{self.longitude:f}}}'
        return (text + "}").encode()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the body: tells a repeat of a transaction from another one under the same id."""
        return hashlib.sha256(self.body()).hexdigest()
